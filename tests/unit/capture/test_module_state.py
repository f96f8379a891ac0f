"""What modules of the project hold is compared without running any code of theirs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from nbmlops.capture.module_shapes import ModuleShapes
from nbmlops.capture.module_state import ModuleStates

HOSTILE = """
class Fails:
    @property
    def __dict__(self):
        raise RuntimeError("no")
    def __getattribute__(self, name):
        raise RuntimeError("no")

class Says:
    __dict__ = 3

class Meta(type):
    @property
    def __dict__(cls):
        raise RuntimeError("no")

class Made(metaclass=Meta):
    level = 0

class Slots:
    __slots__ = ("level", "other")

fails, says, slots = [Fails()], Says(), Slots()
slots.level = 0
"""


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module of the project whose values fail when they are asked for anything."""
    (tmp_path / "hostile_module.py").write_text(HOSTILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("hostile_module")
    sys.modules.pop("hostile_module")


def test_values_whose_code_fails_are_compared_by_who_they_are(hostile: ModuleType) -> None:
    """The cell is recorded, whatever other modules hold."""
    states = ModuleStates(ModuleShapes())
    before = states.now(())
    assert states.changed(before, ()) == set()
    hostile.fails.append(hostile.Fails())
    assert states.changed(before, ()) == {"hostile_module.fails"}


def test_what_is_set_in_slots_and_in_classes_of_a_metaclass_is_seen(hostile: ModuleType) -> None:
    states = ModuleStates(ModuleShapes())
    before = states.now(())
    hostile.slots.level = 1
    assert states.changed(before, ()) == {"hostile_module.slots"}
    before = states.now(())
    hostile.Made.level = 1
    assert states.changed(before, ()) == {"hostile_module.Made"}


DEEP = """
class Node:
    def __init__(self):
        self.held = {}

class Table(dict):
    pass

root, many, table = Node(), {number: [] for number in range(3000)}, Table(a=[1])
root.held["a"] = [{"b": Node()}]
root.held["itself"] = root
wide = {}
"""


@pytest.fixture
def deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module of the project that holds what is nested, and much of it."""
    (tmp_path / "deep_module.py").write_text(DEEP)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("deep_module")
    sys.modules.pop("deep_module")


def test_what_lies_deep_or_among_many_is_compared(deep: ModuleType) -> None:
    states = ModuleStates(ModuleShapes())
    for change, name in (
        (lambda: deep.root.held["a"][0]["b"].held.update(c=1), "root"),
        (lambda: deep.many[2999].append(1), "many"),
        (lambda: deep.table["a"].append(2), "table"),
    ):
        before = states.now(())
        assert states.changed(before, ()) == set()
        change()
        assert states.changed(before, ()) == {f"deep_module.{name}"}


def test_arrays_frames_and_models_of_a_module_are_compared_by_what_they_hold(
    deep: ModuleType,
) -> None:
    """Looking things up in a frame is no change."""
    deep.array, deep.frame = np.zeros(9), pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    deep.model = LinearRegression()
    states = ModuleStates(ModuleShapes())
    before = states.now(())
    assert deep.frame["a"].sum() == deep.frame.loc[0, "a"] + 2
    assert deep.frame.columns.get_loc("b") == 1
    assert states.changed(before, ()) == set()
    for change, name in (
        (lambda: deep.array.__setitem__(0, 1.0), "array"),
        (lambda: deep.frame.__setitem__("a", 5), "frame"),
        (lambda: deep.model.fit([[1], [2]], [1, 2]), "model"),
    ):
        before = states.now(())
        change()
        assert states.changed(before, ()) == {f"deep_module.{name}"}


def test_what_is_too_much_to_be_compared_may_have_been_changed_by_who_uses_it(
    deep: ModuleType,
) -> None:
    states = ModuleStates(ModuleShapes())
    deep.wide = {number: [{}] for number in range(20_000)}
    before = states.now(())
    deep.wide[19_999][0]["x"] = 1
    assert states.changed(before, ()) == set()
    assert states.perhaps_changed(before, ["deep_module.py"]) == {"deep_module.wide, in part"}
    assert states.perhaps_changed(before, ["module.py"]) == set()
