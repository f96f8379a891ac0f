"""Cells that ask whether values are the very same object, which stored ones never are; pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.labels import strip_commands, strip_label

_ASKING = frozenset(
    ["id", "is_", "is_not", "shares_memory", "may_share_memory", "getrefcount", "ref", "dump",
     "dumps", "get_referrers", "get_referents", "WeakKeyDictionary", "WeakSet"]
)  # fmt: skip
"""Calls whose result depends on which values are one object, or share one."""

_FINDING = frozenset(["count", "get", "index", "pop", "remove", "setdefault", "discard"])
"""Methods that look for what they are given among others."""

_CONSTANTS = frozenset(["None", "True", "False", "Ellipsis", "NotImplemented"])

_BY_CONTENT = frozenset(["bool", "bytes", "complex", "int", "NoneType", "range", "str"])
_PACKAGES_BY_CONTENT = ("datetime.", "decimal.", "numpy.", "pandas.", "pathlib.", "polars.",
                        "pyarrow.")  # fmt: skip
"""Where kinds come from whose values are equal by what is in them."""


_CODE = ("module", "type", "function", "builtin_function_or_method")
_CONSTANT_KINDS = ("bytes", "complex", "float", "frozenset", "int", "str", "tuple")
"""Kinds of which two names may hold one object without the code telling so."""


def together(
    flow: CellFlow, kinds: Mapping[str, str], related: Mapping[str, frozenset[str]]
) -> list[frozenset[str]]:
    """Groups of names of which a cell may find out whether they hold, or share, one object.

    It compares them with ``is``, asks for their address, or compares values that may be equal by
    being the same: an estimator, a list of such.

    Args:
        flow: the cell.
        kinds: names → the qualified types of what they hold.
        related: the names that may share parts with each.
    """
    names = frozenset(flow.reads & kinds.keys())
    asked, compared = _questions(frozenset(flow.definitions.values()))
    tables = frozenset(name for name in names if kinds[name].startswith(_PACKAGES_BY_CONTENT))
    asked_here, compared_here = _questions(frozenset([flow.cell.source]), tables - flow.writes)
    asked, compared = asked or asked_here, compared or compared_here
    if asked:
        data = frozenset(name for name in names if kinds[name] not in _CODE)
        constants = frozenset(name for name in data if kinds[name] in _CONSTANT_KINDS)
        groups = [constants, *(related.get(name, frozenset()) | {name} for name in data)]
    elif compared:
        names = frozenset(name for name in names if not _by_content(kinds[name]))
        groups = [related.get(name, frozenset()) for name in names]
    else:
        return []
    return [group for group in dict.fromkeys(groups) if len(group & names) > 1]


def may_ask(flow: CellFlow) -> bool:
    """Whether a cell may find out whether values are one object, by asking or comparing."""
    return any(_questions(frozenset((flow.cell.source, *flow.definitions.values()))))


def asks(flow: CellFlow) -> bool:
    """Whether a cell asks for the identity of values, not only whether they are equal."""
    return _questions(frozenset((flow.cell.source, *flow.definitions.values())))[0]


def _by_content(kind: str) -> bool:
    return kind in _BY_CONTENT or kind in _CODE or kind.startswith(_PACKAGES_BY_CONTENT)


@lru_cache(maxsize=1024)  # cells are judged again and again
def _questions(sources: Iterable[str], tables: frozenset[str] = frozenset()) -> tuple[bool, bool]:
    """Whether code asks for identities, and whether it compares.

    Args:
        sources: the code.
        tables: names of frames and arrays: what is looked up in them is found by its content.
    """
    nodes = [node for source in sources for node in _nodes(source)]
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    into = tables - own
    compared = any(
        _compares(node)
        for node in nodes
        if not (isinstance(node, ast.Subscript) and getattr(node.value, "id", None) in into)
    )
    return any(map(_asks, nodes)), compared


def _nodes(source: str) -> Iterator[ast.AST]:
    try:
        yield from ast.walk(syntax.parse(strip_commands(strip_label(source))).tree)
    except CellSyntaxError:
        return


def _asks(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        asked = any(isinstance(how, ast.Is | ast.IsNot) for how in node.ops)
        return asked and not any(map(_is_constant, sides))
    return (
        isinstance(node, ast.Call)
        and _last_word(node.func) in _ASKING
        and not (isinstance(node.func, ast.Attribute) and _last_word(node.func.value) == "json")
    )


def _is_constant(node: ast.expr) -> bool:
    """``None`` and its like are one object everywhere, and so are classes."""
    of_class = isinstance(node, ast.Call) and _last_word(node.func) == "type"
    return isinstance(node, ast.Constant) or of_class or _last_word(node) in _CONSTANTS


def _compares(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        found = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
        sides = [node.left, *node.comparators]
        plain = any(isinstance(side, ast.Constant) for side in sides)
        return any(isinstance(how, found) for how in node.ops) and not plain
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return not all(isinstance(part, ast.Constant | ast.Slice) for part in parts)
    return isinstance(node, ast.Call) and _last_word(node.func) in _FINDING


def _last_word(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
