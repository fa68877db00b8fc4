"""Python and the database fold Vietnamese text alike: what one wrote, the other finds."""

from __future__ import annotations

import unicodedata

import pytest
from django.db import connection

from motcua.kernel import text

LETTERS = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
    "fjwz0123456789“”‘’–—…-.,/()"
)


@pytest.mark.django_db
def test_every_letter_folds_alike() -> None:
    letters = [*LETTERS, *LETTERS.upper(), *(unicodedata.normalize("NFD", letter) for letter in LETTERS)]
    letters += ["Hoà Bình", "Hòa Bình", "Thuỷ, Thủy", "Ủy ban nhân dân thị xã Kinh Môn"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT letter, platform_fold(letter) FROM unnest(%s::text[]) letter", [letters])
        different = {
            letter: (folded, text.fold(letter))
            for letter, folded in cursor.fetchall()
            if folded != text.fold(letter)
        }
    assert different == {}
