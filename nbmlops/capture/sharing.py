"""Which names see a change to one of them: parts in common, and views of the same memory."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from nbmlops.capture.parts import PLAIN, Parts, own_parts, parts_of
from nbmlops.errors import NotStorableError
from nbmlops.values.arrays import pickles_as_numpy
from nbmlops.values.kinds import identity


class KnownParts:
    """Remembers the parts of each name's value until a cell may have changed them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Parts]] = {}

    def forget(self, names: Iterable[str] | None = None) -> None:
        """These values may have changed; all of them where no names are given."""
        if names is None:
            self._known.clear()
            return
        for name in names:
            self._known.pop(name, None)

    def of(self, name: str, value: Any) -> Parts:
        """The parts of what a name holds."""
        if _is_plain_kind(type(value)):
            return _NOTHING
        known = self._known.get(name)
        if known is not None and known[0] == identity(value):
            return known[1]
        found = parts_of(value)
        self._known[name] = (identity(value), found)
        return found

    def sharing_with(self, names: Collection[str], values: Mapping[str, Any]) -> set[str]:
        """The names whose values change where one of the given names' values changes in place."""
        held = [self.of(name, values[name]) for name in names]
        touched = frozenset[int]().union(*(parts.mutable for parts in held))
        if not touched:
            return set()
        return {*names, *self._meeting(touched, values)}

    def holding(self, parts: Parts, values: Mapping[str, Any]) -> set[str]:
        """The names whose values have some of these parts."""
        if not parts.whole:
            return {name for name, value in values.items() if self.of(name, value).mutable}
        return set(self._meeting(parts.mutable, values)) if parts.mutable else set()

    def _meeting(self, touched: frozenset[int], values: Mapping[str, Any]) -> Iterator[str]:
        """The names whose values have one of these parts; every name is asked, so in a hurry."""
        known = self._known.get
        for name, value in values.items():
            found = known(name)
            parts = found[1] if found and found[0] == identity(value) else self.of(name, value)
            if not parts.whole or not touched.isdisjoint(parts.mutable):
                yield name

    def families(self, names: Collection[str], values: Mapping[str, Any]) -> list[tuple[str, ...]]:
        """The names, each with all that hold parts of their own in common with it.

        Args:
            names: some of the names.
            values: all that there are, by name.
        """
        found: list[tuple[str, ...]] = []
        waiting = set(names)
        while waiting:
            family, newer = set[str](), {min(waiting)}
            while newer:
                family |= newer
                parts = frozenset[int]().union(*(self.of(name, values[name]).own for name in newer))
                newer = set() if not parts else {
                    name
                    for name, value in values.items()
                    if name not in family and not parts.isdisjoint(self.of(name, value).own)
                }  # fmt: skip
            waiting -= family
            found.append(tuple(sorted(family)))
        return sorted(found)

    def made_of(self, classes: Collection[int], values: Mapping[str, Any]) -> set[str]:
        """The names whose values have instances of these classes, or are one of them."""
        return {
            name
            for name, value in values.items()
            if not self.of(name, value).classes.isdisjoint(classes)
        }


def views_in(values: Iterable[Any]) -> dict[int, Any]:
    """The arrays that look at the memory of another one, by identity, with that one.

    Only where several arrays look at the same memory: one alone is kept without the rest of it.

    Raises:
        NotStorableError: a part refuses to be looked into.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return {}
    try:
        found = [part for part in own_parts(list(values)) if _is_array(part, numpy)]
    except Exception as error:
        reason = f"looking into it failed with {type(error).__name__}"
        raise NotStorableError(reason) from error
    arrays = {id(part): part for part in found}
    roots = {key: _memory_of(array, numpy) for key, array in arrays.items()}
    seen = Counter(id(root) for root in roots.values())
    return {
        key: root
        for key, root in roots.items()
        if seen[id(root)] > 1
        and all(map(_lies_in_one_piece, (root, arrays[key])))
        and type(root) is numpy.ndarray
        and (root.dtype == arrays[key].dtype == object or _is_plain(root, arrays[key]))
    }


_NOTHING = Parts()


def _is_plain_kind(kind: type) -> bool:
    try:
        return kind in PLAIN
    except Exception:  # noqa: BLE001 (its metaclass does not let it be hashed)
        return False


def _is_array(part: Any, numpy: Any) -> bool:
    kind: Any = type(part)
    return kind is numpy.ndarray or (issubclass(kind, numpy.ndarray) and pickles_as_numpy(kind))


def _memory_of(array: Any, numpy: Any) -> Any:
    while isinstance(array.base, numpy.ndarray):
        array = array.base
    return array


def _lies_in_one_piece(array: Any) -> bool:
    return bool(array.flags.contiguous or array.base is not None)


def _is_plain(*arrays: Any) -> bool:
    return not any(array.dtype.hasobject for array in arrays)
