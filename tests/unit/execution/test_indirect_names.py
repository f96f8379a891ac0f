"""A function of another cell that reaches the notebook's names without naming them.

Whoever calls it reads what is not known: recorded results stand only where nothing has changed,
and what it may read is brought back as the cells above have left it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.domain.plans import CachePolicy
from tests.unit.steps import step


@dataclass(frozen=True, kw_only=True)
class Case:
    """A way to a name, defined in a cell of its own, and its use in another one."""

    name: str
    helper: str
    use: str = "n = total('train')"
    before: str = ""
    lib: str = ""
    frame: bool = False


CASES = (
    Case(name="globals", helper="def total(name):\n    return sum(globals()[name]['v'])"),
    Case(
        name="globals two calls deep",
        helper="def look(name):\n    return globals()[name]",
        before="def total(name):\n    return sum(look(name)['v'])",
    ),
    Case(name="a lambda", helper="total = lambda name: sum(globals()[name]['v'])"),
    Case(
        name="a function in a dict",
        helper="def total(name):\n    return sum(globals()[name]['v'])\ntools = {'t': total}",
        use="n = tools['t']('train')",
    ),
    Case(
        name="a part of a function",
        helper=(
            "import functools\ndef total(name):\n    return sum(globals()[name]['v'])\n"
            "get = functools.partial(total, 'train')"
        ),
        use="n = get()",
    ),
    Case(
        name="a method",
        helper=(
            "class Report:\n    def total(self, name):\n        import __main__\n"
            "        return sum(getattr(__main__, name)['v'])\nreport = Report()"
        ),
        use="n = report.total('train')",
    ),
    Case(
        name="a decorator",
        helper=(
            "def with_frame(f):\n    def inner(name):\n        return f(globals()[name])\n"
            "    return inner\n@with_frame\ndef total(found):\n    return sum(found['v'])"
        ),
    ),
    Case(
        name="a closure",
        helper=(
            "def maker():\n    def inner(name):\n        return sum(globals()[name]['v'])\n"
            "    return inner\ntotal = maker()"
        ),
    ),
    Case(name="eval", helper="def total(name):\n    return eval(f'sum({name}[\"v\"])')"),
    Case(
        name="eval under another name",
        helper="run = eval\ndef total(name):\n    return run(f'sum({name}[\"v\"])')",
    ),
    Case(
        name="exec",
        helper=(
            "def total(name):\n    there = {}\n"
            "    exec(f'out = sum({name}[\"v\"])', globals(), there)\n    return there['out']"
        ),
    ),
    Case(
        name="sys.modules",
        helper=(
            "import sys\ndef total(name):\n"
            "    return sum(getattr(sys.modules['__main__'], name)['v'])"
        ),
    ),
    Case(
        name="sys.modules by the name of the module",
        helper=(
            "def total(name):\n    import sys\n"
            "    return sum(vars(sys.modules[__name__])[name]['v'])"
        ),
    ),
    Case(
        name="import_module",
        helper=(
            "import importlib\ndef total(name):\n"
            "    return sum(vars(importlib.import_module('__main__'))[name]['v'])"
        ),
    ),
    Case(
        name="the frame of the caller",
        helper=(
            "import inspect\ndef total(name):\n"
            "    return sum(inspect.currentframe().f_back.f_globals[name]['v'])"
        ),
    ),
    Case(
        name="the names of the shell",
        helper="def total(name):\n    return sum(get_ipython().user_ns[name]['v'])",
    ),
    Case(
        name="the globals of a function",
        helper="def total(name):\n    return sum(total.__globals__[name]['v'])",
    ),
    Case(
        name="a text with the names of the notebook",
        helper="def total(name):\n    return ('{' + name + '}').format_map(globals())",
        use="n = total('train')",
    ),
    Case(
        name="a query of a frame",
        helper="def total(text):\n    return len(frame.query(text))",
        before="import pandas as pd\nframe = pd.DataFrame({'a': range(9)})",
        use="n = total('a > @train[\"v\"][1]')",
    ),
    Case(
        name="a query with its text by name",
        helper="def total(text):\n    return len(frame.query(expr=text))",
        before="import pandas as pd\nframe = pd.DataFrame({'a': range(9)})",
        use="n = total('a > @train[\"v\"][1]')",
    ),
    Case(
        name="pandas.eval",
        helper="def total(text):\n    return pd.eval(text)",
        before="import pandas as pd",
        use="n = int(total('train[\"v\"][1] + 1'))",
    ),
    Case(
        name="a query of DuckDB",
        before="import pandas as pd",
        helper="import duckdb\ndef total(text):\n    return int(duckdb.sql(text).df().s[0])",
        use="n = total('select sum(v) s from train')",
        frame=True,
    ),
    Case(
        name="a query of DuckDB, imported in the function",
        before="import pandas as pd",
        helper=(
            "def total(name):\n    import duckdb\n"
            "    return int(duckdb.sql(f'select sum(v) s from {name}').df().s[0])"
        ),
        frame=True,
    ),
    Case(
        name="a query of DuckDB, imported behind the function",
        before="import pandas as pd\ndef total(text):\n    return int(db.sql(text).df().s[0])",
        helper="import duckdb as db",
        use="n = total('select sum(v) s from train')",
        frame=True,
    ),
    Case(
        name="a module of the project, at __main__",
        lib=(
            "import sys\ndef total(name):\n    return sum(vars(sys.modules['__main__'])[name]['v'])"
        ),
        helper="from afar import total",
    ),
    Case(
        name="a module of the project, at the frame of its caller",
        lib=(
            "import inspect\ndef total(name):\n"
            "    return sum(inspect.currentframe().f_back.f_globals[name]['v'])"
        ),
        helper="import afar\ndef total(name):\n    return afar.total(name)",
    ),
)


def _cells(case: Case) -> list[str]:
    load, clean = "train = {'v': [1, 2, 300]}", "train['v'][1] += len(train['v'])"
    if case.frame:
        load, clean = "train = pd.DataFrame({'v': [1, 2, 300]})", "train.loc[1, 'v'] += len(train)"
    cells = [
        step("load", load),
        step("clean", clean),
        case.helper,
        step("last", case.use),
    ]
    return [case.before, *cells] if case.before else cells


@pytest.fixture(autouse=True)
def _beside_the_project(monkeypatch: pytest.MonkeyPatch, project: Any) -> Iterator[None]:
    """The cells run in this process."""
    monkeypatch.syspath_prepend(str(project.workspace.project))
    yield
    sys.modules.pop("afar", None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_who_calls_it_reads_every_name_as_it_is(case: Case, project: Any) -> None:
    """Where another step is forced, and after an edit, the step makes what a whole run makes."""
    if case.lib:
        (project.workspace.project / "afar.py").write_text(case.lib)
    version = project.build(_cells(case))
    whole = project.run(version)
    assert whole is not None
    told = [text for text in version.spec.warnings if text.startswith("step 'last' uses")]
    assert told
    again = project.run(version, CachePolicy(force=frozenset(["load"])))
    assert again is not None
    assert again[-1] == whole[-1]
    edited = project.build([text.replace("[1, 2,", "[1, 7,") for text in _cells(case)])
    after = project.run(edited)
    assert after is not None
    assert after[-1] == (project.run(edited, CachePolicy(enabled=False)) or [])[-1]
    assert after[-1] != whole[-1]
