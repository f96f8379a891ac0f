"""A pipeline run against papermill and nbclient on the same notebook."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks.cells import NOTEBOOK
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.processes import timed
from benchmarks.projects import environment, project
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.workspace import Workspace

_NBCLIENT = (
    "import nbformat, nbclient; nb = nbformat.read('in.ipynb', 4);"
    "nbclient.NotebookClient(nb, kernel_name='python3').execute(); nbformat.write(nb, 'out.ipynb')"
)
_EXECUTORS = {
    "nbclient": ["-c", _NBCLIENT],
    "papermill": ["-m", "papermill", "in.ipynb", "out.ipynb", "--no-progress-bar"],
    "papermill --engine nbmlops": [
        "-m", "papermill", "in.ipynb", "out.ipynb", "--no-progress-bar", "--engine", "nbmlops",
    ],
}  # fmt: skip


def measure(effort: Effort) -> Iterator[Comparison]:
    """The demo pipeline, then notebooks of many trivial cells."""
    if NOTEBOOK.exists():
        yield _pipeline(effort.times(2, 1))
    yield _many_cells(1, effort.times(2, 1))
    yield _many_cells(100, effort.times(2, 1))
    if not effort.quick:
        yield _many_cells(400, effort.times(2, 1))
        yield _large_outputs(60, effort.times(2, 1))
    yield _unchanged(9, effort.times(5, 1))


def _pipeline(repetitions: int) -> Comparison:
    """The pipeline of the demo notebook: as plain papermill would run it, and as we do."""
    with project() as folder:
        source = folder / "flights.ipynb"
        source.write_bytes(NOTEBOOK.read_bytes())
        version = Workspace(folder).pipelines.build(source).version
        workspace = Workspace(folder)
        (folder / "in.ipynb").write_bytes(
            _without_recording(workspace.objects.get(version.notebook_object))
        )
        commands = {
            "papermill": [*_EXECUTORS["papermill"], "-p", "month", "3"],
            "nbmlops run": [
                "-m", "nbmlops", "run", version.spec.name, "-p", "month=3",
            ],
        }  # fmt: skip
        figures = _in_turns(commands, folder, repetitions)
        workspace.close()
    return Comparison(
        title="A run of the demo pipeline",
        figures=figures,
        note="nbmlops run also records each cell, keeps values and figures, and renders a page",
    )


def _many_cells(count: int, repetitions: int) -> Comparison:
    with project() as folder:
        (folder / "in.ipynb").write_bytes(_notebook(count))
        figures = _in_turns(_EXECUTORS, folder, repetitions)
    cells = "cell" if count == 1 else "cells"
    return Comparison(title=f"A notebook of {count} trivial {cells}", figures=figures)


def _large_outputs(count: int, repetitions: int) -> Comparison:
    cells = [_cell(f"cell-{number}", "print('x' * 1_000_000)") for number in range(count)]
    with project() as folder:
        (folder / "in.ipynb").write_text(json.dumps(_frame(cells)), encoding="utf-8")
        figures = _in_turns(_EXECUTORS, folder, repetitions)
    return Comparison(title=f"A notebook of {count} cells that print 1 MB each", figures=figures)


def _unchanged(count: int, repetitions: int) -> Comparison:
    """A pipeline in which nothing has changed: no kernel starts."""
    with project() as folder, _as_in(folder):
        source = folder / "chain.ipynb"
        source.write_bytes(_chain(count))
        workspace = Workspace(folder)
        version = workspace.pipelines.build(source).version
        workspace.runs.run(version, {})
        ours = [_again(workspace, version) for _ in range(repetitions + 1)][1:]
        commands = {"nbmlops run, its process included": ["-m", "nbmlops", "run", "chain"]}
        if find_spec("dvc") is not None:
            _dvc_chain(folder, count)
            commands["dvc repro, its process included"] = ["-m", "dvc", "repro", "-q"]
        figures = _in_turns(commands, folder, repetitions)
        workspace.close()
    dvc = () if find_spec("dvc") else (Figure(name="dvc repro", skipped="dvc is not installed"),)
    return Comparison(
        title=f"An unchanged pipeline of {count} steps, run again",
        figures=(Figure(name="nbmlops, within a process", wall=tuple(ours)), *figures, *dvc),
    )


@contextmanager
def _as_in(folder: Path) -> Iterator[None]:
    """Give this process the variables that those that it starts get."""
    before = dict(os.environ)
    os.environ.update(environment(folder))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _again(workspace: Workspace, version: PipelineVersion) -> float:
    began = time.perf_counter()
    run = workspace.runs.run(version, {})
    took = time.perf_counter() - began
    if workspace.runs.folder(run).source.exists():
        raise RuntimeError("a kernel was started")
    return took


def _chain(count: int) -> bytes:
    sources = ["%mlops track s0\nv0 = list(range(1000))"]
    sources += [f"%mlops track s{n}\nv{n} = [x + 1 for x in v{n - 1}]" for n in range(1, count)]
    return json.dumps(_frame([_cell(f"c{n}", text) for n, text in enumerate(sources)])).encode()


def _dvc_chain(folder: Path, count: int) -> None:
    """The same chain for DVC, run once: a file from each stage to the next."""
    (folder / "0.txt").write_text("0", encoding="utf-8")
    stages = "".join(
        f"  s{n}:\n    cmd: cp {n}.txt {n + 1}.txt\n    deps: [{n}.txt]\n    outs: [{n + 1}.txt]\n"
        for n in range(count)
    )
    (folder / "dvc.yaml").write_text(f"stages:\n{stages}", encoding="utf-8")
    for words in (["init", "-q"], ["repro", "-q"]):
        timed(["-m", "dvc", *words], folder=folder)


def _in_turns(commands: dict[str, list[str]], folder: Path, repetitions: int) -> tuple[Figure, ...]:
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(repetitions):
        for name, arguments in commands.items():
            taken[name].append(timed(arguments, folder=folder))
    return tuple(
        Figure(name=name, wall=tuple(w for w, _ in found), cpu=tuple(c for _, c in found))
        for name, found in taken.items()
    )


def _notebook(count: int) -> bytes:
    cells = [_cell(f"cell-{number}", f"x = {number}") for number in range(count)]
    return json.dumps(_frame(cells)).encode()


def _without_recording(content: bytes) -> bytes:
    """The same notebook for a kernel that does not know nbmlops."""
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        lines = "".join(cell["source"]).splitlines()
        cell["source"] = "\n".join(line for line in lines if not line.startswith("%mlops"))
    return json.dumps(notebook).encode()


def _cell(identity: str, source: str) -> dict[str, object]:
    return {
        "cell_type": "code", "id": identity, "metadata": {}, "source": source,
        "outputs": [], "execution_count": None,
    }  # fmt: skip


def _frame(cells: Sequence[dict[str, object]]) -> dict[str, object]:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": list(cells), "metadata": {"kernelspec": kernel}, "nbformat": 4,
            "nbformat_minor": 5}  # fmt: skip
