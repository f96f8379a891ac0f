"""A pipeline run against papermill and nbclient on the same notebook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cells import NOTEBOOK
from benchmarks.documents import code_cell, notebook
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.processes import timed
from benchmarks.projects import project
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
    yield _many_cells(1, effort.times(3, 1))
    if not effort.quick:
        yield _many_cells(400, effort.times(3, 1))
        yield _large_outputs(60, effort.times(3, 1))


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
        key="runs/demo",
    )


def _many_cells(count: int, repetitions: int) -> Comparison:
    with project() as folder:
        (folder / "in.ipynb").write_bytes(_notebook(count))
        figures = _in_turns(_EXECUTORS, folder, repetitions)
    cells = "cell" if count == 1 else "cells"
    title = f"A notebook of {count} trivial {cells}"
    return Comparison(title=title, figures=figures, key=f"runs/{count}")


def _large_outputs(count: int, repetitions: int) -> Comparison:
    cells = [code_cell(f"cell-{number}", "print('x' * 1_000_000)") for number in range(count)]
    with project() as folder:
        (folder / "in.ipynb").write_bytes(notebook(cells))
        figures = _in_turns(_EXECUTORS, folder, repetitions)
    title = f"A notebook of {count} cells that print 1 MB each"
    return Comparison(title=title, figures=figures, key="runs/outputs")


def _in_turns(commands: dict[str, list[str]], folder: Path, repetitions: int) -> tuple[Figure, ...]:
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for repetition in range(repetitions):
        for name, arguments in commands.items():
            if repetition and name == "papermill":
                continue  # it takes long
            taken[name].append(timed(arguments, folder=folder))
    return tuple(
        Figure(name=name, wall=tuple(w for w, _ in found), cpu=tuple(c for _, c in found))
        for name, found in taken.items()
    )


def _notebook(count: int) -> bytes:
    return notebook([code_cell(f"cell-{number}", f"x = {number}") for number in range(count)])


def _without_recording(content: bytes) -> bytes:
    """The same notebook for a kernel that does not know nbmlops."""
    document = json.loads(content)
    for cell in document["cells"]:
        lines = "".join(cell["source"]).splitlines()
        cell["source"] = "\n".join(line for line in lines if not line.startswith("%mlops"))
    return json.dumps(document).encode()
