"""Signing in, and sending forms as the pages do."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from motcua.edge import keys
from motcua.kernel.actor import Actor
from motcua.parties.models import Account


def signed_in(actor: Actor) -> Client:
    """Return a browser in which the actor is signed in as staff."""
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def fields(page: str) -> dict[str, str]:
    """Return the hidden inputs of a page by name, the last of each."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return dict(found)


def sent(page: str, **typed: Any) -> dict[str, Any]:
    """Return the form of a page with what is typed into it; a new key where the page had none."""
    return {**fields(page), "_key": fields(page).get("_key") or keys.new(), **typed}


def text(response: Any) -> str:
    """Return what a page says."""
    return str(response.content.decode())
