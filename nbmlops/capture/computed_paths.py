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
from nbmlops.values.kinds import is_a, name_of

_ASKING = frozenset([
    "checksum", "created", "exists", "get_file_info", "info", "isdir", "isfile", "modified", "size",
    "sizes",
])  # fmt: skip
"""Methods of file systems that tell of a path without reading it."""

_HINTS = ("fsspec", "filesystem", "get_file_info")
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
    hinted = any(hint in source.lower() for source in sources for hint in _HINTS)
    for source in sources:
        for method, owner, paths, is_plain in _asked(source):
            held = namespace.get(owner, _ABSENT) if owner is not None else _ABSENT
            known = held is not _ABSENT
            if known and not name_of(type(held)).endswith("FileSystem"):
                continue
            if not known and not hinted:
                continue
            still = all(_is_path(namespace.get(name)) and name not in changed for name in paths)
            if not (is_plain and still):
                return f"`{method}` of a file system, of a path that is computed,"
    return None


def _is_path(value: Any) -> bool:
    return is_a(value, (str, os.PathLike, list, tuple))


@lru_cache(maxsize=512)
def _asked(source: str) -> tuple[_Asked, ...]:
    if not any(word in source for word in _ASKING):
        return ()
    try:
        tree = syntax.parse(strip_commands(strip_label(source))).tree
    except CellSyntaxError:
        return ()
    return tuple(_calls(tree, frozenset()))


def _calls(node: ast.AST, own: frozenset[str]) -> Iterator[_Asked]:
    """The calls that ask; ``own`` are names of the functions that they are in."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        own |= {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
        inside = (one for one in ast.walk(node) if isinstance(one, ast.Name))
        own |= {one.id for one in inside if isinstance(one.ctx, ast.Store)}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        given = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "path")]
        if node.func.attr in _ASKING and given and not _is_selector(given[0]):
            owner = node.func.value
            names = [one.id for one in given if isinstance(one, ast.Name)]
            plain = all(isinstance(one, ast.Name) or _is_written(one) for one in given)
            is_name = isinstance(owner, ast.Name) and owner.id not in own
            yield (
                node.func.attr,
                owner.id if isinstance(owner, ast.Name) and is_name else None,
                tuple(names),
                plain and own.isdisjoint(names),
            )
    for inner in ast.iter_child_nodes(node):
        yield from _calls(inner, own)


def _is_written(node: ast.expr) -> bool:
    if isinstance(node, ast.List | ast.Tuple):
        return all(map(_is_written, node.elts))
    return isinstance(node, ast.Constant)


def _is_selector(node: ast.expr) -> bool:
    """Whether a folder is listed, which is known by its name."""
    return isinstance(node, ast.Call) and "FileSelector" in ast.unparse(node.func)
