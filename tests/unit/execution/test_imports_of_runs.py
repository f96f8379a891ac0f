"""What a cell imports, and does not draw, is foreseen when it runs again, whatever else it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.plans import CellPlan
from nbmlops.errors import UnforeseenError
from tests.unit.steps import step

CLOCK = step("clock", "from datetime import date, datetime\nnow = datetime.now()")
BELOW = (
    step("dates", "dates = [datetime(2011, 1, 2), datetime(2011, 1, 5)]"),
    step("first", "first = dates[0]"),
    step("change", "dates.append(first)"),
    step("day", "day = date(2011, 1, 2)"),
)


def test_what_a_cell_that_reads_the_clock_imports_is_no_reason_to_run(project: Any) -> None:
    """Those run that read what it made of the time."""
    version = project.build([CLOCK, *BELOW, step("year", "year = now.year")])
    assert project.run(version) is not None
    states = project.states(version)
    assert [name for name, state in states.items() if state is not CellPlan.CACHED] == [
        "clock",
        "year",
    ]
    assert project.run(version) is not None
    assert project.ran == ["clock", "year"]


def test_what_an_edited_cell_imports_as_before_is_no_reason_to_run(project: Any) -> None:
    """The cells below read what it imports, and not what it makes."""
    project.run(project.build([CLOCK, *BELOW]))
    edited = step("clock", "from datetime import date, datetime\nnow = datetime(2012, 1, 1)")
    assert project.run(project.build([edited, *BELOW])) is not None
    assert project.ran == ["clock"]


DRAWS = (
    step("draw", "drawn = [random.random()]"),
    step("one", "one = drawn[0]"),
    step("more", "drawn.append(one)"),
)


def test_what_draws_below_a_cell_that_reads_the_clock_need_not_run(project: Any) -> None:
    """It has never drawn random numbers."""
    seed = step("seed", "import random\nrandom.seed(3)")
    version = project.build([seed, CLOCK, *DRAWS])
    assert project.run(version) is not None
    assert project.run(version) is not None
    assert project.ran == ["clock"]


def test_what_draws_after_all_leaves_no_recorded_draw_below_it(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run begins anew, as the numbers below are others."""
    folder: Path = project.workspace.project
    monkeypatch.chdir(folder)
    seed = step("seed", "import random\nfrom pathlib import Path\nrandom.seed(3)")
    perhaps = step("perhaps", "if Path('flag').exists():\n    random.random()")
    version = project.build([seed, perhaps, *DRAWS])
    assert project.run(version) is not None
    (folder / "flag").touch()
    with pytest.raises(UnforeseenError, match="perhaps drew random numbers"):
        project.run(version)


@dataclass(frozen=True, kw_only=True)
class Case:
    """The imports of a cell, before and after an edit, of which those below read ``date``."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return self.name


CASES = (
    Case(
        name="another thing", before="from os import getcwd as it", after="from os import sep as it"
    ),
    Case(name="another module", before="import posixpath as it", after="import ntpath as it"),
    Case(
        name="only perhaps",
        before="import posixpath as it",
        after="import posixpath as it\nif n:\n    import ntpath as it",
    ),
    Case(
        name="bound by something else as well",
        before="import posixpath as it",
        after="import posixpath as it\nfor it in [n]: pass",
    ),
    Case(
        name="a module of the project that changed",
        before="from own import function as it",
        after="from own import function as it\nm = 1",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_imported_otherwise_counts(
    project: Any, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cells below run, as they see another thing."""
    folder: Path = project.workspace.project
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    own = folder / "own.py"
    own.write_text("def function():\n    return 1\n")
    below = step("below", "seen = str(it)")
    project.run(project.build([step("n", "n = 1"), step("one", case.before), below]))
    own.write_text("def function():\n    return 2\n")
    edited = project.build([step("n", "n = 1"), step("one", case.after), below])
    assert project.states(edited)["below"] is not CellPlan.CACHED
