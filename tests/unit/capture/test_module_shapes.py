"""The code of modules is compared in one go: what changes it is seen, and what uses it is none."""

from __future__ import annotations

import importlib
import sys
import types
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbmlops.capture.holders import Holders
from nbmlops.capture.module_shapes import ModuleShapes
from nbmlops.capture.module_state import ModuleStates
from nbmlops.values.kinds import identity

SOURCE = """
import functools
import math
from dataclasses import dataclass, field

RATE, NAMES, LIMITS = 0.1, ["a"], (1, 2)

def plain(x):
    return x

def with_default(x, k=1, *, more=2):
    return x

def made(level):
    def inner(x):
        return x + level
    def set_level(new):
        nonlocal level
        level = new
    return inner, set_level

inner, set_level = made(1)

@functools.wraps(plain)
def wrapped(x):
    return plain(x)

@dataclass
class Config:
    rate: float = 0.1
    names: list = field(default_factory=list)
    def scaled(self, k=1):
        return self.rate * k

class Base:
    def name(self):
        return "base"

class Model(Base):
    registry = {}
    level = 1
    class Part:
        size = 1
    @staticmethod
    def how(x):
        return x
    @classmethod
    def build(cls):
        return cls()
    @property
    def rate(self):
        return RATE

class Still(Base):
    level = 1
    class Part:
        size = 1
    @staticmethod
    def how(x):
        return x
    @property
    def rate(self):
        return RATE

config = Config()
"""


@pytest.fixture
def lib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module of the project."""
    (tmp_path / "shaped_module.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("shaped_module")
    sys.modules.pop("shaped_module")


USES = (
    "lib.plain(1), lib.with_default(1), lib.inner(1), lib.wrapped(1)",
    "repr(lib.Config()), lib.Config(2.0) == lib.Config(), lib.config.scaled(2)",
    "lib.Model().rate, lib.Model.how(1), lib.Model.build().name(), lib.Still().rate",
    "dir(lib), vars(lib.Still), lib.plain.__dict__, lib.plain.__defaults__",
)

CHANGES = (
    ("lib.RATE = 0.2", "RATE"),
    ("lib.NAMES.append('b')", "NAMES"),
    ("lib.LIMITS = (1, 3)", "LIMITS"),
    ("lib.plain = lambda x: x", "plain"),
    ("lib.plain.calls = 1", "plain"),
    ("lib.plain.__defaults__ = ([],)", "plain"),
    ("lib.with_default.__defaults__ = (3,)", "with_default"),
    ("lib.set_level(2)", "inner"),
    ("lib.Config.rate = 0.3", "Config"),
    ("lib.Config.scaled = lambda self: 0", "Config"),
    ("lib.Base.name = lambda self: 'other'", "Base"),
    ("lib.Base.name.note = 1", "Base"),
    ("lib.Model.registry['a'] = 1", "Model"),
    ("lib.Model.level = 2", "Model"),
    ("lib.Model.Part.size = 2", "Model"),
    ("lib.Still.level = 2", "Still"),
    ("lib.Still.more = []", "Still"),
    ("del lib.Still.level", "Still"),
    ("lib.Still.Part.size = 2", "Still"),
    ("lib.Still.how = staticmethod(lambda x: 0)", "Still"),
    ("lib.Still.rate = property(lambda self: 0)", "Still"),
    ("lib.config.rate = 0.5", "config"),
    ("del lib.plain", "plain"),
    ("lib.added = 1", "added"),
)


@pytest.mark.parametrize("use", USES)
def test_what_uses_a_module_changes_nothing_in_it(lib: Any, use: str) -> None:
    states = ModuleStates(ModuleShapes())
    before = states.now(())
    exec(use, {"lib": lib})
    assert states.changed(before, ()) == set()


@pytest.mark.parametrize(("change", "name"), CHANGES)
def test_what_changes_a_module_is_seen_once(lib: Any, change: str, name: str) -> None:
    states = ModuleStates(ModuleShapes())
    states.now(())
    before = states.now(())
    exec(change, {"lib": lib})
    assert states.changed(before, ()) == {f"shaped_module.{name}"}
    assert states.changed(states.now(()), ()) == set()


@pytest.mark.parametrize("first", [change for change, _ in CHANGES if "set_level" not in change])
def test_what_was_changed_is_looked_into_as_well(lib: Any, first: str) -> None:
    """As often as it is: the shape of the module is another one then."""
    states = ModuleStates(ModuleShapes())
    states.now(())
    exec(first, {"lib": lib})
    before = states.now(())
    exec("lib.Base.later = []", {"lib": lib})
    assert states.changed(before, ()) == {"shaped_module.Base"}
    before = states.now(())
    exec("lib.Base.later.append(1)", {"lib": lib})
    assert states.changed(before, ()) == {"shaped_module.Base"}


def test_nothing_is_kept_alive_that_is_no_code(lib: Any) -> None:
    class Big:
        pass

    lib.big, states = Big(), ModuleStates(ModuleShapes())
    states.now(())
    seen = weakref.ref(lib.big)
    del lib.big
    assert seen() is None


def test_a_function_of_the_notebook_is_looked_into_each_time(lib: Any) -> None:
    notebook = {"__name__": "__main__"}
    exec("held = []\ndef hook(x):\n    return held", notebook)
    lib.hook = notebook["hook"]
    shape = ModuleShapes().of(lib)
    assert "hook" in shape.moving
    assert "plain" in shape.still


def test_what_modules_hold_is_found_by_name_of_the_module(lib: Any) -> None:
    holders = Holders(ModuleShapes())
    for _ in range(2):
        found = holders.holdings([lib])
        assert list(found.inside) == ["shaped_module"]
        for held in (lib.NAMES, lib.Model.registry, lib.config):
            assert any(identity(held) in parts.mutable for parts in found.parts)
        lib.NAMES = ["another"]
    assert isinstance(lib, types.ModuleType)
