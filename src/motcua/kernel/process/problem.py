"""What is wrong with a process, for the editor and whoever approves it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One fault of a process: a stable code, a Vietnamese sentence, and what it concerns.

    `node` is the element to look at first, `nodes` all of them (ids of the definition, nodes and edges), for the
    editor to mark. A `warning` does not keep the process from being approved.
    """

    code: str
    message: str
    node: str = ""
    nodes: tuple[str, ...] = ()
    warning: bool = False

    def __post_init__(self) -> None:
        if self.node and not self.nodes:
            object.__setattr__(self, "nodes", (self.node,))
