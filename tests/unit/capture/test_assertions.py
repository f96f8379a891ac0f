"""What failing assertions say."""

from __future__ import annotations

import ast
import sys
from typing import Any

import pytest

from nbmlops.capture.assertions import Introspection


def said(source: str) -> tuple[str, dict[str, Any]]:
    """The message with which a test cell fails, and the names that are left."""
    introspection, names = Introspection(), {"rows": [1, 2]}
    introspection.begin()
    tree = ast.fix_missing_locations(introspection.visit(ast.parse(source)))
    message = ""
    try:
        exec(compile(tree, "cell", "exec"), names)  # type: ignore[arg-type]
    except AssertionError as error:
        message = str(error)
    introspection.end(names)
    return message, {name: value for name, value in names.items() if name != "__builtins__"}


def test_a_failing_assertion_says_what_its_parts_were_and_leaves_no_names() -> None:
    message, names = said("limit = 3\nassert len(rows) == limit")
    assert message == "assert 2 == 3\n +  where 2 = len([1, 2])"
    assert names == {"rows": [1, 2], "limit": 3}


def test_a_function_of_a_test_can_be_called_later() -> None:
    _, names = said("def check(n):\n    assert n == 1")
    with pytest.raises(AssertionError, match="assert 2 == 1"):
        names["check"](2)


def test_without_pytest_it_says_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_pytest.assertion", None)
    assert said("assert len(rows) == 3")[0] == "assert len(rows) == 3"
    assert said("assert len(rows) == 3, 'why'")[0] == "why"


def test_other_cells_are_as_they_were() -> None:
    tree = ast.parse("assert 0")
    before = ast.dump(tree)
    assert ast.dump(Introspection().visit(tree)) == before
