"""What the comment of a parameter says: its help, its range, its choices, that it is secret."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass, replace

from nbmlops.domain.parameters import Shape
from nbmlops.pipelines.typed import texts
from nbmlops.pipelines.typed.fit import UnfitError, fit

_TYPE = re.compile(r"type:\s*(?P<type>[^\s,;]+)\s*(?P<help>.*)")
_SECRET = re.compile(r"secret\b(?=\s*(?:$|[:,;.(-]))[\s:,;.-]*(?P<help>.*)", re.IGNORECASE)
_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"(?<![\w.])(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})(?![\w.])")
_CHOICES = re.compile(r"\bone of:\s*(?P<choices>[^;]+)", re.IGNORECASE)
_BOUNDED = ("int", "float")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A comment, taken apart: ``type`` is an annotation in it, ``help`` what people read."""

    help: str = ""
    type: str = ""
    secret: bool = False


def read(comment: str) -> Hint:
    """Take a comment apart."""
    secret = _SECRET.match(comment)
    if secret is not None:
        return Hint(help=secret["help"], secret=True)
    commented = _TYPE.match(comment)
    if commented is not None:
        return Hint(type=commented["type"], help=commented["help"])
    return Hint(help=comment)


def limited(shape: Shape, text: str) -> Shape:
    """The shape with the range (``1..12``) and the choices (``one of: a, b``) of a comment.

    What an annotation says goes before; a word that is no value of the type is part of a sentence.
    """
    told = _CHOICES.search(text)
    if told is not None and not shape.choices:
        choices = [part.strip().rstrip(".").strip("'\"`") for part in told["choices"].split(",")]
        try:
            values = tuple(fit(shape, texts.read(shape, choice)) for choice in choices if choice)
        except UnfitError:
            return shape
        return replace(shape, choices=values)
    found = _RANGE.search(text)
    open_ = shape.minimum is None and shape.maximum is None
    if found is None or shape.type not in _BOUNDED or not open_:
        return shape
    number = int if shape.type == "int" else float
    try:
        return replace(shape, minimum=number(found["low"]), maximum=number(found["high"]))
    except ValueError:  # a fraction, for a whole number
        return shape


def comments_of(text: str) -> dict[int, str]:
    """Line → the comment at its end; a line with nothing else has its comment marked by ``#``."""
    found: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            alone = not token.line[: token.start[1]].strip()
            found[token.start[0]] = ("#" if alone else "") + token.string.lstrip("#").strip()
    return found


def comment_of(comments: dict[int, str], first: int, last: int) -> str:
    """The comment behind the lines of an assignment; else those right above it."""
    behind = comments.get(last, "")
    if behind and not behind.startswith("#"):
        return behind
    above: list[str] = []
    line = first - 1
    while comments.get(line, "").startswith("#"):
        above.insert(0, comments[line][1:])
        line -= 1
    return " ".join(filter(None, above))
