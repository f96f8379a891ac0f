"""Code that no cell shows, as `exec` and ``%run`` define it, finds all names as they should be."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.domain.plans import CachePolicy
from nbmlops.errors import UnforeseenError
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


def test_a_module_that_a_step_writes_anew_is_imported_again(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build reads the module as an earlier run has left it; the step above writes another one."""
    folder = project.workspace.project
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    write = "with open('written_here.py', 'w') as f:\n    f.write('def made(): return [{}]')\ndel f"
    read = step("b", "import written_here\nx = written_here.made()")

    def run(number: int) -> list[str]:
        monkeypatch.delitem(sys.modules, "written_here", raising=False)
        importlib.invalidate_caches()
        project.run(project.build([step("a", write.format(number)), read]))
        return list(project.ran)

    assert run(1) == ["a", "b"]
    run(1)  # the first build had not seen the module
    assert run(1) == []
    assert run(20) == ["a", "b"]
    run(20)
    assert run(20) == []


def test_what_defines_another_function_than_before_makes_the_run_begin_anew(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan took a name for what the cells show, and the code that was run has rebound it."""
    monkeypatch.chdir(project.workspace.project)
    code = project.workspace.project / "code.txt"
    code.write_text("unused = 1")
    version = project.build(
        [
            step("f", "def f(v): return [v]"),
            step("a", "with open('code.txt') as file:\n    exec(file.read())\ndel file"),
            step("k", "k = [50]"),
            step("b", "x = f(1)"),
        ]
    )
    project.run(version)
    code.write_text("def f(v): return globals().get('k')")
    with pytest.raises(UnforeseenError, match="a defined what it had not before"):
        project.run(version)
