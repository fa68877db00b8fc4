"""
Run inside a private instance: draw a process with a look-up, take a dossier to it, say its code and who holds the step.

    python -m tests.browser.lookup_case
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import django


def main() -> None:
    """Make the dossier and print {"code", "username"}."""
    django.setup()
    from motcua.dossiers.tests import drawn
    from motcua.dossiers.tests.factories import Case
    from motcua.parties.models import Account
    from motcua.platform import clock

    at = clock.now() - timedelta(hours=3)
    drawn.approved(drawn.with_lookup(drawn.base(at=at)), at=at)
    case = Case.taken_in(drawn.GUARDIANSHIP, at)
    case.forward()
    while case.task.role != "can_bo_thu_ly":
        case.step()
    doer = case.doer()
    case.step(actor=doer)
    username = Account.objects.get(pk=doer.account_id).username
    sys.stdout.write(json.dumps({"code": case.code, "username": username}))


if __name__ == "__main__":
    main()
