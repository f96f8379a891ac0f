"""Choices as people write them: ``one of: a, b``, ``a | b``, ``{a, b}``, ``'a' or 'b'``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(
    r"(?P<word>(?:(?:choose|select|pick)\s+(?:one of|from|between)|(?:must|can|should) be one of"
    r"|one of|any of|either|(?:possible|allowed|valid|available|supported|permitted)"
    r"(?:\s+(?:values?|options?|choices?))?|choices?|options?|values?|can be|in)"
    r"(?=\W))\s*(?P<colon>(?:are\b|is\b)?\s*[:=]?)\s*(?P<list>.+)",
    re.IGNORECASE,
)
_LOOSE = re.compile(
    r"\b(?:one of|choose (?:from|between)|(?:choices?|options?|allowed values?|valid values?"
    r"|possible values?|allowed|values)\s*:)",
    re.IGNORECASE,
)
_AROUND = {"[": "]", "(": ")", "{": "}"}
_QUOTED = re.compile(r"""(?P<quote>['"`])(?P<inside>[^'"`]*)(?P=quote)""")
_MASK = "\x1a"
_LETTERS = rf"\w.+%@{_MASK}-"
_DEFAULT = re.compile(r"\s*[(\[]\s*default\s*[)\]]|\s+\*$", re.IGNORECASE)
_OPEN = re.compile(r"\.{2,}|…|\betc\b|\band so on\b|\bothers?\b|\be\.g\.|\bi\.e\.", re.IGNORECASE)
_TYPES = frozenset(
    ["int", "float", "bool", "str", "list", "tuple", "dict", "set", "none", "date", "path"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The choices that a clause lists.

    Attributes:
        items: as they are written.
        plain: nothing but the list says that these are choices: the default must be one of them.
        piped: ``|`` is between them, which says more than ``or``.
    """

    items: tuple[str, ...]
    plain: bool
    piped: bool = False


def listed_in(clause: str) -> Listed | None:
    """The choices that a clause consists of; ``None`` where it is anything else."""
    masked, quoted = _masked(clause)
    if _OPEN.search(masked):
        return None
    told = _WORD.fullmatch(masked)
    text = told["list"].strip() if told is not None else masked
    bracket = text[0] if text and _AROUND.get(text[0]) == text[-1] else ""
    if told is not None and told["word"].lower() == "in" and not bracket:
        return None
    text = text[1:-1] if bracket else text
    commas = told is not None or bool(bracket) or _DEFAULT.search(text) is not None
    items = _items(text, commas=commas or text.startswith(_MASK))
    free = told is not None and told["colon"].strip() != ""
    if items is None or not (free or _are_words(items, text)):
        return None
    plain = told is None and bracket not in ("[", "{")
    unmasked = tuple(quoted.get(item, item) for item in items)
    return Listed(items=unmasked, plain=plain, piped="|" in text)


def like_one(text: str, default: str) -> str:
    """What in a sentence looks like choices; empty where nothing does.

    Args:
        text: the sentence.
        default: what a list without further words must have to look like choices.
    """
    for part in (text, text.rpartition(": ")[2]):
        listed = [item.strip().strip("'\"`") for item in part.rstrip(".").split(",")]
        if len(listed) > 1 and default in listed and all(map(_single, listed)):
            return part
    found = _LOOSE.search(text) or re.search(r"[\w'\"]+(?: ?\| ?[\w'\"]+)+", text)
    if found is None or all(word.lower() in _TYPES for word in re.split(r"\W+", found[0])):
        return ""
    return found[0].strip()


def _masked(text: str) -> tuple[str, dict[str, str]]:
    """A text with a mark in the place of what is in quotes, and what stood there."""
    quoted: dict[str, str] = {}

    def mask(found: re.Match[str]) -> str:
        mark = f"{_MASK}{len(quoted)}"
        quoted[mark] = found["inside"].replace(r"\t", "\t").replace(r"\n", "\n")
        return mark

    return _QUOTED.sub(mask, text), quoted


def _items(text: str, *, commas: bool) -> tuple[str, ...] | None:
    items = tuple(_DEFAULT.sub("", part.strip()).strip() for part in _split(text, commas=commas))
    stray = any(mark in item for item in items for mark in "'\"`[]{}()")
    once = len(set(items)) == len(items)
    return items if len(items) > 1 and all(items) and once and not stray else None


def _split(text: str, *, commas: bool) -> list[str]:
    """The parts at the first of the signs that there is: ``|``, a comma, ``or``, ``/``."""
    text = text.rstrip(" .")
    if "|" in text:
        return text.split("|")
    if "," in text and commas:
        return re.split(r",\s*(?:or|and)?\s+|,|\s+or\s+|\s+and\s+(?=\S+$)", text)
    either = r"\s+(?:or|and)\s+" if commas else r"\s+or\s+"
    parts = re.split(either, text)
    if len(parts) > 1:
        return re.split(rf",\s*|{either}", text)
    return re.split(r"\s*/\s*", text)


def _are_words(items: tuple[str, ...], text: str) -> bool:
    """Whether these are values and no parts of a sentence, a ratio or a list of types."""
    if all(item.lower() in _TYPES for item in items):
        return False
    ratio = "/" in text and any(item[:1].isdigit() for item in items)
    return not ratio and all(map(_phrase if "|" in text else _single, items))


def _single(item: str) -> bool:
    return re.fullmatch(rf"[:{_LETTERS}]+", item) is not None


def _phrase(item: str) -> bool:
    """A few words without an end of a sentence."""
    return re.fullmatch(rf"[{_LETTERS}]+(?: [{_LETTERS}]+){{0,3}}", item.strip()) is not None
