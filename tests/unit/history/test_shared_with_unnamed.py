"""What a step's value shares with values of unnamed cells is kept, or said to be lost."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook

__all__ = ["new_notebook"]

GENERATOR = """import random
rng = random.Random(1)
log = []
class Queue:
    def __init__(self, rng):
        self.rng = rng
def draws(rng):
    while True:
        yield rng.random()"""

LARGE = "import numpy as np\nX = np.zeros(9_000_000)"


@pytest.fixture
def plain(new_notebook: NewNotebook) -> Notebook:
    """A kernel that keeps the values of steps alone."""
    made = new_notebook()
    made.run("%mlops track")
    return made


def test_a_step_and_an_unnamed_cell_share_after_undo(plain: Notebook) -> None:
    plain.run(
        GENERATOR,
        "%mlops track make\nq = Queue(rng)\nentry = {'log': log}",
        "%mlops track draw\nx = q.rng.random(); log.append(x)",
        "%mlops undo",  # without --yes: nothing runs again
    )
    assert plain["q"].rng is plain["rng"]
    assert plain["entry"]["log"] is plain["log"]
    assert plain["log"] == []


def test_a_step_and_an_unnamed_cell_share_in_another_kernel(new_notebook: NewNotebook) -> None:
    first = new_notebook()
    first.run(
        "%mlops track", GENERATOR, "%mlops track make\nq = Queue(rng)", "first = rng.random()"
    )
    drawn = first["rng"].random()
    again = new_notebook()
    again.run("%mlops checkout latest")
    assert again["q"].rng is again["rng"]
    assert again["q"].rng.random() == drawn


def test_an_alias_of_a_step_is_one_in_another_kernel(new_notebook: NewNotebook) -> None:
    first = new_notebook()
    first.run(
        "%mlops track",
        "%mlops track make\nstate = {'log': [], 'n': 0}",
        "log = state['log']",
        "log.append(1)",
    )
    again = new_notebook()
    again.run("%mlops checkout latest")
    assert again["state"]["log"] is again["log"]
    assert again["log"] == [1]
    again.run("%mlops track", "log.append(2)", "%mlops undo")
    assert again["state"]["log"] is again["log"]
    assert again["log"] == [1]


def test_parts_of_one_value_of_a_step_look_at_the_same_memory_again(plain: Notebook) -> None:
    plain.run(
        "%mlops track make\nimport numpy as np\nviews = [np.arange(9.0)]; views += [views[0][:3]]",
        "views = None",
        "%mlops restore make@1 --values --no-source",
    )
    assert np.shares_memory(*plain["views"])


def test_what_is_too_large_to_be_kept_with_a_step_is_said_to_be_apart(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    first = new_notebook()
    first.run("%mlops track", LARGE, "%mlops track make\na = X[:10]")
    records = first.extension.surface.workspace.executions
    [kept] = [value for value in records.by_ids([2])[2].record.outputs if value.name == "a"]
    assert kept.reason == "not kept together with what it shares parts with: X"
    assert kept.manifest is not None
    again = new_notebook()
    again.said("%mlops checkout latest")
    assert "not shared any more: a with X" in capsys.readouterr().out
    again.run("%mlops checkout latest --yes")
    assert "not shared any more: a with X" in capsys.readouterr().out
    assert not np.shares_memory(again["a"], again["X"])


def test_restored_values_that_share_nothing_any_more_are_told(
    plain: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    plain.run(GENERATOR, "%mlops track make\nq = Queue(rng)", "q = None")
    plain.run("%mlops restore make@1 --values --no-source")
    assert "Not shared any more: q with rng." in capsys.readouterr().out


def test_an_unnamed_cell_keeps_nothing_that_no_step_shares(plain: Notebook) -> None:
    plain.run("%mlops track make\na = [1]", "b = [[2]]; c = b[0]", "c.append(3)")
    records = plain.extension.surface.workspace.executions
    kept = {
        value.name
        for execution in records.by_ids([2, 3]).values()
        for value in (*execution.record.outputs, *execution.record.left)
        if value.manifest is not None
    }
    assert not kept


def test_going_back_before_a_thread_that_goes_on_takes_a_word(plain: Notebook) -> None:
    gate = threading.Event()
    plain.shell.user_ns["gate"] = gate
    try:
        plain.run(
            "import threading\ntotal = 0",
            "def wait():\n    gate.wait(60)\n"
            "worker = threading.Thread(target=wait, daemon=True); worker.start()",
            "other = 1",
            "%mlops undo",  # that cell's thread was there before
        )
        assert "a thread of @2 goes on, and may change" in plain.said("%mlops undo")
        assert "worker" in plain
    finally:
        gate.set()
    plain["worker"].join()
    assert "goes on" not in plain.said("%mlops undo")


def test_what_shares_parts_with_a_generator_comes_back_sharing_all_else(
    plain: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    plain.run(
        GENERATOR,
        "%mlops track make\nq = Queue(rng); held = [q]; drawn = draws(rng)",
        "q = held = None",
        "%mlops restore make@1 --values --no-source",
    )
    assert plain["held"][0] is plain["q"]
    assert (
        "Not shared any more: held with drawn, rng; q with drawn, rng." in capsys.readouterr().out
    )


def test_what_cells_make_again_together_is_not_announced_as_apart(
    plain: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    plain.run(
        GENERATOR,
        "%mlops track make\nq = Queue(rng); drawn = draws(rng)",
        "next(drawn)",
        "%mlops track more\nx = q.rng.random(); y = next(drawn)",
    )
    plain.said("%mlops undo")
    assert "not shared" not in capsys.readouterr().out
    plain.run("%mlops undo --yes")
    assert "not shared" not in capsys.readouterr().out
    assert plain["q"].rng is plain["rng"]
