"""The environment, read once and typed; the one place where the process looks at it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from motcua.platform.addresses import database_fault

ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT_SECRET = "development-only-and-refused-anywhere-else"  # noqa: S105


class Mode(StrEnum):
    """Values differ between these, modules do not."""

    DEVELOPMENT = "development"  # tests and tools: secrets may be missing, only loopback is served
    DEMO = "demo"  # movable clock, sign-in page that lists the accounts
    PRODUCTION = "production"


class EnvError(Exception):
    """Values are missing or malformed; `problems` has one sentence for each of them."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True)
class Env:
    """Every value the process takes from outside (table in docs/operations.md)."""

    mode: Mode
    database_url: str
    owner_database_url: str
    secret_key: str
    seal_key: str
    base_url: str
    stream_url: str
    hosts: tuple[str, ...]
    var: Path
    log_format: str
    log_level: str
    sms_url: str
    sms_token: str
    lookup_url: str
    lookup_token: str
    partner_tokens: Mapping[str, str]
    partner_standin_url: str
    signing_secrets: Mapping[str, str]
    portal_standin_url: str
    smtp_url: str
    proxies: int
    test_database: str

    @property
    def demo(self) -> bool:
        """Tell whether the clock can be moved and the accounts are shown."""
        return self.mode is Mode.DEMO

    @classmethod
    def read(cls, source: Mapping[str, str]) -> Env:
        """
        Read the values from `source` (normally os.environ).

        :raises EnvError: naming every missing and every malformed value at once.
        """
        problems: list[str] = []

        def take(name: str, default: str | None, check: Callable[[str], str | None] | None = None) -> str:
            value = source.get(name, "").strip()
            if not value:
                if default is None:
                    problems.append(f"{name} is missing")
                return default or ""
            fault = check(value) if check else None
            if fault:
                problems.append(f"{name} {fault}")
            return value

        mode_name = take("MOTCUA_MODE", Mode.DEVELOPMENT.value, _one_of(*Mode))
        mode = Mode(mode_name) if mode_name in set(Mode) else Mode.DEVELOPMENT
        lax = mode is Mode.DEVELOPMENT
        database_url = take("DATABASE_URL", "" if lax else None, database_fault)
        base_url = take("MOTCUA_BASE_URL", "http://127.0.0.1:8000", _origin_fault)
        env = cls(
            mode=mode,
            database_url=database_url,
            owner_database_url=take("MOTCUA_OWNER_DATABASE_URL", database_url, database_fault),
            secret_key=take("MOTCUA_SECRET_KEY", DEVELOPMENT_SECRET if lax else None, _secret_fault),
            seal_key=take("MOTCUA_SEAL_KEY", DEVELOPMENT_SECRET if lax else None, _secret_fault),
            base_url=base_url,
            stream_url=take("MOTCUA_STREAM_URL", "http://127.0.0.1:8001", _origin_fault),
            hosts=_hosts(take("MOTCUA_HOSTS", ""), base_url, mode),
            var=Path(take("MOTCUA_VAR", str(ROOT / "var"), _absolute_fault)),
            log_format=take("MOTCUA_LOG_FORMAT", "line", _one_of("line", "json")),
            log_level=take("MOTCUA_LOG_LEVEL", "info", _one_of("debug", "info", "warning", "error")),
            sms_url=take("MOTCUA_SMS_URL", "", _origin_fault),
            sms_token=take("MOTCUA_SMS_TOKEN", "" if mode is Mode.PRODUCTION else "development-sms-token"),
            lookup_url=take("MOTCUA_LOOKUP_URL", "", _origin_fault),
            lookup_token=take(
                "MOTCUA_LOOKUP_TOKEN", "" if mode is Mode.PRODUCTION else "development-lookup-token"
            ),
            partner_tokens=_pairs(
                take(
                    "MOTCUA_PARTNER_TOKENS",
                    "" if mode is Mode.PRODUCTION else "*=development-partner-token",
                    _pairs_fault,
                )
            ),
            partner_standin_url=take("MOTCUA_PARTNER_STANDIN_URL", "", _origin_fault)
            if mode is Mode.DEMO
            else "",
            signing_secrets=_pairs(
                take(
                    "MOTCUA_SIGNING_SECRETS",
                    "" if mode is Mode.PRODUCTION else "*=development-signing-secret",
                    _pairs_fault,
                )
            ),
            portal_standin_url=take("MOTCUA_PORTAL_STANDIN_URL", "", _origin_fault)
            if mode is Mode.DEMO
            else "",
            smtp_url=take("MOTCUA_SMTP_URL", "", _smtp_fault),
            proxies=_whole(take("MOTCUA_PROXIES", "0", _count_fault)),
            test_database=take("MOTCUA_TEST_DB", "test_motcua", _database_name_fault),
        )
        if problems:
            raise EnvError(problems)
        return env


def _one_of(*allowed: str) -> Callable[[str], str | None]:
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}"


def _origin_fault(value: str) -> str | None:
    good = re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", value)
    return None if good else "must be an origin such as https://dichvucong.example.vn, without a path"


def _pairs_fault(value: str) -> str | None:
    good = all(re.fullmatch(r"([a-z0-9_]+|\*)=[^\s,=]{8,}", pair) for pair in value.split(","))
    return None if good else "must look like code=token,other=token, with tokens of 8 characters at least"


def _pairs(value: str) -> Mapping[str, str]:
    return dict(pair.split("=", 1) for pair in value.split(",") if "=" in pair)


def _smtp_fault(value: str) -> str | None:
    good = re.fullmatch(r"smtps?://([^@/\s]+@)?[A-Za-z0-9.\-]+(:\d{1,5})?", value)
    return None if good else "must look like smtp://user:password@host:25 or smtps://…"


def _secret_fault(value: str) -> str | None:
    return None if len(value) >= 32 else "is too short: 32 characters at least"


def _absolute_fault(value: str) -> str | None:
    return None if Path(value).is_absolute() else "must be an absolute path"


def _count_fault(value: str) -> str | None:
    return None if re.fullmatch(r"[0-9]", value) else "must be how many proxies stand in front, 0 to 9"


def _whole(value: str) -> int:
    return int(value) if value.isdecimal() else 0


def _database_name_fault(value: str) -> str | None:
    return (
        None if re.fullmatch(r"[a-z_][a-z0-9_]{0,50}", value) else "must be lower-case letters, digits and _"
    )


def _hosts(listed: str, base_url: str, mode: Mode) -> tuple[str, ...]:
    """Return the host names answered to: those listed, the public one, and loopback outside production."""
    hosts = [name.strip() for name in listed.split(",") if name.strip()]
    hosts.append(urlsplit(base_url).hostname or "")
    if mode is not Mode.PRODUCTION:
        hosts += ["127.0.0.1", "localhost", "testserver"]
    return tuple(dict.fromkeys(name for name in hosts if name))
