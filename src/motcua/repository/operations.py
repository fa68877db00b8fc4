"""Writes of owners' papers and results; none opens a transaction: they belong to an act above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Conflict, NotFound
from motcua.repository import queries, rules
from motcua.repository.models import Holding, HoldingUse
from motcua.repository.rules import Certainty, Handed, HoldingKind, HoldingState, Result


class NotReusable(Conflict):
    """The paper found for reuse was revoked, replaced or has run out since."""

    code = "not_reusable"
    message = "Giấy tờ trong kho không còn giá trị để dùng lại. Chọn giấy tờ khác hoặc yêu cầu nộp mới."


def deposit_result(
    *,
    owners: Mapping[int, str],
    result: Result,
    document_id: int | None,
    source_subject: int,
    at: datetime,
    file_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> list[Holding]:
    """
    Enter an issued result into the repository of each owner (one statement).

    `owners` maps party ids to their personal number or tax code, part of the holding's code. `data` are the
    values the result states, for later prefilling.
    """
    return Holding.objects.bulk_create(
        Holding(
            owner_id=party_id,
            kind=HoldingKind.RESULT,
            type_code=result.type_code,
            paper_type=result.paper_type,
            code=rules.holding_code(number, result.type_code, result.number),
            title=result.title,
            number=result.number,
            issuer=result.issuer,
            issued_on=result.issued_on,
            valid_from=result.valid_from or result.issued_on,
            valid_to=result.valid_to,
            data=dict(data or {}),
            document_id=document_id,
            file_id=file_id,
            source_subject=source_subject,
            certainty=Certainty.ISSUED,
            state=HoldingState.ACTIVE,
            created_at=at,
        )
        for party_id, number in sorted(owners.items())
    )


def deposit_papers(
    *, owner_id: int, owner_number: str, papers: Sequence[Handed], source_subject: int, at: datetime
) -> list[Holding]:
    """Enter accepted components into the owner's repository (one statement, none without papers)."""
    return Holding.objects.bulk_create(
        Holding(
            owner_id=owner_id,
            kind=HoldingKind.PAPER,
            type_code=paper.paper_type,
            paper_type=paper.paper_type,
            code=rules.holding_code(owner_number, paper.paper_type, paper.number),
            title=paper.title,
            number=paper.number,
            issuer=paper.issuer,
            issued_on=paper.issued_on,
            valid_from=paper.valid_from or paper.issued_on,
            valid_to=paper.valid_to,
            file_id=paper.file_id,
            source_subject=source_subject,
            certainty=paper.certainty,
            state=HoldingState.ACTIVE,
            created_at=at,
        )
        for paper in papers
    )


def record_use(
    *, actor: Actor, holding_id: int, party_id: int, paper_type: str, subject: int, at: datetime
) -> HoldingUse:
    """
    Log that a holding of an owner stands in for a paper of a subject (two statements).

    :raises NotReusable: it does not match any more for this actor, owner, paper type and day.
    """
    matches = queries.match(actor, party_id, [paper_type], at.astimezone(LOCAL).date())
    if all(row.id != holding_id for row in matches.get(paper_type, ())):
        raise NotReusable(holding=holding_id)
    return HoldingUse.objects.create(
        holding_id=holding_id,
        subject=subject,
        paper_type=paper_type,
        used_by_id=actor.account_id or None,
        used_at=at,
    )


def revoke(*, holding_id: int, reason: str, at: datetime, superseded: bool = False) -> None:
    """
    End a holding: revoked, or superseded by a newer one (one statement).

    :raises NotFound: it is not there or has ended already.
    """
    state = HoldingState.SUPERSEDED if superseded else HoldingState.REVOKED
    ended = Holding.objects.filter(pk=holding_id, state=HoldingState.ACTIVE).update(
        state=state, ended_at=at, end_reason=reason[:300]
    )
    if not ended:
        raise NotFound(holding=holding_id)


def supersede(
    *,
    source_subject: int,
    reason: str,
    at: datetime,
    document_id: int | None = None,
    file_id: int | None = None,
) -> tuple[int, list[int]]:
    """
    End what a subject's result gave its owners, because another takes its place (one statement).

    The result is a document of ours, or a file that another system gave.

    Return how many holdings that were, and the subjects that had reused one of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH ended AS (UPDATE repository_holding SET state = %s, ended_at = %s, end_reason = %s"
            " WHERE source_subject = %s AND (document_id = %s OR file_id = %s) AND state = %s RETURNING id)"
            " SELECT (SELECT count(*) FROM ended), ARRAY(SELECT DISTINCT used.subject FROM repository_holdinguse used"
            " JOIN ended ON ended.id = used.holding_id ORDER BY 1)",
            [
                str(HoldingState.SUPERSEDED), at, reason[:300], source_subject, document_id, file_id,
                str(HoldingState.ACTIVE),
            ],
        )  # fmt: skip
        ended, subjects = cursor.fetchone()
    return int(ended), list(subjects)
