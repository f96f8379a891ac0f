"""What was found out about a cell and its recorded executions; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nbmlops.domain.executions import Execution
from nbmlops.domain.values import ValueRecord
from nbmlops.notebook.dataflow.graph import CellFlow

_MOST_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a name stands for at one point of a run.

    ``provider`` is the position of the cell that left it; ``known`` is false where that cell has
    still to run. ``manifest`` is its stored value, if it was kept, ``value`` what was recorded,
    and ``was`` the type of what that cell can only change in place, which keeps its type.
    """

    provider: int
    fingerprint: str | None = None
    manifest: str | None = None
    known: bool = True
    value: ValueRecord | None = field(default=None, compare=False)
    was: str = field(default="", compare=False)

    @classmethod
    def perhaps_changed(cls, position: int, flow: CellFlow, name: str, names: Names) -> Held:
        """What a name stands for behind a cell that has still to run, and may have changed it."""
        opaque = any(construct.writes for construct in flow.dynamic)
        in_place = name in flow.alters and not opaque and name not in flow.writes
        was = names[name].kind if in_place and name in names else ""
        return cls(provider=position, known=False, was=was)

    @property
    def kind(self) -> str:
        """The qualified type; empty where it is not known."""
        return self.value.summary.kind if self.value is not None else self.was

    def is_as(self, other: Held | None) -> bool:
        """Whether it is what another one is, made by the same cell and perhaps kept elsewhere."""
        if other is None or not other.known or self.fingerprint is None:
            return False
        return (other.provider, other.fingerprint) == (self.provider, self.fingerprint)


Names = Mapping[str, Held]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """Values that a run gives to names behind the cell of the parameters: name → what it holds."""

    position: int | None = None
    values: Mapping[str, Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadValue:
    """What a cell read under a name, and the other value that the name stands for now.

    ``parameter`` says that the cell of the parameters left it.
    """

    before: ValueRecord
    now: ValueRecord
    parameter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why a recorded execution does not hold; ``waits`` if only a cell above can tell.

    ``read`` is the input that changed, where that is the reason.
    """

    reason: str
    waits: bool = False
    read: ReadValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found for a cell: an execution that holds, or why there is none.

    Where an execution holds, ``reason`` is what speaks against it all the same. ``objections`` are
    what ``reason`` puts together, where that is about a recorded execution.
    """

    execution: Execution | None = None
    reason: str = ""
    waits: bool = False
    objections: tuple[Objection, ...] = ()


def in_turn(reasons: Iterable[str]) -> str:
    """Several reasons as one text: the first three, and how many more there are."""
    found = list(dict.fromkeys(reasons))
    more = len(found) - _MOST_REASONS
    shown = [*found[:_MOST_REASONS], *([f"and {more} more"] if more > 0 else [])]
    return "; ".join(shown)
