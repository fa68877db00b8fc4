"""The cases of the demo come about by acts alone, every line of the data, and stand where the demo shows them."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.management import call_command

from motcua.dossiers import (
    automatics,
    corrections,
    explanations,
    handovers,
    nonterritorial,
    opinions,
    verifications,
)
from motcua.dossiers.campaigning import Stage
from motcua.dossiers.dues import DueState
from motcua.dossiers.models import (
    Campaign,
    Docket,
    Dossier,
    Explanation,
    Guidance,
    LateEntry,
    Opinion,
    Part,
    PaymentNotice,
    Verification,
)
from motcua.dossiers.nonterritorial import Handing
from motcua.evaluation.onpaper.models import Finding
from motcua.evaluation.restructuring.models import Restructuring
from motcua.kernel.actor import Actor
from motcua.organisation import queries as organisation
from motcua.parties.models import Account
from motcua.platform import clock
from motcua.platform.models import LedgerEntry
from motcua.setup import cases
from motcua.steering.discipline.models import Case as Misconduct
from motcua.steering.discipline.models import Reminder
from motcua.steering.faults.models import Fault

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def signed_in(username: str) -> Actor:
    return organisation.actor_of(Account.objects.get(username=username).pk, clock.DEMO_START)


def test_every_line_is_done_once_and_leaves_what_the_demo_shows() -> None:
    played = cases.play(clock.DEMO_START)
    lines = cases.turns(clock.DEMO_START)
    assert played.done == Counter(turn.said.get("do", "file") for turn in lines)
    assert len(lines) == sum(1 + len(case.get("acts", ())) for case in cases.plan()["cases"]) + len(
        cases.plan()["other"]
    )
    assert list(played.codes) == [turn.case for turn in lines if "do" not in turn.said]
    for dossier in Dossier.objects.all():  # never a raw row: each state has its entries
        assert LedgerEntry.objects.filter(subject=dossier.subject).count() == dossier.seq
    assert not LedgerEntry.objects.filter(at__gte=clock.DEMO_START).exists()

    parts = {
        (row.group.owner_id, row.key): row.child.state if row.child else row.state
        for row in Part.objects.select_related("group", "child")
    }
    assert {"submitted", "in_process", "supplement_requested", "returned"} <= set(parts.values())
    late = Dossier.objects.filter(part="khai_sinh", state="in_process", due_at__lt=clock.DEMO_START)
    assert late.count() == 1
    handed = Counter(nonterritorial.handing(row) for row in Dossier.objects.filter(non_territorial=True))
    assert handed[Handing.FORWARDED] == 1 and handed[Handing.CONFIRMED] == 1 and sum(handed.values()) == 5
    assert Counter(PaymentNotice.objects.values_list("state", flat=True)) == {
        DueState.DUE: 1,
        DueState.PAID: 2,
    }
    assert (
        Opinion.objects.filter(state="open", request__due_at__lt=clock.DEMO_START).count() == 1
    )  # late; the dispatcher tells of it
    assert len(opinions.owed(signed_in("tandan.lanhdao"))) == 1
    assert set(Explanation.objects.values_list("state", flat=True)) == {"written", "returned"}
    assert (
        explanations.to_write(signed_in("tandan-tp.thuly"))
        + explanations.to_write(signed_in("tandan.tuphap"))
        >= 1
    )
    assert automatics.failed_count(signed_in("tandan-tp.thuly")) == 1
    assert Counter(Docket.objects.values_list("state", flat=True)) == {"sent": 1, "different": 1}
    assert handovers.waiting(signed_in("tandan-tp.thuly")) == 1
    assert Guidance.objects.count() == 1
    assert Counter(Campaign.objects.values_list("state", flat=True)) == {Stage.DRAFT: 2}

    now = clock.DEMO_START
    assert Counter(Verification.objects.values_list("state", flat=True)) == {"planned": 1, "recorded": 1}
    assert len(verifications.to_make(signed_in("tandan.tuphap"))) == 1
    assert len(corrections.waiting(signed_in("tandan.lanhdao"))) == 1
    (entry,) = LateEntry.objects.all()
    assert entry.outage is not None and entry.entered_at > entry.received_at
    assert Counter(Fault.objects.values_list("state", flat=True)) == {"open": 1, "answered": 1, "closed": 1}
    assert Fault.objects.filter(state="open", due_at__lt=now).count() == 1
    assert Counter(Reminder.objects.values_list("state", flat=True)) == {"issued": 1, "answered": 1}
    (misconduct,) = Misconduct.objects.all()
    assert misconduct.state == "decided" and misconduct.follow_up_on is not None
    assert Counter(Finding.objects.values_list("state", flat=True)) == {"asked": 1, "answered": 1}
    assert Finding.objects.filter(state="asked", answer_by__lt=now).count() == 1
    assert Counter(Restructuring.objects.values_list("stage", flat=True)) == {"proposed": 1, "live": 1}

    before = LedgerEntry.objects.count(), Dossier.objects.count()
    call_command("play_history", cases=True)  # once in a database
    assert (LedgerEntry.objects.count(), Dossier.objects.count()) == before
