"""A weak reference that comes back refers to what came back, or is said to be lost."""

from __future__ import annotations

import weakref

import pytest

from nbmlops.domain.timeline import KeptName
from nbmlops.history import referring
from nbmlops.values.summary import summarize
from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

MAKE = "import weakref\nclass W:\n    pass\nw = W()\nr = weakref.ref(w)"


def test_it_refers_to_the_object_that_came_back(notebook: Notebook) -> None:
    notebook.run(MAKE)
    there = notebook.latest
    notebook.run("w.x = 1", "w = r = None", f"%mlops checkout @{there} --yes")
    assert notebook["r"]() is notebook["w"]
    notebook.run("w.y = 2", "assert r().y == 2")


class Held:
    """Something to refer to."""


@pytest.mark.parametrize("alive", [True, False])
def test_one_whose_object_is_gone_is_said_to_be_lost(*, alive: bool) -> None:
    held = Held() if alive else None
    made = {"r": weakref.ref(held or Held())}
    before = summarize(weakref.ref(Held)).text
    kept = KeptName(
        name="r",
        execution=1,
        fingerprint=None,
        kind="weakref.ReferenceType",
        size=None,
        reference=None,
        reason="a weak reference",
        changed=True,
        text=before,
    )
    lost = referring.without_object({"r"}, made, {"r": kept})
    assert lost == ({} if alive else {"r": referring.GONE})


def test_one_that_was_dead_already_comes_back_dead(notebook: Notebook) -> None:
    notebook.run("import weakref\nclass W:\n    pass\nr = weakref.ref(W())")
    there = notebook.latest
    notebook.run("r = None", f"%mlops checkout @{there} --yes")
    assert notebook["r"]() is None
