"""What an exception holds beside its pickle: the ones that it followed from, a missing name."""

from __future__ import annotations

from typing import Any


def chain_of(value: BaseException) -> dict[str, Any]:
    """The attributes by which an exception tells what it followed from, or which name was missing.

    They are in an order in which they can be set: a cause suppresses the context by itself.
    """
    cause, context = _CAUSE.__get__(value), _CONTEXT.__get__(value)
    suppresses = _SUPPRESSES.__get__(value)
    found: dict[str, Any] = {}
    for kind in _NAMED:
        if isinstance(value, kind) and (name := kind.__dict__["name"].__get__(value)) is not None:
            found["name"] = name
    if cause is not None:
        found["__cause__"] = cause
    if context is not None:
        found["__context__"] = context
    if cause is not None or suppresses:
        found["__suppress_context__"] = suppresses
    return found


_NAMED = (AttributeError, NameError)
"""Exceptions whose pickle leaves out the name, before some version of Python."""

# Classes of the notebook may have attributes of their own under these names.
_CAUSE = BaseException.__dict__["__cause__"]
_CONTEXT = BaseException.__dict__["__context__"]
_SUPPRESSES = BaseException.__dict__["__suppress_context__"]
