"""What of a function or class lasts beyond a call of it."""

from __future__ import annotations

import ast

from nbmlops.notebook.dataflow.expressions import is_plain
from nbmlops.notebook.tree import walk

_LASTING = frozenset([
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp, ast.Yield,
    ast.YieldFrom,
])  # fmt: skip
_QUIET_METHODS = frozenset(["__hash__", "__init__", "__post_init__", "__repr__", "__str__"])


def goes_on(node: ast.stmt) -> bool:
    """Whether code in a function may run after the call: it makes code, or yields."""
    itself = (node, node.value) if isinstance(node, ast.Assign) else (node,)
    return any(type(part) in _LASTING and part not in itself for part in walk(node))


def has_state(node: ast.stmt) -> bool:
    """Whether something lasts from call to call: a default, a class attribute, a closure."""
    if isinstance(node, ast.ClassDef):
        if any(map(_changes_class, walk(node))):
            return True
        bound = [part.value for part in node.body if isinstance(part, ast.Assign | ast.AnnAssign)]
        return not all(value is None or is_plain(value) for value in bound)
    if goes_on(node):
        return True
    function = node.value if isinstance(node, ast.Assign) else node
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    defaults = [*function.args.defaults, *function.args.kw_defaults]
    return not all(default is None or is_plain(default) for default in defaults)


def _changes_class(node: ast.AST) -> bool:
    """Whether a method writes to its class: ``type(self).n += 1``, ``cls.n = 1``."""
    if not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load):
        return False
    owner = node.value
    return (
        isinstance(owner, ast.Call)
        or (isinstance(owner, ast.Name) and owner.id == "cls")
        or (isinstance(owner, ast.Attribute) and owner.attr == "__class__")
    )


def makes_live(node: ast.stmt) -> bool:
    """Whether reading an instance, or what a generator gives, may change it."""
    if isinstance(node, ast.ClassDef):
        methods = [p for p in node.body if isinstance(p, ast.FunctionDef | ast.AsyncFunctionDef)]
        special = {m.name for m in methods if m.name.startswith("__")} - _QUIET_METHODS
        decorated = any(method.decorator_list for method in methods)
        return bool(special or decorated or node.bases or node.keywords)
    return any(isinstance(part, ast.Yield | ast.YieldFrom) for part in walk(node)) or (
        isinstance(node, ast.AsyncFunctionDef)
    )
