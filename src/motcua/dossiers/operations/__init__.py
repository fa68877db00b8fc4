"""
Every write of dossiers: one function, one act, one transaction, one ledger entry, one event.

Refusals are importable from here. Each act takes the actor, an idempotency key and its moment; `seen` is the `seq`
of the dossier that the page showed.
"""

from motcua.catalogue.nonterritorial.rules import NotListed, UnitNotAllowed
from motcua.dossiers.awaiting import NotAutomatic, NotAwaited, NotTheirs
from motcua.dossiers.correcting import CorrectionOpen, NothingToCorrect, ResultBeingCorrected
from motcua.dossiers.nonterritorial import NotConfirmed, OtherLevel
from motcua.dossiers.operations.automatic import automatic_step, fire_timer, receive_message, take_over_step
from motcua.dossiers.operations.common import Done
from motcua.dossiers.operations.control_slip import close_control_slip
from motcua.dossiers.operations.correction import correct_intake, void_and_refile
from motcua.dossiers.operations.declining import system_refused
from motcua.dossiers.operations.digitise import digitise
from motcua.dossiers.operations.ending import hand_back, lapse, return_result, stop, withdraw
from motcua.dossiers.operations.explanation import accept_explanation, explain, return_explanation
from motcua.dossiers.operations.extension import draft_extension, extend, propose_extension
from motcua.dossiers.operations.filing import Filing, PaperInput, file, take_in
from motcua.dossiers.operations.intake import park, unpark
from motcua.dossiers.operations.mirror import mirror
from motcua.dossiers.operations.moving import move_version
from motcua.dossiers.operations.nonterritorial import confirm_receipt, send_back
from motcua.dossiers.operations.obligations import cancel_payment, confirm_payment, request_payment
from motcua.dossiers.operations.opinions import ask_opinion, give_opinion, late_opinion, recall_opinion
from motcua.dossiers.operations.outage import declare_outage, end_outage
from motcua.dossiers.operations.passing import ask_system
from motcua.dossiers.operations.receipt import (
    FeesTaken,
    accept,
    allow_supplement,
    refuse,
    request_supplement,
    supplement,
)
from motcua.dossiers.operations.recompute import recompute_due
from motcua.dossiers.operations.refunds import decide_refund, pay_refund
from motcua.dossiers.operations.result_correction import (
    ask_correction,
    draft_correction,
    order_correction,
    refuse_correction,
    return_correction,
    sign_correction,
)
from motcua.dossiers.operations.signing import sign_paper
from motcua.dossiers.operations.slip_request import issue_slip
from motcua.dossiers.operations.steps import (
    assign,
    complete_step,
    forward,
    release,
    resume,
    return_step,
    suspend,
)
from motcua.dossiers.operations.transfer import transfer
from motcua.dossiers.operations.uncollected import archive_result, remind_collection
from motcua.dossiers.operations.verification import (
    call_off_verification,
    move_verification,
    plan_verification,
    record_verification,
)
from motcua.dossiers.passing import AlreadyPassedOn
from motcua.dossiers.rules import (
    AlreadyExtended,
    ApprovalNeeded,
    DecisionTaken,
    DossierNotFound,
    NewDateInvalid,
    NoDuty,
    NotAcceptable,
    NotAllowedNow,
    NothingToRecompute,
    NothingToTransfer,
    NotTransferable,
    ReasonMissing,
)

__all__ = [
    "AlreadyExtended",
    "AlreadyPassedOn",
    "ApprovalNeeded",
    "CorrectionOpen",
    "DecisionTaken",
    "Done",
    "DossierNotFound",
    "FeesTaken",
    "Filing",
    "NewDateInvalid",
    "NoDuty",
    "NotAcceptable",
    "NotAllowedNow",
    "NotAutomatic",
    "NotAwaited",
    "NotConfirmed",
    "NotListed",
    "NotTheirs",
    "NotTransferable",
    "NothingToCorrect",
    "NothingToRecompute",
    "NothingToTransfer",
    "OtherLevel",
    "PaperInput",
    "ReasonMissing",
    "ResultBeingCorrected",
    "UnitNotAllowed",
    "accept",
    "accept_explanation",
    "allow_supplement",
    "archive_result",
    "ask_correction",
    "ask_opinion",
    "ask_system",
    "assign",
    "automatic_step",
    "call_off_verification",
    "cancel_payment",
    "close_control_slip",
    "complete_step",
    "confirm_payment",
    "confirm_receipt",
    "correct_intake",
    "decide_refund",
    "declare_outage",
    "digitise",
    "draft_correction",
    "draft_extension",
    "end_outage",
    "explain",
    "extend",
    "file",
    "fire_timer",
    "forward",
    "give_opinion",
    "hand_back",
    "issue_slip",
    "lapse",
    "late_opinion",
    "mirror",
    "move_verification",
    "move_version",
    "order_correction",
    "park",
    "pay_refund",
    "plan_verification",
    "propose_extension",
    "recall_opinion",
    "receive_message",
    "recompute_due",
    "record_verification",
    "refuse",
    "refuse_correction",
    "release",
    "remind_collection",
    "request_payment",
    "request_supplement",
    "resume",
    "return_correction",
    "return_explanation",
    "return_result",
    "return_step",
    "send_back",
    "sign_correction",
    "sign_paper",
    "stop",
    "supplement",
    "suspend",
    "system_refused",
    "take_in",
    "take_over_step",
    "transfer",
    "unpark",
    "void_and_refile",
    "withdraw",
]
