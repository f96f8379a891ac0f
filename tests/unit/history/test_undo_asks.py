"""Undo never removes silently what no recorded cell made, nor passes over what it cannot undo."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was there before recording, a recorded cell, and what holds once it was undone."""

    name: str
    before: str
    cell: str
    holds: str
    asks: bool = True


FOUND = (
    Found(name="a change in place", before="a = [1]", cell="a.append(2)", holds="a == [1, 2]"),
    Found(name="a name bound anew", before="a = [1]", cell="a = 3", holds="a == 3"),
    Found(
        name="a deleted name",
        before="a = [1]",
        cell="b = 1\ndel a",
        holds="'a' not in globals() and 'b' not in globals()",
    ),
    Found(
        name="a module imported again",
        before="import math",
        cell="import math",
        holds="math.floor(1.5) == 1",
        asks=False,
    ),
)


@pytest.mark.parametrize("values", ["", " --values"])
@pytest.mark.parametrize("case", FOUND, ids=lambda case: case.name)
def test_undo_never_removes_what_no_recorded_cell_made(
    case: Found, values: str, new_notebook: NewNotebook
) -> None:
    """It asks, as what the name held is not kept; then the name stays as it is now."""
    notebook = new_notebook()
    notebook.run(case.before, f"%mlops track{values}", case.cell)
    if case.asks:
        assert "--yes" in notebook.said("%mlops undo")
    notebook.run("%mlops undo --yes" if case.asks else "%mlops undo")
    assert eval(case.holds, notebook.shell.user_ns)  # noqa: S307  the case is ours


def test_undo_asks_again_when_such_a_name_was_changed_again(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was made while recording was off stays, however often it is changed and undone."""
    notebook.run("b = 1", "%mlops track --off", "a = [1]", "%mlops track --values")
    notebook.run("a.append(2)", "%mlops undo --yes", "a.append(3)")
    assert "--yes" in notebook.said("%mlops undo")
    assert "stays as it is: a" in capsys.readouterr().out
    notebook.run("%mlops undo --yes")
    assert notebook["a"] == [1, 2, 3]
    assert notebook["b"] == 1


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("os.environ['NBMLOPS_TEST_UNDO'] = '1'", "settings of the process"),
        ("pathlib.Path('o.txt').write_text('x')", "o.txt"),
        ("calendar.note = [9]", "settings of the process"),
    ],
)
def test_undo_does_not_step_silently_over_what_it_cannot_undo(
    cell: str, told: str, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the cell and asks; what only looked is still passed over."""
    import calendar

    monkeypatch.setattr(calendar, "note", [], raising=False)
    monkeypatch.setenv("NBMLOPS_TEST_UNDO", "0")
    notebook.run("import os, calendar, pathlib", "a = [1]", "a.append(2)", cell, "sorted(a)")
    said = notebook.said("%mlops undo")
    assert f"@4 ({told})" in said
    assert "--yes" in said
    assert notebook["a"] == [1, 2]
    notebook.run("%mlops undo --yes", "len(a), os.getcwd(), calendar.isleap(2000)")
    assert notebook["a"] == [1]
    notebook.run("%mlops undo")
    assert "a" not in notebook


@dataclass(frozen=True, kw_only=True)
class Left:
    """A function beside what cannot be kept, and what is said to be gone once it is undone."""

    name: str
    cell: str
    gone: str


LEFT = (
    Left(
        name="waits for something",
        cell="lines = (n for n in [1])\nasync def work():\n    return next(lines)\n"
        "waiting = work()",
        gone="lines, waiting hold",
    ),
    Left(
        name="holds what it was made with",
        cell="lines = (n for n in [1])\nasync def work(lines=lines):\n    return next(lines)\n"
        "waiting = work()",
        gone="lines, waiting, work hold",
    ),
    Left(
        name="was made by another",
        cell="lines = (n for n in [1])\nasync def work():\n    return next(lines)\n"
        "work = functools.wraps(work)(work)\nwaiting = work()",
        gone="lines, waiting hold",
    ),
)


@pytest.mark.parametrize("case", LEFT, ids=lambda case: case.name)
def test_a_function_is_not_gone_for_good_of_which_its_cell_says_all(
    case: Left, notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though what it uses when it is called is, and what runs it."""
    notebook.run("import asyncio, functools", case.cell)
    notebook.said("%mlops undo --dry-run")
    notebook["waiting"].close()
    assert f"gone for good: what {case.gone} now" in capsys.readouterr().out


@dataclass(frozen=True, kw_only=True)
class Unkept:
    """A cell that changes what an earlier one has made, and what is said of that beforehand."""

    name: str
    cell: str
    told: str


UNKEPT = (
    Unkept(
        name="repeats",
        cell="a = a + [len(a)]",
        told="not kept: what a holds now; only running @2 makes it again",
    ),
    Unkept(
        name="draws, with its random state kept",
        cell="a = a + [random.random()]",
        told="not kept: what a holds now; only running @2 makes it again",
    ),
    Unkept(
        name="repeats with another",
        cell="a, b = a + [len(a)], [a]",
        told="not kept: what a, b hold now; only running @2 makes them again",
    ),
    Unkept(
        name="draws what no seed repeats",
        cell="a = a + [uuid.uuid4().hex]",
        told="not kept, so gone for good: what a holds now",
    ),
    Unkept(
        name="asks for the time",
        cell="a = a + [time.time()]",
        told="not kept, so gone for good: what a holds now",
    ),
)


@pytest.mark.parametrize("case", UNKEPT, ids=lambda case: case.name)
def test_only_what_no_cell_makes_again_is_gone_for_good(
    case: Unkept, new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where values are not kept, what a cell would make again alike is said to cost its run."""
    notebook = new_notebook()
    notebook.run("%mlops track", "import random, time, uuid\na = [1]", case.cell)
    assert "--yes" in notebook.said("%mlops undo")
    assert case.told in capsys.readouterr().out


def test_a_journey_to_the_start_from_the_start_is_told_in_words(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.run("%mlops checkout @0")
    told = capsys.readouterr().out
    assert "Everything is as it was in the state before the first recorded cell." in told


@pytest.mark.parametrize("line", ["!true", "%sx true", "listed = 1\nlisted"])
def test_a_shell_line_that_left_only_its_exit_code_is_passed_over(
    line: str, notebook: Notebook
) -> None:
    """IPython notes it by itself, so that each ``!ls`` binds a name; other names count."""
    notebook.run("a = 1", "a = 2", line, "%mlops undo")
    assert notebook["a"] == (2 if "listed" in line else 1)
    assert "listed" not in notebook
