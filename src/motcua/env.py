"""The environment, read once and typed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Env:
    """Every value the process takes from outside."""

    database_url: str
    owner_database_url: str
    secret_key: str
    demo: bool
    var: Path
    test_database: str

    @classmethod
    def read(cls, source: Mapping[str, str]) -> Env:
        """Read the values from `source` (normally os.environ)."""
        url = source.get("DATABASE_URL", "")
        return cls(
            database_url=url,
            owner_database_url=source.get("MOTCUA_OWNER_DATABASE_URL", url),
            secret_key=source.get("MOTCUA_SECRET_KEY", "development-only"),
            demo=source.get("MOTCUA_DEMO", "") == "1",
            var=Path(source.get("MOTCUA_VAR", str(ROOT / "var"))),
            test_database=source.get("MOTCUA_TEST_DB", "test_motcua"),
        )


ENV = Env.read(os.environ)
