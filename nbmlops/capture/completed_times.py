"""Times of the day in data, where code makes times of them: parsers add the present date.

``pd.to_datetime(trips["leaves"])`` of "06:30" is another value each day. What code puts together
first (``trips.date + " " + trips.leaves``) is whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.notebook.tree import children
from nbmlops.pipelines.novelties import PARSERS, parsers_in
from nbmlops.values.frames import columns_of_kinds
from nbmlops.values.kinds import is_a, name_of, package_of

_TIME = re.compile(r"\s*\d{1,2}:\d\d(:\d\d([.,]\d+)?)?\s*([ap]\.?m\.?)?\s*", re.IGNORECASE)
_MAKING = frozenset(["DatetimeIndex", "Timestamp", "date_range", "parse", "to_datetime"])
_TELLING = _MAKING & PARSERS
_EACH = frozenset(["apply", "map", "transform"])
_COMPLETING = frozenset(["ISO8601", "mixed"])
"""Formats that are none: each text is read as it is."""

_MOST = 10_000
"""Texts of a column, or items of a collection, that are looked at: the first tell the format."""

_MARKS = (*_MAKING, "datetime64", "parse_dates")


def completed_in(
    sources: Iterable[str], namespace: Mapping[str, Any], read: Iterable[Any]
) -> str | None:
    """Where a time of the day is made a time with the present date; ``None`` for nowhere.

    Args:
        sources: the cell, and the functions that it uses.
        namespace: what names hold.
        read: what the cell reads: what a function or a loop parses may be from any of it.
    """
    held: list[Any] | None = None
    for source in sources:
        for parsed in _parsed(source):
            if parsed is None:
                held = list(read) if held is None else held
                values: Iterable[Any] = held
            else:
                values = _behind(parsed, namespace)
            for value in values:
                with suppress(Exception):  # whatever the user's values say of themselves
                    if any(map(_is_time, _texts(value))):
                        return f"a time of the day in a {name_of(type(value))}"
    return None


def parsed_in(sources: Iterable[str], namespace: Mapping[str, Any]) -> list[Any] | None:
    """All that code makes times of, be it words for the present time.

    Args:
        sources: the cell, and the functions that it uses.
        namespace: what names hold.

    Returns:
        ``None`` where the text of the code, or what there is so far, does not tell.
    """
    found: list[Any] = []
    for source in sources:
        for parsed in _told(source):
            values = [] if parsed is None else list(_behind(parsed, namespace))
            if not values or any(value is None for value in values):
                return None
            found += values
    return found


def _is_time(text: Any) -> bool:
    return type(text) is str and ":" in text and _TIME.fullmatch(text) is not None


def completed_in_tables(sources: Iterable[str], made: Iterable[Any]) -> str | None:
    """Where a reader that parses dates has made times that are all of today; ``None`` for nowhere.

    Args:
        sources: the cell, and the functions that it uses.
        made: what the cell has made.
    """
    if not any("parse_dates" in source for source in sources):
        return None
    for value in made:
        with suppress(Exception):  # whatever the user's values say of themselves
            if (package_of(type(value)), name_of(type(value))) == ("pandas", "DataFrame"):
                columns = (value.iloc[:, place] for place in range(value.shape[1]))
                if any(map(_is_of_today, (*columns, value.index))):
                    return "times of the day in a DataFrame"
    return None


def _is_of_today(column: Any) -> bool:
    if getattr(column.dtype, "kind", "") != "M" or not len(column):
        return False
    days = set(column.to_numpy()[:_MOST].astype("M8[D]").tolist())
    return days == {datetime.now().date()}  # noqa: DTZ005 (what parsers take for the date)


@lru_cache(maxsize=512)
def _parsed(source: str) -> tuple[ast.expr | None, ...]:
    """What code makes times of; ``None`` for what may be any of the values that it reads."""
    if not any(mark in source for mark in _MARKS):
        return ()
    try:
        tree = syntax.parse(strip_commands(strip_label(source))).tree
    except CellSyntaxError:
        return ()
    local = {one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)}
    local |= {
        one.id
        for loop in ast.walk(tree)
        if isinstance(loop, ast.For | ast.comprehension)
        for one in ast.walk(loop.target)
        if isinstance(one, ast.Name)
    }
    found = [given for node in ast.walk(tree) for given in _given(node)]
    return tuple(
        None if isinstance(one, ast.Name) and one.id in local else one
        for one in found
        if isinstance(one, ast.Name | ast.Subscript | ast.Attribute | ast.Constant | ast.List)
    )


@lru_cache(maxsize=512)
def _told(source: str) -> tuple[ast.expr | None, ...]:
    """What the calls that a cell makes itself are given; ``None`` for whatever else may parse."""
    named = parsers_in(source)
    if not named:
        return ()
    try:
        waiting: list[ast.AST] = [syntax.parse(strip_commands(strip_label(source))).tree]
    except CellSyntaxError:
        return (None,)
    found: list[ast.expr | None] = []
    for node in waiting:
        waiting += [part for part in children(node) if not isinstance(part, _INNER)]
        if isinstance(node, ast.Call) and _last(node.func) in _TELLING:
            named -= 1
            options = [one.value for one in node.keywords]
            found += [*node.args, *(one for one in options if not isinstance(one, ast.Constant))]
    return tuple(found) if not named else (None,)


_INNER = (
    ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef, ast.Lambda,
    ast.DictComp, ast.For, ast.GeneratorExp, ast.ListComp, ast.SetComp,
)  # fmt: skip
"""What has names of its own, or gives them one value after the other."""


def _given(node: ast.AST) -> Iterator[ast.expr]:
    if not isinstance(node, ast.Call):
        return
    called = _last(node.func)
    if called in _MAKING and not _has_format(node):
        yield from node.args[:1]
    elif isinstance(node.func, ast.Attribute) and node.args:
        to = ast.unparse(node.args[0])
        each = called in _EACH and any(word in to for word in _MAKING) and not _has_format(node)
        if each or (called == "astype" and "datetime64" in to):
            yield node.func.value


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _has_format(call: ast.Call) -> bool:
    """Whether a format is given, in which a time of the day has a day of its own."""
    return any(
        one.arg == "format"
        and not (isinstance(one.value, ast.Constant) and one.value.value in _COMPLETING)
        for one in call.keywords
    )


def _behind(node: ast.expr, namespace: Mapping[str, Any]) -> Iterator[Any]:
    """The values that an expression stands for."""
    if isinstance(node, ast.Constant):
        yield node.value
    elif isinstance(node, ast.List):
        for one in node.elts:
            yield from _behind(one, namespace)
    elif isinstance(node, ast.Name):
        yield namespace.get(node.id)
    elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.value, ast.Name):
        owner = namespace.get(node.value.id)
        key: Any = node.attr if isinstance(node, ast.Attribute) else node.slice
        key = key.value if isinstance(key, ast.Constant) else key
        if isinstance(key, str):
            yield _column(owner, key)
        else:
            yield from _columns(owner, key)


def _columns(owner: Any, key: Any) -> Iterator[Any]:
    """The columns of a frame that a list in the code names; all that there is for another key."""
    parts = key.elts if isinstance(key, ast.List) else []
    names = [one.value for one in parts if isinstance(one, ast.Constant)]
    found = [name for name in names if isinstance(name, str)]
    told = len(parts) == len(found) > 0 and name_of(type(owner)) == "DataFrame"
    yield from (_column(owner, name) for name in found) if told else [owner]


def _column(owner: Any, name: str) -> Any:
    if is_a(owner, dict):
        return owner.get(name)
    if package_of(type(owner)) == "pandas" and name_of(type(owner)) == "DataFrame":
        if name == "index":
            return owner.index
        places = [at for at, one in enumerate(owner.columns) if type(one) is str and one == name]
        return owner.iloc[:, places[0]] if places else None
    return None


def _texts(value: Any) -> Iterable[Any]:
    """The first texts in a value."""
    kind = type(value)
    if kind is str:
        return (value,)
    if kind in (list, tuple, set, frozenset, dict):
        return islice(value.values() if kind is dict else value, _MOST)
    look = _LOOKS.get((package_of(kind), name_of(kind)))
    return () if look is None else look(value)


def _of_frame(value: Any) -> Iterator[Any]:
    return (text for column in columns_of_kinds(value, _KINDS) for text in _of_column(column))


def _of_column(value: Any) -> Iterable[Any]:
    categories = getattr(value.dtype, "categories", None)
    held = value.array if categories is None else categories.array
    return _of_array(held)


def _of_array(value: Any) -> Iterable[Any]:
    if getattr(value.dtype, "kind", "O") not in _KINDS:
        return ()
    if getattr(value.dtype, "storage", "") == "pyarrow":
        return value[:_MOST].__arrow_array__().unique().to_pylist()  # type: ignore[no-any-return]
    return value.ravel()[:_MOST].tolist()  # type: ignore[no-any-return]


_KINDS = "OUT"
"""What a dtype says of its kind where it is one of texts, or of anything."""


_LOOKS: Mapping[tuple[str, str], Any] = {
    ("pandas", "DataFrame"): _of_frame,
    ("pandas", "Series"): _of_column,
    ("pandas", "Index"): _of_column,
    ("pandas", "CategoricalIndex"): _of_column,
    ("numpy", "ndarray"): _of_array,
}
