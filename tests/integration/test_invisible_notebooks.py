"""Whole notebooks give the same with tracking on, values kept, as in a plain kernel.

Beside ours and the tutorial, those of any folder: ``pytest tests/integration/
test_invisible_notebooks.py --notebooks DIR`` copies it and runs each notebook in it both ways.
Cells that differ between two plain runs as well are left out of the comparison.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
OURS = (
    *sorted((HERE / "notebooks").glob("*.txt")),
    HERE.parents[1] / "notebooks" / "flights.ipynb",
)
ONE_THREAD = "__import__('os').environ.update(OMP_NUM_THREADS='1')"
"""Two kernels side by side that each take all processors wait for one another."""

INTERRUPTED = "# interrupt\n"
_OWN_LINE = re.compile(r"^(%mlops\b|%load_ext nbmlops\b|nbmlops\.metric\().*$", re.MULTILINE)
"""What says nothing, or something else, in a plain kernel."""
_CHANGING = (
    (re.compile(r"0x[0-9a-f]+"), "0x"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "id"),
    (re.compile(r"ipykernel_\d+"), "ipykernel"),
    (re.compile(r"(CPU times|Wall time): .*"), r"\1"),
    (re.compile(r"[\d.]+ \S?s ± [\d.]+ \S?s per loop"), "time per loop"),
    (re.compile(r"The slowest run took .*\n.*\n"), ""),
    (re.compile(r"/\S*/project\b"), "project"),
    (re.compile(r"/tmp/\S+/"), "/tmp/"),  # noqa: S108 (a pattern, not a file)
    (re.compile(r"(sk-[a-z-]+-id|T_|p)[\w-]*\d[\w-]*"), r"\1"),  # made up for each page
    (re.compile(r"<dc:date>.*?</dc:date>"), ""),
    (re.compile(r"\d+\.py"), "N.py"),
    # Python says so when it collects what was left, at whichever cell that is
    (re.compile(r".*coroutine '\w+' was never awaited\n(  .*\n)?(.*Enable tracemalloc.*\n)?"), ""),
)
_OTHERS_PATIENCE = 900


@dataclass(frozen=True)
class Pair:
    """A notebook's cells, and what each gave in both kernels."""

    cells: tuple[str, ...]
    plain: list[Any]
    recorded: list[Any]
    recorder: Any


def cells_of(path: Path) -> tuple[str, ...]:
    """The code of a notebook, or of a text with cells between lines ``# %%``."""
    if path.suffix == ".txt":
        return tuple(path.read_text().rstrip("\n").split("\n# %%\n"))
    notebook = nbformat.read(path, as_version=4)
    return tuple(cell.source for cell in notebook.cells if cell.cell_type == "code")


def without_changing(found: Any) -> Any:
    """The same without addresses, identifiers, process numbers and times."""
    if isinstance(found, dict):
        return {key: without_changing(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [without_changing(value) for value in found]
    if isinstance(found, str):
        for pattern, replacement in _CHANGING:
            found = pattern.sub(replacement, found)
    return found


def run_both(plain: Any, recording: Any, cells: Sequence[str]) -> tuple[list[Any], list[Any]]:
    """Run the cells in two kernels side by side; the second keeps all that it can."""
    kernels = (plain, recording)
    for kernel, first in zip(kernels, ("pass", "%load_ext nbmlops"), strict=True):
        kernel.run(ONE_THREAD, silent=True)
        kernel.run(first)
    plain.run("pass")
    recording.run("%mlops track --values")
    found: tuple[list[Any], list[Any]] = ([], [])
    for cell in cells:
        source = _OWN_LINE.sub("", cell)
        sent = [kernel.send(source, allow_stdin=False) for kernel in kernels]
        if source.startswith(INTERRUPTED):
            for kernel in kernels:
                kernel.wait_for_stream("running")
            time.sleep(0.5)  # what was printed is on its way no more
            for kernel in kernels:
                kernel.interrupt()
        for gave, kernel, message in zip(found, kernels, sent, strict=True):
            gave.append(without_changing(asdict(kernel.collect(message))))
    return found


@pytest.fixture(scope="module", params=OURS, ids=lambda path: path.stem)
def pair(request: pytest.FixtureRequest, start_kernel: Callable[..., Any]) -> Pair:
    """One of our notebooks, run both ways."""
    cells = cells_of(request.param)
    plain, recording = start_kernel(), start_kernel()
    found = run_both(plain, recording, cells)
    plain.stop()
    return Pair(cells, *found, recording)


def test_every_cell_of_a_notebook_gives_the_same(pair: Pair) -> None:
    differences = [
        (cell, {part: (before[part], now[part]) for part in before if before[part] != now[part]})
        for cell, before, now in zip(pair.cells, pair.plain, pair.recorded, strict=True)
        if before != now
    ]
    assert differences == []


def test_every_cell_of_a_notebook_is_recorded(pair: Pair) -> None:
    recorded = [done.record.source for done in pair.recorder.executions()]
    told = [_OWN_LINE.sub("", cell) for cell in pair.cells]
    assert recorded == [source for source in told if source.strip()]


def test_a_notebook_of_others_gives_the_same(
    others: Path, tmp_path: Path, start_kernel: Callable[..., Any]
) -> None:
    """Each notebook of the folder that ``--notebooks`` names."""
    cells = cells_of(others)

    def kernel(name: str) -> Any:
        copied = tmp_path / name / "project"
        shutil.copytree(others.parent, copied)
        (copied / ".nbmlops").mkdir(exist_ok=True)  # a cell that lists its folder sees it in both
        started = start_kernel(copied / others.name)
        started.patience = _OTHERS_PATIENCE
        return started

    plain, recorded = run_both(kernel("plain"), kernel("recorded"), cells)
    differing = [place for place in range(len(cells)) if plain[place] != recorded[place]]
    if differing:
        again, _ = run_both(kernel("again"), kernel("unused"), cells)
        differing = [place for place in differing if plain[place] == again[place]]
    assert [(cells[place], plain[place], recorded[place]) for place in differing] == []
