"""Taking back what a cell did, beside others that keep a notebook's variables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import python_of
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.kernels import Kernel, kernel
from benchmarks.peers import SHARED, write_notebook
from benchmarks.projects import project

_MEBIBYTE = 2**20
_PATIENCE = 20
"""Seconds after which nothing is repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How something goes back to where it was before a cell.

    Attributes:
        name: as the table shows it.
        begin: the cell that turns it on.
        keep: the cell that keeps the state to come back to, where it is not kept by itself.
        back: the cell that brings it back. One with ``{use!r}`` in it uses what came back as well,
            and writes what both took into a file: what is done after the cell does not count.
        packages: what its own environment has; empty for what is installed here.
        variables: of the kernel's environment.
    """

    name: str
    back: str
    begin: str = "pass"
    keep: str = "pass"
    packages: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


_TRACK = "%load_ext nbmlops\n%mlops track --values"
# Kishu keeps all that it put back once more when the cell ends; names of the cell may be gone then.
_KISHU_BACK = """
import time
(lambda commit, space, now, began: (
    _kishu.checkout(commit, skip_notebook=True),
    exec({use!r}, space),
    open("took", "w").write(str(now() - began)),
))(open("commit").read(), get_ipython().user_ns, time.perf_counter, time.perf_counter())
"""
WAYS = (
    Way(name="nbmlops undo", begin=_TRACK, back="%mlops undo"),
    Way(
        name="nbmlops checkout",
        begin=_TRACK,
        keep="_before = len(In) - 2",
        back="%mlops checkout @{_before}",
    ),
    Way(
        name="Kishu checkout",
        begin="from kishu import init_kishu\ninit_kishu('bench.ipynb')",
        keep="with open('commit', 'w') as _: _.write(_kishu._kishu_graph.head())",
        back=_KISHU_BACK,
        packages=("kishu",),
        variables=(("ENV_KISHU_TEST_MODE", "1"),),  # else it waits for a front end to save
    ),
    Way(
        name="dill.load_session",
        begin="import dill",
        keep="dill.dump_session('session.pkl')",
        back="dill.load_session('session.pkl')",
        packages=("dill",),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A notebook, a cell that changes something, and one that uses what it was before."""

    key: str
    title: str
    setup: tuple[str, ...]
    change: str
    use: str
    repetitions: int
    note: str = ""


def _large(effort: Effort) -> Situation:
    mebibytes = effort.times(96, 2)
    rows = mebibytes * _MEBIBYTE // 8
    frame = f"{{f'c{{i}}': np.random.default_rng(i).random({rows}) for i in range(8)}}"
    return Situation(
        key="undoing/column",
        title=f"A column of {mebibytes} MiB is dropped, and taken back",
        setup=("import numpy as np, pandas as pd", f"df = pd.DataFrame({frame})"),
        change="del df['c3']",
        use="assert df['c3'].iloc[-1] < 1",
        repetitions=effort.times(3, 1),
        note="of a frame of 8 such columns",
    )


def _small(effort: Effort) -> Situation:
    names = [f"v{number} = [{number}] * 100" for number in range(28)]
    return Situation(
        key="undoing/small",
        title="A cell of a small notebook with 30 variables, taken back",
        setup=("import pandas as pd\nn = 0", *names, "df = pd.DataFrame({'x': range(1000)})"),
        change="n += 1; df['y'] = n",
        use="assert n == 0 and 'y' not in df",
        repetitions=effort.times(10, 2),
    )


_NOTE = (
    "to the end of a cell that uses what came back; ours with the record of both cells, Kishu "
    "without what it does after its cell, which is to keep all of it once more"
)


def measure(effort: Effort) -> Iterator[Comparison]:
    """A large frame, then many small things."""
    for situation in (_large(effort), _small(effort)):
        yield _compare(situation)


def _compare(situation: Situation) -> Comparison:
    figures = []
    for way in WAYS:
        try:
            figures.append(Figure(name=way.name, wall=_taken(way, situation)))
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            figures.append(Figure(name=way.name, skipped=reason))
    note = "; ".join(filter(None, (situation.note, _NOTE)))
    return Comparison(title=situation.title, figures=tuple(figures), note=note, key=situation.key)


def _taken(way: Way, situation: Situation) -> tuple[float, ...]:
    """Seconds of going back and of a cell that uses what it was; what keeping took is not in it."""
    python = python_of(way.packages, shared=SHARED)
    with ExitStack() as stack:
        folder = stack.enter_context(project())
        write_notebook(folder / "bench.ipynb")
        (folder / ".nbmlops").mkdir()
        limit = "value_limit = 4096\n"
        (folder / ".nbmlops" / "config.toml").write_text(limit, encoding="utf-8")
        variables = {**dict(way.variables), "HOME": str(folder)} if way.packages else {}
        running = stack.enter_context(kernel(folder, python=python, variables=variables))
        for cell in (way.begin, *situation.setup):
            running.run(cell)
        taken: list[float] = []
        began = time.perf_counter()
        while len(taken) < situation.repetitions and time.perf_counter() - began < _PATIENCE:
            taken.append(_once(running, folder, way, situation))
        return tuple(taken)


def _once(running: Kernel, folder: Path, way: Way, situation: Situation) -> float:
    running.run(way.keep)
    running.run(situation.change)
    if "{use!r}" in way.back:
        running.run(way.back.format(use=situation.use))
        return float((folder / "took").read_text(encoding="ascii"))
    return running.run(way.back) + running.run(situation.use)
