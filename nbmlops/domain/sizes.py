"""Amounts of memory, as people write them."""

from __future__ import annotations

from contextlib import suppress

from nbmlops.errors import UsageError

_UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def bytes_of(text: str) -> int:
    """Read an amount of memory such as ``512M``, ``4G`` or ``1.5g``.

    Raises:
        UsageError: it is none.
    """
    number, unit = text.strip().upper().removesuffix("B").removesuffix("I"), 1
    if number[-1:] in _UNITS:
        number, unit = number[:-1], _UNITS[number[-1]]
    with suppress(ValueError, OverflowError):
        found = int(float(number) * unit)
        if found > 0:
            return found
    raise UsageError(f"{text!r} is no amount of memory.", cure="Write 512M or 4G.")


def in_words(memory: int) -> str:
    """An amount of memory as it is typed: ``4G``."""
    for name, unit in reversed(_UNITS.items()):
        if memory >= unit:
            return f"{memory / unit:.4g}{name}"
    return str(memory)
