"""The places inside of two values where they differ: how often, by how much, what is there."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from nbmlops.domain.contents import PartDifference
from nbmlops.errors import NotFingerprintableError
from nbmlops.values.excerpts import excerpt
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.measured_times import is_duration

_DEEPEST = 40
_LONGEST = 40
_MEASURED = "iufc"
"""The kinds of types, as numpy calls them, whose values have a distance."""

_ABSENT = object()

Parts = Iterator[PartDifference]


def places(before: Any, after: Any) -> Parts:
    """Every place where two values differ, as far as their parts tell; none where none does.

    The leaves of one container or array are one place: they are counted, and the first is named.

    Args:
        before: a value.
        after: another one.
    """
    return _walk(before, after, "", 0, set())


@dataclass(slots=True)
class _Leaves:
    """Pairs of one container that have no parts, and differ: numbers, and all others."""

    elements: int
    number: list[tuple[str, Any, Any]] = field(default_factory=list)
    other: list[tuple[str, Any, Any]] = field(default_factory=list)

    def add(self, place: str, before: Any, after: Any) -> None:
        """Take in a pair, if it differs."""
        if type(before) is type(after) and (before == after or (_no_number(before, after))):
            return
        numbers = _is_number(before) and type(before) is type(after)
        (self.number if numbers else self.other).append((place, before, after))

    def parts(self, path: str) -> Parts:
        """What differs: the numbers, those that are measured times, then all others."""
        times = [leaf for leaf in self.number if is_duration(path + leaf[0])]
        numbers = [leaf for leaf in self.number if leaf not in times] if times else self.number
        for leaves in (numbers, times):
            if not leaves:
                continue
            first, before, after = leaves[0]
            gaps = [_gap(one, other) for _, one, other in leaves]
            yield PartDifference(
                path=path,
                first=first,
                differing=len(gaps),
                elements=self.elements,
                before=_short(before),
                after=_short(after),
                **_largest(gaps),
            )
        if self.other:
            first, before, after = self.other[0]
            here, there = _told(before, after)
            yield PartDifference(
                path=path,
                first=first,
                differing=len(self.other),
                elements=self.elements,
                before=here,
                after=there,
            )


def _walk(before: Any, after: Any, path: str, depth: int, seen: set[tuple[int, int]]) -> Parts:
    if before is after or (id(before), id(after)) in seen:
        return
    if depth > _DEEPEST:
        yield PartDifference(path=path, what="nested too deeply to say where")
    elif type(before) is not type(after) or _is_leaf(before):
        leaves = _Leaves(1)
        leaves.add("", before, after)
        yield from leaves.parts(path)
    else:
        seen.add((id(before), id(after)))
        yield from _inside(before, after, path, depth, seen)


def _inside(before: Any, after: Any, path: str, depth: int, seen: set[tuple[int, int]]) -> Parts:
    """Two values of one type that have parts."""
    if isinstance(before, Mapping):
        yield from _mapping(before, after, path, depth, seen)
    elif isinstance(before, list | tuple):
        yield from _sequence(before, after, path, depth, seen)
    elif isinstance(before, AbstractSet):
        yield from _set(before, after, path)
    elif _is("numpy", ("ndarray", "generic"), before):
        yield from _array(before, after, path, depth, seen)
    elif _is("pandas", ("Series", "Index"), before):
        yield from _array(before.to_numpy(), after.to_numpy(), path, depth, seen)
        yield from _index(before, after, path, depth, seen)
    elif _is("polars", ("Series",), before):
        yield from _array(before.to_numpy(), after.to_numpy(), path, depth, seen)
    elif _is("pandas", ("DataFrame",), before) or _is("polars", ("DataFrame",), before):
        yield from _frame(before, after, path, depth, seen)
    else:
        yield from _object(before, after, path, depth, seen)


def _mapping(
    before: Mapping[Any, Any],
    after: Mapping[Any, Any],
    path: str,
    depth: int,
    seen: set[tuple[int, int]],
) -> Parts:
    for key in before:
        if key not in after:
            yield PartDifference(
                path=path, what=f"{_short(key)} is gone", before=_short(before[key])
            )
    for key in after:
        if key not in before:
            yield PartDifference(path=path, what=f"{_short(key)} is new", after=_short(after[key]))
    both = [(f"[{_short(key)}]", before[key], after[key]) for key in before if key in after]
    yield from _items(both, path, depth, seen)


def _sequence(before: Any, after: Any, path: str, depth: int, seen: set[tuple[int, int]]) -> Parts:
    if len(before) != len(after):
        lengths = f"{len(before):,} items before, {len(after):,} now"
        yield PartDifference(path=path, what=lengths)
    both = [
        (f"[{number}]", one, other)
        for number, (one, other) in enumerate(zip(before, after, strict=False))
    ]
    yield from _items(both, path, depth, seen)


def _items(
    both: list[tuple[str, Any, Any]], path: str, depth: int, seen: set[tuple[int, int]]
) -> Parts:
    """What two containers have in the same places: leaves together, others one by one."""
    leaves = _Leaves(len(both))
    nested = []
    for place, one, other in both:
        if one is other:
            continue
        if _is_leaf(one) or _is_leaf(other):
            leaves.add(place, one, other)
        else:
            nested.append((place, one, other))
    yield from leaves.parts(path)
    for place, one, other in nested:
        yield from _walk(one, other, f"{path}{place}", depth + 1, seen)


def _set(before: Any, after: Any, path: str) -> Parts:
    for what, items in (("gone", before - after), ("new", after - before)):
        if items:
            such = min(map(_short, items))
            verb = "is" if len(items) == 1 else f"and {len(items) - 1:,} more are"
            yield PartDifference(path=path, what=f"{such} {verb} {what}")


def _index(before: Any, after: Any, path: str, depth: int, seen: set[tuple[int, int]]) -> Parts:
    """The labels of the rows, where there are any."""
    if hasattr(before, "index") and hasattr(before.index, "to_numpy"):
        here, there = before.index.to_numpy(), after.index.to_numpy()
        yield from _array(here, there, f"{path} index".strip(), depth, seen)


def _frame(before: Any, after: Any, path: str, depth: int, seen: set[tuple[int, int]]) -> Parts:
    names, now = list(before.columns), list(after.columns)
    for what, missing in (
        ("gone", [name for name in names if name not in now]),
        ("new", [name for name in now if name not in names]),
    ):
        for name in missing:
            yield PartDifference(path=path, what=f"column {_short(name)} is {what}")
    if names != now and set(names) == set(now):
        yield PartDifference(path=path, what="the order of the columns differs")
    for name in names:
        if name in now:
            here = f"{path} column {_short(name)}".strip()
            pair = before[name].to_numpy(), after[name].to_numpy()
            yield from _array(*pair, here, depth, seen)
    yield from _index(before, after, path, depth, seen)


def _array(before: Any, after: Any, path: str, depth: int, seen: set[tuple[int, int]]) -> Parts:
    if before.shape != after.shape:
        shapes = f"shape {before.shape} before, {after.shape} now"
        yield PartDifference(path=path, what=shapes)
        return
    if before.dtype != after.dtype:
        yield PartDifference(path=path, what=f"{before.dtype} before, {after.dtype} now")
        if not (before.dtype.kind in _MEASURED and after.dtype.kind in _MEASURED):
            return
    if before.dtype.kind == "O":
        both = [
            (_position(number, before.shape), one, other)
            for number, (one, other) in enumerate(
                zip(before.ravel().tolist(), after.ravel().tolist(), strict=True)
            )
        ]
        yield from _items(both, path, depth, seen)
    else:
        yield from _elements(before, after, path)


def _elements(before: Any, after: Any, path: str) -> Parts:
    """The elements of two arrays of one shape."""
    import numpy as np

    if isinstance(before, np.ma.MaskedArray):
        masks = np.ma.getmaskarray(before), np.ma.getmaskarray(after)
        yield from _elements(*masks, f"{path} mask".strip())
        hidden = masks[0] | masks[1]
        before, after = (
            np.where(hidden, np.ma.getdata(after), np.ma.getdata(side)) for side in (before, after)
        )
    differ = np.ravel(_unequal(before, after))
    count = int(differ.sum())
    if not count:
        return
    first = int(np.flatnonzero(differ)[0])
    one, other = (np.ravel(side)[differ] for side in (before, after))
    here, there = _told(*(side[:1].tolist()[0] for side in (one, other)))
    measured = before.dtype.kind in _MEASURED
    yield PartDifference(
        path=path,
        first=_position(first, before.shape),
        differing=count,
        elements=int(before.size),
        before=here,
        after=there,
        **(_largest_of(one, other) if measured else {}),
    )


def _largest_of(one: Any, other: Any) -> dict[str, Any]:
    """As `_largest`, of arrays."""
    import numpy as np

    with np.errstate(all="ignore"):
        gaps = distances(one, other)
        relative = gaps / np.maximum(np.abs(one.astype(complex)), np.abs(other.astype(complex)))
    finite = np.isfinite(gaps)
    if not finite.any():
        return {"unmeasured": int(finite.size)}
    return {
        "largest": float(gaps[finite].max()),
        "relative": float(relative[finite].max()),
        "unmeasured": int(finite.size - finite.sum()),
    }


def distances(one: Any, other: Any) -> Any:
    """The absolute differences of two arrays of numbers, as floats."""
    import numpy as np

    if one.dtype == other.dtype and one.dtype.kind in "iu":  # no float holds large integers
        upper, lower = np.maximum(one, other), np.minimum(one, other)
        return (upper.astype("u8") - lower.astype("u8")).astype(float)
    wide = np.result_type(one.dtype, other.dtype, float)
    return np.abs(one.astype(wide) - other.astype(wide))


def _unequal(before: Any, after: Any) -> Any:
    """Where two arrays differ; a NaN, or a time that is none, equals itself."""
    none = (before != before) & (after != after)  # noqa: PLR0124
    return (before != after) & ~none


def _object(before: Any, after: Any, path: str, depth: int, seen: set[tuple[int, int]]) -> Parts:
    """What two objects of one class are made of: each attribute, the simple ones first."""
    parts, now = _parts_of(before), _parts_of(after)
    if not parts and not now:
        if not _same_content(before, after):
            yield PartDifference(path=path, what=f"another {_kind(before)}")
        return
    for name in sorted(parts.keys() - now.keys()):
        yield PartDifference(path=path, what=f"{name} is gone", before=_short(parts[name]))
    for name in sorted(now.keys() - parts.keys()):
        yield PartDifference(path=path, what=f"{name} is new", after=_short(now[name]))
    both = [name for name in parts if name in now]
    for name in sorted(both, key=lambda name: (name.startswith("_"), not _is_leaf(parts[name]))):
        yield from _walk(parts[name], now[name], f"{path}.{name}", depth + 1, seen)


def _same_content(before: Any, after: Any) -> bool:
    """Whether two objects that cannot be looked into hold the same."""
    try:
        return fingerprint(before) == fingerprint(after)
    except NotFingerprintableError:
        return False


def _parts_of(value: Any) -> dict[str, Any]:
    """The attributes of an object, those in slots included."""
    slots = (name for base in type(value).__mro__ for name in _slots_of(base))
    found = {name: getattr(value, name, _ABSENT) for name in slots}
    kept = {name: part for name, part in found.items() if part is not _ABSENT}
    return {**kept, **getattr(value, "__dict__", {})}


def _slots_of(base: type) -> list[str]:
    names = base.__dict__.get("__slots__", ())
    listed = [names] if isinstance(names, str) else list(names)
    return [name for name in listed if name not in ("__dict__", "__weakref__")]


def _is_leaf(value: Any) -> bool:
    return value is None or isinstance(value, bool | str | bytes | int | float | complex)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | complex) and not isinstance(value, bool)


def _no_number(before: Any, after: Any) -> bool:
    return bool(before != before and after != after)  # noqa: PLR0124 (NaN)


def _gap(before: Any, after: Any) -> tuple[float, float]:
    """The absolute and the relative difference of two numbers that differ."""
    try:
        gap = abs(before - after)
        return float(gap), float(gap / max(abs(before), abs(after)))
    except OverflowError:  # integers that no float holds
        return math.inf, math.inf


def _largest(gaps: list[tuple[float, float]]) -> dict[str, Any]:
    """The largest differences that are finite, and how many are not."""
    finite = [gap for gap in gaps if math.isfinite(gap[0])]
    return {
        "largest": max((gap for gap, _ in finite), default=None),
        "relative": max((gap for _, gap in finite), default=None),
        "unmeasured": len(gaps) - len(finite),
    }


def _position(flat: int, shape: tuple[int, ...]) -> str:
    """Where an element is in an array of a shape."""
    if not shape:
        return ""
    if len(shape) == 1:
        return f" at {flat}"
    place = []
    for length in reversed(shape):
        flat, rest = divmod(flat, length)
        place.append(rest)
    return f" at ({', '.join(map(str, reversed(place)))})"


def _told(before: Any, after: Any) -> tuple[str, str]:
    """Two leaves, so that they can be told from each other."""
    if type(before) is not type(after) and before is not None and after is not None:
        return _kind(before), _kind(after)
    here, there = repr(before), repr(after)
    if max(len(here), len(there)) <= _LONGEST:
        return here, there
    return excerpt(here, there), excerpt(there, here)


def _is(library: str, names: tuple[str, ...], value: Any) -> bool:
    """Whether a value is of one of a library's classes; the library is loaded if it is."""
    module = sys.modules.get(library)
    return module is not None and any(isinstance(value, getattr(module, name)) for name in names)


def _kind(value: Any) -> str:
    return type(value).__name__


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
