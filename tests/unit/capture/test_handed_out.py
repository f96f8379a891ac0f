"""What a cell reads through code of the notebook that libraries and modules keep."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbmlops.capture.code import Definitions
from nbmlops.notebook.dataflow.effects import analyze

_REGISTRY = """
KEPT = {}
ALL = []

class Base:
    def go(self):
        return 0

class Hub:
    def __init__(self):
        self.held = []

hub = Hub()

def register(made):
    KEPT[made.__name__] = made
    return made

def twice(function):
    return function() + function()
"""
_CLASS = "class T:\n    def __init__(self, *given): pass\n    def go(self):\n        return rate\n"
_ACCESSOR = "pandas.api.extensions.register_dataframe_accessor('handed_out')"


@pytest.fixture(autouse=True)
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module of the project that keeps classes, and one that calls them."""
    (tmp_path / "kept_reg.py").write_text(_REGISTRY, encoding="utf-8")
    (tmp_path / "kept_runner.py").write_text(
        "import kept_reg\ndef go():\n    return [t().go() for t in kept_reg.KEPT.values()]\n",
        encoding="utf-8",
    )
    (tmp_path / "kept_asker.py").write_text(
        "from kept_reg import Base\ndef go():\n"
        "    return [t().go() for t in Base.__subclasses__()]\n",
        encoding="utf-8",
    )
    (tmp_path / "kept_hubs.py").write_text(
        "from kept_reg import hub\ndef go():\n    return [t().go() for t in hub.held]\n",
        encoding="utf-8",
    )
    (tmp_path / "kept_pack").mkdir()
    (tmp_path / "kept_pack" / "__init__.py").write_text("from .asker import go\n", encoding="utf-8")
    (tmp_path / "kept_pack" / "asker.py").write_text(
        (tmp_path / "kept_asker.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    (tmp_path / "kept_beyond.py").write_text("import kept_asker as inner\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield
    for name in [name for name in sys.modules if name.startswith("kept_")]:
        sys.modules.pop(name, None)
    if hasattr(pd.DataFrame, "handed_out"):
        del pd.DataFrame.handed_out


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells that ran, the one that runs, and whether it may read ``rate``."""

    name: str
    above: tuple[str, ...]
    cell: str
    reads: bool = True


CASES = (
    Case(
        name="a decorator of the project",
        above=("import kept_reg", f"@kept_reg.register\n{_CLASS}", "import kept_runner"),
        cell="kept_runner.go()",
    ),
    Case(
        name="its name alone",
        above=("from kept_reg import register, KEPT", f"@register\n{_CLASS}"),
        cell="print(KEPT)",
    ),
    Case(
        name="given in a call",
        above=("import kept_reg", _CLASS, "kept_reg.register(T)"),
        cell="kept_reg.KEPT",
    ),
    Case(
        name="given by a function of the notebook",
        above=(
            "import kept_reg",
            "def add(made):\n    kept_reg.register(made)\n    return made",
            f"@add\n{_CLASS}",
        ),
        cell="kept_reg.KEPT",
    ),
    Case(
        name="a lambda that a function of the notebook hands out",
        above=(
            "import kept_reg",
            "def add():\n    kept_reg.register(lambda: rate)",
            "def go():\n    add()",
        ),
        cell="go()",
    ),
    Case(
        name="what the code calls",
        above=(
            "import kept_reg",
            "def inner():\n    return rate",
            "@kept_reg.register\ndef outer():\n    return inner()",
        ),
        cell="kept_reg.KEPT",
    ),
    Case(
        name="an accessor of pandas",
        above=("import pandas", f"{_CLASS}\n{_ACCESSOR}(T)", "frame = pandas.DataFrame()"),
        cell="frame.handed_out.go()",
    ),
    Case(
        name="an accessor that is not named",
        above=("import pandas", f"{_CLASS}\n{_ACCESSOR}(T)", "frame = pandas.DataFrame()"),
        cell="frame.shape",
        reads=False,
    ),
    Case(
        name="a cell that uses no such module",
        above=("import kept_reg", f"@kept_reg.register\n{_CLASS}", "import numpy"),
        cell="numpy.zeros(2)",
        reads=False,
    ),
    Case(
        name="a class that is asked for those that inherit from it",
        above=("class Base:\n    pass", _CLASS.replace("T:", "T(Base):")),
        cell="[t().go() for t in Base.__subclasses__()]",
    ),
    Case(
        name="a module that asks a class of another one",
        above=("import kept_reg", _CLASS.replace("T:", "T(kept_reg.Base):"), "import kept_asker"),
        cell="kept_asker.go()",
    ),
    Case(
        name="a module behind a module that asks",
        above=("import kept_reg", _CLASS.replace("T:", "T(kept_reg.Base):"), "import kept_beyond"),
        cell="kept_beyond.inner.go()",
    ),
    Case(
        name="a package whose part asks",
        above=("import kept_reg", _CLASS.replace("T:", "T(kept_reg.Base):"), "import kept_pack"),
        cell="kept_pack.go()",
    ),
    Case(
        name="a function of a module that asks",
        above=(
            "import kept_reg",
            _CLASS.replace("T:", "T(kept_reg.Base):"),
            "from kept_asker import go",
        ),
        cell="go()",
    ),
    Case(
        name="a cell beside one that asks",
        above=("class Base:\n    pass", _CLASS.replace("T:", "T(Base):"), "Base.__subclasses__()"),
        cell="print(3)",
        reads=False,
    ),
    Case(
        name="a list of a module",
        above=("from kept_reg import ALL", f"{_CLASS}\nALL.append(T)", "import kept_reg"),
        cell="kept_reg.ALL[0]().go()",
    ),
    Case(
        name="a list of a module, by the module",
        above=("import kept_reg", f"{_CLASS}\nkept_reg.ALL.append(T)"),
        cell="kept_reg.ALL[0]().go()",
    ),
    Case(
        name="an object of a module that keeps it",
        above=("from kept_reg import hub", f"{_CLASS}\nhub.held.append(T)", "import kept_reg"),
        cell="kept_reg.hub.held[0]().go()",
    ),
    Case(
        name="an object of a module that another module asks",
        above=("from kept_reg import hub", f"{_CLASS}\nhub.held.append(T)", "import kept_hubs"),
        cell="kept_hubs.go()",
    ),
    Case(
        name="an object of a module that is given code in another cell, and another module asks",
        above=("from kept_reg import hub", _CLASS, "hub.held.append(T)", "import kept_hubs as k"),
        cell="k.go()",
    ),
    Case(
        name="an attribute of an object of a module",
        above=("from kept_reg import hub", f"{_CLASS}\nhub.made = T", "import kept_reg"),
        cell="kept_reg.hub.made().go()",
    ),
    Case(
        name="an item of a dict of a module that a function of the notebook sets",
        above=(
            "from kept_reg import KEPT",
            "def add(made):\n    KEPT['made'] = made",
            f"{_CLASS}\nadd(T)",
            "import kept_reg",
        ),
        cell="kept_reg.KEPT['made']().go()",
    ),
    Case(
        name="a list of the notebook",
        above=("ALL = []", f"{_CLASS}\nALL.append(T)", "import kept_reg"),
        cell="kept_reg.KEPT",
        reads=False,
    ),
    Case(
        name="a function that keeps nothing",
        above=("import kept_reg", "def go():\n    return rate", "kept_reg.twice(go)"),
        cell="kept_reg.KEPT",
        reads=False,
    ),
    Case(
        name="an object that is referred to weakly",
        above=("import weakref", f"{_CLASS}\nt = T()", "r = weakref.ref(t)"),
        cell="print(3)",
        reads=False,
    ),
    Case(
        name="objects that are referred to weakly, by a class of the notebook",
        above=(
            "import weakref",
            f"{_CLASS}\nclass All:\n    alive = weakref.WeakSet()\nt = T()\nAll.alive.add(t)",
            "some = [weakref.proxy(one) for one in [t]]",
        ),
        cell="print(3)",
        reads=False,
    ),
    Case(
        name="what is called at the end of an object that is referred to weakly",
        above=("import weakref", f"{_CLASS}\nt = T()", "r = weakref.ref(t, lambda _: T().go())"),
        cell="t = print(3)",
    ),
    Case(
        name="a registry of the notebook",
        above=(
            "class Known:\n    def register(self, f):\n        self.f = f\nall_of = Known()",
            f"all_of.register\n{_CLASS}",
        ),
        cell="print(3)",
        reads=False,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_code_that_is_kept_elsewhere_reads_is_read_by_who_may_call_it(case: Case):
    namespace: dict[str, Any] = {"__name__": "__main__", "rate": 1}
    definitions = Definitions(namespace)
    for source in case.above:
        effects = analyze(source)
        definitions.candidates(source, effects, definitions.used_by(effects))
        exec(source, namespace)
        definitions.learn(effects)
    effects = analyze(case.cell)
    found = definitions.candidates(case.cell, effects, definitions.used_by(effects))
    assert ("rate" in found.reads) == case.reads
