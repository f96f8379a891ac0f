"""What the assertions of a test cell say when they fail."""

from __future__ import annotations

import ast
import builtins
from typing import Any

_OURS = "@py"
"""What the names begin with that pytest puts into the code; no name in Python does."""


class Introspection:
    """Rewrites the assertions of test cells, so that a failing one says what its parts were.

    By pytest, where it is installed; without it, one without a message says its own source. One
    of the shell's transformers of syntax trees: it does nothing until it is switched on.

    Attributes:
        active: whether the cell that is compiled is a test.
        checks: how many assertions were rewritten since it was switched on.
    """

    def __init__(self) -> None:
        self.active = False
        self.checks = 0

    def begin(self) -> None:
        """What is compiled from now on is a test."""
        self.active, self.checks = True, 0

    def end(self, namespace: dict[str, Any]) -> None:
        """The test has ended: the names that rewriting took are given back."""
        self.active = False
        for name in [name for name in namespace if name.startswith(_OURS)]:
            del namespace[name]

    def visit(self, node: ast.AST) -> ast.AST:
        """Rewrite the tree of a cell; IPython calls this."""
        if not self.active or not isinstance(node, ast.Module):
            return node
        found = [part for part in ast.walk(node) if isinstance(part, ast.Assert)]
        self.checks += len(found)
        try:
            from _pytest.assertion import rewrite
        except ImportError:
            return _plain(node, found)
        rewrite.rewrite_asserts(node, b"")
        node.body = [statement for statement in node.body if not _is_import(statement)]
        # as builtins, not as names of the notebook, which the recorder would find
        vars(builtins).update({"@py_builtins": builtins, "@pytest_ar": rewrite})
        return node


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import) and any(
        (alias.asname or "").startswith(_OURS) for alias in statement.names
    )


def _plain(tree: ast.Module, found: list[ast.Assert]) -> ast.Module:
    for statement in found:
        if statement.msg is None:
            text = ast.unparse(statement)
            statement.msg = ast.copy_location(ast.Constant(text), statement.test)
    return tree
