"""The types of Arrow, with what neither their text nor their comparison tells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any


def told(kind: Any) -> Any:
    """A type by its text, and what that leaves out.

    That is what is noted on the fields inside, and the parameters of a type of an extension.
    """
    text = str(kind)
    beside = _beside(kind) if "<" in text else ()  # which opens what is inside of a type
    return (text, beside) if beside else text


def is_extension(kind: Any) -> bool:
    """Whether a type gives another one a meaning."""
    return isinstance(kind, sys.modules["pyarrow"].BaseExtensionType)


def _beside(kind: Any) -> tuple[Any, ...]:
    if is_extension(kind):
        serialize = getattr(kind, "__arrow_ext_serialize__", None)
        parameters = serialize() if serialize is not None else None
        return (kind.extension_name, parameters, _beside(kind.storage_type))
    noted = [(field.metadata, _beside(field.type)) for field in _fields(kind)]
    return tuple(noted) if any(map(any, noted)) else ()


def _fields(kind: Any) -> Iterator[Any]:
    """The fields of which a type consists."""
    pyarrow = sys.modules["pyarrow"]
    types = pyarrow.types
    if types.is_struct(kind) or types.is_union(kind):
        yield from map(kind.field, range(kind.num_fields))
    elif types.is_map(kind):
        yield from (kind.key_field, kind.item_field)
    elif types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        yield pyarrow.field("", kind.value_type)
    elif types.is_nested(kind):
        yield kind.value_field
