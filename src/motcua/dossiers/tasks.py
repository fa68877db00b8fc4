"""Jobs of the dossier room: acts on many dossiers, steps the system does, groups that follow, the round of timers."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from motcua.documents import operations as documents
from motcua.dossiers.operations import (
    automatic,
    bulk,
    campaign,
    explanation,
    outlook,
    parts,
    timers,
    unheld,
    unmanned,
)
from motcua.dossiers.operations import trial as trials
from motcua.kernel.actor import SYSTEM
from motcua.organisation import queries as organisation
from motcua.platform import clock, jobs
from motcua.territory import queries as territory

AT_ONCE = 100


@jobs.app.task(queue="bulk", name="dossiers.bulk", retry=jobs.RETRY)
def carry_out(run: int) -> None:
    """Do the dossiers of a run one after the other, until none is left or somebody stops it."""
    while bulk.carry_out_next(run=run, at=clock.now()):
        pass


@jobs.app.task(queue="bulk", name="dossiers.campaign", retry=jobs.RETRY)
def carry_out_campaign(number: int) -> None:
    """Do the dossiers of a campaign one after the other, by calendars and agencies as they are since it began."""
    territory.forget_calendars()
    organisation.forget_tree()
    while campaign.carry_out_next(campaign=number, at=clock.now()):
        pass


@jobs.app.task(queue="bulk", name="dossiers.trial", retry=jobs.RETRY)
def carry_out_trial(trial: int) -> None:
    """Do some batches of a trial, then stand in the queue again: acts that wait have their turn in between."""
    if trials.carry_out(trial=trial, at=clock.now()):
        jobs.app.configure_task("dossiers.trial", lock=f"trial-{trial}", queue="bulk").defer(trial=trial)


def clear_trials() -> None:
    """Throw away trials whose time is over."""
    trials.clear(at=clock.now())


@jobs.app.task(queue="bulk", name="dossiers.parts", retry=jobs.RETRY)
def follow_parts(group: int, message: str, at: str) -> None:
    """
    Let a group follow what happened to a part at `at`: first the results are made into files, then one act.

    The key is the event's own, so a worker killed anywhere repeats nothing.
    """
    for document_id in parts.unprinted_results(group):
        documents.printed(actor=SYSTEM, document_id=document_id, at=clock.now())
    parts.follow(group=group, key=f"parts:{message}", at=datetime.fromisoformat(at))


def fire_timers() -> timers.Fired:
    """Fire what is due by the clock of the law."""
    return timers.fire_due(clock.now(), clock.real_now())


def find_late() -> explanation.Found:
    """Put what has become late on the list of what is to be explained."""
    return explanation.find_late(clock.now())


@jobs.app.task(queue="automatic", name="dossiers.automatic")
def automatic_step(awaited: int) -> None:
    """Do a step that the system does by itself; it may wait for a server outside."""
    automatic.carry_out(awaited, clock.now(), clock.real_now())


def hand_out_steps() -> int:
    """Give the automatic steps that are due to workers; return how many."""
    with transaction.atomic():
        found = automatic.hand_out(clock.real_now(), AT_ONCE)
        for number in found:
            task = jobs.app.configure_task(
                "dossiers.automatic",
                queue="automatic",
                queueing_lock=f"automatic-{number}",
            )
            try:
                with transaction.atomic():
                    task.defer(awaited=number)
            except AlreadyEnqueued:
                continue  # it waits for a worker already
    return len(found)


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(queue="housekeeping", name="dossiers.look_ahead", queueing_lock="look_ahead")
def look_ahead(timestamp: int) -> None:
    """Renew the list of dossiers that will probably be late."""
    outlook.look_ahead(clock.now())


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(queue="housekeeping", name="dossiers.put_back_unheld", queueing_lock="put_back_unheld")
def put_back_unheld(timestamp: int) -> None:
    """Put tasks back whose holder has no such duty any more; then see where nobody is left to take them."""
    unheld.put_back(clock.now())
    unmanned.look(clock.now())
