"""
Run inside a private instance: make a dossier in an officer's hands, and one returned to a citizen with an account.

    python -m tests.browser.acting_case
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import django

OWNER = 30
"""Which citizen owns both; no other browser test takes this one."""


def main() -> None:
    """Make them and print {"code", "officer", "returned", "citizen", "head"}."""
    django.setup()
    from motcua.dossiers.tests.factories import RECOGNITION, Case, citizen
    from motcua.kernel.actor import Actor
    from motcua.parties.models import Account
    from motcua.platform import clock

    def name(actor: Actor) -> str:
        return Account.objects.get(pk=actor.account_id).username

    owner, at = citizen(OWNER), clock.now() - timedelta(days=4)
    returned, held = (Case.filed(RECOGNITION, at, actor=owner) for _ in range(2))
    for case in (returned, held):
        case.accept()
        case.forward()
    returned.process()
    returned.hand_over()
    said = {
        "code": held.code,
        "officer": name(held.doer()),
        "returned": returned.code,
        "citizen": name(owner),
        "head": name(returned.head()),
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
