"""What the comment of a parameter is: where it stands, a type or a secret that it declares."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

_TYPE = re.compile(r"type:\s*(?P<type>[^\s,;]+)\s*(?P<help>.*)", re.DOTALL)
_SECRET = re.compile(
    r"secret\b(?=\s*(?:$|[:,;.(-]))[\s:,;.-]*(?P<help>.*)", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A comment, taken apart: ``type`` is an annotation in it, ``help`` the rest, in its lines."""

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


def comments_of(text: str) -> dict[int, str]:
    """Line → the comment at its end; a line with nothing else has its comment marked by ``#``."""
    found: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            alone = not token.line[: token.start[1]].strip()
            found[token.start[0]] = ("#" if alone else "") + token.string.lstrip("#").strip()
    return found


def comment_of(comments: dict[int, str], first: int, last: int) -> str:
    """The comment behind the lines of an assignment; else those right above it, line by line."""
    behind = comments.get(last, "")
    if behind and not behind.startswith("#"):
        return behind
    above: list[str] = []
    line = first - 1
    while comments.get(line, "").startswith("#"):
        above.insert(0, comments[line][1:])
        line -= 1
    return "\n".join(filter(None, above))
