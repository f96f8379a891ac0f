"""Which functions of a notebook leave what they are given alone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.notebook.dataflow.effects import Harmless, analyze
from nbmlops.notebook.dataflow.harmless import harmless


@dataclass(frozen=True)
class Case:
    body: str
    expected: Harmless | None
    signature: str = "f(a)"


READS = Harmless(shares=False, opens=False)
SHARES = Harmless(shares=True, opens=False)

CASES = [
    Case("return a.groupby('k')['n'].transform('size')", READS),
    Case("n = len(a)\nreturn n + a.sum()", READS),
    Case("a = sorted(a)\na[0] = 1\nreturn len(a)", None),  # it may hold what is sorted
    Case("return a[a.n > 1]", SHARES),
    Case("return a", SHARES),
    Case("b = a.copy()\nb['x'] = 1\nreturn b", Harmless(shares=True, opens=True)),
    Case("return sum(a)", SHARES, "f(*a)"),
    Case("a['x'] = 1", None),
    Case("a += [1]", None),
    Case("a.drop(columns=['x'], inplace=True)", None),
    Case("for row in a:\n    row.append(1)", None),
    Case("b = a\nb.clear()", None),
    Case("a.anything()", None),
    Case("anything(a)", None),
    Case("np.copyto(a, 0)", None),
    Case("KEPT.append(a)", None),
    Case("rows = []\nKEPT.append(rows)\nrows.append(a)", None),
    Case("KEPT['a'] = a", None),
    Case("global KEPT\nKEPT = a", None),
    Case("exec('a.clear()')", None),
    Case("yield a", None),
    Case("return lambda: a.clear()", None),
    Case("return max(a)", None, "f(a, max)"),
    Case("cache['n'] = len(a)", None, "f(a, cache={})"),
    Case("a['x'].append(1)", None, "f(**a)"),
]


def _defined(case: Case) -> str:
    body = "\n".join(f"    {line}" for line in case.body.splitlines())
    return f"def {case.signature}:\n{body}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.signature}: {case.body}")
def test_a_function_is_harmless_if_a_cell_of_its_body_were(case: Case) -> None:
    assert harmless({"f": _defined(case)}).get("f") == case.expected


def test_a_function_may_call_those_that_are_harmless() -> None:
    sources = {
        "mean": "def mean(a):\n    return total(a) / len(a)",
        "total": "def total(a):\n    return a.sum()",
        "worse": "def worse(a):\n    return total(a) + clear(a)",
        "clear": "def clear(a):\n    a.clear()\n    return 0",
    }
    assert harmless(sources).keys() == {"mean", "total"}


def test_decorated_and_async_functions_and_classes_are_not_looked_into() -> None:
    sources = {
        "kept": "@cache\ndef kept(a):\n    return 1",
        "later": "async def later(a):\n    return 1",
        "Box": "class Box:\n    n = 1",
        "short": "short = lambda a: 1",
        "broken": "def broken(",
    }
    assert harmless(sources) == {}


def test_a_cell_that_calls_a_harmless_function_changes_nothing_in_place() -> None:
    known = {"f": READS, "g": SHARES}
    assert analyze("n = f(df)", harmless=known).may_mutate == frozenset()
    assert analyze("b = g(df)\nb['x'] = 1", harmless=known).may_mutate == {"df"}
    assert analyze("f = other\nn = f(df)", harmless=known).may_mutate == {"df"}
    assert analyze("n = [f(x) for f in fs for x in df]", harmless=known).may_mutate >= {"df"}
