from __future__ import annotations

import json
import subprocess
import sys

import pytest

from motcua.platform.installation import SOURCE

PROGRAM = """
import logging, sys
import structlog
from motcua.platform.logging import log_config
log_config(sys.argv[1], "info")
structlog.get_logger("motcua.x").info("dossier_accepted", dossier="000.00.01", text="h\u1ed3 s\u01a1")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("library").exception("two\\nlines")
structlog.get_logger("motcua.x").debug("not shown")
"""


@pytest.mark.parametrize("form", ["line", "json"])
def test_an_event_is_a_line(form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, form],
        env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert "dossier_accepted" in lines[0]
    assert "hồ sơ" in lines[0]
    assert "ZeroDivisionError" in lines[1]
    if form == "json":
        assert json.loads(lines[0])["dossier"] == "000.00.01"
