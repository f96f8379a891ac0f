"""Instances come back past what their class does when one is made, asked or filled."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

COUNTING = """
class Box:
    made = 0
    def __new__(cls):
        cls.made += 1
        return super().__new__(cls)
"""
SINGLE = """
class Box:
    one = None
    def __new__(cls):
        if Box.one is None:
            Box.one = super().__new__(cls)
        return Box.one
"""
WANTING = """
class Box:
    def __new__(cls, size):
        return super(Box, cls).__new__(cls)
    def __init__(self, size):
        self.size = size
"""
TEXT = """
class Name(str):
    def __new__(cls, first, last):
        made = super().__new__(cls, f'{first} {last}')
        made.first = first
        return made
"""
PAIR = """
from collections import namedtuple
class Span(namedtuple('Span', 'start end')):
    def __new__(cls, start):
        return super().__new__(cls, start, start + 1)
"""
PROXY = """
class Proxy:
    def __init__(self, inner):
        self.inner = inner
    def __getattr__(self, name):
        return getattr(self.inner, name)
"""
FIXED = """
class Point:
    __slots__ = ('x', '__y')
    def __init__(self, x, y):
        object.__setattr__(self, 'x', x)
        object.__setattr__(self, '_Point__y', y)
    def __setattr__(self, name, value):
        raise AttributeError(name)
    def y(self):
        return self.__y
"""
DOUBLING = """
from collections import OrderedDict, defaultdict
log = []
class Items(list):
    def extend(self, items):
        raise TypeError('one by one')
    def append(self, item):
        super().append(2 * item)
class Plain(dict):
    def __setitem__(self, key, value):
        log.append(key)
        super().__setitem__(key, 2 * value)
class Ordered(OrderedDict):
    def __setitem__(self, key, value):
        super().__setitem__(key, 2 * value)
class Default(defaultdict):
    def __setitem__(self, key, value):
        super().__setitem__(key, 2 * value)
"""


@dataclass(frozen=True)
class Case:
    """Cells that make ``x``, and what is true of it."""

    cells: tuple[str, ...]
    held: str


CASES = {
    "counts": Case((COUNTING, "x = Box()\nx.size = 1"), "Box.made == 1 and x.size == 1"),
    "hands out": Case((SINGLE, "x = Box()\nx.size = 1"), "Box.one is x and Box() is x"),
    "wants": Case((WANTING, "x = Box(1)"), "x.size == 1 and Box(2).size == 2"),
    "a text": Case((TEXT, "x = Name('A', 'B')"), "x == 'A B' and x.first == 'A'"),
    "a pair": Case((PAIR, "x = Span(1)"), "x == (1, 2) and x.end == 2 and type(x) is Span"),
    "a proxy": Case((PROXY, "x = Proxy([1])"), "x.inner == [1] and x.count(1) == 1"),
    "a proxy with slots": Case(
        (PROXY.replace(":\n", ":\n    __slots__ = ('inner',)\n", 1), "x = Proxy([1])"),
        "x.inner == [1] and x.count(1) == 1",
    ),
    "slots that are fixed": Case((FIXED, "x = Point(1, 2)"), "(x.x, x.y()) == (1, 2)"),
    "a list": Case((DOUBLING, "x = Items()\nx.append(1)"), "x == [2]"),
    "a dict": Case((DOUBLING, "x = Plain()\nx['a'] = 1"), "x == {'a': 2} and log == ['a']"),
    "an ordered dict": Case(
        (DOUBLING, "x = Ordered()\nx['b'] = x['a'] = 1"), "[*x.items()] == [('b', 2), ('a', 2)]"
    ),
    "a default dict": Case(
        (DOUBLING, "x = Default(int)\nx['a'] = 1"), "x == {'a': 2} and x.default_factory is int"
    ),
    "slots": Case(
        (WANTING.replace(":\n", ":\n    __slots__ = ('size',)\n", 1), "x = Box(1)"), "x.size == 1"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_instance_comes_back_in_a_new_kernel(
    notebook: Notebook, new_notebook: NewNotebook, case: Case
) -> None:
    """At once: nothing runs again."""
    notebook.run(*case.cells, f"assert {case.held}")
    new_notebook().run("%mlops checkout latest", f"assert {case.held}")


@pytest.mark.parametrize("definition", [COUNTING, SINGLE], ids=["counts", "hands out"])
def test_going_back_puts_an_instance_back_and_makes_none(
    notebook: Notebook, definition: str
) -> None:
    notebook.run(definition, "x = Box()", "x.size = 1")
    there, size_was_set = notebook["x"], notebook.latest
    notebook.run("x.size = 2", "y = 3", f"%mlops checkout @{size_was_set}")
    assert notebook["x"] is there
    assert there.size == 1
    assert getattr(notebook["Box"], "made", 1) == 1
