"""The program as text and syntax tree, for the tests of its shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from motcua.platform.installation import SOURCE

PACKAGE = SOURCE / "motcua"


@cache
def files() -> tuple[Path, ...]:
    """Return the program's modules, without tests and migrations."""
    return tuple(
        file
        for file in sorted(PACKAGE.rglob("*.py"))
        if not {"tests", "migrations"} & set(file.relative_to(PACKAGE).parts)
    )


@cache
def tree(file: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(file.read_text("utf-8"))


def name(file: Path) -> str:
    """Return how a module is called here, such as "dossiers/queries.py"."""
    return str(file.relative_to(PACKAGE))


def room(file: Path) -> str:
    """Return the room of a module."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def docstrings(module: ast.Module) -> set[int]:
    """Return the ids of the nodes that are docstrings: words about the program, not part of it."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add(id(first.value))
    return found


def texts(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string of a module but its docstrings; parts of an f-string are joined by «»."""
    module = tree(file)
    skipped = docstrings(module)
    inside: set[int] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in ast.walk(node) if isinstance(part, ast.Constant)}
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "«»" for part in node.values),
            )
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped | inside
        ):
            yield node.lineno, node.value


def calls(file: Path) -> Iterator[ast.Call]:
    """Yield the calls of a module."""
    return (node for node in ast.walk(tree(file)) if isinstance(node, ast.Call))


def last_name(node: ast.expr) -> str:
    """Return the last name of a dotted expression, empty for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
