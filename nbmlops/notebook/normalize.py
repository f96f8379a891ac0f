"""Whether two cells are the same code."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.labels import strip_commands, strip_label

_SKIPPED = frozenset(["kind", "type_comment", "type_ignores", "ctx"])


def digest(source: str, definitions: Mapping[str, str] | None = None) -> str:
    """The version of a piece of code, as 64 hexadecimal digits.

    Equal for sources that differ in formatting, comments, quotes or the label line; different
    for whatever changes the meaning. ``definitions`` are the notebook's functions and classes
    that the code uses, name → source: they are part of the version.
    """
    hashed = hashlib.sha256(normalized(source).encode("utf-8", "surrogatepass"))
    for name, text in sorted((definitions or {}).items()):
        hashed.update(f"\0{name}\0{normalized(text)}".encode("utf-8", "surrogatepass"))
    return hashed.hexdigest()


@lru_cache(maxsize=4096)
def normalized(source: str) -> str:
    """The meaning of a source as text, the same under every version of Python.

    The text of a cell in another language, or of one that is not Python, is kept but for the
    white space around it.
    """
    code = strip_commands(strip_label(source))
    try:
        parsed = syntax.parse(code)
    except CellSyntaxError:
        return code.strip()
    if parsed.foreign is not None:
        return parsed.foreign.strip()
    return " ".join([*parsed.outputs, _serialize(parsed.tree)])


def _serialize(tree: ast.AST) -> str:
    """Nested fields by name; what is empty is left out, so that a new optional field is too.

    A stack and no recursion: a sum of a thousand terms is a tree a thousand deep.
    """
    pieces: list[str] = []
    waiting: list[Any] = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Piece):
            pieces.append(item)
        elif isinstance(item, ast.AST):
            waiting += reversed([_Piece(f"({type(item).__name__}"), *_fields(item), _Piece(")")])
        elif isinstance(item, list):
            waiting += reversed([_Piece("["), *item, _Piece("]")])
        else:
            pieces.append(f" {type(item).__name__}:{item!r}")
    return "".join(pieces)


class _Piece(str):
    """A piece of the result, as against a string in the code."""

    __slots__ = ()


def _fields(node: ast.AST) -> Iterator[Any]:
    kind: type = type(node)
    for name, piece in _names(kind):
        value = getattr(node, name, None)
        if kind is ast.Constant or not (value is None or value == []):
            yield piece
            yield value


@lru_cache(maxsize=512)
def _names(kind: type) -> tuple[tuple[str, _Piece], ...]:
    """The fields of a kind of node, sorted, each as it is written."""
    fields = sorted(set(kind.__dict__["_fields"]) - _SKIPPED)
    return tuple((name, _Piece(f" {name}=")) for name in fields)
