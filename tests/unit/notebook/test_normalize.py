"""When two cells are the same."""

from __future__ import annotations

import pytest

from nbmlops.notebook.diff import unified
from nbmlops.notebook.normalize import digest

SAME = [
    ("x = 1", "x=1  # one"),
    ("x = {'a': 1}", 'x = {\n    "a": 1,\n}\n'),
    ("f(a, b)", "f(\n    a,\n    b,\n)"),
    ("if a:\n  b", "if (a):\n\n    b"),
    ("x = 'a' 'b'", "x = 'ab'"),
    ("x = 1", "%mlops track train --metric auc\nx = 1"),
    ("x = 1", "%%mlops track train\nx = 1"),
    ("x = 1", "%load_ext nbmlops\nx = 1"),
    ("x = 1000", "x = 1_000"),
    ("!ls -l", "!ls -l\n"),
    ("%%bash\nls", "%%bash\nls\n\n"),
    ("x = (", "x = (\n"),
    ("x = r'\\d'", "x = '\\\\d'"),
]
OTHER = [
    ("x = 1", "x = 2"),
    ("x = 1", "x = 1.0"),
    ("x = 1", "x = True"),
    ("x = ''", "x = b''"),
    ("x = None", "x = ..."),
    ("x", "y"),
    ("if a:\n    b\nc", "if a:\n    b\n    c"),
    ("x = 'a'", "x = 'a '"),
    ("def f(a, /): 0", "def f(a): 0"),
    ("x = 'Name'", "x = Name"),
    ("a - (b - c)", "a - b - c"),
    ("return_ = None", "return_ = 0"),
    ("%%bash\nls", "%%bash\nls -l"),
    ("%%timeit\nx = 1", "x = 1"),
    ("!ls", "!ls -l"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_formatting_makes_no_version(one: str, other: str):
    assert digest(one) == digest(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_meaning_makes_a_version(one: str, other: str):
    assert digest(one) != digest(other)


def test_the_functions_used_are_part_of_the_version():
    assert digest("f()", {"f": "def f(): return 1"}) != digest("f()", {"f": "def f(): return 2"})
    assert digest("f()", {"f": "def f(): return 1"}) == digest("f()", {"f": "def f():\n  return 1"})
    assert digest("f()", {"f": "g"}) != digest("f()", {})


def test_a_digest_is_the_same_under_every_python():
    """Written down once: a changed serialisation would lose the history of every step."""
    assert digest("x = f(1, *a, k='é')[0]").startswith("f27a52bf5f180919")


def test_a_very_long_sum_has_a_digest():
    assert len(digest("x = " + " + ".join(["a"] * 900))) == 64


def test_a_difference_names_both_sides():
    shown = unified("a\nb\n", "a\nc\n", before_name="train@1", after_name="train@2")
    assert shown.startswith("--- train@1\n+++ train@2\n")
    assert "-b\n+c\n" in shown
    assert unified("a", "a\n", before_name="x", after_name="y") == ""
