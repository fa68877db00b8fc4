"""Every address of the resolver, with real values in it; and the people who ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from motcua.catalogue.models import NonTerritorialEntry
from motcua.documents import operations as documents
from motcua.documents.models import Document
from motcua.documents.rules import check_value
from motcua.dossiers import operations
from motcua.dossiers.closing import Book, Span
from motcua.dossiers.docketing import DocketKind
from motcua.dossiers.models import Component, Timer
from motcua.dossiers.operations import FeesTaken, bulk, campaign, closing, docket, handover, trial
from motcua.dossiers.replay import Change
from motcua.dossiers.replays import Wanted
from motcua.dossiers.rules import BulkAct, HandOverKind
from motcua.dossiers.tests.factories import (
    AN_LUU,
    BIRTH,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    citizen,
    counter,
    holder,
    key,
    unit,
)
from motcua.evaluation.onpaper import operations as onpaper
from motcua.evaluation.restructuring import operations as restructuring
from motcua.exchange.models import Message as PartnerMessage
from motcua.exchange.models import Partner
from motcua.forms import operations as forms
from motcua.kernel.actor import ANONYMOUS, Actor, Role
from motcua.notifications.models import Message as Notice
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty, Kiosk, ServiceArea
from motcua.organisation.operations import absence
from motcua.platform import outbox
from motcua.platform.models import OutboxEvent
from motcua.repository.models import Holding
from motcua.steering.discipline import operations as discipline
from motcua.steering.discipline.rules import Ground, Period, ReminderKind
from motcua.steering.faults import operations as faults
from motcua.steering.faults.rules import Seriousness, System
from motcua.territory import queries as territory
from motcua.territory.queries import NewDay
from motcua.territory.rules import DayKind
from motcua.workflow.versions import operations as versions

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def routes() -> list[str]:
    """Return every route, as it is written in the address files."""

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            else:
                yield route

    return sorted(set(walk(get_resolver().url_patterns, "")))


class Scene:
    """A province in which something is under way: what the addresses name, and who asks."""

    def __init__(self) -> None:
        self.case = case = Case.filed(RECOGNITION, MONDAY.replace(day=2, hour=8))
        owner = citizen()
        case.act(operations.accept, fees=FeesTaken(paid=True))
        case.forward()
        done = Case.filed(RECOGNITION, actor=owner)
        done.accept()
        done.process()
        done.hand_over()
        officer = case.counter()
        parked = operations.park(actor=officer, unit_id=unit(TAN_DAN).id, title="Dở", values={}, at=MONDAY)
        paper = Component.objects.filter(dossier_id=case.subject).order_by("no")[0]
        scan = documents.store_upload(actor=officer, name="quet.pdf", data=PDF, at=MONDAY)
        case.act(operations.digitise, files={paper.paper: scan.pk})
        version = case.dossier.procedure_version_id
        draft = forms.save_draft(actor=owner, procedure_version_id=version, answers={}, at=MONDAY)
        for told in (case, done):
            for row in OutboxEvent.objects.filter(subject=told.subject).order_by("event_id"):
                event = outbox.Message(
                    row.event_id, row.message_id, row.topic, row.subject, row.seq, row.payload, row.created_at
                )
                if event.topic in outbox.CONSUMERS["notifications"].topics:
                    outbox.CONSUMERS["notifications"].handle(event)
        notice = Notice.objects.filter(subject=case.subject, channel="sms")[0].pk
        mine = Notice.objects.filter(subject=case.subject, channel="portal", party_id=case.dossier.owner_id)[
            0
        ].pk
        self.values: dict[str, Any] = {
            "token": "x",
            "code": case.code,
            "party_id": case.dossier.owner_id,
            "document_id": Document.objects.filter(subject=case.subject)[0].pk,
            "document": Document.objects.filter(subject=case.subject)[0].pk,
            "file_id": scan.pk,
            "number": paper.pk,
            "parked_id": parked.pk,
            "holding": Holding.objects.filter(source_subject=done.subject)[0].pk,
            "draft": draft.pk,
            "step": "to-khai",
            "slug": "chuyen",
            "filter_id": 0,
            "merge_id": 0,
            "message_id": notice,
            "message": mine,
            "unit_code": TAN_DAN,
            "told_id": 0,
            "awaited_id": 1,
            "timer_id": Timer.objects.filter(subject=case.subject)[0].pk,
            "version_id": version,
            "variant": case.bundle.process.variant,
            "process_id": case.dossier.process_version_id,
            "draft_id": versions.start(
                procedure_version_id=version, variant=case.bundle.process.variant, actor=somebody(Role.KSTT),
                key=key(), at=MONDAY,
            ),
        }  # fmt: skip
        self.run = bulk.start(
            act=BulkAct.FORWARD, targets=[bulk.Target(done.code)], actor=officer, key=key(), at=MONDAY
        )
        task = case.task
        root = organisation.root_of(unit(TAN_DAN).id).id
        processing, head = holder(task.unit_id, task.role, MONDAY, task.field), holder(root, Role.AGENCY_HEAD)
        lent = absence.lend(
            actor=processing, duty_id=next(duty.id for duty in processing.duties if duty.role == task.role),
            to_staff_id=head.staff_id or 0, valid_from=MONDAY.date(), valid_to=MONDAY.date(),
            reason="Nghỉ phép năm", key=key(), at=MONDAY,
        )  # fmt: skip
        held = Case.filed(RECOGNITION)
        held.accept()
        held.forward()
        held.act(operations.assign, actor=processing, task_id=held.task.id)
        self.handover = handover.propose(
            actor=processing, from_staff_id=processing.staff_id or 0, to_staff_id=head.staff_id or 0,
            task_ids=[held.task.id], kind=HandOverKind.LEAVE, reason="Nghỉ phép một ngày.", key=key(), at=held.at,
        )  # fmt: skip
        self.values["duty_id"] = lent
        decision: dict[str, Any] = {
            "decision_no": "12/QĐ-UBND", "decided_on": MONDAY.date(), "title": "Quyết định của một lần thử",
            "actor": somebody(Role.KSTT), "at": MONDAY,
        }  # fmt: skip
        self.reorganisation = campaign.draft_reorganisation(on=date(2025, 7, 1), key=key(), **decision)
        self.calendar = campaign.draft_calendar(
            days=[NewDay(territory.layers()[0].code, date(2023, 10, 9), DayKind.HOLIDAY, "Nghỉ thử")],
            key=key(), **decision,
        )  # fmt: skip
        month = Wanted(MONDAY, MONDAY + timedelta(days=30), MONDAY, Change(days_off=(date(2023, 10, 9),)))
        self.trial = trial.start(
            wanted=month,
            title="Nghỉ thêm một ngày",
            about="",
            actor=somebody(Role.KSTT),
            key=key(),
            at=MONDAY,
        )
        self.docket = docket.make(
            codes=[held.code], from_unit_id=unit(TAN_DAN).id, kind=DocketKind.UNIT, to_unit_id=task.unit_id,
            to_name="", remark="", actor=officer, key=key(), at=held.at,
        )  # fmt: skip
        self.closing = closing.close(
            book=Book.END_OF_DAY, unit_id=unit(TAN_DAN).id, span=Span.DAY, on=MONDAY.date(), actor=officer,
            receiver_id=head.staff_id, key=key(), at=MONDAY,
        )  # fmt: skip
        compared = onpaper.compare_book(
            unit_id=unit(TAN_DAN).id, year=2023, text="998/GXN", actor=head, key=key(), at=MONDAY
        )
        self.paper_sign = compared.finding or 0
        onpaper.ask(
            finding=self.paper_sign, question="Kết quả này có hồ sơ ở đâu?", answer_by=MONDAY + timedelta(days=2),
            actor=head, key=key(), at=MONDAY,
        )  # fmt: skip
        week = Period(MONDAY.date(), MONDAY.date())
        over: dict[str, Any] = {"unit_id": unit(TAN_DAN).id, "staff_id": officer.staff_id or 0, "days": week}
        self.reminder = discipline.remind(
            kind=ReminderKind.REMIND,
            text="Nhắc giải quyết đúng hẹn.",
            actor=head,
            key=key(),
            at=MONDAY,
            **over,
        )
        self.misconduct = discipline.open_case(
            ground=Ground.LATENESS, what="Chậm nhiều lần trong tháng.", proposal="Phê bình trước cơ quan.",
            actor=somebody(Role.KSTT), key=key(), at=MONDAY, **over,
        )  # fmt: skip
        shot = documents.store_upload(actor=officer, name="man-hinh.pdf", data=PDF, at=MONDAY)
        self.fault = faults.report(
            system=System.ONE_STOP, seriousness=Seriousness.MINOR, where="/can-bo/", what="Trang mở rất chậm.",
            file_ids=[shot.pk], actor=officer, key=key(), at=MONDAY,
        )  # fmt: skip
        self.shot = shot.pk
        partner = Partner.objects.order_by("pk")[0]
        self.partner = partner.pk
        self.portal = Partner.objects.get(code="dvcqg").pk
        self.told = PartnerMessage.objects.create(
            partner=partner, direction="out", kind="opened", message_id=key(), subject=case.subject,
            dossier_code=case.code, content={}, state="failed", at=MONDAY, created_at=MONDAY,
        ).pk  # fmt: skip
        measures = dict.fromkeys(("steps", "hours", "papers", "visits", "cost"), Decimal(5))
        self.restructuring = restructuring.propose(
            procedure_code=RECOGNITION, what="Gộp hai bước thẩm định.", legal_changes="", before=measures,
            after={**measures, "steps": Decimal(4)}, actor=somebody(Role.KSTT), key=key(), at=MONDAY,
        )  # fmt: skip
        self.values["entry_id"] = NonTerritorialEntry.objects.order_by("pk")[0].pk
        self.values["area_id"] = ServiceArea.objects.create(
            unit_id=unit(TAN_DAN).id, agency_id=unit(AN_LUU).agency_id, decision_no="12/QĐ-UBND",
            valid_from=MONDAY.date(), certainty="high",
        ).pk  # fmt: skip
        self.kiosk = Kiosk.objects.create(unit_id=unit(TAN_DAN).id, name=key()).pk
        self.people: dict[str, Actor] = {
            "nobody": ANONYMOUS,
            "owner": owner,
            "citizen": citizen(1),
            "counter": counter(),
            "elsewhere": counter(AN_LUU),
            "processing": processing,
            "head": head,
            "clerk": holder(unit("HD.KM.10699.VPTK").id, Role.CLERK),
            "kstt": somebody(Role.KSTT),
            "leader": somebody(Role.PROVINCE_LEADER),
            "ward": somebody(Role.WARD_OFFICE),
            "admin": somebody(Role.ADMIN),
        }
        self.acts = acts()

    def undone(self, signed: Client, ask: Callable[[Client], Any]) -> Any:
        """Ask in a browser of its own, signed in like another, and undo it; the answer says whether it acted."""
        kept = transaction.savepoint()
        browser = Client(raise_request_exception=False)
        browser.cookies.update(signed.cookies)
        response = ask(browser)
        response.acted = acts() != self.acts  # the same before each: what is asked is undone
        transaction.savepoint_rollback(kept)
        return response

    def address(self, route: str) -> str:
        """Return the route with real values."""
        values: Mapping[str, Any] = self.values
        if re.match(r"(thu-tuc|nop-ho-so|api/v1/procedures|can-bo/quy-trinh/phi-dia-gioi)/", route):
            values = {**values, "code": BIRTH if "draft" not in route else RECOGNITION}
        if route.startswith("api/v1/units/"):
            values = {**values, "code": TAN_DAN}
        if route.startswith(("can-bo/hang-loat/", "api/v1/bulk")):
            values = {**values, "number": self.run}
        if route.startswith("can-bo/ban-giao/"):
            values = {**values, "number": self.handover}
        for place, number in (("sap-xep", self.reorganisation), ("lich-lam-viec", self.calendar)):
            if route.startswith(f"can-bo/{place}/"):
                values = {**values, "number": number}
        if route.startswith("can-bo/thu-truoc/"):
            values = {**values, "number": self.trial}
        if route.startswith("can-bo/phieu-ban-giao/"):
            values = {**values, "number": self.docket}
        if route.startswith("can-bo/so-da-chot/"):
            values = {**values, "number": self.closing}
        if route.startswith(("can-bo/giay/", "kiem-tra/")):
            listed = Document.objects.get(subject=self.docket)
            values = {**values, "document_id": listed.pk, "check": check_value(listed.digest)}
        if route.startswith("can-bo/ky-cuong/"):
            about = self.reminder if "nhac-nho" in route else self.misconduct
            values = {**values, "number": about}
        if route.startswith("can-bo/bao-loi/"):
            values = {**values, "number": self.fault, "file_id": self.shot}
        if route.startswith("can-bo/ket-noi/"):
            national = "doi-soat" in route
            values = {
                **values,
                "number": self.told if "/tin/" in route else self.portal if national else self.partner,
            }
        if route.startswith("can-bo/ki-ot/"):
            values = {**values, "number": self.kiosk}
        if route.startswith("can-bo/ngoai-phan-mem/"):
            values = {**values, "number": self.paper_sign}
        if route.startswith("can-bo/quy-trinh/tai-cau-truc/"):
            values = {**values, "number": self.restructuring}
        if route.startswith("can-bo/cho/"):
            values = {**values, "slug": "qua-han"}
        if route.startswith("can-bo/phi-dia-gioi/"):
            values = {**values, "slug": "cho-chuyen"}
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: quote(str(values[found[1]])), route)
        return "/" + path.replace("^", "").replace("$", "")


ACTS = """
SELECT (SELECT count(*) FROM platform_ledgerentry), (SELECT count(*) FROM platform_outboxevent),
       (SELECT count(*) FROM dossiers_dossier), (SELECT sum(seq) FROM dossiers_dossier)
"""


def acts() -> tuple[int, ...]:
    """Return how much has been done: entries, events, dossiers and what they count of their own."""
    with connection.cursor() as cursor:
        cursor.execute(ACTS)
        return tuple(int(value or 0) for value in cursor.fetchone())


def somebody(role: Role) -> Actor:
    """Return who holds a role somewhere, nearest to the province first."""
    duty = Duty.objects.filter(role=role, valid_to=None).order_by("-scope", "id").first()
    duty = duty or Duty.objects.filter(role=role).order_by("id")[0]
    return organisation.actor_of(duty.staff.account_id, MONDAY)
