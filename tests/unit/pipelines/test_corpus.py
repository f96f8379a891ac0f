"""Hard notebooks: whatever a step needs goes along, or the notebook is refused."""

from __future__ import annotations

import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nbmlops.errors import BuildRefusedError
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.convert import build


@dataclass(frozen=True)
class Case:
    """A notebook of ``corpus/``; ``leaves`` are positions of cells that do not go along."""

    cells: tuple[str, ...]
    leaves: tuple[int, ...]
    refused: str


def _cases(topic: str) -> dict[str, Case]:
    table = runpy.run_path(str(Path(__file__).parent / "corpus" / f"{topic}.py"))
    return {
        name: Case(cells, table["LEAVES"].get(name, ()), table["REFUSED"].get(name, ""))
        for name, cells in table["CASES"].items()
    }


CASES = _cases("names") | _cases("code") | _cases("state") | _cases("files")
LEAVING = [
    name
    for name, case in CASES.items()
    if case.leaves and not any(source.startswith("%") or "?" in source for source in case.cells)
]


def _goes_along(case: Case) -> set[int]:
    *above, goal = case.cells
    document = from_sources([*((source, ()) for source in above), (goal, ["step:goal"])])
    spec = build(document, name="p", notebook="n.ipynb")
    return {cell.index for cell in spec.cells}


@pytest.mark.parametrize("name", CASES)
def test_what_the_step_needs_goes_along(name: str):
    case = CASES[name]
    if case.refused:
        with pytest.raises(BuildRefusedError) as caught:
            _goes_along(case)
        assert case.refused in str(caught.value.problems)
    else:
        assert set(range(len(case.cells))) - _goes_along(case) == set(case.leaves)


@pytest.mark.parametrize("name", LEAVING)
def test_without_the_cells_that_are_left_the_step_makes_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    case = CASES[name]
    results = []
    for left in ((), case.leaves):
        folder = tmp_path / str(len(left))
        folder.mkdir()
        monkeypatch.chdir(folder)
        results.append(_end([c for at, c in enumerate(case.cells) if at not in left]))
    assert results[0] == results[1]


def _end(cells: list[str]) -> str:
    """What the cells leave under the name ``end``."""
    namespace: dict[str, Any] = {}
    for source in cells:
        exec(source, namespace)
    return repr(namespace["end"])
