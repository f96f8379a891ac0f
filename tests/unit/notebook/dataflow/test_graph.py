"""Which cells depend on which, and which are needed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.notebook.dataflow.definitions import definitions_used
from nbmlops.notebook.dataflow.graph import Graph, build
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.notebook.dataflow.seen import Observed
from nbmlops.notebook.dataflow.slices import backward
from nbmlops.notebook.document import from_sources
from nbmlops.notebook.normalize import digest


def _graph(*sources: str, observed: dict[str, Observed] | None = None) -> Graph:
    return build(from_sources([(source, ()) for source in sources]).code_cells, observed)


def _edges(graph: Graph) -> set[tuple[int, int, str, str]]:
    return {
        (edge.source, edge.target, name, edge.known_by)
        for edge in graph.edges
        for name in edge.names
    }


@dataclass(frozen=True)
class Sequence:
    """Cells; the edges among them; and the slice of the last one."""

    cells: tuple[str, ...]
    edges: tuple[tuple[int, int, str, str], ...]
    needed: tuple[int, ...]


SEQUENCES = {
    "the last writer": Sequence(("x = 1", "x = 2", "print(x)"), ((1, 2, "x", "static"),), (1, 2)),
    "a writer that may not write": Sequence(
        ("x = 1", "c = 0", "if c:\n    x = 2", "print(x)"),
        ((0, 3, "x", "static"), (1, 2, "c", "static"), (2, 3, "x", "static")),
        (0, 1, 2, 3),
    ),
    "a change through a loop variable": Sequence(
        ("df = dict()", "for d in [df]:\n    d['b'] = 1", "df['b']"),
        ((0, 1, "df", "static"), (0, 2, "df", "static"), (1, 2, "df", "static")),
        (0, 1, 2),
    ),
    "a change through another name": Sequence(
        ("df = dict()", "x = df", "x['b'] = 1", "df['b']"),
        (
            *((0, 1, "df", "static"), (0, 3, "df", "static")),
            *((1, 2, "x", "static"), (2, 3, "df", "static")),
        ),
        (0, 1, 2, 3),
    ),
    "a function that uses a global": Sequence(
        ("K = 1", "def f():\n    return K", "K = 2", "f()"),
        ((1, 3, "f", "static"), (2, 3, "K", "static")),
        (1, 2, 3),
    ),
    "a seed in an earlier cell": Sequence(
        ("import random", "random.seed(0)", "unused = 1", "x = random.random()"),
        (
            *((0, 1, "random", "static"), (0, 3, "random", "static")),
            (1, 3, "<random state>", "static"),
        ),
        (0, 1, 3),
    ),
    "a cell that only changes": Sequence(
        ("df = dict()", "df['a'] = 1\ndf['b'] = 2", "print(df)"),
        ((0, 1, "df", "static"), (0, 2, "df", "static"), (1, 2, "df", "static")),
        (0, 1, 2),
    ),
    "a call that may change": Sequence(
        ("def f(d):\n    d.clear()", "df = dict()", "f(df)", "print(df)"),
        (
            *((0, 2, "f", "static"), (1, 2, "df", "static")),
            *((1, 3, "df", "static"), (2, 3, "df", "possible")),
        ),
        (0, 1, 2, 3),
    ),
    "a number cannot be changed by a call": Sequence(
        ("def f(d):\n    return d", "n = 1", "f(n)", "print(n)"),
        ((0, 2, "f", "static"), (1, 2, "n", "static"), (1, 3, "n", "static")),
        (1, 3),
    ),
    "what is inside an object": Sequence(
        ("a = []", "b = []", "a.append(b)", "b.append(1)", "print(a)"),
        (
            *((0, 2, "a", "static"), (0, 4, "a", "static"), (1, 2, "b", "static")),
            *((1, 3, "b", "static"), (2, 4, "a", "static"), (3, 4, "a", "possible")),
        ),
        (0, 1, 2, 3, 4),
    ),
    "a method that changes a global": Sequence(
        ("log = []", "class A:\n    def m(self):\n        log.append(1)", "a = A()", "print(log)"),
        (
            *((0, 2, "log", "static"), (0, 3, "log", "static")),
            *((1, 2, "A", "static"), (2, 3, "log", "static")),
        ),
        (0, 1, 2, 3),
    ),
    "a file that is written and read": Sequence(
        ("open('a.csv', 'w').write('1')", "open('b.csv', 'w').write('1')", "open('a.csv').read()"),
        ((0, 2, "a.csv", "possible"),),
        (0, 1, 2),  # what writes a file goes along
    ),
    "the format of a number, which names no file": Sequence(
        ("x, y, n = 1, 2, 3", "open('a', 'a').write(f'{x:.2f}')", "print(f'{y:.2f} {y:{n}.2f}')"),
        ((0, 1, "x", "static"), (0, 2, "n", "static"), (0, 2, "y", "static")),
        (0, 1, 2),  # what writes a file goes along
    ),
    "a deleted name": Sequence(
        ("x = 1", "del x", "x = 2", "print(x)"),
        ((0, 1, "x", "static"), (2, 3, "x", "static")),
        (2, 3),
    ),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_cells_depend_on_those_that_made_what_they_read(name: str):
    case = SEQUENCES[name]
    graph = _graph(*case.cells)
    assert _edges(graph) == set(case.edges)
    assert backward(graph, [len(case.cells) - 1]) == set(case.needed)


def test_what_a_function_made_is_not_what_its_caller_made():
    """Objects are numbered by cell: those of a function's body by the cell that defines it."""
    graph = _graph("K = 1", "def f(d):\n    d = dict(d)\n    d['k'] = K\n    return d", "t = f({})")
    longer = _graph(*(flow.cell.source for flow in graph.flows), "print(t)")
    assert longer.flows[3].reads == {"t"}


def test_a_star_import_gives_the_names_that_nobody_else_gives():
    graph = _graph("from math import *", "x = 1", "sqrt(x)")
    assert (0, 2, "sqrt", "static") in _edges(graph)
    assert not graph.flows[2].missing


def test_code_that_cannot_be_read_may_give_anything():
    graph = _graph("exec('x = 1')", "print(x)")
    assert _edges(graph) == {(0, 1, "x", "possible")}


def test_settings_of_the_process_go_along():
    graph = _graph("%cd data", "y = 1", "x = 1")
    assert backward(graph, [2]) == {0, 2}


def test_a_missing_name_is_said_to_be():
    assert _graph("print(nowhere)").flows[0].missing == {"nowhere"}


def test_a_magic_without_its_mark_misses_no_name():
    """As IPython does, what is bound goes before: ``ls`` shows a list where there is one."""
    graph = _graph("x = 1", "pwd", "ls -l", "ls = [1]", "ls")
    assert not any(flow.missing for flow in graph.flows)
    assert (3, 4, "ls", "static") in _edges(graph)


def test_a_name_that_a_star_may_bind_is_no_magic():
    assert (0, 1, "hist", "static") in _edges(_graph("from pylab import *", "hist"))


def test_a_complete_record_removes_a_change_that_was_not_made():
    cells = ("def f(d):\n    return d", "df = dict()", "f(df)", "print(df)")
    version = digest(cells[2], {"f": cells[0]})
    seen = Observed(reads=frozenset(["df"]), writes=frozenset(), complete=True)
    graph = _graph(*cells, observed={version: seen})
    assert backward(graph, [3]) == {1, 3}


def test_a_record_of_a_change_makes_it_known():
    cells = ("def f(d):\n    return d", "df = dict()", "f(df)", "print(df)")
    version = digest(cells[2], {"f": cells[0]})
    seen = Observed(reads=frozenset(), writes=frozenset(["df"]), complete=True)
    graph = _graph(*cells, observed={version: seen})
    assert (2, 3, "df", "observed") in _edges(graph)


def test_a_certain_change_stays_whatever_was_recorded():
    cells = ("df = dict()", "df['a'] = 1", "print(df)")
    seen = Observed(reads=frozenset(), writes=frozenset(), complete=True)
    graph = _graph(*cells, observed={digest(cells[1]): seen})
    assert (1, 2, "df", "static") in _edges(graph)


def test_a_version_has_the_functions_that_it_uses():
    available = {"f": "def f():\n    return g()", "g": "def g():\n    return 1", "h": "def h(): 0"}
    assert definitions_used("x = f()", available).keys() == {"f", "g"}
    assert definitions_used("def f():\n    return 2\nf()", available) == {}
    graph = _graph(*available.values(), "x = f()")
    assert graph.flows[3].definitions == definitions_used("x = f()", available)
    assert graph.flows[3].digest == digest("x = f()", definitions_used("x = f()", available))


def test_a_decorated_function_may_be_changed_by_a_call():
    """What a decorator has made may keep something: `singledispatch`, a cache."""
    flows = _graph(
        "from functools import singledispatch",
        "@singledispatch\ndef show(x):\n    return 'any'",
        "def plain(x):\n    return x",
        "@show.register\ndef show_int(x: int):\n    return 'int'",
        "plain.cache_clear()",
    ).flows
    assert flows[3].may_mutate == {"show"}
    assert not flows[4].may_mutate


@pytest.mark.parametrize(
    ("source", "sets"),
    [
        ("from tqdm.auto import tqdm\ntqdm.pandas()", True),
        ("from tqdm.auto import tqdm\nx = tqdm([])", False),
        ("from sklearn import set_config\nset_config(display='text')", True),
        ("import mlflow\nmlflow.autolog()", True),
        ("import pandas as pd\npd.api.extensions.register_series_accessor('a')(A)", True),
        ("import duckdb\nduckdb.sql('create table t (a int)')", True),
        ("import duckdb\nduckdb.execute('select 1')", True),
        ("import duckdb\nn = duckdb.sql('select * from t').df()", False),
        ("import duckdb\nc = duckdb.connect('a.db')", False),
        ("import duckdb\nc = duckdb.connect(':default:')", True),
        ("import pandas as pd\npd.DataFrame()", False),
    ],
)
def test_a_library_that_a_call_sets_up_is_a_setting(source: str, sets: bool):  # noqa: FBT001
    assert (PROCESS in _graph(source).flows[0].writes) is sets


@pytest.mark.parametrize(
    ("setup", "kept"),
    [
        ("import io, logging\nb = io.StringIO()\nlogging.basicConfig(stream=b)", True),
        ("import io\nfrom tqdm import tqdm\nb = io.StringIO()\ntqdm.pandas(file=b)", True),
        ("import lib\nlog = []\nlib.register_a('a')(type('A', (), {'f': log.append}))", True),
        ("from tqdm import tqdm\nn = 3\ntqdm.pandas(miniters=n)", False),
        ("import seaborn as sns\nlook = {'font.size': 9}\nsns.set_theme(rc=look)", False),
        ("import sys, os\np = os.path.abspath('.')\nsys.path.insert(0, p)", False),
    ],
)
def test_what_a_library_is_set_up_with_may_change_later(setup: str, kept: bool):  # noqa: FBT001
    flows = _graph(setup, "x = 1", "y = work()").flows
    assert [PROCESS in flow.writes for flow in flows] == [True, False, kept]


@pytest.mark.parametrize(
    ("source", "acts"),
    [
        ("ax.set_title('costs')", set()),
        ("df = df.set_index('day')", set()),
        ("model.set_params(alpha=1)", set()),
        ("dense = matrix.toarray()", set()),
        ("thing.set_up()", {"set_up"}),
        ("thing.unknown()", {".unknown()"}),
    ],
)
def test_a_documented_method_of_a_value_changes_nothing_beside(source: str, acts: set[str]):
    flow = _graph("ax = df = model = matrix = thing = make()", source).flows[1]
    assert flow.acts == acts
