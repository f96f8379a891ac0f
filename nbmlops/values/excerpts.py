"""The part of a long text that is worth showing."""

from __future__ import annotations

_SAID = 60
"""Characters of a text that are said of a value; a word more than that where one is long."""
_BEFORE = 20
"""Characters before the first that differs."""


def excerpt(text: str, other: str) -> str:
    """The beginning of a text, or where it begins to differ from another one; no word is cut.

    >>> excerpt("Trees(depth=3, rate=0.25)", "")
    'Trees(depth=3, rate=0.25)'
    """
    text, other = " ".join(text.split()), " ".join(other.split())
    if len(text) <= _SAID:
        return text
    pairs = enumerate(zip(text, other, strict=False))
    same = next((at for at, (one, two) in pairs if one != two), min(len(text), len(other)))
    start = 0
    if same > _SAID // 2:
        start = text.rfind(" ", 0, max(same - _BEFORE, 1)) + 1
    end = len(text)
    if start + _SAID < end:
        within = text.rfind(" ", start, start + _SAID)
        beyond = text.find(" ", start + _SAID, start + 2 * _SAID)
        ends = (within, beyond, min(start + 2 * _SAID, end))
        end = next(place for place in ends if place > max(same, start) or place == ends[-1])
    return f"{'…' * (start > 0)}{text[start:end]}{'…' * (end < len(text))}"
