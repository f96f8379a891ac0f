"""Functions of the project's own modules that seed a global random generator."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from nbmlops.notebook.dataflow.graph import build
from nbmlops.notebook.dataflow.known import RANDOM
from nbmlops.notebook.document import from_sources

_LIB = """
import random
import numpy as np
from other import start

def prepare(a=0):
    random.seed(5)

def whole():
    return [prepare()]

def through():
    start()

def noisy(x):
    return x + random.random()

class Setup:
    def __init__(self):
        np.random.seed(1)

class Context:
    def __enter__(self):
        whole()

class Tools:
    def begin(self):
        prepare()

    def mean(self, x):
        x = sum(x)
        return x

    first = prepare

again = prepare
ways = {"a": lambda: prepare()}
"""
_OTHER = "import random\n\ndef start():\n    random.setstate(kept)\n"


def _modules(imports: Iterable[str]) -> dict[str, str]:
    return {"lib.py": _LIB, "other.py": _OTHER} if any("lib" in one for one in imports) else {}


def _seeding(*sources: str, modules: object = _modules) -> list[bool]:
    cells = from_sources([(source, ()) for source in sources]).code_cells
    flows = build(cells, None, modules).flows  # type: ignore[arg-type]
    assert all((RANDOM in flow.writes) >= flow.seeds for flow in flows)
    return [flow.seeds for flow in flows]


@pytest.mark.parametrize(
    "calls",
    [
        "conf = lib.prepare()",
        "lib.whole()",
        "lib.through()",
        "s = lib.Setup()",
        "with lib.Context(): pass",
        "t = lib.Tools(); t.begin()",
        "t = lib.Tools(); t.first()",
        "lib.again()",
        "lib.ways['a']()",
        "rows = list(map(lib.prepare, [1]))",
        "def go():\n    lib.prepare()\ngo()",
    ],
)
def test_a_call_of_what_seeds_in_a_module_is_a_seed(calls: str) -> None:
    assert _seeding("import lib", calls) == [False, True]


@pytest.mark.parametrize("calls", ["x = lib.noisy(1)", "m = lib.Tools().mean([1])", "y = 1"])
def test_what_seeds_nothing_is_none(calls: str) -> None:
    assert _seeding("import lib", calls) == [False, False]


def test_it_is_known_by_other_names() -> None:
    assert _seeding("from lib import prepare as go", "y = 1", "go()") == [False, False, True]
    assert _seeding("import lib", "go = lib.prepare", "go()") == [False, True, True]
    assert _seeding("import lib", "t = lib.Tools()", "t.begin()") == [False, False, True]


def test_a_module_may_seed_when_it_is_imported() -> None:
    def modules(imports: Iterable[str]) -> dict[str, str]:
        return {"lib.py": "import random\nrandom.seed(1)\n"} if "lib" in imports else {}

    assert _seeding("import lib", "y = lib.x", modules=modules) == [True, False]


def test_what_a_module_makes_of_what_seeds_may_seed_then_and_later() -> None:
    def modules(imports: Iterable[str]) -> dict[str, str]:
        text = "from functools import partial\nlater: object = partial(random.seed, 2)\n"
        return {"lib.py": f"import random\n{text}"} if "lib" in imports else {}

    assert _seeding("import lib", "y = 1", "lib.later()", modules=modules) == [True, False, True]
