"""How times, durations, sizes and states read, wherever a command shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from nbmlops.commands.views import Span, Tone
from nbmlops.domain.runs import CellProgress

_KIBI = 1024
_MINUTE = 60
_HOUR = 3600
_THOUSAND = 1000
_LONGEST_REASON = 72
"""Characters."""

_LARGEST_WRITTEN_OUT = 1e15

_TONES: dict[str, Tone] = {
    "ok": "good",
    "succeeded": "good",
    "approved": "good",
    "error": "bad",
    "failed": "bad",
    "lost": "bad",
    "interrupted": "warn",
    "cancelled": "warn",
    "skipped": "warn",
    "withdrawn": "warn",
    "changes requested": "warn",
    "paused": "warn",
    "identical": "good",
    "within tolerance": "good",
    "different": "bad",
    "not comparable": "warn",
}


_BADGES = {
    "identical": "reproduced",
    "within tolerance": "reproduced within tolerance",
    "different": "differs",
}


def when(moment: datetime | None) -> str:
    """A time in the reader's zone, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else "-"


def when_there(moment: datetime, place: tzinfo) -> str:
    """A time on the clock of a zone, which it names: ``2026-11-01 06:00:00 CET``."""
    return f"{moment.astimezone(place):%Y-%m-%d %H:%M:%S %Z}"


def duration(seconds: float | None) -> str:
    """``3 ms``, ``1.2 s``, ``4 min 05 s``, ``2 h 03 min``."""
    if seconds is None:
        return "-"
    if round(seconds * _THOUSAND) < _THOUSAND:
        return f"{seconds * _THOUSAND:.0f} ms"
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f} s"
    if round(seconds) < _HOUR:
        return "{} min {:02d} s".format(*divmod(round(seconds), _MINUTE))
    return "{} h {:02d} min".format(*divmod(round(seconds / _MINUTE), _MINUTE))


def count(number: int, noun: str) -> str:
    """``1 step``, ``3 steps``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def size(count: int | None) -> str:
    """Bytes with a binary unit."""
    if count is None:
        return "-"
    amount, units = float(count), iter(("B", "KiB", "MiB", "GiB"))
    unit = next(units)
    for larger in units:
        if amount < _KIBI:
            break
        amount, unit = amount / _KIBI, larger
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def metrics(values: Mapping[str, float]) -> str:
    """``auc 0.914, rmse 12.3``."""
    return ", ".join(f"{name} {number(value)}" for name, value in values.items()) or "-"


def number(value: float) -> str:
    """Four significant digits, and all of them before the point; whole numbers whole."""
    if float(value).is_integer() and abs(value) < _LARGEST_WRITTEN_OUT:
        return f"{value:.0f}"
    written_out = _THOUSAND <= abs(value) < _LARGEST_WRITTEN_OUT
    return f"{value:.1f}" if written_out else f"{value:.4g}"


def parameters(values: Mapping[str, Any]) -> str:
    """``month=3, carrier='AA'``."""
    return ", ".join(f"{name}={value!r}" for name, value in values.items()) or "-"


def no_steps(titles: Iterable[str]) -> str:
    """What cells are that stand beside steps in a table; empty where there are none.

    >>> no_steps(["cell 1", "cell 5"])
    'cell 1, cell 5: no steps of their own, run whenever a step needs them.'
    """
    told = ", ".join(dict.fromkeys(titles))
    return f"{told}: no steps of their own, run whenever a step needs them." if told else ""


def status(text: str | None) -> Span:
    """A state in its tone."""
    return Span(text or "-", _TONES.get(text or "", "plain"))


def ended(text: str | None, *, cut_off: bool) -> Span:
    """How an execution ended, in its tone; ``cut_off`` is whether its kernel ended before it."""
    return Span("kernel ended", "bad") if cut_off else status(text)


def reached(event: CellProgress) -> tuple[int, int]:
    """Which one of how many: steps where they are counted, else cells."""
    return (event.number, event.steps) if event.steps else (event.cell, event.cells)


def progress(title: str, event: CellProgress) -> str:
    """``flights@1 step 2 of 4: features … done``; empty for a cell between the steps."""
    if event.step is None:
        return ""
    place, total = reached(event)
    what = "step " if event.steps else ""
    told = f"{title} {what}{place} of {total}: {event.step}{because(event.reason)} …"
    if event.event == "started":
        return told
    return f"{told} {'done' if event.event in {'completed', 'ok'} else event.event}"


def counted(title: str, event: CellProgress) -> str:
    """``verify train@2: 2 of 5``; empty where steps are counted, or the cell is one."""
    return "" if event.steps or event.step else f"{title}: {event.cell} of {event.cells}"


def because(reason: str) -> str:
    """Why a step runs, in brackets behind its name; the first of several reasons.

    >>> because("`df` changed; the variable HOME has another value")
    ' (`df` changed)'
    """
    first = reason.partition("; ")[0]
    return f" ({shortened(first)})" if first else ""


def shortened(text: str) -> str:
    """A text for one line beside others."""
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON].rstrip()}…"


def two_cells(step: str) -> str:
    """What to do when a cell stands beside the one that it came from."""
    return (
        f"It carries the name {step} too: run it, then delete the cell that you do not want; "
        "a notebook with two cells of one name is not built."
    )


def listed(names: Sequence[str], most: int) -> str:
    """The first of some names, and how many more there are.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown, more = ", ".join(names[:most]), len(names) - most
    return f"{shown} and {more} more" if more > 0 else shown


def verdict(text: str | None) -> Span:
    """What a verification showed, as a badge: ``reproduced``, ``differs`` …, in its tone."""
    return Span(_BADGES.get(text or "", text or "-"), _TONES.get(text or "", "plain"))
