"""One act on many dossiers: begin, follow, stop, take up again what was not done."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from motcua.api import shapes
from motcua.api.who import STAFF
from motcua.api.wire import KEY, answer
from motcua.dossiers import bulkruns
from motcua.dossiers.operations import bulk
from motcua.dossiers.rules import BulkAct, BulkState, ItemState
from motcua.edge import actors
from motcua.kernel.errors import Invalid
from motcua.platform import clock

router = Router(tags=["Hàng loạt"])
REFUSALS = {frozenset({401, 403, 404, 409, 422}): shapes.Problem}


class BulkTarget(shapes.In):
    """A dossier, the open task the act is about, and the `seq` it had when it was chosen."""

    code: shapes.Code
    task_id: shapes.Id | None = None
    seen: shapes.Seen | None = None


class BulkOrder(shapes.In):
    """The act and what every dossier's act is told; `note` is the reason where one is needed."""

    act: Annotated[str, Field(max_length=16)]
    dossiers: Annotated[list[BulkTarget], Field(min_length=1, max_length=500)]
    staff_id: shapes.Id | None = None
    outcome: Annotated[str, Field(max_length=60)] = ""
    note: Annotated[str, Field(max_length=2000)] = ""
    how: Annotated[str, Field(max_length=10)] = ""
    collector: Annotated[str, Field(max_length=300)] = ""


class BulkItem(shapes.Out):
    """What has become of one dossier."""

    code: str
    state: ItemState
    reason: str
    message: str
    state_after: str
    done_at: datetime | None


class BulkRun(shapes.Out):
    """How far a run is."""

    run: int
    act: BulkAct
    state: BulkState
    started_at: datetime
    ended_at: datetime | None
    total: int
    done: int
    refused: int
    skipped: int
    waiting: int
    items: list[BulkItem]


def _shown(request: HttpRequest, number: int, status: int = 200) -> HttpResponse:
    actor = actors.actor(request)
    found = bulkruns.run(actor, number)
    return answer(
        BulkRun(
            run=found.number,
            act=found.act,
            state=found.state,
            started_at=found.started_at,
            ended_at=found.ended_at,
            total=found.total,
            done=found.done,
            refused=found.refused,
            skipped=found.skipped,
            waiting=found.waiting,
            items=[
                BulkItem(
                    code=item.code,
                    state=item.state,
                    reason=item.reason,
                    message=item.message,
                    state_after=item.state_after,
                    done_at=item.done_at,
                )
                for item in bulkruns.items(actor, number)
            ],
        ),
        status,
    )


@router.post(
    "/bulk", auth=STAFF, response={202: BulkRun, **REFUSALS}, summary="Thực hiện một việc với nhiều hồ sơ"
)
def begin(request: HttpRequest, body: BulkOrder, key: str = KEY) -> HttpResponse:
    """Begin an act on up to 500 dossiers; each is an act of its own, with its own result. Follow it by GET."""
    if body.act not in set(BulkAct):
        raise Invalid(errors={"act": "Chọn một trong các việc làm hàng loạt được."})
    number = bulk.start(
        act=BulkAct(body.act),
        targets=[bulk.Target(one.code, one.task_id, one.seen) for one in body.dossiers],
        actor=actors.actor(request),
        key=key,
        at=clock.now(),
        staff_id=body.staff_id,
        outcome=body.outcome,
        note=body.note,
        how=body.how,
        collector=body.collector,
    )
    return _shown(request, number, 202)


@router.get("/bulk/{number}", auth=STAFF, response={200: BulkRun, **REFUSALS}, summary="Tiến độ, kết quả")
def show(request: HttpRequest, number: shapes.Id) -> HttpResponse:
    """Return how far a run is and what has become of each dossier."""
    return _shown(request, number)


@router.post("/bulk/{number}/stop", auth=STAFF, response={200: BulkRun, **REFUSALS}, summary="Dừng")
def stop(request: HttpRequest, number: shapes.Id, key: str = KEY) -> HttpResponse:
    """Stop a run: the dossier in hand is finished, the others are left as they are."""
    bulk.stop(run=number, actor=actors.actor(request), key=key, at=clock.now())
    return _shown(request, number)


@router.post("/bulk/{number}/repeat", auth=STAFF, response={202: BulkRun, **REFUSALS}, summary="Làm lại")
def repeat(request: HttpRequest, number: shapes.Id, key: str = KEY) -> HttpResponse:
    """Take up again what was refused, failed or left out."""
    bulk.repeat(run=number, actor=actors.actor(request), key=key, at=clock.now())
    return _shown(request, number, 202)
