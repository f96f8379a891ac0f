"""The parts of a comment that may say by themselves what a parameter may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BREAK = re.compile(r"\s*[;\n]\s*|:\s+|\s+[-\u2013\u2014]+\s+|\.\s+|,\s+")
_GROUP = re.compile(r"[\[(][^][(){}]*[\])]|\{[^{}]*\}")
_MOST = 8
"""Breaks that are looked at; a comment with more is an essay."""

_LIST = re.compile(
    r"\b(?:one of|choices|options|(?:allowed|valid|possible) values):(?:(?!\.\s)[^;])+",
    re.IGNORECASE,
)
"""What lists choices amid other words."""

_ELSEWHERE = re.compile(
    r"\b(?:see|cf|figures?|fig|sections?|chapters?|pages?|steps?|versions?|tables?|lines?"
    r"|eq|equations?|refs?|notes?|issues?|parts?|e\.g|i\.e|for example|such as|like)\.?[:,]?\s*$",
    re.IGNORECASE,
)
"""What numbers and words belong to that say where something is, or give an example."""

_LEADING = re.compile(
    r"[\s,;:\u2013\u2014-]+$|\b(?:in|from|is|must be|should be"
    r"|(?:valid |allowed )?(?:range|values?)|in the range(?: of)?|between|one of"
    r"|choices|options)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A part of a comment with what is left of the comment without it.

    ``cut`` says that it ends at a comma, and so may be the beginning of a list.
    """

    text: str
    rest: str
    cut: bool = False


def clauses(text: str) -> Iterator[Clause]:
    """The parts of a comment: all of it, then the longest first.

    A part reaches from the beginning, or to the end, or is within brackets at either. Numbers of
    figures and pages, and examples, are none.
    """
    text = text.strip()
    breaks = list(_BREAK.finditer(text))[:_MOST]
    groups = [found for found in _GROUP.finditer(text) if _ends(text, found)]
    spans = [(0, len(text))]
    spans += [(0, found.start()) for found in reversed(breaks)]
    spans += [(found.end(), len(text)) for found in breaks]
    pairs = [(one, other) for one in breaks for other in reversed(breaks) if _inner(one, other)]
    spans += [(one.end(), other.start()) for one, other in pairs]
    lists = [found.span() for found in _LIST.finditer(text)]
    asides = [found.start() for found in groups if found.end() >= len(text.rstrip("."))]
    spans += lists + [(start, aside) for start, _ in [(0, 0), *lists] for aside in asides]
    for start, end in spans:
        yield from _clause(text, start, end)
    for found in groups:
        yield from _clause(text, *found.span())
        if found[0].startswith("("):
            yield from _clause(text, *found.span(), inside=True)


def without(text: str, start: int, end: int) -> str:
    """The rest of a text, without the words and signs that led to what was there."""
    before, after = text[:start].rstrip(), text[end:].strip(" ,;:.-\u2013\u2014")
    while (shorter := _LEADING.sub("", before).rstrip()) != before:
        before = shorter
    return "; ".join(filter(None, (before.rstrip("([{ "), after.lstrip(")]} "))))


def _clause(text: str, start: int, end: int, *, inside: bool = False) -> Iterator[Clause]:
    clause = text[start:end].strip()
    clause = clause[1:-1].strip() if inside else clause
    clause = clause if clause.endswith("..") else clause.rstrip(".")
    if clause and not _ELSEWHERE.search(text[:start]):
        rest = without(text, start, end)
        yield Clause(text=clause, rest=rest, cut=text[end:].lstrip().startswith(","))


def _inner(one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether there is a part between two breaks; one that ends at a comma goes on."""
    return one.end() < other.start() and not other[0].startswith(",")


def _ends(text: str, found: re.Match[str]) -> bool:
    """Whether brackets are at the beginning or at the end of a text or of a part of it."""
    behind = text[found.end() :].strip()
    return not behind or behind[0] in ".,;:" or found.start() == 0
