"""What a pickle leaves out is said, and is made again by running cells."""

from __future__ import annotations

import pytest

from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

LOSSY = """
class Lossy:
    def __init__(self, x):
        self.x = x
    def __getstate__(self):
        return {}
    def __setstate__(self, state):
        self.x = None
"""
HEALING = """
import threading
class Healing:
    def __init__(self, x):
        self.x, self.cache, self.lock = x, {}, threading.Lock()
    def __getstate__(self):
        return {"x": self.x}
    def __setstate__(self, state):
        self.__init__(state["x"])
"""


def test_restore_says_what_was_left_out(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.run(LOSSY, "%mlops track made\np1, p2 = Lossy(1), Lossy(2)\nplain = [1]")
    capsys.readouterr()
    notebook.run("%mlops restore made@1 --values --no-source")
    said = " ".join(capsys.readouterr().out.split())
    assert "Restored plain of made@1." in said
    assert "Not the same as recorded: p1 (stored in part: its pickle leaves out x of Lossy)" in said


def test_a_change_of_what_is_left_out_is_undone_by_running_its_cell_again(
    notebook: Notebook,
) -> None:
    notebook.run(LOSSY, "p = Lossy([1])", "p.x.append(2)")
    assert "run again" in notebook.said("%mlops undo")
    assert notebook["p"].x == [1, 2]
    notebook.run("%mlops undo --yes")
    assert notebook["p"].x == [1]


def test_what_no_recorded_cell_made_comes_back_in_part_and_is_said_to(
    new_notebook: type[Notebook], capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = new_notebook()
    notebook.run(LOSSY, "p = Lossy([1])", "%mlops track --values", "p.x.append(2)", "p.x.append(3)")
    capsys.readouterr()
    notebook.run("%mlops undo --yes")
    assert "x of Lossy" in capsys.readouterr().out


def test_what_a_class_makes_again_by_itself_is_loaded(notebook: Notebook) -> None:
    notebook.run(HEALING, "h = Healing([1])", "h.x.append(2)", "%mlops undo")
    assert notebook["h"].x == [1]
    notebook.run("h = None", "%mlops undo")
    assert notebook["h"].x == [1]


def test_a_result_stored_in_part_is_not_taken_for_the_result(notebook: Notebook) -> None:
    notebook.run(LOSSY, "p = [Lossy([1])]")
    execution = notebook.latest
    workspace = notebook.extension.surface.workspace
    record = workspace.time_travel._executions.by_ids([execution])[execution].record
    [value] = record.outputs
    assert value.manifest is not None
    assert not value.comes_back
    session = notebook.extension.recorder.session.id
    [*_, row] = workspace.time_travel.log(None, session=session, limit=5)
    assert row.kept_in_part
    assert not row.kept
