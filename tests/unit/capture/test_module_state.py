"""What modules of the project hold is compared without running any code of theirs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

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
    states = ModuleStates()
    before = states.now(())
    assert states.changed(before, ()) == set()
    hostile.fails.append(hostile.Fails())
    assert states.changed(before, ()) == {"hostile_module.fails"}


def test_what_is_set_in_slots_and_in_classes_of_a_metaclass_is_seen(hostile: ModuleType) -> None:
    states = ModuleStates()
    before = states.now(())
    hostile.slots.level = 1
    assert states.changed(before, ()) == {"hostile_module.slots"}
    before = states.now(())
    hostile.Made.level = 1
    assert states.changed(before, ()) == {"hostile_module.Made"}
