"""A range as people write it: ``1..12``, ``1 to 12``, ``>= 1``, ``0 < x <= 1``, ``min 1``."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

Bound = Literal["minimum", "maximum", "above", "below"]
Bounds = dict[Bound, str]
"""Which bound of a `Shape` → how it is written."""

_NUMBER = r"[+-]?(?:\d[\d_]*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_DAY = r"\d{4}-\d{2}-\d{2}"
VALUES = {"int": _NUMBER, "float": _NUMBER, "decimal": _NUMBER, "date": _DAY}
"""Types that have ranges in comments, with how their values are written there."""

_FIRST = (
    r"(?:must be |should be |has to be |(?:valid |allowed )?(?:range|values?) ?(?::|is|of)? ?"
    r"|allowed: ?|valid: ?|in |from )?"
)
_ENDS = r"(?:\s*,?\s*\(?(?P<ends>inclusive|exclusive|incl\.|excl\.)\)?)?"
_SIGN = r"<=|>=|=<|=>|≤|≥|<|>"
_SPANS = (
    r"between\s+{low}\s+and\s+{high}",
    r"{low}\s*(?:\.\.\.?|…)\s*{high}",
    r"{low}\s+(?:to|through|until)\s+{high}",
    r"{low}\s*[-\u2013\u2014]\s*(?!0\d){high}",  # 2024-01 is a month
    r"(?P<open>[\[(\]])\s*{low}\s*[,;]\s*{high}\s*(?P<close>[\])\[])",
)
_LEAST = r"min(?:imum|\.)?|at least|no(?:t)? less than"
_MOST = r"max(?:imum|\.)?|at most|no(?:t)? more than|up to"
_SIGNS: dict[str, Bound] = {
    **dict.fromkeys((">=", "=>", "≥"), "minimum"),
    **dict.fromkeys(("<=", "=<", "≤"), "maximum"),
    ">": "above",
    "<": "below",
}
_MIRRORED: dict[Bound, Bound] = {
    "minimum": "maximum",
    "maximum": "minimum",
    "above": "below",
    "below": "above",
}


def bounds_in(clause: str, kind: str, name: str) -> Bounds | None:
    """The bounds that a clause consists of; ``None`` where it is anything else.

    ``(1, 9)``, which may mean that its ends are in or out, is no range; ``(0, 1]`` is one.

    Args:
        clause: a part of a comment.
        kind: the type of the parameter.
        name: its name; a comparison of another one is about something else.
    """
    value = VALUES.get(kind)
    if value is None:
        return None
    for pattern in _patterns(value):
        found = pattern.fullmatch(clause)
        if found is not None:
            return _span(found)
    return _chained(clause, value, name) or _compared(clause, value, name)


def dotted(text: str, kind: str) -> tuple[Bounds, tuple[int, int]] | None:
    """A range with two dots, which means nothing else, amid other words, and where it is."""
    value = VALUES.get(kind)
    if value is None:
        return None
    pattern = rf"(?<![\w.^*/])(?P<low>{value})\s*\.\.\s*(?P<high>{value})(?![\w.]*\w)"
    found = re.search(pattern, text)
    bounds = _span(found) if found is not None else None
    return (bounds, found.span()) if found is not None and bounds is not None else None


_ADVICE = re.compile(
    r"\b(?:usually|typically|normally|often|recommended|try|good values(?: are)?)[:,]?\s*$",
    re.IGNORECASE,
)
"""What tells of values that are good, not of all that are allowed."""

_COUNTED = re.compile(r"\b(?:each|every|characters|chars|letters|items|elements)\b", re.IGNORECASE)
"""What is counted or compared in a text or a container, of which comments tell no limits."""


def like_one(text: str, kind: str) -> str:
    """What in a sentence looks like a range; empty where nothing does."""
    value = VALUES.get(kind) or (_NUMBER if _COUNTED.search(text) else None)
    found = _loose(value).search(text) if value is not None else None
    if found is not None and _ADVICE.search(text[: found.start()]):
        return ""
    return found[0].strip() if found is not None else ""


@cache
def _patterns(value: str) -> tuple[re.Pattern[str], ...]:
    low, high = f"(?P<low>{value})", f"(?P<high>{value})"
    return tuple(
        re.compile(_FIRST + text.format(low=low, high=high) + _ENDS, re.IGNORECASE)
        for text in _SPANS
    )


@cache
def _loose(value: str) -> re.Pattern[str]:
    """Neither within a word or a date, nor behind ``e.g.``."""
    pattern = (
        r"(?<![\w.-])(?<!e\.g\. )"
        rf"(?:(?:between\s+)?{value}\s*(?:\.\.|\bto\b|\band\b|[-\u2013](?!0\d))\s*{value}"
        rf"|(?:{_SIGN}|\b(?:{_LEAST}|{_MOST})\b\s*[:=]?)\s*{value}"
        rf"|[\[(]\s*{value}\s*[,;]\s*{value}\s*[\])])(?![\w-])"
    )
    return re.compile(pattern, re.IGNORECASE)


def _span(found: re.Match[str]) -> Bounds | None:
    parts = found.groupdict()
    around = f"{parts.get('open') or '['}{parts.get('close') or ']'}"
    if around == "()":
        return None
    out = (parts.get("ends") or "").startswith("ex")
    low: Bound = "above" if out or around[0] in "(]" else "minimum"
    high: Bound = "below" if out or around[1] in ")[" else "maximum"
    return _in_order({low: found["low"], high: found["high"]})


def _in_order(bounds: Bounds) -> Bounds | None:
    """The bounds, unless the first is not before the second; dates are in order as texts."""
    plain: Bounds = {bound: text.replace("_", "") for bound, text in bounds.items()}
    if len(plain) == 1:
        return plain
    low, high = plain.values()
    try:
        return plain if float(low) < float(high) else None
    except ValueError:
        return plain if low < high else None


def _chained(clause: str, value: str, name: str) -> Bounds | None:
    """``0 < x <= 1``."""
    sign = rf"\s*(?P<first>{_SIGN})\s*(?P<name>[A-Za-z_]\w*)\s*(?P<second>{_SIGN})\s*"
    found = re.fullmatch(f"{_FIRST}(?P<low>{value}){sign}(?P<high>{value})", clause, re.IGNORECASE)
    if found is None or not _stands_for(found["name"], name):
        return None
    left, right = _MIRRORED[_SIGNS[found["first"]]], _SIGNS[found["second"]]
    return _both([(left, found["low"]), (right, found["high"])])


def _stands_for(word: str, name: str) -> bool:
    """Whether a word is a name or short for it: ``lr`` for ``LEARNING_RATE``."""
    if re.fullmatch(_named(name), word, re.IGNORECASE):
        return True
    letters = iter(name.lower())
    return word[0].lower() == name[0].lower() and all(one in letters for one in word.lower())


def _named(name: str) -> str:
    return rf"(?:{re.escape(name)}|[a-z]|value|val|it)\b"


def _compared(clause: str, value: str, name: str) -> Bounds | None:
    """``> 0 and <= 1``, ``min 1, max 10``, ``at least 1``."""
    words = rf"(?P<word>{_LEAST}|{_MOST})\s*[:=]?\s*"
    one = rf"(?:(?:{_named(name)}\s*)?(?P<sign>{_SIGN})\s*|{words})(?P<value>{value})"
    told: list[tuple[Bound, str]] = []
    rest = re.sub(rf"^{_FIRST}|,?\s+step\s*[:=]\s*{value}$", "", clause, flags=re.IGNORECASE)
    while (part := re.match(one, rest, re.IGNORECASE)) is not None:
        told.append((_bound(part), part["value"]))
        rest = rest[part.end() :]
        if not rest:
            return _both(told)
        joined = re.match(r"\s*(?:,|;|\band\b|&&?)\s*|\s+", rest)
        if joined is None:
            return None
        rest = rest[joined.end() :]
    return None


def _bound(part: re.Match[str]) -> Bound:
    if part["sign"]:
        return _SIGNS[part["sign"]]
    return "minimum" if re.fullmatch(_LEAST, part["word"], re.IGNORECASE) else "maximum"


def _both(told: list[tuple[Bound, str]]) -> Bounds | None:
    """Each side once, the low end first."""
    ends: tuple[Bound, ...] = ("minimum", "above", "maximum", "below")
    told = sorted(told, key=lambda one: ends.index(one[0]))
    sides = [bound in ("maximum", "below") for bound, _ in told]
    return _in_order(dict(told)) if len(set(sides)) == len(sides) else None
