"""Dossiers: filing, reading, lists, and every act as POST /dossiers/{code}/{act}."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from motcua.api import pages, shapes
from motcua.api.who import ANYONE, STAFF
from motcua.api.wire import KEY, answer
from motcua.documents import queries as documents
from motcua.dossiers import operations, queries
from motcua.dossiers.afteroutage import LateReceipt
from motcua.dossiers.dues import NoticeInput
from motcua.dossiers.operations import FeesTaken, Filing, PaperInput
from motcua.dossiers.rules import STATE_NAMES, Channel, State
from motcua.dossiers.verifying import Participant
from motcua.edge import actors, attempts, kiosks, paging
from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.errors import Invalid, NotFound
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.payments.rules import RefundDecision
from motcua.platform import access, blobs, clock
from motcua.workflow import queries as workflow

router = Router(tags=["Hồ sơ"])
PURPOSE = "đọc qua giao diện lập trình"
REFUSALS: dict[Any, Any] = {
    frozenset({401, 403, 404, 409, 422}): shapes.Problem,
}


def _done(done: operations.Done, status: int = 200) -> HttpResponse:
    return answer(pages.done(done), status)


# Filing ---------------------------------------------------------------------------------------------------


def _filing(request: HttpRequest, actor: Actor, body: shapes.NewDossier) -> Filing:
    """
    Return the filing of a request.

    :raises Invalid: a citizen names somebody else's party, or hands in paper that is no file.
    """
    citizen = actor.kind is ActorKind.CITIZEN
    submitter_id = actor.party_id if citizen else body.submitter_id or body.owner_id
    if submitter_id is None:
        raise Invalid(errors={"submitter_id": "Ghi người nộp hồ sơ."})
    owner_id = body.owner_id or submitter_id
    if citizen:
        _check_citizen(actor, body, owner_id)
    place = organisation.unit_by_code(body.place_unit).id if body.place_unit else None
    machine = kiosks.kiosk(request)
    return Filing(
        procedure_code=body.procedure,
        receiving_unit_id=organisation.unit_by_code(body.receiving_unit).id,
        channel=body.channel,
        owner_id=owner_id,
        submitter_id=submitter_id,
        answers=body.answers,
        papers={
            code: PaperInput(paper.file_id, paper.handed_in, paper.reused, paper.borrowed_original)
            for code, paper in body.papers.items()
        },
        return_channel=body.return_channel,
        return_address=body.return_address,
        sets=body.sets,
        place_unit_id=place,
        competent_unit_id=organisation.unit_by_code(body.competent_unit).id if body.competent_unit else None,
        kiosk_id=machine.id if machine and Channel(body.channel) is Channel.KIOSK else None,
    )


def _check_citizen(actor: Actor, body: shapes.NewDossier, owner_id: int) -> None:
    errors: dict[str, str] = {}
    if body.submitter_id not in (None, actor.party_id):
        errors["submitter_id"] = "Người nộp phải là chính bạn."
    if owner_id != actor.party_id and all(row.id != owner_id for row in parties.represented(actor)):
        errors["owner_id"] = "Bạn chỉ nộp được cho mình hoặc cho tổ chức bạn đại diện theo pháp luật."
    for code, paper in body.papers.items():
        if paper.handed_in or paper.reused or paper.borrowed_original:
            errors[f"papers.{code}"] = "Nộp trực tuyến cần tệp đã tải lên (file_id)."
    if errors:
        raise Invalid(errors=errors)


def _fees(fees: shapes.Fees | None) -> FeesTaken | None:
    return FeesTaken(fees.due, fees.paid, tuple(fees.exemptions)) if fees else None


@router.post("/dossiers", auth=ANYONE, response={201: shapes.Done, **REFUSALS}, summary="Nộp hồ sơ")
def file(request: HttpRequest, body: shapes.NewDossier, key: str = KEY) -> HttpResponse:
    """File a dossier: it waits for the receiving unit's answer."""
    actor = actors.actor(request)
    return _done(
        operations.file(filing=_filing(request, actor, body), actor=actor, key=key, at=clock.now()), 201
    )


@router.post(
    "/dossiers/take-in", auth=STAFF, response={201: shapes.Done, **REFUSALS}, summary="Tiếp nhận tại quầy"
)
def take_in(request: HttpRequest, body: shapes.TakeIn, key: str = KEY) -> HttpResponse:
    """File and accept at the counter in one transaction; `papers` of the answer has the slip (01), if one is made."""
    actor = actors.actor(request)
    filing = _filing(request, actor, body)
    late = LateReceipt(**body.late.model_dump()) if body.late else None
    return _done(
        operations.take_in(
            filing=filing,
            actor=actor,
            key=key,
            at=clock.now(),
            fees=_fees(body.fees),
            late=late,
            slip=body.slip,
        ),
        201,
    )


# Lists ----------------------------------------------------------------------------------------------------


@router.get("/dossiers", auth=ANYONE, response={200: shapes.Dossiers, **REFUSALS}, summary="Danh sách hồ sơ")
def listing(
    request: HttpRequest,
    state: list[State] = Query([]),  # noqa: B008
    unit: str = Query("", max_length=80),
    agency: str = Query("", max_length=80),
    procedure: str = Query("", max_length=80),
    field: str = Query("", max_length=80),
    channel: str = Query("", max_length=10),
    overdue: bool = False,
    after: str = Query("", max_length=200),
    size: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """Return the newest dossiers one may see, page by page; `unit` and `agency` by code."""
    now = clock.now()
    filters = queries.Filters(
        states=tuple(str(one) for one in state),
        unit_id=organisation.unit_by_code(unit).id if unit else None,
        agency_id=organisation.unit_by_code(agency).agency_id if agency else None,
        procedure_code=procedure,
        field_code=field,
        channel=channel,
        overdue_at=now if overdue else None,
    )
    before = _number(after)
    rows = queries.listing(actors.actor(request), filters, before=before, size=size)
    page = paging.page(rows, size, lambda row: [row.subject])
    return answer(shapes.Dossiers(rows=[pages.row(row) for row in page.rows], next=page.next))


def _number(mark: str) -> int | None:
    key = paging.key_of(mark, 1)
    if key is None:
        return None
    if type(key[0]) is not int or not 0 < key[0] < 2**63:
        raise paging.BadPage
    return key[0]


@router.get("/dossiers/search", auth=ANYONE, response={200: shapes.Dossiers, **REFUSALS}, summary="Tìm hồ sơ")
def search(
    request: HttpRequest,
    q: str = Query(..., min_length=1, max_length=200),
    size: int = Query(20, ge=1, le=50),
) -> HttpResponse:
    """Find dossiers by code or its last digits, slip QR, phone, personal or tax number, or name; newest first."""
    rows = queries.search(actors.actor(request), q, limit=size)
    return answer(shapes.Dossiers(rows=[pages.row(row) for row in rows[:size]], next=""))


@router.get("/tasks", auth=STAFF, response={200: shapes.WorkList, **REFUSALS}, summary="Việc cần làm")
def tasks(
    request: HttpRequest,
    range: workflow.Range = Query(workflow.Range.TODO),  # noqa: B008
    unit: str = Query("", max_length=80),
    role: Role | None = Query(None),  # noqa: B008
    field: str = Query("", max_length=80),
    after: str = Query("", max_length=200),
    size: int = Query(50, ge=1, le=200),
) -> HttpResponse:
    """
    Return the work list by planned end: what one can do now (todo), what is assigned to one, the pool, or the unit.
    """
    actor = actors.actor(request)
    wanted = workflow.TaskFilter(
        range=range,
        unit_id=organisation.unit_by_code(unit).id if unit else None,
        role=role,
        field=field or None,
    )
    found = workflow.open_tasks(actor, wanted, after=_page_key(after), limit=size + 1)
    page = paging.page(found, size, lambda task: [task.due_at, task.id])
    dossiers = queries.by_subjects(actor, [task.subject for task in page.rows])
    rows = [pages.task(task, dossiers[task.subject]) for task in page.rows if task.subject in dossiers]
    return answer(shapes.WorkList(rows=rows, next=page.next))


def _page_key(mark: str) -> workflow.PageKey | None:
    key = paging.key_of(mark, 2)
    if key is None:
        return None
    try:
        due_at, task_id = datetime.fromisoformat(key[0]), int(key[1])
    except (TypeError, ValueError) as fault:
        raise paging.BadPage from fault
    if due_at.tzinfo is None or not 0 < task_id < 2**63:
        raise paging.BadPage
    return workflow.PageKey(due_at, task_id)


# One dossier ------------------------------------------------------------------------------------------------


@router.get(
    "/dossiers/{code}", auth=ANYONE, response={200: shapes.DossierOut, **REFUSALS}, summary="Xem hồ sơ"
)
def read(request: HttpRequest, code: str, ledger: bool = False, notices: bool = False) -> HttpResponse:
    """Return a dossier with papers, steps, documents and the words of its deadline; reading leaves a trace."""
    actor = actors.actor(request)
    view = queries.one(actor, code)
    access.note(actor, view.dossier.subject, PURPOSE, clock.now())
    return answer(pages.dossier(actor, view, ledger=ledger, notices=notices))


@router.get(
    "/track",
    response={200: shapes.ProgressOut, frozenset({404, 422, 429}): shapes.Problem},
    summary="Tra cứu không cần đăng nhập",
)
def track(
    request: HttpRequest,
    code: str = Query(..., max_length=80),
    check_value: str = Query(..., max_length=20),
) -> HttpResponse:
    """Return how far a dossier is, for its code and check value."""
    with attempts.guarded(request, attempts.TRACKING, code, (NotFound,)):
        found = queries.track(code, check_value)
    return answer(
        shapes.ProgressOut(
            code=found.code,
            state=found.state,
            state_name=STATE_NAMES[State(found.state)],
            accepted_at=found.accepted_at,
            due_at=found.due_at,
            ended_at=found.ended_at,
        )
    )


# Acts -------------------------------------------------------------------------------------------------------


def _common(request: HttpRequest, code: str, key: str, body: shapes.OnDossier) -> dict[str, Any]:
    """Return what every act takes."""
    return {"code": code, "actor": actors.actor(request), "key": key, "at": clock.now(), "seen": body.seen}


ACT: Mapping[str, Any] = {"response": {200: shapes.Done, **REFUSALS}}


@router.post("/dossiers/{code}/accept", auth=STAFF, summary="Tiếp nhận", **ACT)
def accept(request: HttpRequest, code: str, body: shapes.Accept, key: str = KEY) -> HttpResponse:
    """Accept a filed dossier: the clock starts, the slip (01) is made unless it is immediate, the work goes on."""
    return _done(
        operations.accept(**_common(request, code, key, body), fees=_fees(body.fees), slip=body.slip)
    )


@router.post("/dossiers/{code}/issue-slip", auth=STAFF, summary="Lập giấy tiếp nhận theo yêu cầu", **ACT)
def issue_slip(request: HttpRequest, code: str, body: shapes.OnDossier, key: str = KEY) -> HttpResponse:
    """Make the slip (form 01) of an immediate dossier that was accepted without."""
    return _done(operations.issue_slip(**_common(request, code, key, body)))


@router.post("/dossiers/{code}/refuse", auth=STAFF, summary="Từ chối tiếp nhận", **ACT)
def refuse(request: HttpRequest, code: str, body: shapes.Refuse, key: str = KEY) -> HttpResponse:
    """Refuse to receive a dossier (form 03)."""
    return _done(
        operations.refuse(**_common(request, code, key, body), reason=body.reason, guidance=body.guidance)
    )


@router.post("/dossiers/{code}/request-supplement", auth=STAFF, summary="Yêu cầu bổ sung", **ACT)
def request_supplement(
    request: HttpRequest, code: str, body: shapes.RequestSupplement, key: str = KEY
) -> HttpResponse:
    """Ask for a supplement (form 02), once and for everything; at appraisal the clock stops."""
    return _done(
        operations.request_supplement(
            **_common(request, code, key, body),
            items=[item.model_dump() for item in body.items],
            reason=body.reason,
            ground=body.ground,
            restart=body.restart,
            task_id=body.task_id,
        )
    )


@router.post("/dossiers/{code}/allow-supplement", auth=STAFF, summary="Cho phép yêu cầu bổ sung thêm", **ACT)
def allow_supplement(
    request: HttpRequest, code: str, body: shapes.AllowSupplement, key: str = KEY
) -> HttpResponse:
    """Allow one more request for supplement during handling, as the competent person of the agency."""
    return _done(operations.allow_supplement(**_common(request, code, key, body), reason=body.reason))


@router.post("/dossiers/{code}/supplement", auth=ANYONE, summary="Bổ sung hồ sơ", **ACT)
def supplement(request: HttpRequest, code: str, body: shapes.Supplement, key: str = KEY) -> HttpResponse:
    """Hand in what was asked for; a stopped clock goes on."""
    common = _common(request, code, key, body)
    if common["actor"].kind is ActorKind.CITIZEN and None in body.papers.values():
        raise Invalid(errors={"papers": "Bổ sung trực tuyến cần tệp đã tải lên."})
    return _done(operations.supplement(**common, papers_added=body.papers, answers=body.answers))


@router.post("/dossiers/{code}/forward", auth=STAFF, summary="Chuyển hồ sơ", **ACT)
def forward(request: HttpRequest, code: str, body: shapes.Forward, key: str = KEY) -> HttpResponse:
    """Hand the accepted dossier over from the counter to the unit of its next step."""
    competent = organisation.unit_by_code(body.competent_unit).id if body.competent_unit else None
    return _done(
        operations.forward(
            **_common(request, code, key, body),
            what=body.what,
            paper=body.paper,
            competent_unit_id=competent,
        )
    )


@router.post("/dossiers/{code}/confirm-receipt", auth=STAFF, summary="Xác nhận tiếp nhận", **ACT)
def confirm_receipt(request: HttpRequest, code: str, body: shapes.OnDossier, key: str = KEY) -> HttpResponse:
    """Confirm that the competent agency has received a dossier another unit took in: its clock starts."""
    return _done(operations.confirm_receipt(**_common(request, code, key, body)))


@router.post("/dossiers/{code}/send-back", auth=STAFF, summary="Chuyển trả nơi tiếp nhận", **ACT)
def send_back(request: HttpRequest, code: str, body: shapes.SendBack, key: str = KEY) -> HttpResponse:
    """Send a dossier back to the unit that received it, before its receipt was confirmed."""
    return _done(operations.send_back(**_common(request, code, key, body), why=body.why, reason=body.reason))


@router.post("/dossiers/{code}/assign", auth=STAFF, summary="Nhận việc, giao việc", **ACT)
def assign(request: HttpRequest, code: str, body: shapes.Assign, key: str = KEY) -> HttpResponse:
    """Take a task, hand it over with a note, or assign it as head."""
    return _done(
        operations.assign(
            **_common(request, code, key, body), task_id=body.task_id, staff_id=body.staff_id, note=body.note
        )
    )


@router.post("/dossiers/{code}/release", auth=STAFF, summary="Trả việc về danh sách chung", **ACT)
def release(request: HttpRequest, code: str, body: shapes.Release, key: str = KEY) -> HttpResponse:
    """Put a taken task back into the pool of its unit, as its holder or as head, with the reason."""
    return _done(
        operations.release(**_common(request, code, key, body), task_id=body.task_id, reason=body.reason)
    )


@router.post("/dossiers/{code}/complete-step", auth=STAFF, summary="Hoàn thành bước, ký", **ACT)
def complete_step(request: HttpRequest, code: str, body: shapes.CompleteStep, key: str = KEY) -> HttpResponse:
    """Complete a step; the outcome says whether it is a step, a decision, a refusal or a return."""
    return _done(
        operations.complete_step(
            **_common(request, code, key, body), task_id=body.task_id, outcome=body.outcome, note=body.note
        )
    )


@router.post("/dossiers/{code}/take-over-step", auth=STAFF, summary="Làm thay bước tự động", **ACT)
def take_over_step(request: HttpRequest, code: str, body: shapes.TakeOver, key: str = KEY) -> HttpResponse:
    """Do by hand, with the reason, what the system could not do by itself."""
    return _done(
        operations.take_over_step(
            **_common(request, code, key, body),
            awaited_id=body.awaited_id,
            outcome=body.outcome,
            reason=body.reason,
        )
    )


@router.post("/dossiers/{code}/messages", auth=STAFF, summary="Gửi thông điệp cho quy trình của hồ sơ", **ACT)
def receive_message(request: HttpRequest, code: str, body: shapes.MessageIn, key: str = KEY) -> HttpResponse:
    """
    Deliver a message that the dossier's process waits for, once.

    What makes it be taken once is the sender's own `message_id`, whatever `Idempotency-Key` comes with it. One that
    comes before the dossier waits for it is refused with 409 `not_awaited`: send it again later.
    """
    return _done(
        operations.receive_message(
            code=code, name=body.name, message=body.message_id, content=body.content,
            actor=actors.actor(request), at=clock.now(), seen=body.seen,
        )
    )  # fmt: skip


@router.post("/dossiers/{code}/return-step", auth=STAFF, summary="Trả lại bước trước", **ACT)
def return_step(request: HttpRequest, code: str, body: shapes.ReturnStep, key: str = KEY) -> HttpResponse:
    """Send the dossier back to an earlier step, with the reason."""
    return _done(
        operations.return_step(
            **_common(request, code, key, body), task_id=body.task_id, node=body.node, reason=body.reason
        )
    )


@router.post("/dossiers/{code}/suspend", auth=STAFF, summary="Tạm dừng giải quyết", **ACT)
def suspend(request: HttpRequest, code: str, body: shapes.Suspend, key: str = KEY) -> HttpResponse:
    """Hold the clock on a ground of the closed list that the procedure may use."""
    return _done(
        operations.suspend(
            **_common(request, code, key, body),
            ground=body.ground,
            reason=body.reason,
            reference=body.reference,
        )
    )


@router.post("/dossiers/{code}/resume", auth=STAFF, summary="Tiếp tục giải quyết", **ACT)
def resume(request: HttpRequest, code: str, body: shapes.Resume, key: str = KEY) -> HttpResponse:
    """Go on after a wait for payment, an outside verification or a suspension."""
    return _done(operations.resume(**_common(request, code, key, body), proof=body.proof))


@router.post("/dossiers/{code}/return-result", auth=STAFF, summary="Trả kết quả", **ACT)
def return_result(request: HttpRequest, code: str, body: shapes.ReturnResult, key: str = KEY) -> HttpResponse:
    """Hand the result over: into the owner's account always, at the counter or by post besides."""
    return _done(
        operations.return_result(
            **_common(request, code, key, body), how=body.how, collector=body.collector, proof=body.proof
        )
    )


@router.post("/dossiers/{code}/hand-back", auth=STAFF, summary="Trả lại giấy tờ", **ACT)
def hand_back(request: HttpRequest, code: str, body: shapes.HandBack, key: str = KEY) -> HttpResponse:
    """Hand papers and borrowed originals back after a withdrawal, stop or refusal."""
    return _done(operations.hand_back(**_common(request, code, key, body), collector=body.collector))


@router.post("/dossiers/{code}/withdraw", auth=ANYONE, summary="Rút hồ sơ", **ACT)
def withdraw(request: HttpRequest, code: str, body: shapes.Withdraw, key: str = KEY) -> HttpResponse:
    """Withdraw a dossier before a result is decided; of a group, the parts named or all that have not ended."""
    return _done(
        operations.withdraw(
            **_common(request, code, key, body),
            reason=body.reason,
            keys=body.parts,
            refund=RefundDecision(**body.refund.model_dump()) if body.refund else None,
        )
    )


@router.post("/dossiers/{code}/decide-refund", auth=STAFF, summary="Xác định hoàn trả phí, lệ phí", **ACT)
def decide_refund(request: HttpRequest, code: str, body: shapes.DecideRefund, key: str = KEY) -> HttpResponse:
    """Decide what of the money paid for a withdrawn dossier is given back."""
    return _done(
        operations.decide_refund(**_common(request, code, key, body), amount=body.amount, ground=body.ground)
    )


@router.post("/dossiers/{code}/pay-refund", auth=STAFF, summary="Ghi nhận đã hoàn trả phí, lệ phí", **ACT)
def pay_refund(request: HttpRequest, code: str, body: shapes.PayRefund, key: str = KEY) -> HttpResponse:
    """Enter that the money was given back, by its voucher."""
    return _done(operations.pay_refund(**_common(request, code, key, body), reference=body.reference))


@router.post("/dossiers/{code}/mirror", auth=STAFF, summary="Ghi nhận từ hệ thống của bộ, ngành", **ACT)
def mirror(request: HttpRequest, code: str, body: shapes.Mirror, key: str = KEY) -> HttpResponse:
    """Note what the central system that decides a part said; told twice or late it changes nothing."""
    return _done(
        operations.mirror(
            **_common(request, code, key, body),
            state=body.state,
            message_id=body.message_id,
            said_at=body.said_at,
            evidence=body.evidence,
            number=body.number,
            file_id=body.file_id,
            verifying=body.verifying,
        )
    )


@router.post(
    "/dossiers/{code}/ask-system", auth=ANYONE, summary="Chuyển đề nghị đến hệ thống của bộ, ngành", **ACT
)
def ask_system(request: HttpRequest, code: str, body: shapes.AskSystem, key: str = KEY) -> HttpResponse:
    """Ask the central system that decides a part: a supplement, a withdrawal, a correction of its result."""
    return _done(
        operations.ask_system(
            **_common(request, code, key, body), kind=body.kind, words=body.words, file_ids=body.file_ids
        )
    )


@router.post(
    "/dossiers/{code}/system-refused", auth=STAFF, summary="Ghi nhận bộ, ngành không chấp nhận đề nghị", **ACT
)
def system_refused(
    request: HttpRequest, code: str, body: shapes.SystemRefused, key: str = KEY
) -> HttpResponse:
    """Note that the central system that decides a part does not accept what it was asked, without a message of it."""
    return _done(
        operations.system_refused(
            **_common(request, code, key, body),
            request=body.request,
            reason=body.reason,
            paper=body.paper,
            file_id=body.file_id,
        )
    )


@router.post("/dossiers/{code}/stop", auth=STAFF, summary="Dừng giải quyết", **ACT)
def stop(request: HttpRequest, code: str, body: shapes.Stop, key: str = KEY) -> HttpResponse:
    """Stop handling a dossier before a result is decided (form 05), as the competent person of its agency."""
    return _done(
        operations.stop(
            **_common(request, code, key, body),
            reason=body.reason,
            asked_by=body.asked_by,
            ground=body.ground,
            refund=RefundDecision(**body.refund.model_dump()) if body.refund else None,
        )
    )


@router.post("/dossiers/{code}/propose-extension", auth=STAFF, summary="Dự thảo xin lỗi, gia hạn", **ACT)
def propose_extension(request: HttpRequest, code: str, body: shapes.Letter, key: str = KEY) -> HttpResponse:
    """Draft the letter of apology with a new date, as who holds the dossier."""
    return _done(operations.propose_extension(**_common(request, code, key, body), **_letter(body)))


@router.post("/dossiers/{code}/extend", auth=STAFF, summary="Xin lỗi, gia hạn", **ACT)
def extend(request: HttpRequest, code: str, body: shapes.Letter, key: str = KEY) -> HttpResponse:
    """Sign the apology and promise a new date (form 04), once, as the competent person of the agency."""
    return _done(operations.extend(**_common(request, code, key, body), **_letter(body)))


def _letter(body: shapes.Letter) -> dict[str, Any]:
    return {"cause": body.cause, "reason": body.reason, "new_due_on": body.new_due_on}


@router.post("/dossiers/{code}/request-payment", auth=STAFF, summary="Thông báo nghĩa vụ tài chính", **ACT)
def request_payment(
    request: HttpRequest, code: str, body: shapes.RequestPayment, key: str = KEY
) -> HttpResponse:
    """Notify financial obligations, as who holds the dossier: it waits and its clock stands until all are paid."""
    notices = [NoticeInput(**one.model_dump()) for one in body.notices]
    return _done(operations.request_payment(**_common(request, code, key, body), notices=notices))


@router.post("/dossiers/{code}/confirm-payment", auth=STAFF, summary="Xác nhận đã nộp", **ACT)
def confirm_payment(
    request: HttpRequest, code: str, body: shapes.ConfirmPayment, key: str = KEY
) -> HttpResponse:
    """Enter that notices are paid; when none is due any more the dossier goes on by itself."""
    return _done(
        operations.confirm_payment(
            **_common(request, code, key, body),
            notice_ids=body.notice_ids,
            method=body.method,
            evidence=body.evidence,
        )
    )


@router.post("/dossiers/{code}/cancel-payment", auth=STAFF, summary="Hủy thông báo nghĩa vụ tài chính", **ACT)
def cancel_payment(
    request: HttpRequest, code: str, body: shapes.CancelPayment, key: str = KEY
) -> HttpResponse:
    """Cancel notices with the reason, as who notified them."""
    return _done(
        operations.cancel_payment(
            **_common(request, code, key, body), notice_ids=body.notice_ids, reason=body.reason
        )
    )


@router.post("/dossiers/{code}/explain", auth=STAFF, summary="Giải trình hồ sơ quá hạn", **ACT)
def explain(request: HttpRequest, code: str, body: shapes.Explain, key: str = KEY) -> HttpResponse:
    """Explain to the head of the agency why a dossier is late, as who the delay is owed to or who leads them."""
    return _done(
        operations.explain(
            **_common(request, code, key, body), cause=body.cause, reason=body.reason, remedy=body.remedy
        )
    )


@router.post("/dossiers/{code}/accept-explanation", auth=STAFF, summary="Chấp nhận giải trình", **ACT)
def accept_explanation(
    request: HttpRequest, code: str, body: shapes.AcceptExplanation, key: str = KEY
) -> HttpResponse:
    """Accept the explanation of a late dossier, as the head of its agency."""
    return _done(operations.accept_explanation(**_common(request, code, key, body), note=body.note))


@router.post("/dossiers/{code}/return-explanation", auth=STAFF, summary="Trả lại giải trình", **ACT)
def return_explanation(
    request: HttpRequest, code: str, body: shapes.ReturnExplanation, key: str = KEY
) -> HttpResponse:
    """Send the explanation of a late dossier back to be written better, as the head of its agency."""
    return _done(operations.return_explanation(**_common(request, code, key, body), reason=body.reason))


@router.post("/dossiers/{code}/ask-opinion", auth=STAFF, summary="Hỏi ý kiến đơn vị phối hợp", **ACT)
def ask_opinion(request: HttpRequest, code: str, body: shapes.AskOpinion, key: str = KEY) -> HttpResponse:
    """Ask one or several units for their opinion at once, with content and deadline; the clock goes on."""
    units = [organisation.unit_by_code(unit).id for unit in body.units]
    return _done(
        operations.ask_opinion(
            **_common(request, code, key, body), units=units, content=body.content, due_at=body.due_at
        )
    )


@router.post("/dossiers/{code}/give-opinion", auth=STAFF, summary="Cho ý kiến phối hợp", **ACT)
def give_opinion(request: HttpRequest, code: str, body: shapes.GiveOpinion, key: str = KEY) -> HttpResponse:
    """Answer for a unit that was asked."""
    return _done(
        operations.give_opinion(
            **_common(request, code, key, body),
            opinion_id=body.opinion_id,
            stance=body.stance,
            text=body.text,
            file_id=body.file_id,
        )
    )


@router.post("/dossiers/{code}/recall-opinion", auth=STAFF, summary="Rút lại việc hỏi ý kiến", **ACT)
def recall_opinion(
    request: HttpRequest, code: str, body: shapes.RecallOpinion, key: str = KEY
) -> HttpResponse:
    """Take a question back from one unit that has not answered yet."""
    return _done(
        operations.recall_opinion(
            **_common(request, code, key, body), opinion_id=body.opinion_id, reason=body.reason
        )
    )


@router.post("/dossiers/{code}/ask-correction", auth=ANYONE, summary="Đề nghị đính chính kết quả", **ACT)
def ask_correction(
    request: HttpRequest, code: str, body: shapes.AskCorrection, key: str = KEY
) -> HttpResponse:
    """Say that the issued result is wrong, as the people of the dossier or the counter for them."""
    return _done(operations.ask_correction(**_common(request, code, key, body), what=body.what))


@router.post("/dossiers/{code}/refuse-correction", auth=STAFF, summary="Không đính chính kết quả", **ACT)
def refuse_correction(
    request: HttpRequest, code: str, body: shapes.RefuseCorrection, key: str = KEY
) -> HttpResponse:
    """Leave the result as it is, with the reason, as the competent person."""
    return _done(operations.refuse_correction(**_common(request, code, key, body), reason=body.reason))


@router.post("/dossiers/{code}/order-correction", auth=STAFF, summary="Quyết định đính chính kết quả", **ACT)
def order_correction(
    request: HttpRequest, code: str, body: shapes.OrderCorrection, key: str = KEY
) -> HttpResponse:
    """Order that the result be corrected: ground, reason, who prepares the new one; `papers` has the notice."""
    return _done(
        operations.order_correction(
            **_common(request, code, key, body),
            ground=body.ground,
            reason=body.reason,
            staff_id=body.staff_id,
        )
    )


@router.post("/dossiers/{code}/draft-correction", auth=STAFF, summary="Soạn kết quả đính chính", **ACT)
def draft_correction(
    request: HttpRequest, code: str, body: shapes.DraftCorrection, key: str = KEY
) -> HttpResponse:
    """Prepare the new result, as the officer named or the competent person."""
    return _done(
        operations.draft_correction(
            **_common(request, code, key, body),
            answers=body.answers,
            owner_name=body.owner_name,
            wording=body.wording.model_dump(exclude_none=True) if body.wording else None,
        )
    )


@router.post("/dossiers/{code}/sign-correction", auth=STAFF, summary="Ký kết quả đính chính", **ACT)
def sign_correction(
    request: HttpRequest, code: str, body: shapes.SignCorrection, key: str = KEY
) -> HttpResponse:
    """Sign and issue the new result, which replaces the old one everywhere; `papers` has it."""
    return _done(operations.sign_correction(**_common(request, code, key, body)))


@router.post("/dossiers/{code}/return-correction", auth=STAFF, summary="Trả kết quả đính chính", **ACT)
def return_correction(
    request: HttpRequest, code: str, body: shapes.ReturnCorrection, key: str = KEY
) -> HttpResponse:
    """Hand the new result over and record what became of the old paper."""
    return _done(
        operations.return_correction(
            **_common(request, code, key, body),
            how=body.how,
            collector=body.collector,
            proof=body.proof,
            old_original=body.old_original,
        )
    )


@router.post("/dossiers/{code}/plan-verification", auth=STAFF, summary="Hẹn xác minh thực địa", **ACT)
def plan_verification(
    request: HttpRequest, code: str, body: shapes.PlanVerification, key: str = KEY
) -> HttpResponse:
    """Plan a visit on site; the applicant is told where they have to be there. The clock goes on."""
    return _done(
        operations.plan_verification(**_common(request, code, key, body), **body.model_dump(exclude={"seen"}))
    )


@router.post("/dossiers/{code}/move-verification", auth=STAFF, summary="Dời lịch xác minh thực địa", **ACT)
def move_verification(
    request: HttpRequest, code: str, body: shapes.MoveVerification, key: str = KEY
) -> HttpResponse:
    """Give a planned visit another time, place or people, with the reason."""
    return _done(
        operations.move_verification(**_common(request, code, key, body), **body.model_dump(exclude={"seen"}))
    )


@router.post("/dossiers/{code}/call-off-verification", auth=STAFF, summary="Hủy hẹn xác minh thực địa", **ACT)
def call_off_verification(
    request: HttpRequest, code: str, body: shapes.CallOffVerification, key: str = KEY
) -> HttpResponse:
    """Call a planned visit off, with the reason."""
    return _done(
        operations.call_off_verification(
            **_common(request, code, key, body), **body.model_dump(exclude={"seen"})
        )
    )


@router.post(
    "/dossiers/{code}/record-verification", auth=STAFF, summary="Lập biên bản xác minh thực địa", **ACT
)
def record_verification(
    request: HttpRequest, code: str, body: shapes.RecordVerification, key: str = KEY
) -> HttpResponse:
    """Record the numbered minutes of a visit: time, place, people, findings, conclusion."""
    people = [Participant(one.name, one.role) for one in body.participants]
    return _done(
        operations.record_verification(
            **_common(request, code, key, body),
            **body.model_dump(exclude={"seen", "participants"}),
            participants=people,
        )
    )


@router.post("/dossiers/{code}/remind-collection", auth=STAFF, summary="Nhắc nhận kết quả", **ACT)
def remind_collection(
    request: HttpRequest, code: str, body: shapes.RemindCollection, key: str = KEY
) -> HttpResponse:
    """Remind the people of a dossier that its result waits; not more often than the settings allow."""
    return _done(operations.remind_collection(**_common(request, code, key, body)))


@router.post(
    "/dossiers/{code}/documents/{document_id}/signatures", auth=STAFF, summary="Gửi văn bản đã ký số", **ACT
)
def sign_paper(
    request: HttpRequest, code: str, document_id: int, body: shapes.SignPaper, key: str = KEY
) -> HttpResponse:
    """
    Take in an issued paper with one digital signature more, as its signatory or the keeper of the agency's seal.

    The paper is `GET /documents/{document_id}/pdf`, signed in one of its fields by any PAdES tool.
    """
    if not 0 < document_id < 2**63:
        raise NotFound
    common = _common(request, code, key, body)
    upload = documents.file(common["actor"], body.file)
    return _done(
        operations.sign_paper(
            **common, document_id=document_id, data=blobs.read(upload.sha256), real_at=clock.real_now()
        )
    )


@router.post("/dossiers/{code}/close-control-slip", auth=STAFF, summary="Chốt phiếu kiểm soát", **ACT)
def close_control_slip(
    request: HttpRequest, code: str, body: shapes.OnDossier, key: str = KEY
) -> HttpResponse:
    """Freeze the course of an ended dossier as its control slip, a paper that can be signed digitally."""
    return _done(operations.close_control_slip(**_common(request, code, key, body)))


@router.post("/dossiers/{code}/archive-result", auth=STAFF, summary="Chuyển lưu kết quả chưa nhận", **ACT)
def archive_result(
    request: HttpRequest, code: str, body: shapes.ArchiveResult, key: str = KEY
) -> HttpResponse:
    """Put a result nobody came for into the archive; it is still handed over on demand."""
    return _done(operations.archive_result(**_common(request, code, key, body), place=body.place))


@router.post("/dossiers/{code}/move-version", auth=STAFF, summary="Chuyển sang bản quy trình mới", **ACT)
def move_version(request: HttpRequest, code: str, body: shapes.MoveVersion, key: str = KEY) -> HttpResponse:
    """Let a running dossier go on by another approved version of its process, as procedure-control officer."""
    return _done(
        operations.move_version(
            **_common(request, code, key, body),
            version_id=body.version_id,
            reason=body.reason,
            mapping=body.mapping,
        )
    )


@router.post("/dossiers/{code}/correct-intake", auth=STAFF, summary="Đính chính tiếp nhận", **ACT)
def correct_intake(
    request: HttpRequest, code: str, body: shapes.CorrectIntake, key: str = KEY
) -> HttpResponse:
    """Correct a typing error after acceptance; the due date stays, a replacement slip is made."""
    head = {name: value for name, value in body.head.model_dump().items() if value is not None}
    return _done(
        operations.correct_intake(
            **_common(request, code, key, body), reason=body.reason, head=head, answers=body.answers
        )
    )


@router.post("/dossiers/{code}/void-and-refile", auth=STAFF, summary="Hủy và nhập lại", **ACT)
def void_and_refile(
    request: HttpRequest, code: str, body: shapes.VoidAndRefile, key: str = KEY
) -> HttpResponse:
    """Void a dossier taken in under the wrong procedure and take it in again; the answer is the new one."""
    common = _common(request, code, key, body)
    return _done(
        operations.void_and_refile(
            **common,
            filing=_filing(request, common["actor"], body.filing),
            reason=body.reason,
            fees=_fees(body.fees),
        )
    )
