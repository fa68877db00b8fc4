"""What applicants are told of a verification on site: only where they have to be there, and where that changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from motcua.dossiers import operations
from motcua.dossiers.models import Verification
from motcua.dossiers.tests.factories import RECOGNITION, WORDS, Case
from motcua.notifications.tests.test_moved import told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def test_who_has_to_be_there_is_told_and_nobody_else() -> None:
    case = Case.filed(RECOGNITION)
    case.accept()
    case.forward()
    case.plan_visit(applicant_needed=False)
    assert told(case) == []
    moved: dict[str, Any] = {
        "verification_id": Verification.objects.get().pk, "planned_at": case.at + timedelta(days=3),
        "place": "Trụ sở tổ dân phố", "visitors": "Công chức Tư pháp", "reason": WORDS,
    }  # fmt: skip
    case.act(operations.move_verification, actor=case.doer(), applicant_needed=True, **moved)
    (body,) = told(case)
    assert f"{moved['planned_at']:%d/%m/%Y}" in body
    assert "Mời ông/bà có mặt" in body
    case.act(operations.move_verification, actor=case.doer(), applicant_needed=False, **moved)
    (body,) = told(case)
    assert "không phải có mặt" in body
    case.plan_visit()
    (body,) = told(case)
    assert "đến xác minh thực địa lúc" in body
    case.record_visit()
    assert told(case) == []
