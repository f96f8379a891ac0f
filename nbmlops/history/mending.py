"""Stored values put back into the objects that held them, where these are still there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from nbmlops.capture.namespace import is_code
from nbmlops.capture.parts import Parts, parts_of
from nbmlops.capture.witnesses import Witnesses, is_plain
from nbmlops.domain.values import key_of
from nbmlops.errors import NbmlopsError
from nbmlops.history.severed import Shared
from nbmlops.history.versions import RestoredStep
from nbmlops.store.values import ValueStore
from nbmlops.values.kinds import identity
from nbmlops.values.mending import Mended

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A value that is to come back under a name, and the execution for which it was stored."""

    name: str
    execution: int
    reference: str


def stored_in(restored: RestoredStep) -> list[Stored]:
    """The values of a version that were kept."""
    number = 0 if restored.execution is None else restored.execution.id
    return [
        Stored(name=record.name, execution=number, reference=record.manifest)
        for record in restored.records
        if record.manifest is not None
    ]


def shared_in(restored: RestoredStep) -> list[Shared]:
    """What shared parts when the values of a version were kept, each name of it once."""
    if restored.execution is None:
        return []
    record = restored.execution.record
    kept = {value.name: value for value in (*record.left, *restored.records)}
    return [Shared(value.name, value.manifest, value.reason) for value in kept.values()]


class Mending:
    """Puts content back where it was: what else refers to these objects sees it again.

    - a list, a dict, an object, a function or an array that is still the one which was stored
      gets the content of then; values that were stored together are mended together;
    - what belongs to names that stay as they are is never touched;
    - what cannot be mended comes back as a new object;
    - until `settle`, everything can be put back as it was.

    Args:
        values: loads what was kept.
        witnesses: which objects it was.
        live: what the names hold now.
        staying: the names that stay as they are.
    """

    def __init__(
        self,
        values: ValueStore,
        witnesses: Witnesses,
        live: Mapping[str, Any],
        *,
        staying: Collection[str],
    ) -> None:
        self._values = values
        self._witnesses = witnesses
        self._live = live
        self._staying = staying
        self._spared: Parts | None = None
        self._used: set[int] = set()
        self._taken: set[int] = set()
        self._mended: list[Mended] = []
        self._told: list[Callable[[int | None], None]] = []
        self.apart: list[str] = []

    def mend(self, stored: Sequence[Stored], loaded: Mapping[str, Any]) -> dict[str, Any]:
        """What the names shall hold: objects that are there, or what was loaded.

        Args:
            stored: the values.
            loaded: each, loaded anew.
        """
        groups: dict[str, list[Stored]] = {}
        for one in stored:
            alone = key_of(one.reference) == one.reference
            groups.setdefault(one.name if alone else key_of(one.reference), []).append(one)
        found = dict(loaded)
        try:
            for group in groups.values():
                found |= self._group(group, loaded)
        except BaseException:
            self.roll_back()
            raise
        self.apart = self.left_apart({one.name: one.execution for one in stored}, found)
        return found

    def left_apart(self, executions: Mapping[str, int | None], now: Mapping[str, Any]) -> list[str]:
        """The names that come back as new objects, while others may hold those of then.

        Args:
            executions: the names that come back, with the execution that stored each.
            now: what they shall hold.
        """
        return sorted(
            name
            for name, execution in executions.items()
            if (name in self._live or self._witnesses.is_known(execution, name))
            and id(now[name]) not in self._taken
            and _can_change(now[name])
            and not self._witnesses.is_gone(execution, name)
        )

    def settle(self, execution: int | None = None, *, gone: Collection[str] = ()) -> None:
        """The names hold what was mended: remember in which objects it is now.

        Args:
            execution: the one that brought them back, as which they are stored now as well.
            gone: the names that are not there any more.
        """
        for tell in self._told:
            tell(execution)
        self._witnesses.gone(gone)
        self._forget()

    def roll_back(self) -> None:
        """Put every object back as it was before."""
        while self._mended:
            self._mended.pop().roll_back()
        self._forget()

    def _forget(self) -> None:
        """Hold nothing that came back: numpy resizes only arrays that nothing else refers to."""
        self._mended.clear()
        self._told.clear()

    def _group(self, group: Sequence[Stored], loaded: Mapping[str, Any]) -> dict[str, Any]:
        executions = {one.name: one.execution for one in group}
        anew = {name: loaded[name] for name in executions}
        self._told.append(lambda by: self._witnesses.came_back_anew(executions, anew, by=by))
        targets = self._targets(executions)
        # what runs no code can be loaded once more, to know all of its objects
        wanted = bool(targets) or all(map(is_plain, anew.values()))
        mended = self._load(group[0].reference, targets) if wanted else None
        if mended is None:
            return {}
        self._mended.append(mended)
        self._used.update(map(identity, targets.values()))
        self._taken |= {
            id(known) for place, known in targets.items() if mended.places.get(place) is known
        }
        alone = key_of(group[0].reference) == group[0].reference
        values = (
            {group[0].name: mended.value}
            if alone
            else {one.name: mended.value[one.name] for one in group}
        )
        places = mended.places
        self._told[-1] = lambda by: self._witnesses.came_back(
            executions, values, places, lambda name: parts_of(values[name]).own, by=by
        )
        return values

    def _load(self, reference: str, targets: Mapping[int, Any]) -> Mended | None:
        try:
            return self._values.load_into(reference, targets)
        except NbmlopsError:
            return None
        except Exception as error:
            # Its own code ran, which may raise anything; what was loaded before is taken.
            log.debug("a value was not mended", exc_info=error)
            return None

    def _targets(self, executions: Mapping[str, int]) -> dict[int, Any]:
        """The objects to mend; none that belongs to what stays, or was mended already."""
        found = self._witnesses.targets(executions, self._live)
        if found and self._spared is None:
            there = [self._live[name] for name in self._staying if name in self._live]
            self._spared = parts_of(there)
        if self._spared is None or not self._spared.whole:
            return {}
        spared = self._spared.own | self._used
        return {place: known for place, known in found.items() if identity(known) not in spared}


def _can_change(value: Any) -> bool:
    """Whether it matters that a value is another object; classes and modules are the same ones."""
    return type(value) is FunctionType or (not is_code(value) and bool(parts_of(value).own))
