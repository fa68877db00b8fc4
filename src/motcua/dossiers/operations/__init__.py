"""
Every write of dossiers: one function, one act, one transaction, one ledger entry, one event.

Refusals are importable from here. Each act takes the actor, an idempotency key and its moment; `seen` is the `seq`
of the dossier that the page showed.
"""

from motcua.dossiers.operations.common import Done
from motcua.dossiers.operations.correction import correct_intake, void_and_refile
from motcua.dossiers.operations.digitise import digitise
from motcua.dossiers.operations.ending import hand_back, return_result, withdraw
from motcua.dossiers.operations.filing import Filing, PaperInput, file, take_in
from motcua.dossiers.operations.intake import park, unpark
from motcua.dossiers.operations.receipt import FeesTaken, accept, refuse, request_supplement, supplement
from motcua.dossiers.operations.steps import assign, complete_step, forward, release, resume, return_step
from motcua.dossiers.rules import (
    DecisionTaken,
    DossierNotFound,
    NoDuty,
    NotAcceptable,
    NotAllowedNow,
    ReasonMissing,
)

__all__ = [
    "DecisionTaken",
    "Done",
    "DossierNotFound",
    "FeesTaken",
    "Filing",
    "NoDuty",
    "NotAcceptable",
    "NotAllowedNow",
    "PaperInput",
    "ReasonMissing",
    "accept",
    "assign",
    "complete_step",
    "correct_intake",
    "digitise",
    "file",
    "forward",
    "hand_back",
    "park",
    "refuse",
    "release",
    "request_supplement",
    "resume",
    "return_result",
    "return_step",
    "supplement",
    "take_in",
    "unpark",
    "void_and_refile",
    "withdraw",
]
