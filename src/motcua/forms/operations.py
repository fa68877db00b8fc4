"""Writing of form versions and of citizens' drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from motcua.catalogue.rules import digest
from motcua.forms.models import Draft, FormVersion
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.errors import Forbidden, Invalid, NotFound, Stale
from motcua.platform.records import Counts, bring

DRAFTS_PER_ACCOUNT = 50


@transaction.atomic
def set_forms(forms: Sequence[tuple[int, Mapping[str, Any]]]) -> Counts:
    """Bring the e-form of each procedure version (number, definition)."""
    return bring(
        FormVersion,
        [
            {
                "procedure_version_id": version_id,
                "form_code": definition["form_code"],
                "definition": dict(definition),
                "digest": digest(definition),
            }
            for version_id, definition in forms
        ],
        key=("procedure_version_id", "form_code"),
    )


@transaction.atomic
def save_draft(
    *,
    actor: Actor,
    procedure_version_id: int,
    answers: Mapping[str, Any],
    at: datetime,
    uploads: Sequence[Mapping[str, Any]] | None = None,
    choices: Mapping[str, Any] | None = None,
    draft_id: int | None = None,
    revision: int | None = None,
) -> Draft:
    """
    Save what a citizen has filled in so far; answers are kept as typed, good or not.

    With `draft_id` the draft is changed; `revision` is the one the page showed. None leaves uploads or
    choices.

    :raises Forbidden: the actor is no citizen.
    :raises NotFound: no such draft of this account and procedure version.
    :raises Stale: the draft was saved elsewhere since (another tab).
    :raises Invalid: too many drafts.
    """
    if actor.kind is not ActorKind.CITIZEN:
        raise Forbidden
    if draft_id is None:
        if Draft.objects.filter(account_id=actor.account_id).count() >= DRAFTS_PER_ACCOUNT:
            raise Invalid("Bạn có quá nhiều bản nháp. Xóa bớt bản nháp cũ rồi lưu lại.")
        return Draft.objects.create(
            account_id=actor.account_id,
            procedure_version_id=procedure_version_id,
            answers=dict(answers),
            uploads=list(uploads or []),
            choices=dict(choices or {}),
            created_at=at,
            updated_at=at,
        )
    draft = (
        Draft.objects.select_for_update(no_key=True)
        .filter(pk=draft_id, account_id=actor.account_id, procedure_version_id=procedure_version_id)
        .first()
    )
    if draft is None:
        raise NotFound
    if revision is not None and revision != draft.revision:
        raise Stale("Bản nháp này vừa được lưu ở một cửa sổ khác. Tải lại trang để xem bản mới nhất.")
    draft.answers = dict(answers)
    if uploads is not None:
        draft.uploads = list(uploads)
    if choices is not None:
        draft.choices = dict(choices)
    draft.updated_at = at
    draft.revision += 1
    draft.save(update_fields=["answers", "uploads", "choices", "updated_at", "revision"])
    return draft


@transaction.atomic
def delete_draft(*, actor: Actor, draft_id: int) -> None:
    """
    Delete one's own draft (also after filing).

    :raises NotFound:
    """
    removed, _ = Draft.objects.filter(pk=draft_id, account_id=actor.account_id).delete()
    if not removed:
        raise NotFound
