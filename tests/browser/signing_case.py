"""
Run inside a private instance: make a dossier whose result waits for its signature, or hand its result over.

    python -m tests.browser.signing_case [CODE]
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import django

OWNER = 34
"""Which citizen owns it; no other browser test takes this one."""


def main() -> None:
    """Make one and print {"code", "page", "head", "seal"}, or hand over the one named and print {"check"}."""
    django.setup()
    from motcua.dossiers.models import Dossier
    from motcua.dossiers.tests.factories import RECOGNITION, Case, citizen
    from motcua.dossiers.tests.signers import clerk, newest, signatory
    from motcua.kernel.actor import Actor
    from motcua.parties.models import Account
    from motcua.platform import clock

    def name(actor: Actor) -> str:
        return Account.objects.get(pk=actor.account_id).username

    if sys.argv[1:]:
        dossier = Dossier.objects.get(code=sys.argv[1])
        case = Case(dossier.code, dossier.subject, clock.now())
        case.hand_over()
        sys.stdout.write(json.dumps({"check": dossier.check_value}))
        return
    case = Case.filed(RECOGNITION, clock.now() - timedelta(days=4), actor=citizen(OWNER))
    case.accept()
    case.forward()
    case.process()
    document = newest(case)
    said = {
        "code": case.code,
        "page": f"/can-bo/ho-so/{case.code}/giay/{document.pk}/ky-so/",
        "head": name(signatory(case, document)),
        "seal": name(clerk(case, document)),
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
