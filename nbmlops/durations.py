"""Lengths of time as people write them: ``90s``, ``30m``, ``1h30m``, ``2d``."""

from __future__ import annotations

import re

from nbmlops.errors import UsageError

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_OTHER_WORDS = {"sec": "s", "min": "m"}
_PART = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|sec|s|min|m|h|d|w)\s*")
_LONGEST = 100 * 365 * _UNITS["d"]


def seconds_of(text: str) -> float:
    """Read a length of time; several units add up, and a number without one is refused.

    >>> seconds_of("1h 30min")
    5400.0

    Raises:
        UsageError: it is none, or longer than a century.
    """
    found, position = 0.0, 0
    stripped = text.strip().lower()
    while match := _PART.match(stripped, position):
        found += float(match["number"]) * _UNITS[_OTHER_WORDS.get(match["unit"], match["unit"])]
        position = match.end()
    if not position or position < len(stripped) or found > _LONGEST:
        raise UsageError(f"{text!r} is no length of time.", cure="Write 90s, 30m, 1h30m or 2d.")
    return found


def as_written(seconds: float) -> str:
    """A length of time as `seconds_of` reads it, to the millisecond.

    >>> as_written(5400)
    '1h30m'
    """
    left = round(seconds * 1000)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        number, left = divmod(left, round(_UNITS[unit] * 1000))
        parts += [f"{number}{unit}"] if number else []
    return "".join(parts) or "0s"
