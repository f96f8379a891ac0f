"""A recorded result does not count once the code that it used was made of another value."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps import step

MADE = {
    "a default": ("def f(x, y=RATE): return x * y", "f(1)"),
    "a keyword's default": ("def f(x, *, y=RATE): return x * y", "f(1)"),
    "an attribute of a class": ("class P:\n    rate = RATE", "P.rate"),
    "an attribute of a base class": ("class B:\n    rate = RATE\nclass P(B): pass", "P.rate"),
    "a default of what a function calls": (
        "def g(x, y=RATE): return x * y\ndef f(x): return g(x)",
        "f(1)",
    ),
    "a closure": ("def make(k):\n    return lambda x: x * k\nf = make(RATE)", "f(1)"),
}


@pytest.mark.parametrize(("code", "use"), MADE.values(), ids=MADE.keys())
def test_a_step_runs_again_when_what_its_code_was_made_of_is_another_value(
    code: str, use: str, project: Any
) -> None:
    """And only then."""
    ending = step("a", f"a = {use}")
    before = project.run(project.build(["RATE = 2", code, ending]))
    again = project.build(["RATE = 2", code, ending])
    assert project.run(again)[-1] == before[-1]
    assert "a" not in project.ran
    after = project.run(project.build(["RATE = 5", code, ending]))
    assert "a" in project.ran
    assert after[-1] != before[-1]
