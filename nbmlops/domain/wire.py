"""Values as JSON: the one shape that ``--json``, REST handlers and our MIME types share."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def document(schema: str, **content: Any) -> dict[str, Any]:
    """A JSON document that names its schema.

    Args:
        schema: the name and major version, such as ``versions/1``; a field may be added within
            a major version, never removed or retyped.
        content: nouns of the domain, or plain values.

    Returns:
        Plain dicts, lists, strings and numbers.
    """
    return {"schema": f"nbmlops.{schema}", **{key: plain(value) for key, value in content.items()}}


def plain(value: Any) -> Any:
    """A noun as dicts, lists, strings and numbers; times in ISO 8601."""
    return msgspec.to_builtins(value, str_keys=True)


def encode(value: Any) -> bytes:
    """A noun as JSON with sorted keys: equal values give equal bytes."""
    return msgspec.json.encode(value, order="sorted")


def decode(data: bytes | str, kind: type[T]) -> T:
    """The inverse of `encode`.

    Raises:
        msgspec.ValidationError: the bytes are not of that kind.
    """
    return msgspec.json.decode(data, type=kind)


def structured(value: Any, kind: type[T]) -> T:
    """The inverse of `plain`; a field that is not there has its default.

    Raises:
        msgspec.ValidationError: the value is not of that kind.
    """
    return msgspec.convert(value, kind)


def pretty(document: dict[str, Any]) -> str:
    """A document as indented JSON; a number that JSON cannot write is ``null``."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
