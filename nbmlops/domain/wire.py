"""Values as JSON: the one shape that ``--json``, REST handlers and our MIME types share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from nbmlops.domain.sentences import Said, in_language

T = TypeVar("T")


def document(schema: str, **content: Any) -> dict[str, Any]:
    """A JSON document that names its schema.

    Args:
        schema: the name and major version, such as ``versions/1``; a field may be added within
            a major version, never removed or retyped.
        content: nouns of the domain, or plain values.

    Returns:
        Plain dicts, lists, strings and finite numbers, as `spelled` has them.
    """
    told = {key: spelled(plain(value)) for key, value in content.items()}
    return {"schema": f"nbmlops.{schema}", **told}


def spelled(value: Any) -> Any:
    """What is plain, with the numbers that JSON cannot write as words.

    >>> spelled({"loss": [0.5, float("nan"), float("-inf")]})
    {'loss': [0.5, 'NaN', '-Infinity']}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else _word_of(value)
    if isinstance(value, dict):
        return {key: spelled(item) for key, item in value.items()}
    return [spelled(item) for item in value] if isinstance(value, list | tuple) else value


def _word_of(number: float) -> str:
    """The name of a number that is not finite: ``NaN``, ``Infinity`` or ``-Infinity``."""
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def plain(value: Any, texts: Mapping[str, str] | None = None) -> Any:
    """A noun as dicts, lists, strings and numbers; times in ISO 8601.

    Args:
        value: what is to be plain.
        texts: those of a language, in which sentences are then said; English without.

    >>> plain({"told": Said("Wait.", (("Wait.", ()),))}, {"Wait.": "Warten Sie."})
    {'told': 'Warten Sie.'}
    """
    known = texts or {}
    return msgspec.to_builtins(value, str_keys=True, enc_hook=lambda one: _told(one, known))


def _told(value: Any, texts: Mapping[str, str]) -> str:
    """A sentence as a string; msgspec asks for what it does not know itself."""
    if isinstance(value, Said):
        return in_language(value, texts)
    raise TypeError(f"Encoding objects of type {type(value).__name__} is unsupported")


def encode(value: Any) -> bytes:
    """A noun as JSON with sorted keys: equal values give equal bytes."""
    return msgspec.json.encode(value, order="sorted", enc_hook=lambda one: _told(one, {}))


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
    """A document as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
