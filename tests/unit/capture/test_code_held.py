"""Functions that a cell reaches through the values that it uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.capture.code import Definitions
from nbmlops.notebook.dataflow.definitions import Definitions as Planned
from nbmlops.notebook.dataflow.effects import analyze

LOOK = "def look(name):\n    return globals()[name]\n"


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells that ran, the one that runs, and whether it may change every name."""

    name: str
    above: str
    cell: str
    everything: bool = True


CASES = (
    Case(name="a function", above=LOOK, cell="n = look('a')"),
    Case(name="in a dict", above=LOOK + "tools = {'t': [look]}", cell="n = tools['t'][0]('a')"),
    Case(
        name="a part of it",
        above=LOOK + "from functools import partial\nget = partial(look, 'a')",
        cell="n = get()",
    ),
    Case(
        name="a method",
        above="class R:\n    def get(self, name):\n        return globals()[name]\nr = R()",
        cell="n = r.get('a')",
    ),
    Case(
        name="a method that was kept",
        above="class R:\n    def get(self, name):\n        return globals()[name]\nget = R().get",
        cell="n = get('a')",
    ),
    Case(
        name="an attribute of an object",
        above=LOOK + "class R:\n    pass\nr = R()\nr.get = look",
        cell="n = r.get('a')",
    ),
    Case(
        name="what a decorator took along",
        above=LOOK + "def twice(f):\n    def inner(name):\n        return f(name), f(name)\n"
        "    return inner\nboth = twice(look)",
        cell="n = both('a')",
    ),
    Case(
        name="another function",
        above="def look(a):\n    return a",
        cell="look(1)",
        everything=False,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_function_does_is_known_however_it_is_reached(case: Case):
    namespace: dict[str, Any] = {"__name__": "__main__", "a": 1}
    exec(case.above, namespace)
    definitions = Definitions(namespace)
    definitions.learn(analyze(case.above))
    effects = analyze(case.cell)
    found = definitions.candidates("", effects, definitions.used_by(effects))
    assert found.everything == case.everything
    assert bool(found.unknown) == case.everything


ANIMALS = "class Animal:\n    pass\nclass Dog(Animal):\n    pass\ndef tame():\n    return Dog()"


@pytest.mark.parametrize(
    ("cell", "used"),
    [
        ("class Dog:\n    pass\nd = Dog()", set[str]()),
        ("class Dog(Animal):\n    pass\nd = Dog()", {"Animal"}),
        ("def Dog(n):\n    return Dog(n - 1) if n else n\nDog(2)", set[str]()),
        ("class Dog:\n    pass\nd = tame()", {"tame", "Animal"}),
        ("d = Dog()", {"Dog", "Animal"}),
        ("if d:\n    class Dog:\n        pass\nd = Dog()", {"Animal"}),
        ("def Dog(n):\n    return tame() if n else n", {"tame", "Animal"}),
    ],
)
def test_what_a_cell_defines_anew_is_not_used_as_it_was(cell: str, used: set[str]) -> None:
    """A plan reads the same from the notebook, so that the versions of both are one."""
    namespace: dict[str, Any] = {"__name__": "__main__", "d": 1}
    exec(ANIMALS, namespace)
    definitions, planned = Definitions(namespace), Planned()
    definitions.learn(analyze(ANIMALS))
    planned.follow(analyze(ANIMALS))
    effects = analyze(cell)
    assert definitions.used_by(effects).keys() == used
    assert planned.used_by(effects).keys() == used


def test_a_query_whose_text_is_not_known_may_read_any_name():
    source = "import duckdb\ndef ask(text):\n    return duckdb.sql(text)"
    namespace: dict[str, Any] = {"__name__": "__main__", "a": 1}
    exec(source, namespace)
    definitions = Definitions(namespace)
    definitions.learn(analyze(source))
    effects = analyze("n = ask('from a')")
    found = definitions.candidates("", effects, definitions.used_by(effects))
    assert found.looks
    assert "a" in found.reads
    assert not found.everything


def test_a_query_reads_the_names_in_its_text_though_another_cell_imports_its_library():
    namespace: dict[str, Any] = {"__name__": "__main__", "flights": 1, "hours": 2}
    exec("import duckdb", namespace)
    definitions = Definitions(namespace)
    for query in ("duckdb.sql(TEXT)", "con.execute(TEXT)", "con.sql(TEXT).df()"):
        effects = analyze(f"late = {query}".replace("TEXT", "'select max(hours) from flights'"))
        found = definitions.candidates("", effects, {})
        assert {"flights", "hours"} <= found.reads
        assert found.complete
