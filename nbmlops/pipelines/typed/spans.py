"""Lengths of time as text: ISO 8601, and as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

from nbmlops.durations import seconds_of
from nbmlops.errors import UsageError

_ISO = re.compile(
    r"(?P<sign>[+-]?)P(?=[\dT])(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?"
    r"(?:(?P<seconds>\d+)(?:\.(?P<micro>\d{1,6}))?S)?)?"
)
_CLOCK = re.compile(
    r"(?:(?P<days>-?\d+) days?, )?(?P<hours>\d+):(?P<minutes>\d{2}):(?P<seconds>\d{2})"
    r"(?:\.(?P<micro>\d{1,6}))?"
)
"""As Python prints it, and so as a template does: ``1 day, 2:00:00``."""


def written(span: timedelta) -> str:
    """A length of time in ISO 8601, to the microsecond.

    >>> written(timedelta(days=1, hours=2))
    'P1DT2H'
    """
    if span < timedelta():
        return f"-{_positive(-span)}"
    return _positive(span)


def read(text: str) -> timedelta:
    """The inverse of `written`; ``90m``, ``1h30m`` and ``1 day, 2:00:00`` are fine as well.

    Raises:
        ValueError: it is none. A month and a year are none: they differ in length.
    """
    found = _ISO.fullmatch(text) or _CLOCK.fullmatch(text)
    if found is None:
        return _as_people_write(text)
    told = {"sign": "", "weeks": "", "micro": "", **found.groupdict(default="")}
    units = ("weeks", "days", "hours", "minutes", "seconds")
    parts = {unit: int(told[unit] or 0) for unit in units}
    parts["microseconds"] = int(told["micro"].ljust(6, "0"))
    sign = -1 if told["sign"] == "-" else 1
    try:
        return timedelta(**{unit: sign * number for unit, number in parts.items()})
    except OverflowError as error:
        raise ValueError(text) from error


def _as_people_write(text: str) -> timedelta:
    try:
        return timedelta(seconds=seconds_of(text))
    except UsageError as error:
        raise ValueError(text) from error


def _positive(span: timedelta) -> str:
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{span.microseconds:06d}".rstrip("0") if span.microseconds else ""
    clock = "".join(
        f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number
    ) + (f"{seconds}{fraction}S" if seconds or fraction else "")
    day = f"{span.days}D" if span.days else ""
    return f"P{day}T{clock}" if clock else f"P{day or 'T0S'}"
