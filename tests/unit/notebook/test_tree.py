"""Walking trees of code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from nbmlops.notebook import tree

MARKS = (ast.boolop, ast.cmpop, ast.expr_context, ast.operator, ast.unaryop)
HERE = Path(tree.__file__).parent
SOURCES = [path.read_text("utf-8") for path in sorted(HERE.rglob("*.py"))]
RARE = """
async def f[*a](x: int = 1, /, *y, z=None, **k) -> None:
    async with a as b, c: await d
    async for i in j: yield i
    return [i async for i in j if not i]
match a:
    case {"k": [b, *c], **d} | None: pass
    case K(1, x=y) if y: pass
try:
    assert a, f"{a!r:>{b}}"
except* E as e: raise e from None
else: del a[1:2, ::3]
finally: global n
lambda x, *y, z=1, **k: (yield)
type A[T: int] = list[T]
"""


def is_understood(source: str) -> bool:
    """Whether this Python knows the grammar of a source."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def sources() -> list[str]:
    """Modules of the project, and statements that they do not have."""
    rare = RARE if is_understood(RARE) else RARE.replace("f[*a]", "f").rpartition("type A")[0]
    return [*SOURCES, rare]


@pytest.mark.parametrize("source", sources())
def test_a_walk_has_the_nodes_of_ast_in_their_order(source: str) -> None:
    """All but operators, and marks of whether a name is read or bound."""
    module = ast.parse(source)
    expected = [node for node in ast.walk(module) if not isinstance(node, MARKS)]
    assert tree.walk(module) == expected
    for node in expected:
        parts = [one for one in ast.iter_child_nodes(node) if not isinstance(one, MARKS)]
        assert tree.children(node) == parts


@pytest.mark.parametrize("source", sources())
def test_statements_come_in_the_order_of_a_walk(source: str) -> None:
    """With the handlers and cases in which they are."""
    module = ast.parse(source)
    kinds = (ast.stmt, ast.ExceptHandler, ast.match_case, ast.Module)
    assert tree.statements(module) == [n for n in ast.walk(module) if isinstance(n, kinds)]


def test_what_runs_later_can_be_left_out() -> None:
    """A function with all in it; not what is in a branch."""
    module = ast.parse("if a:\n    b\n    def f():\n        c\nclass C:\n    d")
    found = tree.statements(module, later=False)
    assert [type(one).__name__ for one in found] == ["Module", "If", "Expr"]
