"""Ctrl-C while values come back: they are as they were before, or all of them are there."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

from nbmlops.history.mending import Mending
from nbmlops.history.unbroken import Unbroken
from nbmlops.magics.live import LiveKernel
from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["NewNotebook", "new_notebook", "notebook"]

DONE = "Stopped; what is above was done by then."


def interrupted(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method during which Ctrl-C is pressed."""

    def run(*given: Any, **named: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return method(*given, **named)

    return run


@pytest.mark.parametrize(
    ("owner", "name"), [(Mending, "left_apart"), (LiveKernel, "put"), (LiveKernel, "travelled")]
)
def test_a_journey_that_cannot_be_left_halfway_ends_first(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    notebook.run("a = [1]\nb = {'a': a}", "a.append(2)\nb['n'] = 1")
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, interrupted(vars(owner)[name]))
        assert notebook.said("%mlops undo") == DONE
    assert notebook["b"] == {"a": [1]}
    assert notebook["b"]["a"] is notebook["a"]
    notebook.run("%mlops checkout latest")
    assert (notebook["a"], notebook["b"]["n"]) == ([1, 2], 1)


def test_a_journey_that_is_interrupted_between_cells_stops_at_the_next(
    new_notebook: NewNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = new_notebook()
    made.run("%mlops track", "a = [i for i in range(3)]", "a.append(3)")
    with monkeypatch.context() as patch:
        patch.setattr(LiveKernel, "put", interrupted(LiveKernel.put))
        assert made.said("%mlops undo --yes").startswith("Stopped at @1")
    made.run("%mlops checkout @1 --yes")
    assert made["a"] == [0, 1, 2]


@pytest.mark.parametrize("name", ["left_apart", "settle"])
def test_values_of_a_version_come_back_whole(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    notebook.run("%mlops track make\na = [1]\nb = {'a': a}", "a.append(2)\nb['n'] = 1")
    with monkeypatch.context() as patch:
        patch.setattr(Mending, name, interrupted(vars(Mending)[name]))
        assert notebook.said("%mlops restore make@1 --values --no-source") == DONE
    assert notebook["b"] == {"a": [1]}
    assert notebook["b"]["a"] is notebook["a"]


def test_what_the_caller_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Unbroken() as unbroken, unbroken.let_through():
            signal.raise_signal(signal.SIGINT)
        assert not unbroken.came
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
