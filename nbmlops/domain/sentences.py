"""Sentences in English that can be said in another language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self

Part = tuple[str, tuple[str, ...]]
"""A text with ``%1`` for the first of its facts, and the facts."""

_PLACE = re.compile(r"%(\d)")


class Said(str):
    """A text in English that knows of which sentences it was made.

    It is a string as any other. What is made of it by other means is no longer known, and stays
    English.
    """

    __slots__ = ("parts",)
    parts: tuple[Part, ...]

    def __new__(cls, text: str, parts: tuple[Part, ...] = ()) -> Self:
        """A text, and what it was made of."""
        made = super().__new__(cls, text)
        made.parts = parts
        return made

    def __reduce__(self) -> tuple[type[Said], tuple[str, tuple[Part, ...]]]:
        """Called by pickle: what makes it again."""
        return type(self), (str(self), self.parts)


def said(text: str, *facts: str) -> Said:
    """A sentence with facts in it.

    Args:
        text: in English, with ``%1`` for the first fact.
        facts: names, numbers, or sentences, which are said in the language of this one.

    >>> said("%1 is approved by %2.", "flights@1", "ada")
    'flights@1 is approved by ada.'
    """
    return Said(_filled(text, facts), ((text, facts),))


def together(*sentences: str) -> Said:
    """Sentences one after the other, without those that are empty.

    >>> together(said("%1 is due now.", "Schedule 1"), "", "Wait.")
    'Schedule 1 is due now. Wait.'
    """
    there = [one for one in sentences if one]
    return Said(" ".join(there), tuple(part for one in there for part in _parts(one)))


def in_language(sentence: str, texts: Mapping[str, str]) -> str:
    """A sentence in the language of some texts; as it is, as far as they do not have it.

    >>> texts = {"%1 is approved by %2.": "%2 hat %1 freigegeben."}
    >>> in_language(said("%1 is approved by %2.", "flights@1", "ada"), texts)
    'ada hat flights@1 freigegeben.'
    """
    return " ".join(
        _filled(texts.get(text, text), tuple(in_language(fact, texts) for fact in facts))
        for text, facts in _parts(sentence)
    )


def _parts(sentence: str) -> tuple[Part, ...]:
    return sentence.parts if isinstance(sentence, Said) else ((str(sentence), ()),)


def _filled(text: str, facts: tuple[str, ...]) -> str:
    return _PLACE.sub(lambda place: facts[int(place[1]) - 1], text) if facts else text
