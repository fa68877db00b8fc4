"""The leader's page of parts: which agency did its parts of interlinked groups, and how late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.tests.factories import counter, holder
from motcua.dossiers.tests.test_parts import group, part
from motcua.evaluation import operations
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def test_the_agency_of_a_part_stands_on_the_page_and_the_counter_does_not_see_it() -> None:
    first = part(group(), "khai_sinh")
    first.accept()
    home = organisation.root_of_agency(first.dossier.agency_id)
    leader = signed_in(holder(home.id, Role.AGENCY_HEAD))
    with clock.at(first.at + timedelta(minutes=5)):
        assert "chưa có phần liên thông nào" in text(leader.get("/lanh-dao/lien-thong/"))
        while operations.catch_up():
            pass
        assert home.name in text(leader.get("/lanh-dao/lien-thong/"))
        assert signed_in(counter()).get("/lanh-dao/lien-thong/").status_code == 404
