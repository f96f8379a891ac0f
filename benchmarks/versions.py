"""``versions``, lineage and the panel on a store that has seen a lot."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import catalogs
from benchmarks.figures import Comparison, Effort, Figure, middle_and_tail
from benchmarks.processes import timed
from benchmarks.projects import project
from benchmarks.quantities import amount
from nbmlops.domain.lineage import Focus
from nbmlops.domain.references import StepReference
from nbmlops.server import queries
from nbmlops.server.projects import Projects
from nbmlops.workspace import Workspace

_LEVELS = 200
"""As many as a lineage shows."""


def measure(effort: Effort) -> Iterator[Comparison]:
    """Ask a store of a million executions, of other notebooks and steps each time."""
    executions = effort.times(1_000_000, 500)
    with project() as folder:
        written = catalogs.fill(folder, executions)
        chain = catalogs.add_chain(folder, _LEVELS)
        commands = [
            timed(
                ["-m", "nbmlops", "versions", "reports/notebook_1.ipynb:step_0", "--json"],
                folder=folder,
            )
            for _ in range(effort.times(5, 1))
        ]
        begun = [
            timed(["-m", "nbmlops", "--version"], folder=folder) for _ in range(effort.times(5, 1))
        ]
        asked = tuple(_asked(folder, executions, chain, effort.times(60, 2)))
    yield Comparison(
        title=f"versions and lineage, in a store of {executions:,} executions",
        figures=(
            _figure("nbmlops --version, a process that does nothing", begun),
            _figure("nbmlops versions STEP", commands),
            *asked,
            Figure(name="one execution added to the ledger", wall=written),
        ),
        key="versions",
        note=f"{catalogs.NOTEBOOKS} notebooks of {catalogs.STEPS} steps "
        f"with {catalogs.VERSIONS} versions each; p50 and p95, wall and then CPU, of "
        f"{'; '.join(map(_tails, asked))}",
    )


def _asked(
    folder: Path, executions: int, chain: Sequence[int], repetitions: int
) -> Iterator[Figure]:
    workspace, chosen = Workspace(folder), random.Random(1)  # noqa: S311  the same ones each time
    projects = Projects(folder)
    history, lineage = workspace.history, workspace.lineage

    def notebook() -> str:
        return f"reports/notebook_{chosen.randrange(min(catalogs.NOTEBOOKS, 10))}.ipynb"

    def step() -> StepReference:
        return StepReference(name="step_0", notebook=notebook(), version="latest")

    def variable() -> Focus:
        return lineage.variable("frame_0", notebook=notebook())

    def any_execution() -> Focus:
        return Focus(thing="x", executions=(chosen.randrange(1, executions),))

    questions: dict[str, Callable[[], object]] = {
        "the versions of a step": lambda: history.versions("step_0", notebook()),
        "the executions of a version": lambda: history.execution_rows(history.version(step())),
        "the panel of a notebook": lambda: queries.steps(projects, notebook()),
        "what a variable was made from": lambda: lineage.backward(variable()),
        "what used it": lambda: lineage.forward(variable()),
        "why": lambda: lineage.explain(variable()),
        "what any execution was made from": lambda: lineage.backward(any_execution()),
        "what used any execution": lambda: lineage.forward(any_execution()),
        f"what the last of {_LEVELS} cells was made from, one after the other": lambda: (
            lineage.backward(Focus(thing="x", executions=chain[-1:]))
        ),
        "what used the first of them": lambda: lineage.forward(
            Focus(thing="x", executions=chain[:1])
        ),
    }
    for name, ask in questions.items():
        ask()
        yield _figure(name, [_once(ask) for _ in range(repetitions)])
    workspace.close()


def _figure(name: str, taken: list[tuple[float, float]]) -> Figure:
    return Figure(
        name=name, wall=tuple(wall for wall, _ in taken), cpu=tuple(cpu for _, cpu in taken)
    )


def _tails(figure: Figure) -> str:
    wall, cpu = (
        "/".join(amount(seconds, "s") for seconds in middle_and_tail(of))
        for of in (figure.wall, figure.cpu)
    )
    return f"{figure.name}: {wall}, {cpu}"


def _once(call: Callable[[], object]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - began, time.process_time() - used
