"""Which classes' instances can be looked at without being changed by that."""

from __future__ import annotations

from typing import Any

import pytest

from nbmlops.capture.candidates import Candidates
from nbmlops.capture.cell import cell_calls, only_binds
from nbmlops.capture.inert import is_inert
from nbmlops.capture.namespace import NamespaceWatch
from nbmlops.capture.parts import parts_of

INERT = (
    "class A:\n    x = 1\n    def __init__(self): self.i = 1\n    def f(self, k=[]): return k",
    "class A:\n    __slots__ = ('i',)",
    "class B: pass\nclass A(B):\n    @staticmethod\n    def f(): pass",
    "from dataclasses import dataclass\n@dataclass(order=True)\nclass A:\n    i: int = 1",
    "class A:\n    __hash__ = None",
)
ACTING = (
    "class A:\n    def __getattr__(self, name): self.__dict__['asked'] = name",
    "class A:\n    @property\n    def i(self): return 1",
    "class A:\n    def __repr__(self): return ''",
    "class B:\n    def __getitem__(self, key): return key\nclass A(B): pass",
    "class M(type): pass\nclass A(metaclass=M): pass",
    "class A(list): pass",
    "import functools\nclass A:\n    @functools.cached_property\n    def i(self): return 1",
    "import dataclasses\n@dataclasses.dataclass\nclass A:\n    def __repr__(self): return ''",
)


def made(source: str) -> type:
    """The class ``A`` of a cell, whose code has the file name that a kernel gives it."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "/tmp/ipykernel_1/2.py", "exec"), namespace)  # noqa: S108
    found: type = namespace["A"]
    return found


@pytest.mark.parametrize("source", INERT)
def test_what_only_holds_attributes_and_methods_is_inert(source: str) -> None:
    assert is_inert(made(source))


@pytest.mark.parametrize("source", ACTING)
def test_what_runs_code_when_it_is_asked_is_not(source: str) -> None:
    assert not is_inert(made(source))


def test_a_class_that_is_given_a_hook_later_is_inert_no_more() -> None:
    kind: Any = made(INERT[0])
    value = [kind()]
    assert not parts_of(value).lively
    kind.__getattr__ = lambda self, _: self
    assert parts_of(value).lively


def test_a_class_itself_and_one_kept_as_data_may_change_when_they_are_used() -> None:
    kind = made(INERT[0])
    assert parts_of(kind).lively
    assert parts_of({"kind": kind}).lively


def test_a_method_call_is_compared_and_a_look_is_not() -> None:
    kind: Any = made("class A:\n    def __init__(self): self.i = 1")
    namespace: dict[str, Any] = {"objects": [kind()]}
    watch = NamespaceWatch(namespace, {})
    uses = frozenset({"objects"})
    watch.before(Candidates(reads=uses, uses=uses, mutates=uses))
    namespace["objects"][0].i = 2
    assert set(watch.after(finished=True).outputs) == {"objects"}
    watch.before(Candidates(reads=uses, uses=uses, calls=False))
    assert set(watch.after(finished=True).outputs) == set()
    watch.before(Candidates(reads=uses, uses=uses))
    namespace["objects"][0].i = 3  # as a method does that sorted() was given
    assert set(watch.after(finished=True).outputs) == {"objects"}


@pytest.mark.parametrize("source", ["a[0].b;", "a.b = c[1]", "a.b += 1\nc"])
def test_a_cell_without_brackets_calls_nothing(source: str) -> None:
    assert not cell_calls(source)


@pytest.mark.parametrize("source", ["f(a)", "%time a", "!ls", "a?", "/f a", "@f\nclass A: x = 1"])
def test_every_other_cell_may_call_something(source: str) -> None:
    assert cell_calls(source)


@pytest.mark.parametrize("source", ["n = 1", "n += m\n\n# more\nrate = n / 2.5", "a = [b]"])
def test_a_cell_of_names_operators_and_constants_only_binds(source: str) -> None:
    assert only_binds(source)


@pytest.mark.parametrize(
    "source",
    ["n", "cd data", "pwd", "ls -l", "n = m.size", "n = f(m)", "a[0] = 1", "n = 1; m", "!ls"],
)
def test_every_other_cell_may_do_more(source: str) -> None:
    """Such as magics without their sign, and to ask an object, which may run any code."""
    assert not only_binds(source)
