"""Kinds of values that cells leave under names, as records tell, and what follows; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from nbmlops.domain.executions import Execution
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.notebook.dataflow.graph import CellFlow

Kinds = Mapping[str, Collection[str]]
"""Names → the qualified types that recorded executions of a cell have left under them.

Those of tables with objects inside begin with ``objects in``, those of times with ``zoned`` that
hold a time zone, an object which may be anybody's.
"""

PLAIN = frozenset(
    ["NoneType", "bool", "bytes", "complex", "float", "int", "range", "str",
     "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta",
     "datetime.timezone", "decimal.Decimal", "fractions.Fraction", "uuid.UUID", "zoneinfo.ZoneInfo",
     "numpy.bool", "numpy.bool_", "numpy.float16", "numpy.float32", "numpy.float64", "numpy.int8",
     "numpy.int16", "numpy.int32", "numpy.int64", "numpy.uint8", "numpy.uint16", "numpy.uint32",
     "numpy.uint64", "numpy.str_", "numpy.datetime64", "numpy.timedelta64",
     "pandas.Timedelta", "pandas.Timestamp", "pandas.api.typing.NaTType",
     "pathlib.PosixPath", "pathlib.WindowsPath", "re.Pattern"]
)  # fmt: skip
"""Kinds of values that nothing can change in place."""

_TABLES = frozenset(
    ["numpy.ndarray", "pandas.DataFrame", "pandas.DatetimeIndex", "pandas.Index",
     "pandas.RangeIndex", "pandas.Series", "zoned pandas.Timestamp",
     "polars.dataframe.frame.DataFrame", "polars.series.series.Series", "pyarrow.lib.Table"]
)  # fmt: skip
"""Kinds of values, without objects inside, that are the same after they were read."""

_WHOLE = ("numpy.", "pandas.", "polars.", "pyarrow.", "scipy.")
"""Where kinds come from whose copies share nothing, where there are no objects inside."""

_ZONED = "zoned "
_TIMES = frozenset(["datetime.datetime", "datetime.time", "pandas.Timestamp"])
_ZONE = re.compile(r"\b(tz|tzinfo)=")
_OBJECTS_IN = "objects in "
_OBJECT = re.compile(r"\bobject\b|\bObject\b|'O'")
"""What types of columns and arrays say that may hold objects."""


def kinds_left(executions: Iterable[Execution]) -> Kinds:
    """What executions of one cell have left under each name."""
    return kinds_of(value for execution in executions for value in execution.record.outputs)


def kinds_of(values: Iterable[ValueRecord]) -> Kinds:
    """The kinds of recorded values, by name."""
    found: dict[str, set[str]] = {}
    for value in values:
        found.setdefault(value.name, set()).add(_kind(value.summary))
    return found


def _kind(summary: ValueSummary) -> str:
    """The qualified type; marked where there is, or may be, an object inside."""
    if summary.kind in _TIMES:
        return f"{_ZONED}{summary.kind}" if _ZONE.search(summary.text) else summary.kind
    if summary.kind in PLAIN:
        return summary.kind
    kinds = " ".join(summary.columns.values()) if summary.columns else summary.text
    unseen = bool(summary.columns) and len(summary.columns) < (summary.shape or (0,))[-1]
    return f"{_OBJECTS_IN}{summary.kind}" if unseen or _OBJECT.search(kinds) else summary.kind


def is_whole(kinds: Collection[str]) -> bool:
    """Whether all are frames or arrays without objects inside: copies of them share nothing."""
    return bool(kinds) and all(kind.startswith(_WHOLE) for kind in kinds)


def are_plain(kinds: Collection[str]) -> bool:
    """Whether nothing can change a value of these kinds in place."""
    return bool(kinds) and all(kind in PLAIN for kind in kinds)


def always_whole(flows: Sequence[CellFlow], kinds: Sequence[Kinds]) -> frozenset[str]:
    """The names that only hold frames or arrays without objects inside."""
    return _always(flows, kinds, is_whole)


def always_plain(flows: Sequence[CellFlow], kinds: Sequence[Kinds]) -> frozenset[str]:
    """The names that only hold what cannot be changed in place: by the code, or by records."""
    return _always(flows, kinds, are_plain, fixed=True)


def always_still(flows: Sequence[CellFlow], kinds: Sequence[Kinds]) -> frozenset[str]:
    """The names that hold what no reading changes behind each cell that binds them.

    Iterators and connections are changed by it.
    """
    return _always(flows, kinds, _are_still, fixed=True)


def _are_still(kinds: Collection[str]) -> bool:
    return bool(kinds) and all(kind in PLAIN or kind in _TABLES for kind in kinds)


class Foreseen:
    """Says whether values that a cell has left are of the kinds that a plan counts on.

    Args:
        flows: the cells of the plan.
        kinds: what it takes each for.
        still: the names that it takes for what no reading changes.
    """

    def __init__(
        self, flows: Sequence[CellFlow], kinds: Sequence[Kinds], still: Collection[str] = ()
    ) -> None:
        self._kinds = tuple(kinds)
        self._still = frozenset(still)
        self._writes = tuple(flow.writes for flow in flows)
        self._plain = always_plain(flows, kinds)
        self._whole = always_whole(flows, kinds)

    def holds(self, position: int, left: Kinds) -> bool:
        """Whether no name that a cell has left may share, or change, more than the plan says."""
        known = self._kinds[position]
        return all(
            (name not in self._plain or are_plain(kinds))
            and (name not in self._still or _are_still(kinds))
            and (not (name in self._whole or is_whole(known.get(name, ()))) or is_whole(kinds))
            for name, kinds in left.items()
        )

    def counts_on(self, position: int) -> bool:
        """Whether reading what a cell leaves is taken for what changes nothing."""
        return not self._still.isdisjoint(self._writes[position])


def _always(
    flows: Sequence[CellFlow],
    kinds: Sequence[Kinds],
    fits: Callable[[Collection[str]], bool],
    *,
    fixed: bool = False,
) -> frozenset[str]:
    """The names of which every cell that binds them is known to leave what fits.

    ``fixed`` says that what the code shows to be a number or text does.
    """
    sure: dict[str, bool] = {}
    for flow, left in zip(flows, kinds, strict=True):
        if any(construct.writes for construct in flow.dynamic) and not left:
            return frozenset()  # it may bind anything
        for name in left:
            sure[name] = sure.get(name, True) and fits(left[name])
        for name in flow.writes - left.keys():
            sure[name] = sure.get(name, True) and fixed and _is_fixed(flow, name)
    return frozenset(name for name, known in sure.items() if known)


def _is_fixed(flow: CellFlow, name: str) -> bool:
    """Whether the code of a cell shows that it binds a name to what cannot be changed."""
    return name in flow.effects.writes and flow.effects.holds.get(name) == {}
