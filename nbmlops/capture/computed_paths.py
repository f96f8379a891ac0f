"""Paths that code computes to ask a file system of them which nobody sees asked: Arrow's, fsspec's.

``fs.info("a.csv")`` names the path, and ``fs.info(path)`` the value; what ``fs.info(f"{x}/a.csv")``
asks of, no name holds. What is read from such a path is seen.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.notebook.tree import children, walk
from nbmlops.notebook.words import words_in
from nbmlops.values.kinds import is_a, name_of

_SELECTOR = "FileSelector"
_ASKING = frozenset([
    "checksum", "created", "exists", "get_file_info", "info", "isdir", "isfile", "modified", "size",
    "sizes", _SELECTOR,
])  # fmt: skip
"""Methods of file systems that tell of a path without reading it, and what lists a folder."""

_PATHS = ("path", "base_dir")
_HINTS = ("fsspec", "filesystem", "get_file_info", "fileselector")
_ABSENT: Any = object()
_Asked = tuple[str, str | None, tuple[str, ...], bool]
"""A call: the method, the name of what it is asked of, names that are paths, whether all are."""


def asked_of_computed(
    sources: Sequence[str], namespace: Mapping[str, Any], changed: Collection[str]
) -> str | None:
    """What code asks of a path that it computes, and nobody sees; ``None`` for nothing.

    Args:
        sources: the cell, and the functions that it uses.
        namespace: what names hold once the cell has run.
        changed: the names that the cell binds.
    """
    calls = [call for source in sources for call in _asked(source)]
    if not calls:
        return None
    hinted = any(hint in source.lower() for source in sources for hint in _HINTS)
    for method, owner, paths, is_plain in calls:
        held = namespace.get(owner, _ABSENT) if owner is not None else _ABSENT
        known = held is not _ABSENT
        if known and not name_of(type(held)).endswith("FileSystem"):
            continue
        if not known and not hinted:
            continue
        asked = {name: namespace.get(name) for name in paths}
        still = all(
            _is_selector(value) or (_is_path(value) and name not in changed)
            for name, value in asked.items()
        )
        if not (is_plain and still):
            return f"`{method}` of a file system, of a path that is computed,"
    return None


def _is_selector(value: Any) -> bool:
    """Whether it lists a folder, of which the code that made it was looked at."""
    return name_of(type(value)).endswith(_SELECTOR)


def _is_path(value: Any) -> bool:
    return is_a(value, (str, os.PathLike, list, tuple))


@lru_cache(maxsize=512)
def _asked(source: str) -> tuple[_Asked, ...]:
    if words_in(source).isdisjoint(_ASKING):
        return ()
    try:
        tree = syntax.parse(strip_commands(strip_label(source))).tree
    except CellSyntaxError:
        return ()
    if not any(isinstance(one, ast.Call) and _called(one.func)[0] in _ASKING for one in walk(tree)):
        return ()
    return tuple(_calls(tree, frozenset()))


def _calls(node: ast.AST, own: frozenset[str]) -> Iterator[_Asked]:
    """The calls that ask; ``own`` are names of the functions that they are in."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        own |= {one.arg for one in walk(node.args) if isinstance(one, ast.arg)}
        inside = (one for one in walk(node) if isinstance(one, ast.Name))
        own |= {one.id for one in inside if isinstance(one.ctx, ast.Store)}
    if isinstance(node, ast.Call):
        method, owner = _called(node.func)
        given = [*node.args[:1], *(one.value for one in node.keywords if one.arg in _PATHS)]
        if method in _ASKING and given and not _makes_selector(given[0]):
            names = [one.id for one in given if isinstance(one, ast.Name)]
            plain = all(isinstance(one, ast.Name) or _is_written(one) for one in given)
            yield (
                method,
                owner if method != _SELECTOR and owner not in own else None,
                tuple(names),
                plain and own.isdisjoint(names),
            )
    for inner in children(node):
        yield from _calls(inner, own)


def _is_written(node: ast.expr) -> bool:
    if isinstance(node, ast.List | ast.Tuple):
        return all(map(_is_written, node.elts))
    return isinstance(node, ast.Constant)


def _makes_selector(node: ast.expr) -> bool:
    """Whether a folder is listed: the call that is given is looked at by itself."""
    return isinstance(node, ast.Call) and _called(node.func)[0] == _SELECTOR


def _called(function: ast.expr) -> tuple[str, str | None]:
    """The method or class that is called, and the name that it is asked of."""
    if isinstance(function, ast.Attribute):
        owner = function.value
        return function.attr, owner.id if isinstance(owner, ast.Name) else None
    is_class = isinstance(function, ast.Name) and function.id == _SELECTOR
    return (_SELECTOR if is_class else ""), None
