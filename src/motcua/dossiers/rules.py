"""
States of a dossier, which act leads from where to where, and the guards that need no database.

Source: facts-lifecycle.md 2.1 (national statuses) and 2.10 (transitions); the mapping to the national numbers
is data (catalogue.StatusMap), never derived here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from motcua.dossiers.published import is_content
from motcua.kernel.actor import Actor, DutyRef, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import Ground
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class State(StrEnum):
    """Local state; what is sent to partners is mapped from it."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    IN_PROCESS = "in_process"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    PAYMENT_REQUESTED = "payment_requested"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    PROCESSED = "processed"
    RETURNED = "returned"
    VOID = "void"


STATE_NAMES: Mapping[State, str] = {
    State.SUBMITTED: "Mới đăng ký",
    State.ACCEPTED: "Được tiếp nhận",
    State.NOT_ACCEPTED: "Không được tiếp nhận",
    State.IN_PROCESS: "Đang xử lý",
    State.SUPPLEMENT_REQUESTED: "Chờ bổ sung giấy tờ",
    State.PAYMENT_REQUESTED: "Chờ thực hiện nghĩa vụ tài chính",
    State.SUSPENDED: "Tạm dừng giải quyết",
    State.WITHDRAWN: "Công dân rút hồ sơ",
    State.STOPPED: "Dừng xử lý",
    State.PROCESSED: "Đã xử lý xong, chờ trả",
    State.RETURNED: "Đã trả kết quả",
    State.VOID: "Đã hủy do nhập sai",
}
RUNNING = frozenset({State.ACCEPTED, State.IN_PROCESS})
PAUSED = frozenset({State.SUPPLEMENT_REQUESTED, State.PAYMENT_REQUESTED, State.SUSPENDED})
OPEN = RUNNING | PAUSED | {State.SUBMITTED}
ENDED = frozenset(State) - OPEN
TAKEN_IN = frozenset(State) - {
    State.SUBMITTED,
    State.NOT_ACCEPTED,
    State.VOID,
}  # accepted once, and it counts
WITH_RESULT = frozenset({State.PROCESSED, State.RETURNED})
CORRECTABLE = WITH_RESULT | {State.STOPPED}  # stopped: by a refusal, whose words may be corrected
LIVE = OPEN | {State.PROCESSED}  # something is still to be done at the counter


class Act(StrEnum):
    """The acts of this room, by the names the ledger keeps."""

    FILE = "file"
    ACCEPT = "accept"
    REQUEST_SUPPLEMENT = "request_supplement"
    ALLOW_SUPPLEMENT = "allow_supplement"
    SUPPLEMENT = "supplement"
    REFUSE = "refuse"
    FORWARD = "forward"
    ASSIGN = "assign"
    RELEASE = "release"
    COMPLETE_STEP = "complete_step"
    RETURN_STEP = "return_step"
    DECIDE = "decide"
    REFUSE_REQUEST = "refuse_request"
    SUSPEND = "suspend"
    RESUME = "resume"
    RETURN_RESULT = "return_result"
    HAND_BACK = "hand_back"
    WITHDRAW = "withdraw"
    STOP = "stop"
    PROPOSE_EXTENSION = "propose_extension"
    EXTEND = "extend"
    CORRECT_INTAKE = "correct_intake"
    VOID = "void"
    DIGITISE = "digitise"
    REQUEST_PAYMENT = "request_payment"
    CONFIRM_PAYMENT = "confirm_payment"
    CANCEL_PAYMENT = "cancel_payment"
    EXPLAIN = "explain"
    ACCEPT_EXPLANATION = "accept_explanation"
    RETURN_EXPLANATION = "return_explanation"
    AUTOMATIC_STEP = "automatic_step"
    TAKE_OVER_STEP = "take_over_step"
    FIRE_TIMER = "fire_timer"
    RECEIVE_MESSAGE = "receive_message"
    MOVE_VERSION = "move_version"
    TRANSFER = "transfer"
    RECOMPUTE_DUE = "recompute_due"
    FOLLOW_PARTS = "follow_parts"
    WITHDRAW_PARTS = "withdraw_parts"
    MIRROR = "mirror"
    ASK_SYSTEM = "ask_system"
    SYSTEM_REFUSED = "system_refused"
    ASK_OPINION = "ask_opinion"
    GIVE_OPINION = "give_opinion"
    RECALL_OPINION = "recall_opinion"
    LATE_OPINION = "late_opinion"
    CONFIRM_RECEIPT = "confirm_receipt"
    SEND_BACK = "send_back"
    ASK_CORRECTION = "ask_correction"
    REFUSE_CORRECTION = "refuse_correction"
    ORDER_CORRECTION = "order_correction"
    DRAFT_CORRECTION = "draft_correction"
    SIGN_CORRECTION = "sign_correction"
    RETURN_CORRECTION = "return_correction"
    PLAN_VERIFICATION = "plan_verification"
    MOVE_VERIFICATION = "move_verification"
    CALL_OFF_VERIFICATION = "call_off_verification"
    RECORD_VERIFICATION = "record_verification"
    DECIDE_REFUND = "decide_refund"
    PAY_REFUND = "pay_refund"
    REMIND_COLLECTION = "remind_collection"
    ARCHIVE_RESULT = "archive_result"
    RESTATE_FORWARD = "restate_forward"
    ISSUE_SLIP = "issue_slip"
    SIGN_PAPER = "sign_paper"
    CLOSE_CONTROL_SLIP = "close_control_slip"


ACT_NAMES: Mapping[Act, str] = {
    Act.FILE: "Nộp hồ sơ",
    Act.ACCEPT: "Tiếp nhận hồ sơ",
    Act.REQUEST_SUPPLEMENT: "Yêu cầu bổ sung, hoàn thiện hồ sơ",
    Act.ALLOW_SUPPLEMENT: "Cho phép yêu cầu bổ sung thêm một lần",
    Act.SUPPLEMENT: "Bổ sung hồ sơ",
    Act.REFUSE: "Từ chối tiếp nhận hồ sơ",
    Act.FORWARD: "Chuyển hồ sơ",
    Act.ASSIGN: "Giao người xử lý",
    Act.RELEASE: "Trả việc về danh sách chung",
    Act.COMPLETE_STEP: "Hoàn thành bước",
    Act.RETURN_STEP: "Trả lại bước trước",
    Act.DECIDE: "Ký, quyết định",
    Act.REFUSE_REQUEST: "Quyết định không giải quyết",
    Act.SUSPEND: "Tạm dừng giải quyết",
    Act.RESUME: "Tiếp tục giải quyết",
    Act.RETURN_RESULT: "Trả kết quả",
    Act.HAND_BACK: "Trả lại giấy tờ",
    Act.WITHDRAW: "Rút hồ sơ",
    Act.STOP: "Dừng giải quyết hồ sơ",
    Act.PROPOSE_EXTENSION: "Dự thảo xin lỗi, gia hạn",
    Act.EXTEND: "Xin lỗi, gia hạn",
    Act.CORRECT_INTAKE: "Đính chính thông tin tiếp nhận",
    Act.VOID: "Hủy do nhập sai thủ tục",
    Act.DIGITISE: "Số hóa giấy tờ",
    Act.REQUEST_PAYMENT: "Thông báo nghĩa vụ tài chính",
    Act.CONFIRM_PAYMENT: "Xác nhận đã nộp nghĩa vụ tài chính",
    Act.CANCEL_PAYMENT: "Hủy thông báo nghĩa vụ tài chính",
    Act.EXPLAIN: "Giải trình hồ sơ quá hạn",
    Act.ACCEPT_EXPLANATION: "Chấp nhận giải trình",
    Act.RETURN_EXPLANATION: "Trả lại giải trình",
    Act.AUTOMATIC_STEP: "Hệ thống tự làm một bước",
    Act.TAKE_OVER_STEP: "Làm thay bước tự động",
    Act.FIRE_TIMER: "Đến giờ hẹn của quy trình",
    Act.RECEIVE_MESSAGE: "Nhận thông điệp của quy trình",
    Act.MOVE_VERSION: "Chuyển sang bản quy trình mới",
    Act.TRANSFER: "Chuyển giao khi sắp xếp tổ chức",
    Act.RECOMPUTE_DUE: "Tính lại ngày hẹn theo lịch làm việc",
    Act.FOLLOW_PARTS: "Theo dõi các phần liên thông",
    Act.WITHDRAW_PARTS: "Rút một số phần liên thông",
    Act.MIRROR: "Ghi nhận từ hệ thống của bộ, ngành",
    Act.ASK_SYSTEM: "Chuyển đề nghị đến hệ thống của bộ, ngành",
    Act.SYSTEM_REFUSED: "Ghi nhận bộ, ngành không chấp nhận đề nghị",
    Act.ASK_OPINION: "Hỏi ý kiến đơn vị phối hợp",
    Act.GIVE_OPINION: "Cho ý kiến phối hợp",
    Act.RECALL_OPINION: "Rút lại việc hỏi ý kiến",
    Act.LATE_OPINION: "Cho ý kiến chậm",
    Act.CONFIRM_RECEIPT: "Xác nhận tiếp nhận của cơ quan có thẩm quyền",
    Act.SEND_BACK: "Chuyển trả nơi tiếp nhận",
    Act.ASK_CORRECTION: "Đề nghị đính chính kết quả",
    Act.REFUSE_CORRECTION: "Không đính chính kết quả",
    Act.ORDER_CORRECTION: "Quyết định đính chính kết quả",
    Act.DRAFT_CORRECTION: "Soạn kết quả đính chính",
    Act.SIGN_CORRECTION: "Ký kết quả đính chính",
    Act.RETURN_CORRECTION: "Trả kết quả đính chính",
    Act.PLAN_VERIFICATION: "Hẹn xác minh thực địa",
    Act.MOVE_VERIFICATION: "Dời lịch xác minh thực địa",
    Act.CALL_OFF_VERIFICATION: "Hủy hẹn xác minh thực địa",
    Act.RECORD_VERIFICATION: "Lập biên bản xác minh thực địa",
    Act.DECIDE_REFUND: "Xác định hoàn trả phí, lệ phí",
    Act.PAY_REFUND: "Ghi nhận đã hoàn trả phí, lệ phí",
    Act.REMIND_COLLECTION: "Nhắc nhận kết quả",
    Act.ARCHIVE_RESULT: "Chuyển lưu kết quả chưa nhận",
    Act.RESTATE_FORWARD: "Ghi lại cách chuyển hồ sơ",
    Act.ISSUE_SLIP: "Lập giấy tiếp nhận theo yêu cầu",
    Act.SIGN_PAPER: "Ký số văn bản",
    Act.CLOSE_CONTROL_SLIP: "Chốt phiếu kiểm soát",
}

FROM: Mapping[Act, frozenset[State]] = {
    Act.ACCEPT: frozenset({State.SUBMITTED}),
    Act.REFUSE: frozenset({State.SUBMITTED}),
    Act.REQUEST_SUPPLEMENT: frozenset({State.SUBMITTED, State.ACCEPTED, State.IN_PROCESS}),
    Act.ALLOW_SUPPLEMENT: RUNNING,
    Act.SUPPLEMENT: frozenset({State.SUBMITTED, State.SUPPLEMENT_REQUESTED}),
    Act.FORWARD: frozenset({State.ACCEPTED}),
    Act.ASSIGN: frozenset(
        {State.SUBMITTED, State.ACCEPTED, State.IN_PROCESS, State.PROCESSED, State.STOPPED}
    ),  # the hand-over of a refusal waits in STOPPED
    Act.RELEASE: frozenset(
        {State.SUBMITTED, State.ACCEPTED, State.IN_PROCESS, State.PROCESSED, State.STOPPED}
    ),
    Act.COMPLETE_STEP: frozenset({State.ACCEPTED, State.IN_PROCESS}),
    Act.RETURN_STEP: frozenset({State.ACCEPTED, State.IN_PROCESS}),
    Act.DECIDE: frozenset({State.ACCEPTED, State.IN_PROCESS}),
    Act.REFUSE_REQUEST: frozenset({State.ACCEPTED, State.IN_PROCESS}),
    Act.SUSPEND: RUNNING,
    Act.RESUME: frozenset({State.PAYMENT_REQUESTED, State.SUSPENDED, State.IN_PROCESS}),
    Act.RETURN_RESULT: frozenset({State.PROCESSED, State.STOPPED}),
    Act.HAND_BACK: frozenset({State.WITHDRAWN, State.STOPPED, State.NOT_ACCEPTED}),
    Act.WITHDRAW: frozenset(
        {
            State.SUBMITTED,
            State.ACCEPTED,
            State.IN_PROCESS,
            State.SUPPLEMENT_REQUESTED,
            State.PAYMENT_REQUESTED,
            State.SUSPENDED,
        }
    ),
    Act.STOP: RUNNING | PAUSED,
    Act.PROPOSE_EXTENSION: RUNNING,
    Act.EXTEND: RUNNING,
    Act.CORRECT_INTAKE: RUNNING | PAUSED,
    Act.VOID: RUNNING | PAUSED,
    Act.DIGITISE: RUNNING | PAUSED | {State.PROCESSED, State.RETURNED},
    Act.REQUEST_PAYMENT: RUNNING | {State.PAYMENT_REQUESTED},
    Act.CONFIRM_PAYMENT: frozenset({State.PAYMENT_REQUESTED}),
    Act.CANCEL_PAYMENT: frozenset({State.PAYMENT_REQUESTED}),
    Act.EXPLAIN: TAKEN_IN,
    Act.ACCEPT_EXPLANATION: TAKEN_IN,
    Act.RETURN_EXPLANATION: TAKEN_IN,
    Act.AUTOMATIC_STEP: RUNNING,
    Act.TAKE_OVER_STEP: RUNNING,
    Act.FIRE_TIMER: RUNNING,
    Act.RECEIVE_MESSAGE: RUNNING,
    Act.MOVE_VERSION: OPEN,
    # what has ended goes along only while something of it is still to be handed out
    Act.TRANSFER: LIVE | {State.STOPPED, State.WITHDRAWN, State.NOT_ACCEPTED},
    Act.RECOMPUTE_DUE: OPEN,
    Act.FOLLOW_PARTS: RUNNING | PAUSED,
    Act.WITHDRAW_PARTS: RUNNING | PAUSED,
    Act.MIRROR: frozenset(State) - {State.VOID},  # a late message is kept and changes nothing
    Act.ASK_SYSTEM: OPEN | CORRECTABLE,
    Act.SYSTEM_REFUSED: OPEN | CORRECTABLE,
    Act.ASK_OPINION: RUNNING,
    Act.GIVE_OPINION: RUNNING | PAUSED,
    Act.RECALL_OPINION: RUNNING | PAUSED,
    Act.LATE_OPINION: RUNNING | PAUSED,
    Act.CONFIRM_RECEIPT: frozenset({State.ACCEPTED}),
    Act.SEND_BACK: frozenset({State.ACCEPTED}),
    Act.ASK_CORRECTION: CORRECTABLE,
    Act.REFUSE_CORRECTION: CORRECTABLE,
    Act.ORDER_CORRECTION: CORRECTABLE,
    Act.DRAFT_CORRECTION: CORRECTABLE,
    Act.SIGN_CORRECTION: CORRECTABLE,
    Act.RETURN_CORRECTION: frozenset({State.RETURNED}),
    Act.PLAN_VERIFICATION: RUNNING,
    Act.MOVE_VERIFICATION: RUNNING | PAUSED,
    Act.CALL_OFF_VERIFICATION: RUNNING | PAUSED,
    Act.RECORD_VERIFICATION: RUNNING | PAUSED,
    # returned: a refusal whose document was handed over
    Act.DECIDE_REFUND: frozenset({State.WITHDRAWN, State.STOPPED, State.RETURNED}),
    Act.PAY_REFUND: frozenset({State.WITHDRAWN, State.STOPPED, State.RETURNED}),
    Act.REMIND_COLLECTION: frozenset({State.PROCESSED}),
    Act.ARCHIVE_RESULT: frozenset({State.PROCESSED}),
    Act.ISSUE_SLIP: RUNNING | PAUSED | {State.PROCESSED},
    Act.RESTATE_FORWARD: TAKEN_IN,  # a list may be cancelled when the dossier has ended
    Act.SIGN_PAPER: frozenset(State)
    - {State.VOID},  # each paper for itself, also after the dossier has ended
    Act.CLOSE_CONTROL_SLIP: frozenset({State.WITHDRAWN, State.STOPPED, State.RETURNED}),
}
ONLY_OF_MIRRORED = frozenset({Act.MIRROR, Act.ASK_SYSTEM, Act.SYSTEM_REFUSED})
OF_MIRRORED = ONLY_OF_MIRRORED | {Act.HAND_BACK}
"""What may be done here with a part that a central system decides."""
NOT_OF_PART = frozenset({Act.VOID})
NOT_OF_GROUP = frozenset(
    {
        Act.STOP,
        Act.VOID,
        Act.SUSPEND,
        Act.RESUME,
        Act.EXTEND,
        Act.PROPOSE_EXTENSION,
        Act.PLAN_VERIFICATION,
        Act.RECORD_VERIFICATION,
    }
)
"""What is done with the parts, while a group waits for them."""


class Channel(StrEnum):
    """How a dossier came; the return channel is apart (facts-lifecycle.md 2.2)."""

    DIRECT = "direct"
    ONLINE = "online"
    POST = "post"
    KIOSK = "kiosk"


BY_CITIZEN: frozenset[Channel] = frozenset({Channel.ONLINE, Channel.KIOSK})
"""Channels by which the citizen files without an officer: the e-form is the declaration."""


CHANNEL_NAMES: Mapping[str, str] = {
    "direct": "Trực tiếp",
    "online": "Trực tuyến",
    "post": "Bưu chính công ích",
    "kiosk": "Ki-ốt thông minh",
    "account": "Nhận bản điện tử",
}


class ReturnChannel(StrEnum):
    """How the result goes out besides the owner's account, which always gets it (R-016)."""

    ACCOUNT = "account"
    DIRECT = "direct"
    POST = "post"


RETURN_CHANNEL_NAMES: Mapping[str, str] = {
    ReturnChannel.ACCOUNT: "Bản điện tử trong tài khoản",
    ReturnChannel.DIRECT: "Tại nơi nộp hồ sơ",
    ReturnChannel.POST: "Qua bưu chính công ích",
}


class ComponentState(StrEnum):
    """Where a paper of the dossier came from."""

    HANDED_IN = "handed_in"
    REUSED = "reused"
    FETCHED = "fetched"
    SATISFIED = "satisfied"
    SHARED = "shared"
    MISSING = "missing"


COMPONENT_NAMES: Mapping[ComponentState, str] = {
    ComponentState.HANDED_IN: "Đã nộp",
    ComponentState.REUSED: "Dùng lại từ kho",
    ComponentState.FETCHED: "Không phải nộp, đối chiếu cơ sở dữ liệu",
    ComponentState.SATISFIED: "Đã có trong tờ khai điện tử",
    ComponentState.SHARED: "Dùng chung trong hồ sơ liên thông",
    ComponentState.MISSING: "Còn thiếu",
}


class Decision(StrEnum):
    """What the competent person decided; empty until then."""

    NONE = ""
    APPROVED = "approved"
    REFUSED = "refused"


class StopAsked(StrEnum):
    """Who asked that a dossier be stopped (form 05): its applicant, the agency, or time that ran out."""

    APPLICANT = "applicant"
    AGENCY = "agency"
    LAPSED = "lapsed"


STOP_ASKED_NAMES: Mapping[StopAsked, str] = {
    StopAsked.APPLICANT: "Người nộp hồ sơ",
    StopAsked.AGENCY: "Cơ quan giải quyết",
    StopAsked.LAPSED: "Cơ quan giải quyết, do quá thời hạn mà hồ sơ không được bổ sung",
}


class Cause(StrEnum):
    """Why a dossier is late, as its holder accounts for it (R-183, R-184)."""

    WORKLOAD = "workload"
    COMPLEX = "complex"
    OPINION = "opinion"
    OFFICER = "officer"
    SYSTEM = "system"
    FORCE_MAJEURE = "force_majeure"
    OTHER = "other"


CAUSE_NAMES: Mapping[Cause, str] = {
    Cause.WORKLOAD: "Nhiều hồ sơ, thiếu người giải quyết",
    Cause.COMPLEX: "Hồ sơ phức tạp, phải thẩm tra thêm",
    Cause.OPINION: "Cơ quan phối hợp cho ý kiến chậm",
    Cause.OFFICER: "Người giải quyết thực hiện chậm",
    Cause.SYSTEM: "Hệ thống, thiết bị gặp sự cố",
    Cause.FORCE_MAJEURE: "Thiên tai, sự kiện bất khả kháng",
    Cause.OTHER: "Lý do khác",
}


# Why a clock may be held beside supplement and payment, which are acts of their own: a closed list (facts-lifecycle
# 2.4). Which of them a procedure may use is dated data.
SUSPEND_GROUNDS: Mapping[Ground, str] = {
    Ground.APPLICANT_CONFIRMATION: "Chờ người nộp xác nhận, hoàn thiện trên VNeID hoặc Cổng dịch vụ công",
    Ground.SYSTEM_OUTAGE: "Hệ thống gặp sự cố đã được thông báo",
    Ground.EXTERNAL_APPRAISAL: "Chờ cơ quan ngoài tỉnh thẩm định theo quy định của thủ tục",
}


class NotAllowedNow(Conflict):
    """The act does not start from the dossier's present state."""

    code = "not_allowed_now"


class NotAcceptable(Conflict):
    """Required papers are missing, or the form is not right."""

    code = "not_acceptable"
    message = "Hồ sơ chưa đủ thành phần theo quy định nên chưa tiếp nhận được."


class DossierNotFound(NotFound):
    """No such dossier for this actor."""

    code = "dossier_not_found"
    message = "Không tìm thấy hồ sơ này."


class NoDuty(Forbidden):
    """The actor sees the dossier but holds no duty for the act."""

    code = "no_duty"
    message = "Nhiệm vụ của bạn không gồm việc này đối với hồ sơ này."


class SlipThere(Conflict):
    """The dossier has its slip; it can be printed again."""

    code = "slip_there"
    message = "Hồ sơ đã có giấy tiếp nhận. Mở hồ sơ để in lại."


class ReasonMissing(Invalid):
    """The act needs its reason in words."""

    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__(errors={"reason": "Ghi rõ lý do để người nộp hiểu phải làm gì (ít nhất 10 ký tự)."})


class DecisionTaken(Conflict):
    """A result was decided; the applicant can no longer withdraw."""

    code = "decision_taken"
    message = "Hồ sơ đã có quyết định giải quyết nên không rút được nữa."


class NotTransferable(Conflict):
    """A dossier cannot go to successors: the day has not come, or nobody succeeds an ended unit."""

    code = "not_transferable"
    message = "Hồ sơ chưa chuyển giao được."


class NothingToTransfer(NotAllowedNow):
    """Every unit and agency the dossier needs still exists."""

    code = "nothing_to_transfer"
    message = "Hồ sơ đang ở đúng nơi, không có gì phải chuyển giao."


class NothingToRecompute(NotAllowedNow):
    """By the calendar as it is now the dossier's dates are what they are."""

    code = "nothing_to_recompute"
    message = "Ngày hẹn và các thời hạn của hồ sơ đã đúng theo lịch làm việc hiện hành."


class AlreadyExtended(Conflict):
    """The new date may be set once only (NĐ 61/2018 Art. 19.9)."""

    code = "already_extended"
    message = "Hồ sơ đã được gia hạn một lần; ngày hẹn chỉ được hẹn lại một lần."


class ApprovalNeeded(Conflict):
    """Another request for supplement asks for an approval first: the law says once (facts-lifecycle 2.3)."""

    code = "approval_needed"

    def __init__(self, asked: int) -> None:
        super().__init__(
            f"Hồ sơ đã được yêu cầu bổ sung {asked} lần khi giải quyết. Yêu cầu thêm phải được lãnh đạo cơ quan cho"
            " phép, và hồ sơ sẽ bị tính là quá hạn theo Bộ chỉ số 766.",
            asked=asked,
        )


class OtherProcess(Conflict):
    """The version belongs to another procedure or variant, or the dossier runs by it already."""

    code = "other_process"


class NewDateInvalid(Invalid):
    """The new date is no working day, or does not come after the old one and after today."""

    code = "new_date_invalid"

    def __init__(self, text: str) -> None:
        super().__init__(errors={"new_due_on": text})


def new_date(on: date, due_at: datetime, at: datetime, *, working: bool) -> None:
    """
    Let a new due date pass: a working day after the old due day and after the day of the act (all local).

    :raises NewDateInvalid:
    """
    if not working:
        raise NewDateInvalid("Ngày hẹn mới phải là ngày làm việc.")
    if on <= max(due_at.astimezone(LOCAL).date(), at.astimezone(LOCAL).date()):
        raise NewDateInvalid("Ngày hẹn mới phải sau ngày hẹn cũ và sau hôm nay.")


def suspend_ground(text: str, allowed: Iterable[str]) -> Ground:
    """
    Return the ground on which a dossier's clock may be held, one of those the procedure's settings allow.

    :raises Invalid: it is none of them.
    """
    if text not in SUSPEND_GROUNDS or text not in set(allowed):
        raise Invalid(errors={"ground": "Chọn căn cứ tạm dừng trong danh sách của thủ tục này."})
    return Ground(text)


def cause(text: str) -> Cause:
    """
    Return a cause of the closed list.

    :raises Invalid: it is none of them.
    """
    if text not in set(Cause):
        raise Invalid(errors={"cause": "Chọn nguyên nhân trong danh sách."})
    return Cause(text)


def check(act: Act, state: State) -> None:
    """
    Let the act pass if it starts from this state.

    :raises NotAllowedNow: it does not.
    """
    if state not in FROM[act]:
        raise NotAllowedNow(
            f"Hồ sơ đang ở trạng thái “{STATE_NAMES[state]}” nên không thực hiện được việc"
            f" “{ACT_NAMES[act]}”.",
            act=act.value,
            state=state.value,
        )


def check_linked(act: Act, *, mirrored: str, is_part: bool, awaits_parts: bool) -> None:
    """
    Let the act pass on a part or a group of interlinked procedures; ordinary dossiers always pass.

    :raises NotAllowedNow: a central system decides the part, or the act belongs to the parts or to the group.
    """
    if mirrored and act not in OF_MIRRORED:
        raise NotAllowedNow(
            f"Phần này do {mirrored} giải quyết; ở đây chỉ ghi nhận kết quả, không xử lý thay.", act=act.value
        )
    if act in ONLY_OF_MIRRORED and not mirrored:
        raise NotAllowedNow(
            "Hồ sơ này do cơ quan trong tỉnh giải quyết, không do hệ thống của bộ, ngành giải quyết."
        )
    if is_part and act in NOT_OF_PART:
        raise NotAllowedNow("Đây là một phần của hồ sơ liên thông; không hủy, nhập lại riêng được.")
    if awaits_parts and act in NOT_OF_GROUP:
        raise NotAllowedNow(
            f"Hồ sơ liên thông đang chờ các phần; thực hiện việc “{ACT_NAMES[act]}” ở từng phần.",
            act=act.value,
        )


def reason(text: str) -> str:
    """
    Return a reason fit to be printed.

    :raises ReasonMissing: shorter than ten characters.
    """
    kept = text.strip()
    if len(kept) < 10:
        raise ReasonMissing
    return kept[:2000]


@dataclass(frozen=True, slots=True)
class PaperHandedIn:
    """One paper as the counter or the portal got it; `file_id` is a stored file, `holding_id` what it reuses."""

    paper: str
    name: str
    state: ComponentState
    originals: int = 0
    copies: int = 0
    present_only: bool = False
    borrowed_original: bool = False
    file_id: int | None = None
    required: bool = True
    digitise: bool = True
    holding_id: int | None = None


def missing(papers: Iterable[PaperHandedIn]) -> list[str]:
    """Return the names of required papers that nobody has handed in and nothing replaces."""
    return [p.name for p in papers if p.required and p.state is ComponentState.MISSING]


def asked_beside(
    items: Iterable[Mapping[str, str]], have: Mapping[str, str], record: Mapping[str, str], request_no: int
) -> dict[str, str]:
    """
    Return what a request for supplement names that the dossier has no paper for: name by paper code.

    `have` and `record` map codes of papers to names: those of the dossier, and those the procedure's record knows in
    any case. A name of neither gets a code of its own, "BS-<request>-<item>", the same each time it is asked;
    what asks for the content of the form is no paper.
    """
    here = {name.casefold() for name in have.values()}
    recorded = {name.casefold(): code for code, name in record.items() if code not in have}
    found: dict[str, str] = {}
    for number, item in enumerate(items, 1):
        name = item["name"].strip()
        if name.casefold() not in here and not is_content(name):
            found[recorded.get(name.casefold(), f"BS-{request_no}-{number}")] = name
    return found


def handed(how: str, collector: str, proof: str) -> None:
    """
    Let a result be handed over this way: at the counter to somebody, by post under the number of the item.

    :raises Invalid:
    """
    if how not in set(ReturnChannel):
        raise Invalid(errors={"how": "Chọn cách trả kết quả trong danh sách."})
    if how == ReturnChannel.DIRECT and not collector.strip():
        raise Invalid(errors={"collector": "Ghi họ tên người nhận kết quả."})
    if how == ReturnChannel.POST and not proof.strip():
        raise Invalid(errors={"proof": "Ghi số hiệu bưu gửi."})


def plan_of(path: Sequence[tuple[str, datetime]]) -> dict[str, str]:
    """Return planned ends by node in the form that is stored on the dossier."""
    return {node: moment.isoformat() for node, moment in path}


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what differs, as before and after by key."""
    return {
        key: (before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    }


def lapsed(at: datetime, supplement_due_at: datetime | None) -> None:
    """
    Let a dossier lapse whose supplement did not come in its time (facts-lifecycle.md 2.3, 2.10: 5 → 8).

    :raises NotAllowedNow: there is still time, or nothing is waited for.
    """
    if supplement_due_at is None or at < supplement_due_at:
        raise NotAllowedNow("Thời hạn bổ sung hồ sơ chưa hết nên chưa dừng giải quyết.")


# Yearly number series of the papers and the symbol after the number (facts-forms.md 3.0; a habit of practice).
SERIES: Mapping[str, tuple[str, str]] = {
    "slip": ("TNHS", "TNHS"),
    "register": ("SO", ""),
    "supplement_request": ("HDHS", "HDHS"),
    "refusal": ("TCHS", "TCHS"),
    "refusal_decision": ("VB", "TB"),
    "apology": ("XLGH", "XLGH"),
    "stop_notice": ("DGQ", "DGQ"),
    "result": ("KQ", "KQ"),
    "opinion_request": ("YK", "LYK"),
    "correction_notice": ("DCKQ", "TB"),
    "site_minutes": ("XM", "BBXM"),
}

# Who may say that a wait is over: the counter that took the payment, the officer who asked, their head.
RESUMERS = (Role.ONE_STOP_OFFICER, Role.PROCESSING_OFFICER, Role.DIVISION_HEAD)


# The competent person of the agency: signs stops and apologies (NĐ 61/2018 Art. 19.9; TT 03/2025 form 05).
COMPETENT = (Role.AGENCY_HEAD,)


def competent_duty(actor: Actor, agency_id: int, field: str) -> DutyRef | None:
    """Return the duty under which the actor decides for an agency in a field, if there is one."""
    return next(
        (
            duty
            for duty in actor.duties
            if duty.role in COMPETENT and duty.agency_id == agency_id and duty.covers(field)
        ),
        None,
    )


# Who leads and is therefore warned of what runs late anywhere in the agency.
LEADING = (Role.AGENCY_HEAD, Role.OFFICE_HEAD)

# The same act on many dossiers ------------------------------------------------------------------------


class BulkAct(StrEnum):
    """What can be done to many dossiers at once: nothing that needs a look at each paper."""

    FORWARD = "forward"
    TAKE = "take"
    ASSIGN = "assign"
    COMPLETE = "complete_step"
    RECEIVE = "receive"
    RETURN = "return_result"
    MOVE = "move_version"


BULK_NAMES: Mapping[BulkAct, str] = {
    BulkAct.FORWARD: "Chuyển hồ sơ",
    BulkAct.TAKE: "Nhận việc",
    BulkAct.ASSIGN: "Phân công, chuyển việc",
    BulkAct.COMPLETE: "Hoàn thành bước",
    BulkAct.RECEIVE: "Nhận bàn giao",
    BulkAct.RETURN: "Trả kết quả",
    BulkAct.MOVE: "Chuyển sang bản quy trình mới",
}
MOST_AT_ONCE = 500
"""Dossiers of one run: what a person can still answer for, and a worker does in a minute or two."""


class BulkState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


class ItemState(StrEnum):
    """
    What has become of one dossier of a run.

    waiting  its turn has not come
    done     the act is done
    refused  the act was refused; the reason is kept
    failed   the system failed at it, which is in its log
    skipped  the run was stopped before
    """

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    SKIPPED = "skipped"


AGAIN = frozenset({ItemState.REFUSED, ItemState.FAILED, ItemState.SKIPPED})


class BulkNotFound(NotFound):
    """No such run of this person."""

    code = "bulk_not_found"
    message = "Không tìm thấy lần thực hiện hàng loạt này."


class NothingToRepeat(Conflict):
    """Every dossier of the run is done, or still under way."""

    code = "bulk_nothing_to_repeat"
    message = "Không còn hồ sơ nào để làm lại trong lần này."


class NotRunning(Conflict):
    """The run has ended."""

    code = "bulk_not_running"
    message = "Lần thực hiện này đã kết thúc."


def how_many(count: int) -> None:
    """
    Let a run of so many dossiers pass.

    :raises Invalid: none, or more than 500.
    """
    if not count:
        raise Invalid(errors={"dossiers": "Chưa chọn hồ sơ nào."})
    if count > MOST_AT_ONCE:
        raise Invalid(errors={"dossiers": f"Mỗi lần thực hiện tối đa {MOST_AT_ONCE} hồ sơ."})


def bulk_values(
    act: BulkAct,
    count: int,
    *,
    staff_id: int | None = None,
    outcome: str = "",
    note: str = "",
    how: str = "",
    collector: str = "",
    tasks: bool = False,
) -> dict[str, Any]:
    """
    Return what every dossier's act of a run is told.

    :raises Invalid: no dossier or more than 500, or what the act needs is missing.
    """
    errors: dict[str, str] = {}
    if not count:
        errors["dossiers"] = "Chưa chọn hồ sơ nào."
    elif count > MOST_AT_ONCE:
        errors["dossiers"] = f"Mỗi lần thực hiện tối đa {MOST_AT_ONCE} hồ sơ."
    if act not in (BulkAct.FORWARD, BulkAct.RETURN, BulkAct.MOVE) and not tasks:
        errors.setdefault("dossiers", "Mỗi dòng phải chỉ rõ việc đang mở của hồ sơ.")
    if act is BulkAct.RECEIVE:
        errors["act"] = "Nhận bàn giao bắt đầu từ lời đề nghị bàn giao."
    if act is BulkAct.MOVE:
        errors["act"] = "Chuyển bản quy trình bắt đầu từ trang của quy trình."
    if act is BulkAct.ASSIGN and staff_id is None:
        errors["staff_id"] = "Chọn người nhận việc."
    if act is BulkAct.COMPLETE and not outcome:
        errors["outcome"] = "Chọn kết quả của bước."
    if act is BulkAct.RETURN and how not in (ReturnChannel.DIRECT, ReturnChannel.ACCOUNT):
        errors["how"] = "Chọn cách trả kết quả: tại quầy hoặc bản điện tử."
    if errors:
        raise Invalid(errors=errors)
    match act:
        case BulkAct.ASSIGN:
            return {"staff_id": staff_id, "note": note.strip()[:2000]}
        case BulkAct.COMPLETE:
            return {"outcome": outcome, "note": note.strip()[:2000]}
        case BulkAct.FORWARD:
            return {"what": note.strip()[:2000]}
        case BulkAct.RETURN:
            return {"how": how, "collector": collector.strip()[:300]}
    return {}


# Tasks handed over on leave or transfer (R-070) --------------------------------------------------------


class HandOverKind(StrEnum):
    """Why tasks change hands."""

    LEAVE = "leave"
    TRANSFER = "transfer"
    OTHER = "other"


HANDOVER_KINDS: Mapping[HandOverKind, str] = {
    HandOverKind.LEAVE: "Nghỉ phép, vắng mặt",
    HandOverKind.TRANSFER: "Chuyển công tác, thôi nhiệm vụ",
    HandOverKind.OTHER: "Lý do khác",
}


class HandOverState(StrEnum):
    """Where a hand-over stands; only `accepted` moves tasks."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"


HANDOVER_STATES: Mapping[HandOverState, str] = {
    HandOverState.PROPOSED: "Chờ người nhận xác nhận",
    HandOverState.ACCEPTED: "Đã nhận",
    HandOverState.DECLINED: "Người nhận từ chối",
    HandOverState.CANCELLED: "Đã hủy",
}


class HandOverNotFound(NotFound):
    """No such hand-over, or none of this person's concern."""

    code = "handover_not_found"
    message = "Không tìm thấy lần bàn giao này."


class HandOverAnswered(Conflict):
    """It was taken, declined or cancelled already."""

    code = "handover_answered"
    message = "Lần bàn giao này đã được trả lời hoặc đã hủy."


class AlreadyHandedOver(Conflict):
    """One of the tasks waits in another hand-over."""

    code = "handover_pending"
    message = "Có việc đang nằm trong một lần bàn giao khác chưa được xác nhận. Hủy lần đó trước."


class NotHolding(Conflict):
    """The person named does not hold one of the tasks any more."""

    code = "handover_not_holding"
    message = "Có việc không còn do người bàn giao giữ. Xem lại danh sách rồi lập lại."
