"""A store whose objects find no room: the record of a cell is small, and is kept all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nbmlops.errors import StoreFullError
from nbmlops.store.values import ValueStore
from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["NewNotebook", "new_notebook", "notebook"]


@contextmanager
def no_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is kept meanwhile."""

    def keep(*given: object, **named: object) -> str:
        del given, named
        raise StoreFullError("The disk that holds it is full.", cure="Free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(ValueStore, "keep", keep)
        yield


def test_a_random_state_that_finds_no_room_is_all_that_its_record_lacks(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.run("import random")
    with no_room(monkeypatch):
        notebook.run("%mlops track draw\nx = [random.random() for _ in range(99)]")
    told = capsys.readouterr().err
    assert (
        told
        == "nbmlops: a value was not stored. The disk that holds it is full. Free some space.\n"
    )
    notebook.run("random.random()")
    records = notebook.extension.surface.workspace.executions.by_ids(range(1, 9))
    (draw,) = [found.record for found in records.values() if found.record.step == "draw"]
    (x,) = [value for value in draw.outputs if value.name == "x"]
    assert draw.random_state is None
    assert x.fingerprint is not None
    assert (x.manifest, x.reason) == (None, "no room in the store: The disk that holds it is full")
    notebook.run("y = 1", "%mlops undo")
    assert "y" not in notebook
