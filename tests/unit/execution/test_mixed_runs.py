"""A run of which some results are recorded and others computed equals the straight run, or more.

What a cell leaves in its process, and no name holds, is not brought back: such a cell runs
whenever a cell below it does.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.domain.plans import CachePolicy
from tests.unit.steps import step

KEEPER = """
LEVEL = 0
def configure(level):
    global LEVEL
    LEVEL = level
def value():
    return LEVEL
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells above a step ``last``, its code, and what runs where that is forced."""

    name: str
    cells: tuple[str, ...]
    last: str
    runs: tuple[str, ...]


CASES = (
    Case(
        name="the current figure of pyplot",
        cells=(
            "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt",
            step("a", "plt.figure()\nx = 1"),
            step("b", "plt.plot([1, 2])\ny = 1"),
        ),
        last="n = len(plt.gca().lines)\nplt.close('all')",
        runs=("cell 1", "a", "b", "last"),
    ),
    Case(
        name="an attribute put on a module by its name",
        cells=("import string", step("a", "setattr(string, 'e5', 1)\nx = 1")),
        last="n = getattr(string, 'e5', 0)\ndel string.e5",
        runs=("cell 1", "a", "last"),
    ),
    Case(
        name="an accessor",
        cells=(
            "import pandas as pd",
            step(
                "a",
                "@pd.api.extensions.register_dataframe_accessor('acc')\nclass A:\n"
                "    def __init__(self, frame):\n        self.frame = frame\nx = 1",
            ),
        ),
        last="n = hasattr(pd.DataFrame, 'acc')\ndel pd.DataFrame.acc",
        runs=("cell 1", "a", "last"),
    ),
    Case(
        name="levels of loggers",
        cells=("import logging", step("a", "logging.getLogger('quiet').setLevel(7)\nx = 1")),
        last="n = logging.getLogger('quiet').level",
        runs=("cell 1", "a", "last"),
    ),
    Case(
        name="a handler of a signal",
        cells=("import signal", step("a", "signal.signal(12, signal.SIG_IGN)\nx = 1")),
        last="n = str(signal.getsignal(12))",
        runs=("cell 1", "a", "last"),
    ),
    Case(
        name="the collector",
        cells=("import gc", step("a", "gc.disable()\nx = 1")),
        last="n = gc.isenabled()",
        runs=("cell 1", "a", "last"),
    ),
    Case(
        name="a hook of IPython",
        cells=(step("a", "get_ipython().events.register('pre_execute', print)\nx = 1"),),
        last="n = len(get_ipython().events.callbacks['pre_execute'])",
        runs=("a", "last"),
    ),
    Case(
        name="a setting of IPython",
        cells=(step("a", "get_ipython().ast_node_interactivity = 'all'\nx = 1"),),
        last="n = get_ipython().ast_node_interactivity",
        runs=("a", "last"),
    ),
    Case(
        name="a setting that a module of the project keeps",
        cells=("import keeper", step("a", "keeper.configure(3)\nx = 1"), step("b", "y = 2")),
        last="n = keeper.value()",
        runs=("cell 1", "a", "last"),
    ),
    Case(
        name="two names for one list",
        cells=(step("a", "p = [1]"), step("b", "q = p"), step("c", "r = [1]")),
        last="n = p is q",
        runs=("a", "b", "last"),
    ),
    Case(
        name="the address of what two names hold, asked for in a function",
        cells=(
            "def same(x, y):\n    return id(x) == id(y)",
            step("a", "p = {'k': 1}"),
            step("b", "q = p"),
        ),
        last="n = same(p, q)",
        runs=("cell 1", "a", "b", "last"),
    ),
    Case(
        name="a string that two names hold",
        cells=(step("a", "p = 'x' * 5000"), step("b", "q = p")),
        last="n = p is q",
        runs=("a", "b", "last"),
    ),
    Case(
        name="an estimator looked for among others",
        cells=(
            "from sklearn.linear_model import LinearRegression",
            step("a", "p = LinearRegression()"),
            step("b", "q = [p]"),
        ),
        last="n = p in q",
        runs=("cell 1", "a", "b", "last"),
    ),
    Case(
        name="a class that was given a subclass",
        cells=("class B:\n    pass", step("a", "class C(B):\n    pass\nx = 1")),
        last="n = len(B.__subclasses__())",
        runs=("cell 1", "a", "last"),
    ),
    Case(
        name="a comparison of numbers and with constants asks for nothing",
        cells=(
            "import numpy as np",
            step("a", "p = np.arange(4)"),
            step("b", "q = p[p > 1]\nr = None"),
        ),
        last="n = bool((p.max() == q.max()) and r is None)",
        runs=("last",),
    ),
    Case(
        name="a step that sets nothing is taken",
        cells=("import keeper", step("a", "x = keeper.value() + len(keeper.__name__)")),
        last="n = [keeper.value()]",
        runs=("cell 1", "last"),
    ),
)


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch, project: Any) -> Iterator[None]:
    """The cells run in this process."""
    folder = project.workspace.project
    (folder / "keeper.py").write_text(KEEPER)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    handler = signal.getsignal(signal.SIGUSR2)
    yield
    signal.signal(signal.SIGUSR2, handler)
    gc.enable()
    logging.getLogger("quiet").setLevel(logging.NOTSET)
    sys.modules.pop("keeper", None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_step_runs_with_all_whose_traces_in_the_process_it_may_see(
    case: Case, project: Any
) -> None:
    """Those above it that left something there; others are taken."""
    version = project.build([*case.cells, step("last", case.last)])
    whole = project.run(version)
    assert whole is not None
    assert project.run(version) == whole
    assert project.ran == []
    sys.modules.pop("keeper", None)
    gc.enable()
    assert project.run(version, CachePolicy(force=frozenset(["last"]))) == whole
    assert tuple(project.ran) == case.runs


def test_a_magic_of_the_notebook_runs_again(project: Any) -> None:
    """It may do anything, and a run of which everything else is recorded sees it."""
    cells = [
        "from IPython.core.magic import register_line_magic",
        step("a", "p = [1]"),
        step("b", "@register_line_magic\ndef put(line):\n    p.append(line)"),
        step("c", "%put x"),
        step("last", "n = list(p)"),
    ]
    version = project.build(cells)
    whole = project.run(version)
    assert whole is not None
    assert project.run(version) == whole
    assert "c" in project.ran


HANDED_OUT = {
    "a method for the end of an object": (
        "log = []\nclass D:\n    def __del__(self):\n        log.append(1)",
        step("a", "x = D()\ny = D()"),
        step("b", "del x"),
        step("c", "y = None"),
        step("last", "n = list(log)"),
    ),
    "a function for the end of an object": (
        "import weakref\nclass O:\n    pass\no = O()\nseen = []",
        step("a", "f = weakref.finalize(o, seen.append, 1)"),
        step("b", "del o"),
        step("last", "n = list(seen), f.alive"),
    ),
    "a stream instead of the output": (
        "import io, sys\nkept = io.StringIO()",
        step("a", "old = sys.stdout\nsys.stdout = kept"),
        step("b", "print('hello')"),
        step("c", "sys.stdout = old"),
        step("last", "n = kept.getvalue()"),
    ),
    "a list for warnings": (
        "import warnings",
        step("a", "w = warnings.catch_warnings(record=True)\ngot = w.__enter__()"),
        step("b", "warnings.simplefilter('always')\nwarnings.warn('x', stacklevel=1)"),
        step("last", "n = len(got)\nw.__exit__(None, None, None)"),
    ),
    "a handler of a signal": (
        "import os, signal\ngot = []",
        step("a", "z = signal.signal(signal.SIGUSR2, lambda *_: got.append(1)) and 0"),
        step("b", "os.kill(os.getpid(), signal.SIGUSR2)\ny = 1"),
        step("last", "n = list(got)"),
    ),
    "a hook of IPython": (
        step("a", "ran = []\nip = get_ipython()"),
        step("b", "ip.events.register('post_run_cell', lambda result: ran.append(1))"),
        step("c", "y = 2"),
        step("last", "n = len(ran)"),
    ),
    "a file behind an array": (
        "import os, numpy as np",
        step("a", "m = np.memmap('mm.dat', dtype='f4', mode='w+', shape=(4,))"),
        step("b", "m[0] = 3"),
        step("c", "m.flush()"),
        step("last", "n = np.fromfile('mm.dat', dtype='f4').tolist()"),
    ),
    "a handler of log records": (
        (
            "import logging\nclass H(logging.Handler):\n    def emit(self, record):\n"
            "        got.append(record.getMessage())\ngot = []"
        ),
        step("a", "log = logging.getLogger('quiet')\nlog.addHandler(H())\nlog.setLevel(10)"),
        step("b", "log.info('one')"),
        step("last", "n = list(got)\nlog.handlers.clear()"),
    ),
}


@pytest.mark.parametrize("name", HANDED_OUT)
def test_who_may_call_what_others_have_registered_runs_with_them(name: str, project: Any) -> None:
    """Whatever is forced, the last step makes what it made in the whole run."""
    version = project.build(HANDED_OUT[name])
    whole = project.run(version)
    assert whole is not None
    steps = [spec.name for spec in version.spec.steps]
    for forced in ((), *([one] for one in steps)):
        again = project.run(version, CachePolicy(force=frozenset(forced)))
        assert again is not None
        assert again[-1] == whole[-1]


def test_who_shows_something_and_who_replaces_it_run_together(project: Any) -> None:
    """A recorded output has lost the id under which it is replaced."""
    version = project.build(
        [
            "from IPython.display import display, update_display",
            step("a", "z = display('start', display_id='p')"),
            step("b", "x = 1"),
            step("c", "update_display('end', display_id='p')\ny = 1"),
            step("last", "n = x"),
        ]
    )
    whole = project.run(version)
    assert whole is not None
    assert project.run(version) == whole
    assert project.ran == []
    for forced, together in (("a", True), ("c", True), ("b", False), ("last", False)):
        assert project.run(version, CachePolicy(force=frozenset([forced]))) == whole
        assert {"a", "c"}.isdisjoint(project.ran) != together
        assert {"a", "c"} <= {*project.ran} or not together


def test_cells_with_the_same_code_each_have_their_own_result(project: Any) -> None:
    """A function may keep something from call to call that no input shows."""
    version = project.build(
        [
            "def f():\n    f.calls = getattr(f, 'calls', 0) + 1\n    return f.calls",
            step("a", "x = f()"),
            step("b", "kept = [x]"),
            step("c", "x = f()"),
            step("last", "n = kept, x"),
        ]
    )
    whole = project.run(version)
    assert whole is not None
    assert project.run(version) == whole
    assert project.ran == []
    for forced in ("a", "c", "last"):
        again = project.run(version, CachePolicy(force=frozenset([forced])))
        assert again is not None
        assert again[-1] == whole[-1]


def test_a_result_holds_for_the_order_in_which_settings_were_made(project: Any) -> None:
    """The same cells in another order set something else for those below."""
    cells = [
        "import keeper",
        step("a", "keeper.configure(3)\nx = 1"),
        step("b", "keeper.configure(4)\ny = 1"),
        step("last", "n = keeper.value()"),
    ]
    first = project.run(project.build(cells))
    assert first is not None
    sys.modules.pop("keeper", None)
    assert project.run(project.build([cells[0], cells[2], cells[1], cells[3]])) != first
    assert project.ran[-1] == "last"


def test_a_result_does_not_hold_where_a_setting_is_new_or_gone(project: Any) -> None:
    """Also one that only a run has shown."""
    plain = ["import keeper", step("a", "x = 1"), step("last", "n = keeper.value()")]
    with_setting = [plain[0], step("a", "keeper.configure(3)\nx = 1"), plain[2]]
    for cells in (plain, with_setting):
        sys.modules.pop("keeper", None)
        assert project.run(project.build(cells)) is not None
        assert project.ran == ["cell 1", "a", "last"]
    sys.modules.pop("keeper", None)
    project.run(project.build(plain))
    assert project.ran == []  # the first run had no setting
