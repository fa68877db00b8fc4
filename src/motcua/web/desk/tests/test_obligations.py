"""Financial obligations on pages: notified by the officer, seen by the applicant, confirmed at the counter."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from motcua.dossiers.models import PaymentNotice
from motcua.dossiers.rules import Act, State
from motcua.dossiers.tests.factories import RECOGNITION, Case, citizen, counter
from motcua.parties.models import Account
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in, text
from motcua.web.desk.tests.test_acts import check, do

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
NOTICE = {
    "kind": "tax", "label": "Thuế thu nhập cá nhân", "amount": "25000000", "basis": "2% giá chuyển nhượng",
    "number": "TB 114/TB-CCT", "payee": "Chi cục Thuế",
}  # fmt: skip


def test_notified_seen_and_confirmed() -> None:
    me = citizen()
    case = Case.filed(RECOGNITION, actor=me)
    case.accept()
    case.forward()
    officer = signed_in(case.doer())
    assert do(officer, case, "nghia-vu-tai-chinh", **{**NOTICE, "amount": "0"}).status_code == 422
    assert do(officer, case, "nghia-vu-tai-chinh", **{**NOTICE, "payee": ""}).status_code == 422
    answer = do(officer, case, "nghia-vu-tai-chinh", **NOTICE)
    assert answer.status_code == 302, text(answer)
    check(case, Act.REQUEST_PAYMENT, State.PAYMENT_REQUESTED)
    owner = Client()
    owner.force_login(Account.objects.get(pk=me.account_id))
    with clock.at(case.at + timedelta(minutes=9)):
        page = text(owner.get(f"/ho-so-cua-toi/{case.code}/"))
        assert "Khoản phải nộp" in page and "25.000.000" in page and "Chi cục Thuế" in page
        assert "Nghĩa vụ tài chính" in text(officer.get(f"/can-bo/ho-so/{case.code}/"))
    desk = signed_in(counter())
    (notice,) = PaymentNotice.objects.filter(dossier_id=case.subject)
    answer = do(
        desk,
        case,
        "xac-nhan-nop",
        notices=[str(notice.pk)],
        method="voucher",
        evidence="Giấy nộp tiền 0012345",
    )
    assert answer.status_code == 302, text(answer)
    check(case, Act.CONFIRM_PAYMENT, State.IN_PROCESS)
