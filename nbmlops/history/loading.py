"""Stored values of a journey, loaded before it changes anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from nbmlops.domain.timeline import KeptName
from nbmlops.domain.values import PART_OF_THE_CODE, key_of
from nbmlops.history.remaking import Rerun
from nbmlops.history.timetravel_plan import Plan
from nbmlops.store.values import LoadedValues, ValueStore


class LoadedAhead:
    """Loads all that a plan needs, once, and hands it over when its turn has come.

    - what a cell that runs again is given, and what is loaded besides, are values of their own;
    - what was kept together with functions or classes comes last, and only if nothing failed: a
      class that is there takes back what it held then;
    - where cells run again, what binds to code of the notebook is loaded anew after them.

    Args:
        values: loads what was kept.
        plan: says what is needed.

    Attributes:
        failed: why a value cannot be loaded, by reference.
    """

    def __init__(self, values: ValueStore, plan: Plan) -> None:
        self._store = values
        self._binds_later = bool(plan.reruns)
        self._found: dict[tuple[int, str, str], Any] = {}
        self.failed: dict[str, str] = {}
        for rerun in plan.reruns:
            self._load(rerun.execution, rerun.given)
        data, code = _code_apart(plan.loaded)
        self._load(0, data)
        if not self.failed:
            self._load(0, code)

    def given(self, rerun: Rerun) -> LoadedValues:
        """What a cell that runs again is given."""
        return self._take(rerun.execution, rerun.given)

    def loaded(self, names: Iterable[KeptName]) -> LoadedValues:
        """What these names held, which may be others than those of the plan by now."""
        return self._take(0, {kept.name: str(kept.reference) for kept in names})

    def _load(self, place: int, references: Mapping[str, str]) -> None:
        found = self._store.load_all(references)
        self.failed |= {references[name]: why for name, why in found.missing.items()}
        for name, value in found.values.items():
            self._found[place, name, references[name]] = value

    def _take(self, place: int, references: Mapping[str, str]) -> LoadedValues:
        """Values that were kept together come from one loading, whichever that is."""
        late = {
            key_of(reference)
            for name, reference in references.items()
            if (place, name, reference) not in self._found
            or (self._binds_later and self._store.carries_code(reference))
        }
        again = {name: key for name, key in references.items() if key_of(key) in late}
        found = self._store.load_all(again)
        ahead = {
            name: self._found.pop((place, name, reference))
            for name, reference in references.items()
            if name not in again
        }
        return LoadedValues(values={**ahead, **found.values}, missing=found.missing)


def _code_apart(loaded: Collection[KeptName]) -> tuple[dict[str, str], dict[str, str]]:
    """References by name: first those with no function or class beside them, then the others."""
    references = {kept.name: str(kept.reference) for kept in loaded}
    code = {key_of(str(kept.reference)) for kept in loaded if kept.reason == PART_OF_THE_CODE}
    return (
        {name: key for name, key in references.items() if key_of(key) not in code},
        {name: key for name, key in references.items() if key_of(key) in code},
    )
