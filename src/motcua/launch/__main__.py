"""
Second half of `./run`: the commands, in the environment that bootstrap has made.

What a person has to put right comes as one line on standard error and exit code 1, never as a traceback.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence

from motcua.env import EnvError
from motcua.platform.cluster import ClusterError
from motcua.platform.installation import Unusable


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit code."""
    command, *rest = arguments
    try:
        return _command(command)(rest)
    except (Unusable, ClusterError) as refusal:
        print(f"motcua: {refusal}", file=sys.stderr)  # noqa: T201
        return 1
    except EnvError as refusal:
        print(f"motcua: the environment is not right: {refusal}", file=sys.stderr)  # noqa: T201
        return 1
    except OSError as failure:
        if failure.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS}:
            raise
        remedy = (
            "make room there"
            if failure.errno in {errno.ENOSPC, errno.EDQUOT}
            else "give us the right to write"
        )
        print(f"motcua: {failure.strerror}: {failure.filename}; {remedy}, then start again", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130


def _command(name: str) -> Callable[[Sequence[str]], int]:
    """Import only what the command needs: starting quickly is part of the job."""
    if name in {"demo", "serve"}:
        from motcua.launch import serving

        return serving.demo if name == "demo" else serving.serve
    if name in {"journey", "bench"}:
        from motcua.launch import measuring

        return measuring.journey if name == "journey" else measuring.bench
    if name in {"test", "check", "lock"}:
        from motcua.launch import checking

        return {"test": checking.test, "check": checking.check, "lock": checking.lock}[name]
    from motcua.launch import tools

    return {"manage": tools.manage, "shell": tools.shell, "backup": tools.backup, "reset": tools.reset}[name]


if __name__ == "__main__":
    os.environ.pop("MOTCUA_ASSUME_MISSING", None)
    sys.exit(main(sys.argv[1:]))
