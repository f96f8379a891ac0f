"""A preview of a value that costs next to nothing, however large the value is."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from nbmlops.domain.values import ValueSummary
from nbmlops.values.kinds import ancestry, is_a, module_of, name_of, package_of
from nbmlops.values.secrets import masked

_TEXT = 300
_SEARCHED = 10_000
"""Characters of a text that are searched for secrets before it is cut."""
_ITEMS = 8
_DEPTH = 2
_COLUMNS = 100
_ELLIPSIS = "…"

# Their repr is short, quick and free of side effects.
_PLAIN = {
    ("builtins", "bool"), ("builtins", "complex"), ("builtins", "ellipsis"), ("builtins", "float"),
    ("builtins", "NoneType"), ("builtins", "range"), ("datetime", "date"),
    ("datetime", "datetime"), ("datetime", "time"), ("datetime", "timedelta"),
    ("datetime", "timezone"), ("decimal", "Decimal"), ("fractions", "Fraction"),
    ("numpy", "dtype"), ("numpy", "number"), ("numpy", "bool"), ("numpy", "datetime64"),
    ("pandas", "Interval"), ("pandas", "Period"), ("pandas", "Timedelta"), ("pandas", "Timestamp"),
    ("pathlib", "PurePath"), ("sklearn", "BaseEstimator"), ("uuid", "UUID"),
    ("zoneinfo", "ZoneInfo"),
}  # fmt: skip

_LONGEST_INTEGER = 1024  # bits


_Facts = dict[str, Any]
"""Fields of a `ValueSummary`, those that hang on the type of the value."""

DEAD = "dead"
"""Ends what is said of a weak reference whose object is no more."""


def summarize(value: Any, *, order: str | None = None, holding: str | None = None) -> ValueSummary:
    """What a value looks like, in well under a millisecond.

    No large value is read as a whole, no ``__repr__`` of an unknown class is called, and nothing
    lazy is computed. Never raises: what cannot be described is described by its type.

    Args:
        value: anything.
        order: what its fingerprint says of the order of dicts.
        holding: what that says of how its parts are shared.
    """
    kind = "object"
    try:
        kind = _type_name(type(value))
        facts = _describer(type(value))(value)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  the value's own code ran; a preview is not worth a failure
        facts = _facts(f"{kind} object")
    facts["text"] = _cut(masked(facts["text"]))
    return ValueSummary(kind=kind, order=order, holding=holding, **facts)


def _reference(value: Any) -> _Facts:
    """A weak reference; what it refers to is described where it is held."""
    dead = f", {DEAD}" if value() is None else ""
    return _facts(f"{_type_name(type(value))} object{dead}")


def _describer(kind: type) -> Callable[[Any], _Facts]:
    for ancestor in ancestry(kind):
        name = (package_of(ancestor), name_of(ancestor))
        if name in _PLAIN:
            return _plain
        if name in _DESCRIBERS:
            return _DESCRIBERS[name]
    return _structure if dataclasses.is_dataclass(kind) else _other


def _facts(text: str, **facts: Any) -> _Facts:
    return {"text": text, **facts}


def _plain(value: Any) -> _Facts:
    return _facts(repr(value))


def _integer(value: int) -> _Facts:
    bits = value.bit_length()
    return _facts(repr(value) if bits <= _LONGEST_INTEGER else f"an integer of {bits} bits")


def _string(value: Any) -> _Facts:
    return _facts(repr(masked(value[:_SEARCHED])), shape=(len(value),))


def _memory(value: Any) -> _Facts:
    return _facts(repr(bytes(value[:_SEARCHED])), shape=(len(value),), size=len(value))


def _container(value: Any) -> _Facts:
    return _facts(brief(value, _DEPTH), shape=(len(value),))


def _array(value: Any) -> _Facts:
    head = [brief(item, 1) for item in value.flat[:_ITEMS].tolist()]
    more = [_ELLIPSIS] if value.size > _ITEMS else []
    text = f"{value.dtype}: {', '.join(head + more)}"
    return _facts(text, shape=tuple(value.shape), size=value.nbytes)


def _tensor(value: Any) -> _Facts:
    size = value.element_size() * value.nelement()
    return _facts(f"{value.dtype} on {value.device}", shape=tuple(value.shape), size=size)


def _sparse(value: Any) -> _Facts:
    return _facts(f"{value.dtype}, {value.nnz} stored elements", shape=tuple(value.shape))


def _frame(value: Any) -> _Facts:
    rows, width = value.shape
    is_whole = width <= _COLUMNS
    shown = value if is_whole else value.iloc[:, :_COLUMNS]
    return _facts(
        _table_text(rows, width, value.columns),
        shape=(rows, width),
        size=_frame_bytes(value) if is_whole else None,
        columns=dict(zip(map(_label, shown.columns), map(str, shown.dtypes), strict=True)),
    )


def _frame_bytes(value: Any) -> int:
    """As `DataFrame.memory_usage` without the index, many times as fast."""
    return sum(int(block.values.nbytes) for block in value._mgr.blocks)  # noqa: SLF001 (no other)


def _column(value: Any) -> _Facts:
    head = ", ".join(brief(item, 1) for item in value[:_ITEMS].tolist())
    more = f", {_ELLIPSIS}" if len(value) > _ITEMS else ""
    name = "" if value.name is None else f"{_label(value.name)}: "
    text = f"{name}{value.dtype}: {head}{more}"
    return _facts(text, shape=(len(value),), size=int(value.nbytes))


def _index(value: Any) -> _Facts:
    return _column(value) if value.nlevels == 1 else _facts("", shape=tuple(value.shape))


def _arrow_table(value: Any) -> _Facts:
    fields = islice(zip(value.schema.names, value.schema.types, strict=True), _COLUMNS)
    return _facts(
        _table_text(value.num_rows, value.num_columns, value.schema.names),
        shape=(value.num_rows, value.num_columns),
        size=value.nbytes,
        columns={name: str(kind) for name, kind in fields},
    )


def _arrow_array(value: Any) -> _Facts:
    return _facts(str(value.type), shape=(len(value),), size=value.nbytes)


def _polars_frame(value: Any) -> _Facts:
    return _facts(
        _table_text(value.height, value.width, value.columns),
        shape=(value.height, value.width),
        size=int(value.estimated_size()),
        columns={name: str(kind) for name, kind in islice(value.schema.items(), _COLUMNS)},
    )


def _polars_series(value: Any) -> _Facts:
    size = int(value.estimated_size())
    return _facts(f"{value.name}: {value.dtype}", shape=(len(value),), size=size)


def _lazy(_: Any) -> _Facts:
    return _facts("lazy, not computed")


def _module(value: Any) -> _Facts:
    version = vars(value).get("__version__")
    return _facts(f"module {value.__name__} {version or ''}".strip())


def _function(value: Any) -> _Facts:
    code = value.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return _facts(f"{value.__qualname__}({', '.join(names)})")


def _class(value: type) -> _Facts:
    return _facts(f"class {_type_name(value)}")


def _enumerated(value: enum.Enum) -> _Facts:
    return _facts(f"{type(value).__qualname__}.{value.name}")


def _structure(value: Any) -> _Facts:
    return _facts(brief(value, _DEPTH))


def _other(value: Any) -> _Facts:
    return _facts(f"{_type_name(type(value))} object")


_DESCRIBERS: dict[tuple[str, str], Callable[[Any], _Facts]] = {
    ("weakref", "ReferenceType"): _reference,
    ("builtins", "bytearray"): _memory,
    ("builtins", "bytes"): _memory,
    ("builtins", "dict"): _container,
    ("builtins", "frozenset"): _container,
    ("builtins", "function"): _function,
    ("builtins", "int"): _integer,
    ("builtins", "list"): _container,
    ("builtins", "module"): _module,
    ("builtins", "set"): _container,
    ("builtins", "str"): _string,
    ("builtins", "tuple"): _container,
    ("builtins", "type"): _class,
    ("enum", "Enum"): _enumerated,
    ("numpy", "ndarray"): _array,
    ("pandas", "DataFrame"): _frame,
    ("pandas", "Index"): _index,
    ("pandas", "Series"): _column,
    ("polars", "DataFrame"): _polars_frame,
    ("polars", "LazyFrame"): _lazy,
    ("polars", "Series"): _polars_series,
    ("pyarrow", "Array"): _arrow_array,
    ("pyarrow", "ChunkedArray"): _arrow_array,
    ("pyarrow", "Table"): _arrow_table,
    ("scipy", "_spbase"): _sparse,
    ("torch", "Tensor"): _tensor,
}


def brief(value: Any, depth: int) -> str:
    """A value in a few words: of a container the first items, down to a depth."""
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        fields = (
            (field.name, getattr(value, field.name, None)) for field in dataclasses.fields(kind)
        )
        return f"{kind.__qualname__}({_pairs(fields, depth, '=')})"
    if is_a(value, dict):
        return f"{{{_pairs(dict.items(value), depth, ': ')}}}"
    if is_a(value, (list, tuple, set, frozenset)):
        opening, closing = "[]" if is_a(value, list) else "()"
        if is_a(value, (set, frozenset)):
            opening, closing = "{}"
        return f"{opening}{_listing(value, depth)}{closing}"
    summary = summarize(value)
    if summary.shape is None or is_a(value, (str, bytes)):
        return summary.text
    return f"{summary.kind}{list(summary.shape)}"


def _listing(items: Any, depth: int) -> str:
    if depth == 0:
        return _ELLIPSIS
    head = [brief(item, depth - 1) for item in islice(items, _ITEMS)]
    return ", ".join(head + ([_ELLIPSIS] if len(items) > _ITEMS else []))


def _pairs(items: Iterable[tuple[Any, Any]], depth: int, between: str) -> str:
    if depth == 0:
        return _ELLIPSIS
    head = [f"{_name(name, between)}{between}{brief(item, depth - 1)}" for name, item in
            islice(items, _ITEMS + 1)]  # fmt: skip
    return ", ".join([*head[:_ITEMS], _ELLIPSIS] if len(head) > _ITEMS else head)


def _name(name: Any, between: str) -> str:
    return str(name) if between == "=" else brief(name, 0)


def _table_text(rows: int, width: int, names: Any) -> str:
    head = ", ".join(_label(name) for name in islice(names, _ITEMS))
    more = f", {_ELLIPSIS}" if width > _ITEMS else ""
    return f"{rows:,} rows × {width:,} columns: {head}{more}"  # noqa: RUF001  the sign for "by"


def _label(name: Any) -> str:
    return name if is_a(name, str) else brief(name, 1)


def _type_name(kind: type) -> str:
    name, module = str(type.__getattribute__(kind, "__qualname__")), module_of(kind)
    return name if module in ("", "builtins", "__main__") else f"{module}.{name}"


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + _ELLIPSIS
