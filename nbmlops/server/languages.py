"""In which language a page speaks to its reader."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ENGLISH = "en"
"""What the texts are written in."""

_FOLDER = Path(__file__).parents[1] / "locale"
_TEXTS = Path("LC_MESSAGES", "nbmlops.json")
_SENTENCES = "server.json"


def languages() -> tuple[str, ...]:
    """All that there are, as JupyterLab names them: ``de_DE``, ``en``.

    >>> "de_DE" in languages()
    True
    """
    there = (path.parents[1].name for path in _FOLDER.glob(f"*/{_TEXTS.as_posix()}"))
    return tuple(sorted({ENGLISH, *there}))


def find_language(wanted: str) -> str | None:
    """The language that is nearest to a tag; ``None`` where there is none.

    >>> find_language("de-AT"), find_language("de"), find_language("tlh")
    ('de_DE', 'de_DE', None)
    """
    tag = wanted.strip().replace("-", "_").casefold()
    known = {one.casefold(): one for one in languages()}
    spoken = {one.partition("_")[0]: known[one] for one in known}
    return known.get(tag) or spoken.get(tag.partition("_")[0])


def accepted_language(header: str) -> str:
    """The language that a browser prefers among ours; English where it asks for no other.

    Args:
        header: ``Accept-Language`` of the request.

    >>> accepted_language("tlh, en;q=0.3, de-DE;q=0.8")
    'de_DE'
    """
    found = (find_language(tag) for tag in _by_preference(header.split(",")))
    return next((one for one in found if one is not None), ENGLISH)


def texts_of(language: str) -> dict[str, Any]:
    """The texts of a language as JupyterLab's language packs have them; none of English."""
    path = _FOLDER / language / _TEXTS
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


@functools.cache
def sentences_of(language: str) -> dict[str, str]:
    """What the server says, in a language; none in English.

    >>> sentences_of("de_DE")["%1 is approved by %2."]
    '%2 hat %1 freigegeben.'
    """
    path = _FOLDER / language / _SENTENCES
    found: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def _by_preference(wishes: Iterable[str]) -> Iterator[str]:
    weighed = []
    for wish in wishes:
        tag, _, rest = wish.partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if tag.strip() and weight > 0:
            weighed.append((weight, tag))
    yield from (tag for _, tag in sorted(weighed, key=lambda one: -one[0]))
