"""What was made from what: executions, and the values that went from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from nbmlops.domain.environments import Environment
from nbmlops.domain.executions import Execution, ExecutionStatus

Direction = Literal["backward", "forward"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageNode:
    """An execution, as far as its lineage tells of it.

    ``title`` is the step's version (``train@2``), or the first line of an unnamed cell; ``run``
    is ``flights#3`` where a pipeline run made it. ``outputs`` are the names that it bound or
    changed, ``artifacts`` what it displayed, ``files_read`` and ``files_written`` are paths.
    """

    id: int
    title: str
    step: str | None
    notebook: str
    cell_id: str | None
    run: str | None
    session: str
    status: ExecutionStatus
    started_at: datetime
    author: str
    outputs: tuple[str, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    artifacts: tuple[str, ...] = ()
    files_read: tuple[str, ...] = ()
    files_written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageEdge:
    """The execution ``target`` read what ``source`` made; ``names`` are variables or paths."""

    source: int
    target: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """An input of the execution ``target`` that no recorded execution made.

    ``fingerprint`` is ``None`` where its content cannot be compared with anything.
    """

    name: str
    target: int
    fingerprint: str | None
    kind: Literal["value", "file"] = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Everything that one thing was made from, or everything that used it.

    ``focus`` are the executions that made the thing, ``names`` the variables of theirs that are
    meant (none: all). Nodes are in the order in which they ran. ``truncated`` says that there is
    more than is shown.
    """

    thing: str
    direction: Direction
    focus: tuple[int, ...]
    names: tuple[str, ...] = ()
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...] = ()
    origins: tuple[Origin, ...] = ()
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """What is asked about: executions, and which of their variables and files (none: all).

    ``from_outside`` is a file that none of them made, but all have read.
    """

    thing: str
    executions: tuple[int, ...]
    names: tuple[str, ...] = ()
    from_outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is known of how one thing came to be, and what used it since.

    ``execution`` made the thing; ``made_from`` reaches one level back from it, ``used_by`` one
    forward; ``run`` is the reference of the pipeline run, ``None`` for an interactive execution.
    Of a file ``from_outside``, which nothing that was recorded has made, ``execution`` is the
    latest that read it, and ``used_by`` are all that did.
    """

    thing: str
    names: tuple[str, ...]
    execution: Execution
    environment: Environment | None
    run: str | None
    made_from: Lineage
    used_by: Lineage
    from_outside: bool = False
