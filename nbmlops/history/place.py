"""Where a session is: the line that led there, and the state that it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbmlops.domain.timeline import KeptName, Moment, state_of
from nbmlops.domain.values import PART_OF_THE_CODE, is_kept_apart

MODULE = "module"
"""The kind of a name that holds one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line, with the state that it leads to; ``made`` says who changed each name last."""

    line: tuple[Moment, ...]
    state: Mapping[str, KeptName]
    made: Mapping[str, int]

    @classmethod
    def at(cls, line: Sequence[Moment]) -> Place:
        """The place at the end of a line."""
        made = {kept.name: kept.execution for item in line for kept in item.names if kept.changed}
        return cls(line=tuple(line), state=state_of(line), made=made)

    @property
    def folder(self) -> str | None:
        """The directory to which a cell changed last."""
        return next((moment.folder for moment in reversed(self.line) if moment.folder), None)


def is_usable(kept: KeptName) -> bool:
    """Whether a value can be loaded, and is then what it was, though others may not share it."""
    whole = kept.reason in (None, PART_OF_THE_CODE) or is_kept_apart(kept.reason)
    return kept.reference is not None and whole
