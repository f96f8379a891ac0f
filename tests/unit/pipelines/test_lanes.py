"""Which steps may run beside each other, and why others may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.notebook.dataflow.graph import build as build_graph
from nbmlops.notebook.document import Cell, from_sources
from nbmlops.pipelines import convert
from nbmlops.pipelines.blocks import Blocks, Tie
from nbmlops.pipelines.lanes import Lanes, joined, lanes_of
from nbmlops.pipelines.plan import PlanCell
from tests.unit.steps import step

Unstorable = Callable[[int, str], str | None]


def _divided(
    *sources: str, unstorable: Unstorable = lambda *_: None, seen: bool = False
) -> tuple[Lanes, list[PlanCell]]:
    document = from_sources([(source, []) for source in sources])
    spec = convert.build(document, name="n", notebook="n.ipynb")
    found = [
        Cell(id=cell.cell_id, index=cell.index, kind="code", source=cell.source, tags=())
        for cell in spec.cells
    ]
    graph = build_graph(found)
    cells = [
        PlanCell(flow=flow, role=cell.role, step=cell.step, seen=seen)
        for flow, cell in zip(graph.flows, spec.cells, strict=True)
    ]
    return lanes_of(cells, graph.edges, spec, unstorable=unstorable), cells


def _shown(lanes: Lanes, cells: list[PlanCell]) -> tuple[str, ...]:
    """``a+b`` for each lane, with the numbers of the lanes before it: ``c<01``."""
    return tuple(
        "+".join(dict.fromkeys(cells[at].title for at in lane.cells))
        + ("<" + "".join(map(str, sorted(lane.after))) if lane.after else "")
        for lane in lanes.lanes
    )


START = "import os, random, numpy as np, pandas as pd\nfrom pathlib import Path"
LOAD = step("load", "df = pd.read_csv('in.csv')")


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells below `START` and `LOAD`, the lanes, and a word of the first reason."""

    name: str
    cells: tuple[str, ...]
    lanes: tuple[str, ...]
    because: str = ""
    unstorable: dict[str, str] = field(default_factory=dict)


CASES = (
    Case(
        name="two branches and what joins them",
        cells=(step("a", "x = df['a'].sum()"), step("b", "y = df['b'].sum()"), step("c", "x + y")),
        lanes=("load", "a<0", "b<0", "c<12"),
    ),
    Case(
        name="a chain is one lane",
        cells=(step("a", "x = df['a'].sum()"), step("b", "y = x + 1"), step("c", "z = y + 1")),
        lanes=("load+a+b+c",),
    ),
    Case(
        name="an index that is named, which tables beside may have",
        cells=(
            step("a", "x = abs(df)"),
            step("b", "y = abs(df)"),
            step("c", "y.index.name = 'n'"),
            step("d", "z = [1, 2]"),
            step("e", "len(z), y"),
        ),
        lanes=("load+a+b+c", "d", "e<01"),
        because="c names an index",
    ),
    Case(
        name="a name that one may delete and another looks for",
        cells=(
            "e = 'keep'",
            step("a", "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    x = str(e)"),
            step("b", "y = df['b'].sum()"),
            step("c", "there = 'e' in globals()"),
        ),
        lanes=("load+cell 3+a+b+c",),
        because="may delete",
    ),
    Case(
        name="a name that one may delete and nobody else has",
        cells=(
            step("a", "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    x = str(e)"),
            step("b", "y = df['b'].sum()"),
        ),
        lanes=("load+b", "a"),
    ),
    Case(
        name="an output that another step replaces",
        cells=(
            "from IPython.display import display, update_display",
            step("a", "display(1, display_id='p')"),
            step("b", "y = df['b'].sum()"),
            step("c", "update_display(2, display_id='p')"),
        ),
        lanes=("load+b", "a+c"),
        because="may replace",
    ),
    Case(
        name="each branch goes on in its own kernel",
        cells=(
            step("a", "x = df['a'].sum()"),
            step("b", "y = df['b'].sum()"),
            step("a2", "x2 = x + 1"),
            step("b2", "y2 = y + 1"),
        ),
        lanes=("load", "a+a2<0", "b+b2<0"),
    ),
    Case(
        name="draws behind a seed keep their order",
        cells=(
            "np.random.seed(1)",
            step("a", "x = np.random.rand(3)"),
            step("b", "y = np.random.rand(3)"),
            step("c", "z = df.sum()"),
        ),
        lanes=("load+c", "a+b"),
        because="draw from one random generator",
    ),
    Case(
        name="draws of nobody's seed may come in any order",
        cells=(step("a", "x = np.random.rand(3)"), step("b", "y = np.random.rand(3)")),
        lanes=("load", "a", "b"),
    ),
    Case(
        name="an alias that one changes and the other reads",
        cells=(
            step("a", "x = df"),
            step("b", "x['n'] = 1"),
            step("c", "y = df.sum()"),
            step("d", "z = 5"),
        ),
        lanes=("load+a+b+c", "d"),
        because="may be the same data",
    ),
    Case(
        name="a setting of a step is there for all below",
        cells=(step("a", "os.environ['N'] = '1'"), step("b", "y = df.sum()"), step("c", "z = 1")),
        lanes=("load+a+b+c",),
        because="a change of a module",
    ),
    Case(
        name="a setting of an unnamed cell is made in every kernel",
        cells=(
            "os.environ['N'] = '1'\npd.set_option('display.width', 100)",
            step("a", "x = df.sum()"),
            step("b", "y = df.mean()"),
        ),
        lanes=("load", "a<0", "b<0"),
    ),
    Case(
        name="what is called is not known",
        cells=(
            "import unheard_of",
            step("a", "x = unheard_of.fit(1)"),
            step("b", "y = 2"),
            step("c", "z = 3"),
        ),
        lanes=("load+a+b+c",),
        because="unheard_of.fit",
    ),
    Case(
        name="a file that one writes and the other reads",
        cells=(
            step("a", "df.to_csv('out.csv')"),
            step("b", "y = pd.read_csv('out.csv')"),
            step("c", "z = df.mean()"),
        ),
        lanes=("load", "a+b<0", "c<0"),
    ),
    Case(
        name="a file is not written before it was read",
        cells=(
            step("a", "x = pd.read_csv('other.csv')"),
            step("b", "Path('other.csv').write_text('1')"),
            step("c", "z = df.mean()"),
        ),
        lanes=("load+c", "a+b"),
    ),
    Case(
        name="two may write the same file",
        cells=(
            step("a", "Path(f'{1}.txt').write_text('a')"),
            step("b", "Path(f'{2}.txt').write_text('b')"),
            step("c", "z = 1"),
        ),
        lanes=("load+a+b", "c"),
    ),
    Case(
        name="a class of the notebook belongs to its kernel",
        cells=(
            "class Model:\n    pass",
            step("a", "m = Model()"),
            step("b", "n = m"),
            step("c", "z = 1"),
        ),
        lanes=("load", "a+b", "c"),
        because="Model of the notebook made it",
    ),
    Case(
        name="a function that keeps something from call to call",
        cells=(
            "def f(held=[]):\n    held.append(1)\n    return len(held)",
            step("a", "x = f()"),
            step("b", "y = f()"),
            step("a2", "x2 = x"),
            step("b2", "y2 = y"),
        ),
        lanes=("load", "a+b", "a2<1", "b2<1"),
        because="code with a state",
    ),
    Case(
        name="a function that remembers what it gave",
        cells=(
            "import functools\n@functools.lru_cache\ndef f(k):\n    return [k]",
            step("a", "x = f(1)"),
            step("b", "y = f(1)"),
        ),
        lanes=("load", "cell 3+a+b"),
        because="code of the notebook",
    ),
    Case(
        name="an import of a known package beside other things",
        cells=(
            "import matplotlib.pyplot as plt\nother = pd.read_csv('other.csv')",
            step("a", "x = other.sum()"),
            step("b", "y = other.mean()"),
        ),
        lanes=("load", "cell 3", "a<1", "b<1"),
    ),
    Case(
        name="runs have shown that a value cannot be stored",
        cells=(step("a", "x = df.sum()"), step("b", "y = df.mean()")),
        lanes=("load+a+b",),
        because="too large",
        unstorable={"df": "too large"},
    ),
    Case(
        name="code that cannot be read joins what is below it",
        cells=(step("a", "exec('q = 1')"), step("b", "y = 1"), step("c", "z = 2")),
        lanes=("load+a+b+c",),
        because="exec()",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cells_run_beside_each_other_where_nothing_joins_them(case: Case) -> None:
    """The lanes, and the reason that a person is told."""
    lanes, cells = _divided(
        START, LOAD, *case.cells, unstorable=lambda _, name: case.unstorable.get(name)
    )
    assert _shown(lanes, cells) == case.lanes
    reasons = joined(lanes.ties, cells).values()
    assert any(case.because in reason for reason in reasons) or not case.because


def test_what_makes_a_kernel_ready_is_run_in_each() -> None:
    """Imports, functions and constants above; values that go over are named."""
    lanes, cells = _divided(
        START,
        "n = 3\ndef f(x):\n    return x * n",
        LOAD,
        step("a", "x = df.mean() * n"),
        step("b", "f(df.sum())"),
    )
    assert [cells[at].flow.cell.index for at in sorted(lanes.setup)] == [0, 1]
    assert all(lane.before == (0, 1) for lane in lanes.lanes)
    assert lanes.handed_over == {"df"}


@given(
    count=st.integers(1, 9),
    pairs=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20),
    ties=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=4),
)
def test_every_order_is_kept_whatever_is_joined(
    count: int, pairs: list[tuple[int, int]], ties: list[tuple[int, int]]
) -> None:
    """Each cell is in one block, and no block comes before one that it waits for."""
    blocks = Blocks(range(count))
    wanted = [(min(pair), max(pair)) for pair in pairs if max(pair) < count and pair[0] != pair[1]]
    for one, other in ties:
        if max(one, other) < count:
            blocks.tie(Tie(one, other, "said"))
    for source, target in wanted:
        blocks.order(source, target)
    blocks.settle(named=range(count))
    found = blocks.in_order()
    assert sorted(at for cells, _ in found for at in cells) == list(range(count))
    number = {at: place for place, (cells, _) in enumerate(found) for at in cells}
    assert all(after < place for place, (_, before) in enumerate(found) for after in before)
    for source, target in wanted:
        above, waiting = set[int](), [number[target]]
        while waiting:
            above.add(waiting[-1])
            waiting += found[waiting.pop()][1]
        assert number[source] in above
    assert all(number[one] == number[other] for one, other in ties if max(one, other) < count)


def test_a_method_of_an_object_in_a_library_only_reads_once_a_run_has_shown_that():
    """The code alone does not tell it from a function that sets something."""
    cells = (
        "from shop import orders",
        step("a", "x = orders.dropna().head()"),
        step("b", "y = x.sum()"),
        step("c", "z = x.mean()"),
    )
    lanes, found = _divided(*cells)
    assert _shown(lanes, found) == ("a+b+c",)
    lanes, found = _divided(*cells, seen=True)
    assert _shown(lanes, found) == ("a", "b<0", "c<0")
