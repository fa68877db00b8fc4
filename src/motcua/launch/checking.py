"""`./run check`, `./run test` and `./run lock`."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from motcua.platform.installation import ROOT, Installation, Unusable

PYTHON = sys.executable
LOCKS = {"requirements.lock": "requirements.in", "requirements-dev.lock": "requirements-dev.in"}
CODE = ("src", "tests", "bench", "conftest.py")


def check(arguments: Sequence[str]) -> int:
    """Run lint, format, types, layers and lock freshness; needs no database."""
    return 0 if _static_checks({**os.environ, "MOTCUA_MODE": "development", "DATABASE_URL": ""}) else 1


def test(arguments: Sequence[str]) -> int:
    """Run everything that CI runs; arguments go to pytest, and with them only pytest runs."""
    installation = Installation(Path(os.environ.get("MOTCUA_VAR", ROOT / "var")), os.environ)
    try:
        installation.start()
        environment = installation.environment("development")
        environment["PYTHONWARNINGS"] = "default"
        environment.pop("MOTCUA_BASE_URL")
        environment.pop("MOTCUA_STREAM_URL")
        good = True
        if not arguments:
            with ThreadPoolExecutor(1) as beside:
                templates = beside.submit(_make_templates, installation)
                good = _static_checks(environment)
                wanted = [PYTHON, "-m", "django", "makemigrations", "--check", "--dry-run"]
                good &= _step("migrations", wanted, environment)
                templates.result()
        workers = os.environ.get("MOTCUA_TEST_WORKERS", "2")
        command = [PYTHON, "-m", "pytest", *(arguments or ["-n", workers, "--dist", "loadgroup"])]
        code = subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode
        return code or (0 if good else 1)
    finally:
        installation.stop()


def _make_templates(installation: Installation) -> None:
    """Make the databases that tests are given copies of."""
    from motcua.setup.private_instance import make_template

    started = time.monotonic()
    for data in ("empty", "province"):
        make_template(installation, data)
    print(f"templates: made ({time.monotonic() - started:.1f} s)", flush=True)  # noqa: T201


def lock(arguments: Sequence[str]) -> int:
    """Compile the locks anew: the newest that the `.in` files allow, with hashes, without addresses."""
    for target, source in LOCKS.items():
        constraint = [] if target == "requirements.lock" else ["-c", "requirements.lock"]
        options = (
            "--generate-hashes --no-emit-index-url --no-emit-find-links --universal --python-version 3.11"
            " --no-header --quiet"
        )
        command = [PYTHON, "-m", "uv", "pip", "compile", source, "-o", target, *constraint, *options.split()]
        done = subprocess.run([*command, *arguments], cwd=ROOT, check=False)
        if done.returncode != 0:
            raise Unusable("the locks could not be compiled: see above")
        file = ROOT / target
        file.write_text(_head(target) + file.read_text("utf-8"), "utf-8")
    return 0


def stale_locks() -> list[str]:
    """Return the locks whose `.in` file was changed after they were compiled."""
    return [name for name in LOCKS if not (ROOT / name).read_text("utf-8").startswith(_head(name))]


def _head(target: str) -> str:
    """Return the first lines of a lock, which name what it was compiled from."""
    sources = ["requirements.in"] if target == "requirements.lock" else list(LOCKS.values())
    digests = [hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in sources]
    lines = [f"# {name} sha256 {digest}\n" for name, digest in zip(sources, digests, strict=True)]
    return "".join(["# Compiled by `./run lock`; do not edit.\n", *lines])


def _static_checks(environment: Mapping[str, str]) -> bool:
    code = [name for name in CODE if (ROOT / name).exists()]
    steps: dict[str, list[str]] = {
        "lint": [PYTHON, "-m", "ruff", "check", "--quiet", *code],
        "format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", *code],
        "layers": [str(Path(PYTHON).parent / "lint-imports"), "--no-logo"],
        "types": [PYTHON, "-m", "mypy", *code],
    }
    good = True
    for name, command in steps.items():
        good &= _step(name, command, environment)
    if stale := stale_locks():
        print(f"locks: FAILED: {', '.join(stale)} older than the .in files: run `./run lock`", flush=True)  # noqa: T201
        good = False
    return good


def _step(name: str, command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Run one check; its output is shown only when it fails."""
    started = time.monotonic()
    done = subprocess.run(
        command,
        env=environment,
        cwd=ROOT,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    seconds = time.monotonic() - started
    if done.returncode == 0:
        print(f"{name}: ok ({seconds:.1f} s)", flush=True)  # noqa: T201
        return True
    print(f"{name}: FAILED ({seconds:.1f} s)\n{done.stdout.rstrip()}", flush=True)  # noqa: T201
    return False
