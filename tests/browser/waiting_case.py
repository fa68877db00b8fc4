"""
Run inside a private instance: make two dossiers whose results wait for ten days and more and one to be corrected.

    python -m tests.browser.waiting_case
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import django


def main() -> None:
    """Make them and print {"codes", "wrong", "counter", "head"}."""
    django.setup()
    from motcua.dossiers import corrections, operations
    from motcua.dossiers.rules import State
    from motcua.dossiers.tests.factories import WORDS, at_state
    from motcua.kernel.actor import SYSTEM
    from motcua.parties.models import Account
    from motcua.platform import clock

    at = clock.now() - timedelta(days=14)
    one, two = at_state(State.PROCESSED, at), at_state(State.PROCESSED, at)
    wrong = at_state(State.RETURNED, at)
    named = next(iter(corrections.candidates(SYSTEM, wrong.dossier, wrong.at.date())))
    wrong.act(
        operations.order_correction, actor=wrong.head(), ground="agency_error", reason=WORDS, staff_id=named
    )
    people = {
        "counter": Account.objects.get(pk=one.counter().account_id).username,
        "head": Account.objects.get(pk=wrong.head().account_id).username,
    }
    sys.stdout.write(json.dumps({"codes": [one.code, two.code], "wrong": wrong.code, **people}))


if __name__ == "__main__":
    main()
