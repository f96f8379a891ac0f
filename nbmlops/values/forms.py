"""The canonical form of a value, and its digest.

A form is made of exact ``None``, ``bool``, ``int``, ``float``, ``str``, ``bytes``, ``list``,
``tuple`` and ``dict`` objects. Everything else is a *node*: a tuple that begins with `MARK`,
which no form of a plain value contains. Equal content has equal forms, and equal forms have
equal digests in every process.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, Final

import xxhash

Form = Any

Anatomy = tuple[Any, ...]
"""What a value is made of: a word for its kind, then values that are walked in their turn."""

Anatomist = Callable[[Any], Anatomy]

# A type that the pickler writes without a detour, and that it does not track in fast mode: it
# takes frozensets that occur more than fifty times for a cycle.
MARK: Final = bytearray()
"""Opens a node. No bytearray appears in a form otherwise."""

LEAVES: Final = frozenset({type(None), bool, int, float, str, bytes})
"""The types whose values are their own forms."""


def digest(form: Form) -> bytes:
    """16 bytes (xxh3-128) that are equal for equal forms.

    The pickler runs without its memo, so that the stream says what the form holds and not which
    of its parts happen to be one object.
    """
    hasher = xxhash.xxh3_128()
    _write(form, hasher.update)
    return hasher.digest()


def stream_of(form: Form) -> bytes:
    """The bytes of which `digest` is the digest."""
    written = bytearray()
    _write(form, written.extend)
    return bytes(written)


def _write(form: Form, write: Callable[[Any], None]) -> None:
    pickler = pickle.Pickler(_Sink(write), protocol=5)
    pickler.fast = True
    pickler.dump(form)


class _Sink:
    """What the pickler needs of a file."""

    __slots__ = ("write",)

    def __init__(self, write: Callable[[Any], None]) -> None:
        self.write = write
