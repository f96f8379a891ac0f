"""Code that no cell shows, as `exec` and ``%run`` define it, finds all names as they should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.domain.plans import CachePolicy
from tests.unit.steps import step


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells, and what they are changed to: text → another one."""

    name: str
    cells: tuple[str, ...]
    edit: tuple[str, str]


CASES = (
    Case(
        name="it reads what a cell has bound anew, whose result is taken",
        cells=(
            step("a", "exec('k = 5\\ndef add(v): return v + k')"),
            step("b", "k = 50"),
            step("c", "total = [add(1)]"),
        ),
        edit=("add(1)", "add(2)"),
    ),
    Case(
        name="it reads what nothing has bound in this kernel, through another name",
        cells=(
            step("b", "k = [50]"),
            step("a", "exec('def add(v): return [v, globals().get(\"k\")]')"),
            step("n", "n = 3"),
            step("c", "call = {'f': add}"),
            step("d", "total = call['f'](n)"),
        ),
        edit=("call['f'](n)", "call['f'](n + 1)"),
    ),
    Case(
        name="it is the method of an object",
        cells=(
            step("b", "k = [50]"),
            step("a", "exec('class Known:\\n    def all(self): return sum(globals()[\"k\"])')"),
            step("c", "one = Known()"),
            step("d", "total = one.all()"),
        ),
        edit=("total = one.all()", "total = [one.all()]"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_finds_the_names_of_the_notebook_as_in_a_whole_run(
    case: Case, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was recorded of the cells above is brought back for it, or they run."""
    monkeypatch.chdir(project.workspace.project)
    version = project.build(case.cells)
    first = project.run(version)
    assert project.run(version) == first
    version = project.build([cell.replace(*case.edit) for cell in case.cells])
    taken = project.run(version)
    assert "b" not in project.ran, "its result holds"
    assert taken == project.run(version, CachePolicy(enabled=False))


def test_plain_values_that_it_binds_ask_for_nothing_more(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a cell reads that `exec` has bound to data alone cannot run anything."""
    monkeypatch.chdir(project.workspace.project)
    version = project.build(
        [step("k", "k = iter([50])"), step("a", "exec('n = 5')"), step("c", "m = n + 1")]
    )
    first = project.run(version)
    assert project.run(version) == first
    assert "k" not in project.ran
