"""The tests of a notebook: what each needs, and that they change no pipeline."""

from __future__ import annotations

import pytest

from nbmlops.errors import BuildRefusedError
from nbmlops.notebook.document import Document, from_sources
from nbmlops.pipelines.cell_tests import NotebookTest, find_tests, matching
from nbmlops.pipelines.convert import build, left_out

CELLS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("import math", ()),
    ("def area(r):\n    return math.pi * r * r", ()),
    ("%mlops track load\nrows = [1, 2, 3]", ()),
    ("%%mlops test sums\nx = sum(rows)\nrows.append(9)\nassert x == 6", ()),
    ("rows.append(4)", ()),
    ("print(rows)", ()),
    ("%%mlops test count\nassert len(rows) == 4", ()),
    ("%mlops track measure\nx = 7\ny = area(x)", ()),
    ("assert y > x", ("test",)),
)


def notebook(**replaced: str) -> Document:
    """The notebook, with some cells as they are given: ``c2="…"``."""
    return from_sources(
        [(replaced.get(f"c{at}", source), tags) for at, (source, tags) in enumerate(CELLS)]
    )


def found(**replaced: str) -> dict[str, NotebookTest]:
    """The tests by name."""
    return {test.name: test for test in find_tests(notebook(**replaced)).tests}


def needs(name: str) -> list[int]:
    """The positions of the cells that a test needs."""
    document = notebook()
    return [cell.index for cell in document.cells if cell.id in found()[name].needs]


@pytest.mark.parametrize(
    ("name", "positions"), [("sums", [2]), ("count", [2, 4]), ("cell-9", [0, 1, 7])]
)
def test_a_test_needs_what_the_code_says_and_nothing_of_other_tests(
    name: str, positions: list[int]
) -> None:
    assert needs(name) == positions


def test_a_test_tests_the_steps_that_it_needs() -> None:
    versions = {step.name: step.digest for step in built().steps}
    assert found()["count"].steps == {"load": (versions["load"],)}
    assert found()["cell-9"].steps == {"measure": (versions["measure"],)}


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"c2": "%mlops track load\nrows = [1, 2, 4]"}, {"sums", "count"}),
        ({"c4": "rows.append(5)"}, {"count"}),
        ({"c1": "def area(r):\n    return 3 * r * r"}, {"cell-9"}),
        ({"c3": "%%mlops test sums\nassert sum(rows) == 6"}, {"sums"}),
        ({"c5": "print('rows')"}, set()),
        ({"c4": "rows.append(4)  # the last"}, set()),
    ],
    ids=["a step", "an unnamed cell", "a function", "the test", "a cell beside", "a comment"],
)
def test_only_what_is_affected_by_a_change_is_another_test(
    change: dict[str, str], changed: set[str]
) -> None:
    before, after = found(), found(**change)
    assert {name for name in before if before[name].digest != after[name].digest} == changed


def built(*, cells: tuple[tuple[str, tuple[str, ...]], ...] = CELLS):
    return build(from_sources(cells), name="flights", notebook="flights.ipynb")


def test_a_test_is_no_part_of_a_pipeline_whatever_it_does() -> None:
    without = tuple(cell for at, cell in enumerate(CELLS) if at not in {3, 6, 8})
    spec = built()
    assert spec.digest == built(cells=without).digest
    assert [cell.index for cell in spec.cells] == [0, 1, 2, 7]
    assert left_out(notebook(), spec) == (5, 6)


def test_tests_are_not_steps_of_a_notebook_that_nobody_named() -> None:
    spec = build(notebook(), name="flights", notebook="flights.ipynb", steps_from="all")
    assert not {3, 6, 8} & {cell.index for cell in spec.cells}


def test_a_step_that_needs_a_test_is_refused() -> None:
    cells = (("%%mlops test\nlimit = 3", ()), ("%mlops track load\nrows = [limit]", ()))
    with pytest.raises(BuildRefusedError, match="only the test in cell 1 has"):
        built(cells=cells)


def test_a_skipped_cell_is_no_test_and_names_that_are_shared_are_told_apart() -> None:
    document = from_sources(
        [
            ("%%mlops test same\nassert 1", ()),
            ("%%mlops test same\nassert 2", ()),
            ("%%mlops test gone\nassert 3", ("skip",)),
        ]
    )
    tests = find_tests(document)
    assert [test.name for test in tests.tests] == ["same (cell 1)", "same (cell 2)"]
    assert matching(tests, "CELL 2") == ("same (cell 2)",)
    assert matching(tests, None) == ("same (cell 1)", "same (cell 2)")


def test_a_test_has_the_seeds_and_settings_that_stand_above_it() -> None:
    document = from_sources(
        [
            ("import random\nrandom.seed(1)", ()),
            ("import os\nos.environ['MODE'] = 'x'", ()),
            ("%%mlops test draw\nassert random.random() < 1", ()),
            ("random.seed(2)", ()),
        ]
    )
    (test,) = find_tests(document).tests
    assert test.needs == tuple(cell.id for cell in document.cells[:2])
