"""Modules of the project hold objects of the notebook: what they change there is seen."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nbmlops.capture.code import candidates_of
from nbmlops.capture.holders import note_of
from nbmlops.capture.namespace import NamespaceWatch
from nbmlops.notebook.dataflow.effects import analyze

SOURCE = """
cfg = view = None
class Holder:
    items = []
    def put(self, value):
        cfg.append(value)
def push(value):
    cfg.append(value)
def kept(value, found=[]):
    found.append(value)
    return found
"""


@dataclass(frozen=True, slots=True)
class Case:
    """Cells of which the last one changes ``changed``, and nothing else."""

    cells: tuple[str, ...]
    changed: frozenset[str] = frozenset({"a"})


CASES = {
    "an attribute": Case(("a = [1]", "held.cfg = a", "held.cfg.append(3)")),
    "a function": Case(("a = [1]", "held.cfg = a", "held.push(3)")),
    "a part": Case(("a = [[1], 2]", "held.cfg = a[0]", "held.push(3)")),
    "a function by its own name": Case(
        ("from held import push", "a = [1]", "held.cfg = a", "push(3)")
    ),
    "a function among others": Case(
        ("fs = [held.push]", "a = [1]", "held.cfg = a", "[f(3) for f in fs]")
    ),
    "an instance": Case(("h = held.Holder()", "a = [1]", "held.cfg = a", "h.put(3)")),
    "an instance in a list": Case(
        ("h = [held.Holder()]", "a = [1]", "held.cfg = a", "h[0].put(3)")
    ),
    "an attribute of a class": Case(
        ("a = [1]", "held.Holder.items = a", "held.Holder.items.append(2)")
    ),
    "a view": Case(("import numpy as np", "a = np.zeros(3)", "held.view = a[:2]",
                    "held.view[:] = 7")),
    "an argument that is kept": Case(("a = held.kept(1)", "held.kept(2)")),
    "filled and changed in one cell": Case(("a = [1]", "held.cfg = a; held.push(2)")),
    "a module of a module": Case(("a = [1]", "held.cfg = a", "outer.held.push(2)")),
    "a function of the notebook": Case(
        ("def go():\n    held.push(1)", "a = [1]", "held.cfg = a", "go()")
    ),
    "nothing": Case(("a = [1]", "held.cfg = [2]", "held.push(3)"), frozenset()),
    "only looked at": Case(("a = [1]", "held.cfg = a", "n = len(held.cfg)"), frozenset({"n"})),
}  # fmt: skip


@pytest.fixture
def namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A notebook that has imported two modules of its folder."""
    (tmp_path / "held.py").write_text(SOURCE)
    (tmp_path / "outer.py").write_text("import held\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = {name: importlib.import_module(name) for name in ("held", "outer")}
    yield {"__name__": "__main__", **modules}
    for name in modules:
        del sys.modules[name]


def run(watch: NamespaceWatch, source: str, namespace: dict[str, Any]) -> set[str]:
    """Run a cell; the names that it changed."""
    watch.before(candidates_of(analyze(source), {}))
    exec(source, namespace)
    return set(watch.after(finished=True).outputs)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_cell_changes_through_a_module_is_its_output(
    case: Case, namespace: dict[str, Any]
) -> None:
    watch = NamespaceWatch(namespace, {})
    for source in case.cells[:-1]:
        run(watch, source, namespace)
    assert run(watch, case.cells[-1], namespace) == case.changed


def test_a_cell_that_may_use_what_a_module_holds_has_it_as_input(
    namespace: dict[str, Any],
) -> None:
    watch = NamespaceWatch(namespace, {})
    for source in ("a = [1]; b = [2]", "held.cfg = a"):
        run(watch, source, namespace)
    watch.before(candidates_of(analyze("held.push(3)"), {}))
    assert watch.read == {"a"}
    assert watch.held_by_modules == {"a": "held"}
    watch.before(candidates_of(analyze("c = a"), {}))
    assert watch.held_by_modules == {}


def test_what_importing_again_brings_is_not_told_of() -> None:
    assert note_of({"a": "held", "b": "held"}, {"b"}) == (
        "a, parts of which the module held holds as well"
    )
    assert note_of({"b": "held"}, {"b"}) is None
