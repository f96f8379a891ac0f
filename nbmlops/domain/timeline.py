"""What a kernel session ran, as a line that leads to the state of its namespace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nbmlops.domain.executions import RANDOM_STATE, ExecutionStatus

_EXIT_CODE = "_exit_code"
"""The variable in which IPython keeps how the last shell line ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptName:
    """What a name held after an execution.

    ``reference`` is that of the kept value; ``None`` where it was not kept, and ``reason`` says
    why. ``order`` tells in which order its dicts were,
    ``holding`` which of its parts were one object; ``None`` where that is not known.
    ``changed`` is false where the execution did not change it, but something that shares
    parts with it. ``text`` is what the record has of it in words.
    """

    name: str
    execution: int
    fingerprint: str | None
    kind: str
    size: int | None
    reference: str | None
    reason: str | None
    changed: bool
    order: str | None = None
    holding: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An execution of a line: what it left, and where the session travelled, if that is it.

    ``restored_from`` is set where no cell ran but values of that execution were put back;
    ``is_late`` where no cell ran but threads or tasks of earlier ones changed values.
    """

    id: int
    session: str
    status: ExecutionStatus
    source: str
    deleted: tuple[str, ...]
    travelled_to: int | None
    names: tuple[KeptName, ...] = field(default=())
    folder: str | None = None
    restored_from: int | None = None
    is_late: bool = False

    @property
    def is_cell(self) -> bool:
        """Whether a cell ran: no state and no values were put back, nothing was changed late."""
        return self.travelled_to is None and self.restored_from is None and not self.is_late


def line_of(moments: Iterable[Moment], last: int) -> tuple[Moment, ...]:
    """The moments that led to a state, in the order in which they count.

    A travel leads on from the moment that it went to: what lies between was undone.

    Args:
        moments: those of every session that the line touches, in the order of their ids.
        last: the id of the moment after which the namespace was like that; 0 for none.
    """
    sessions: dict[str, list[Moment]] = {}
    found: dict[int, Moment] = {}
    for moment in moments:
        found[moment.id] = moment
        sessions.setdefault(moment.session, []).append(moment)
    line: list[Moment] = []
    while last in found:
        mine = [item for item in sessions[found[last].session] if item.id <= last]
        travels = [at for at, item in enumerate(mine) if item.travelled_to is not None]
        start = travels[-1] if travels else -1
        line[:0] = mine[max(start, 0) :]
        travelled = mine[start].travelled_to if start >= 0 else None
        last = travelled or 0
    return tuple(line)


def not_kept(line: Sequence[Moment], gone: Mapping[str, str]) -> tuple[Moment, ...]:
    """A line in which some references lead nowhere, with the reasons."""
    if not gone:
        return tuple(line)
    return tuple(
        replace(
            moment,
            names=tuple(
                replace(kept, reference=None, reason=why)
                if (why := gone.get(kept.reference or "")) is not None
                else kept
                for kept in moment.names
            ),
        )
        for moment in line
    )


def known_whole(line: Sequence[Moment], whole: Collection[str]) -> tuple[Moment, ...]:
    """A line in which some references, stored in part, are known to come back as they were."""
    if not whole:
        return tuple(line)
    return tuple(
        replace(
            moment,
            names=tuple(
                replace(kept, reason=None) if kept.reference in whole else kept
                for kept in moment.names
            ),
        )
        for moment in line
    )


def state_of(line: Sequence[Moment]) -> dict[str, KeptName]:
    """What each name held at the end of a line, the random state among them."""
    state: dict[str, KeptName] = {}
    for moment in line:
        for name in moment.deleted:
            state.pop(name, None)
        for kept in moment.names:
            state[kept.name] = kept
    return state


def that_changed_something(line: Sequence[Moment]) -> list[int]:
    """The cells of a line after which the state was another one than before.

    What changed late belongs to the cell after which it did. The exit code that IPython notes of
    a shell line is no change.
    """
    found: list[int] = []
    random: str | None = None
    for moment in line:
        drawn = next((n.fingerprint for n in moment.names if n.name == RANDOM_STATE), random)
        named = any(kept.changed and kept.name != _EXIT_CODE for kept in moment.names)
        bound = named or moment.deleted or moment.folder
        if moment.travelled_to is None and (bound or random not in (None, drawn)):
            del found[-1 if moment.is_late else len(found) :]
            found.append(moment.id)
        random = drawn
    return found


def names_of(state: Iterable[str]) -> list[str]:
    """The variables of a state, sorted."""
    return sorted(name for name in state if name != RANDOM_STATE)
