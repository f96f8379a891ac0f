"""What the pipelines of other tools are made of: notebooks, scripts and functions, in an order."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from nbmlops.domain.references import NAME
from nbmlops.notebook.dataflow.known import BUILTINS

NodeKind = Literal["notebook", "script", "function"]


@dataclass(frozen=True, slots=True)
class Text:
    """A text with parameters in it: ``parts`` are literal texts and `Reference` in turn."""

    parts: tuple[str | Reference, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The value of a parameter of the pipeline."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node; it runs in a process of its own.

    Attributes:
        name: the step that it becomes.
        path: where it was read, relative to the pipeline's file; that of its module for a
            function.
        kind: how it runs.
        code: the cells of a notebook; the one text of a script; the dotted name of a function.
        at: before which of its cells the parameters are put in.
        allowed: positions of the cells that may fail.
        folder: its working directory, relative to the pipeline's file.
        parameters: what is put into a notebook, or given to a function.
        environment: variables that it has beside those of the pipeline.
        product: the files that it makes: a path, or paths by name; `None` where none is declared.
        needs: the nodes that come before, in the order in which they are named.
        upstream: under which key it finds the products of which nodes; a list for a pattern.
        report: where its executed notebook is written.
        always: why its result is never taken from an earlier run; empty where it may be.
    """

    name: str
    path: str
    kind: NodeKind
    code: tuple[str, ...]
    at: int = 0
    allowed: tuple[int, ...] = ()
    kernel: str = "python3"
    folder: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    product: Any = None
    needs: tuple[str, ...] = ()
    upstream: Mapping[str, str | tuple[str, ...]] | None = None
    report: Any = None
    always: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenParameter:
    """A parameter of the pipeline; ``annotation`` and ``help`` may be empty."""

    name: str
    annotation: str
    default: Any
    required: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A pipeline as it was read: its nodes in an order that respects what they need.

    ``notes`` say what was left out without harm; ``problems``, why it cannot be imported.
    """

    nodes: tuple[Node, ...] = ()
    parameters: tuple[GivenParameter, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def ordered(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes, each behind those that it needs; where that leaves a choice, as they were given.

    Raises:
        ValueError: they need each other in a circle; says which.
    """
    waiting = {node.name: node for node in nodes}
    result: list[Node] = []
    while waiting:
        ready = next(
            (node for node in waiting.values() if waiting.keys().isdisjoint(node.needs)), None
        )
        if ready is None:
            raise ValueError(" → ".join(_circle(waiting)))
        result.append(waiting.pop(ready.name))
    return tuple(result)


def _circle(waiting: Mapping[str, Node]) -> list[str]:
    """Nodes that need each other, the first one again at the end; in the order of their runs."""
    path = [next(iter(waiting))]
    while True:
        before = next(name for name in waiting[path[-1]].needs if name in waiting)
        if before in path:
            return [before, *reversed(path[path.index(before) :])]
        path.append(before)


def step_name(text: str) -> str:
    """A text as the name of a step; the text itself where it may be one."""
    if NAME.fullmatch(text):
        return text
    made = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")
    return made if NAME.fullmatch(made) else f"_{made}" if made else "node"


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, with a number behind it where it is taken."""
    used = set(taken)
    if name not in used:
        return name
    number = 2
    while f"{name}-{number}" in used:
        number += 1
    return f"{name}-{number}"


def variable_name(step: str, taken: Iterable[str]) -> str:
    """A variable for the result of a step."""
    name = re.sub(r"\W", "_", step)
    if keyword.iskeyword(name) or not name.isidentifier():
        name = f"_{name}"
    used = {*taken, "nbmlops", *BUILTINS}
    while name in used:
        name += "_"
    return name
