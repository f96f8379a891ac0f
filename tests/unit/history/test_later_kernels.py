"""What is hard to pickle comes back in a later kernel as it was, and not as something like it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

CHAINED = """
try:
    try:
        1 / 0
    except ZeroDivisionError as inner:
        raise ValueError("outer") from inner
except ValueError as outer:
    error = outer
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A cell, and what holds after it in this kernel as in a later one."""

    name: str
    make: str
    held: str


CASES = (
    Case(
        name="slots",
        make="class Box:\n    __slots__ = ('a', 'b')\nbox = Box()\nbox.a = [1]",
        held="box.a == [1] and not hasattr(box, '__dict__') and not hasattr(box, 'b')",
    ),
    Case(
        name="a tuple with names",
        make="from typing import NamedTuple\nclass Pair(NamedTuple):\n    a: int\n    b: int = 2\n"
        "pair = Pair([1])",
        held="pair == ([1], 2) and pair.b == 2 and type(pair) is Pair and Pair(3).a == 3",
    ),
    Case(
        name="slots of a data class",
        make="from dataclasses import dataclass\n@dataclass(slots=True)\n"
        "class Point:\n    x: int\np = Point(1)",
        held="p == Point(1) and not hasattr(p, '__dict__')",
    ),
    Case(
        name="a frozen data class with slots",
        make="from dataclasses import dataclass\n@dataclass(frozen=True, slots=True)\n"
        "class Point:\n    x: int\n    y: tuple = ()\np = Point(1, ([2],))",
        held="p == Point(1, ([2],)) and hash(Point(1)) == hash(Point(1))",
    ),
    Case(
        name="a data class that another one extends",
        make="from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int",
        held="dataclass(type('P3', (Point,), {'__annotations__': {'z': int}}))(1, 2).z == 2",
    ),
    Case(
        name="a function that remembers its results",
        make="import functools\n@functools.cache\ndef fib(n):\n"
        "    return n if n < 2 else fib(n - 1) + fib(n - 2)\nfibs = [fib]\nfib.note = 1",
        held="fib(30) == 832040 and fibs[0] is fib and fib.note == 1 and fib.cache_info()",
    ),
    Case(
        name="a method that remembers its results",
        make="import functools\nclass Sums:\n    @functools.lru_cache(maxsize=7)\n"
        "    def add(self, n):\n        return n + 1\nsums = Sums()",
        held="sums.add(1) == 2 and Sums.add.cache_info().maxsize == 7",
    ),
    Case(
        name="a type that is new by name alone",
        make="import typing\nUser = typing.NewType('User', int)",
        held="User(3) == 3 and User.__module__ == '__main__'",
    ),
    Case(
        name="variables of types",
        make="from typing import Callable, Generic, ParamSpec, TypeVar, TypeVarTuple\n"
        "T = TypeVar('T', bound=int)\nP = ParamSpec('P')\nTs = TypeVarTuple('Ts')\n"
        "class Box(Generic[T]):\n    pass\ncall = Callable[P, T]",
        held="call == Callable[P, T] and Box.__parameters__ == (T,) and T.__bound__ is int"
        " and {T.__module__, P.__module__, Ts.__module__} == {'__main__'}",
    ),
    Case(
        name="what an exception followed from",
        make=CHAINED,
        held="repr(error.__cause__) == repr(ZeroDivisionError('division by zero'))"
        " and error.__context__ is error.__cause__ and error.__suppress_context__",
    ),
    Case(
        name="the name that an exception missed",
        make="try:\n    [].name\nexcept AttributeError as error:\n    missed = [error]\n"
        "missed.append(NameError('a', name='b'))",
        held="[one.name for one in missed] == ['name', 'b']",
    ),
    Case(
        name="exceptions that followed from each other",
        make="a = ValueError(1)\nb = KeyError(2)\na.__context__ = b\nb.__context__ = a",
        held="a.__context__ is b and b.__context__ is a and a.__cause__ is None",
    ),
    Case(
        name="views of an array in the order of Fortran",
        make="import numpy as np\na = np.asfortranarray(np.arange(6).reshape(2, 3))\nb = a.T",
        held="np.shares_memory(a, b) and a.flags.f_contiguous and a[1, 2] == b[2, 1] == 5",
    ),
    Case(
        name="a view of bytes",
        make="held = bytearray(b'abcd')\nv = memoryview(held)\nw = v.cast('H')",
        held="(v.__setitem__(0, 65) or held == b'Abcd') and w[0] == v[0] + 256 * v[1]",
    ),
    Case(
        name="views of a dict",
        make="held = {'a': 1}\nkeys, values, items = held.keys(), held.values(), held.items()",
        held="held.update(b=2) or (list(keys), list(values)) == (['a', 'b'], [1, 2])"
        " and list(items) == list(held.items())",
    ),
    Case(
        name="a proxy of a dict",
        make="import types\nheld = {}\nproxy = types.MappingProxyType(held)",
        held="held.update(a=1) or proxy == {'a': 1}",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_the_same_in_a_later_kernel(
    case: Case,
    notebook: Notebook,
    new_notebook: NewNotebook,
    capsys: pytest.CaptureFixture[str],
) -> None:
    notebook.run(case.make)
    later = new_notebook()
    later.run("%mlops checkout latest", f"assert {case.held}")
    assert "not the same" not in capsys.readouterr().out
    notebook.run(f"assert {case.held}")


def test_what_a_function_that_remembers_calls_is_seen_to_change(notebook: Notebook) -> None:
    recorder = notebook.extension.recorder
    notebook.run("import functools\nf = functools.cache(lambda x: x)")
    before = recorder.print_of("f")
    notebook.run("f(1)")
    assert recorder.print_of("f") == before
    notebook.run("f = functools.cache(lambda x: x + 1)")
    assert recorder.print_of("f") != before
