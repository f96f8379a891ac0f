"""The files to whose end shell lines add, such as ``echo x >> log.txt``; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<sign>&?>>|&?>[|&]?|<+|\|+|&+|;|\(|\)|\n)"""
    r"""|(?P<word>(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\<>|&;()])+)"""
)
_QUOTES = re.compile(r"'([^']*)'|\"([^\"]*)\"|\\(.)")
_COMPUTED = frozenset("$`*?[{")
"""Signs of a word that the shell makes another one of."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A word without its quotes, or a sign."""

    text: str
    is_sign: bool


def appended_by(text: str) -> tuple[str, ...]:
    """The files that lines add to, as they name them; not those that they write anew before.

    >>> appended_by("head -1 a.csv > b.csv && tail -1 a.csv >> b.csv; echo 3 >> c.csv")
    ('c.csv',)
    >>> appended_by("sort a.csv | tee -a b.csv"), appended_by("echo '>> a.csv'")
    (('b.csv',), ())
    """
    tokens = [
        _Token(found["sign"], True) if found["sign"] else _Token(_plain(found["word"]), False)
        for found in _TOKEN.finditer(text)
    ]
    anew: set[str] = set()
    added: dict[str, None] = {}
    for place, token in enumerate(tokens[:-1]):
        behind = tokens[place + 1]
        if token.is_sign and behind.is_sign:
            continue
        if token.is_sign and token.text.endswith(">>"):
            added |= dict.fromkeys({behind.text} - anew)
        elif token.is_sign and token.text.rstrip("|").endswith(">"):
            anew.add(behind.text)
        elif not token.is_sign and token.text == "tee":
            added |= dict.fromkeys(name for name in _of_tee(tokens[place:]) if name not in anew)
    return tuple(name for name in added if not _COMPUTED & set(name))


def _of_tee(tokens: Sequence[_Token]) -> Iterator[str]:
    """The files that ``tee`` adds to: none where it was not told to."""
    adds = False
    for token in tokens[1:]:
        if token.is_sign:
            return
        if token.text.startswith("-"):
            adds = adds or re.fullmatch(r"-\w*a\w*|--append", token.text) is not None
        elif adds:
            yield token.text


def _plain(word: str) -> str:
    return _QUOTES.sub(lambda found: found[1] or found[2] or found[3] or "", word)
