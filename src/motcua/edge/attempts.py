"""Guessing is stopped: wrong pairs of code and check value, wrong passwords, counted per client and per target."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest

from motcua.kernel.errors import DomainError, Invalid
from motcua.platform import attempts, clock
from motcua.platform.attempts import Tried


class TooMany(DomainError):
    """This client, or everybody together at this target, has guessed wrong too often."""

    code = "too_many_attempts"
    message = "Đã nhập sai quá nhiều lần. Hãy chờ một lúc rồi thử lại."


class WrongPassword(Invalid):
    """User name and password do not belong together; which is wrong is not told."""

    code = "wrong_password"
    message = "Tên đăng nhập hoặc mật khẩu không đúng."


@dataclass(frozen=True, slots=True)
class Guard:
    """How many failures a client and a target may have within the window."""

    name: str
    per_client: int
    per_target: int
    window: timedelta

    def counted(self, request: HttpRequest, target: str) -> list[Tried]:
        """Return what is counted for a request."""
        kept = target.strip().casefold()[:200]
        return [
            Tried(f"{self.name}.client", client(request), self.per_client, self.window),
            Tried(f"{self.name}.target", kept, self.per_target, self.window),
        ]


# A ward's office reaches us under one address: the count of a client is the wider one.
TRACKING = Guard("track", per_client=30, per_target=10, window=timedelta(minutes=30))
SIGNING_IN = Guard("sign_in", per_client=60, per_target=10, window=timedelta(minutes=15))
KIOSKS = Guard("kiosk", per_client=10, per_target=10, window=timedelta(minutes=15))
PARTNERS = Guard("partner", per_client=30, per_target=10, window=timedelta(minutes=15))


@contextmanager
def guarded(
    request: HttpRequest, guard: Guard, target: str, failures: tuple[type[DomainError], ...]
) -> Iterator[None]:
    """
    Run an attempt; a refusal of one of the kinds `failures` counts and rises on.

    :raises TooMany: too many failures before this one; the attempt is not made.
    """
    counted = guard.counted(request, target)
    if attempts.exhausted(counted, clock.real_now()):
        raise TooMany
    try:
        yield
    except failures:
        attempts.failed(counted, clock.real_now())
        raise


def client(request: HttpRequest) -> str:
    """Return the client's address as far as our own proxies vouch for it; of IPv6 the network (/64)."""
    chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    chain.append(request.META.get("REMOTE_ADDR", ""))
    given = chain[-1 - settings.PROXIES] if len(chain) > settings.PROXIES else chain[0]
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given[:64]
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network(f"{address}/64", strict=False))
