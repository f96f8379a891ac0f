"""Whether two cells are the same code."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.labels import strip_commands, strip_label

_NESTED = (ast.AST, list)
_OPERATORS = frozenset(
    kind
    for kinds in (ast.boolop, ast.cmpop, ast.operator, ast.unaryop)
    for kind in kinds.__subclasses__()
)
_LEAVES = _OPERATORS | {ast.Constant, ast.Name}
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

    A stack and no recursion: a sum of a thousand terms is a tree a thousand deep. What waits on it
    is a node, a list, or a text that is written already.
    """
    pieces: list[str] = []
    waiting: list[ast.AST | list[Any] | str] = [tree]
    while waiting:
        item = waiting.pop()
        if type(item) is str:
            pieces.append(item)
        elif type(item) is list:
            rest = "]"
            for one in reversed(item):
                if type(one) in _LEAVES or not isinstance(one, _NESTED):
                    rest = f"{_leaf(one)}{rest}"
                else:
                    waiting += (rest, one)
                    rest = ""
            pieces.append(f"[{rest}")
        else:
            rest = ")"
            kind: type = type(item)
            for name, piece in _FIELDS[kind]:
                value = getattr(item, name, None)
                if type(value) in _LEAVES or not isinstance(value, _NESTED):
                    if value is not None or kind is ast.Constant:
                        rest = f"{piece}{_leaf(value)}{rest}"
                elif value != []:
                    waiting += (rest, value)
                    rest = piece
            pieces.append(f"({kind.__name__}{rest}")
    return "".join(pieces)


def _leaf(value: Any) -> str:
    """What has no nodes in it."""
    if type(value) is ast.Name:
        return f"(Name id= str:{value.id!r})"
    if type(value) is ast.Constant:
        return f"(Constant value={_leaf(value.value)})"
    if type(value) in _OPERATORS:
        return f"({type(value).__name__})"
    return f" {type(value).__name__}:{value!r}"


class _Fields(dict[type, list[tuple[str, str]]]):
    """The fields of each kind of node, each as it is written, sorted from the last."""

    def __missing__(self, kind: type) -> list[tuple[str, str]]:
        fields = sorted(set(kind.__dict__["_fields"]) - _SKIPPED, reverse=True)
        self[kind] = [(name, f" {name}=") for name in fields]
        return self[kind]


_FIELDS = _Fields()
