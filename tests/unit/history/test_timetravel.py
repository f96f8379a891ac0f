"""The namespace comes back as it was, shared as it was shared, and goes on from there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.magics.extension import Extension, load, unload
from nbmlops.values.fingerprint import fingerprint
from nbmlops.workspace import Workspace
from tests.unit.shared_parts import sharing


class Notebook:
    """A kernel in this process, with the values of all cells kept."""

    def __init__(self) -> None:
        self.shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
        self.extension: Extension = load(self.shell)

    def run(self, *cells: str) -> None:
        """Run cells that succeed."""
        for cell in cells:
            self.shell.run_cell(cell, store_history=True).raise_error()

    def said(self, cell: str) -> str:
        """The error of a cell that fails."""
        return str(self.shell.run_cell(cell, store_history=True).error_in_exec)

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.shell.user_ns

    @property
    def latest(self) -> int:
        """The id of the latest execution of this kernel."""
        records = self.extension.surface.workspace.time_travel._records
        return records.last_of_session(self.extension.recorder.session.id) or 0

    def standings(self) -> dict[str | None, tuple[str, int | None]]:
        """How each step stands, and by which execution."""
        workspace = self.extension.surface.workspace
        found = workspace.staleness.status(None, session=self.extension.recorder.session.id)
        return {cell.step: (cell.state.value, cell.execution) for cell in found.steps}

    def content(self) -> dict[str, str]:
        """The fingerprint of every variable that is no code."""
        live = self.extension.recorder.live()
        return {name: fingerprint(value) for name, value in live.items() if not callable(value)}


NewNotebook = Callable[[], Notebook]


@pytest.fixture
def new_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewNotebook]:
    """Makes kernels of one project in this process, the last of which is the present one."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    monkeypatch.setenv("NBMLOPS_PROJECT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    made: list[Notebook] = []

    def make() -> Notebook:
        made.append(Notebook())
        return made[-1]

    yield make
    for notebook in made:
        unload(notebook.shell)
    sys.modules["__main__"] = main
    sys.displayhook, sys.excepthook = hooks


@pytest.fixture
def notebook(new_notebook: NewNotebook) -> Notebook:
    """A kernel that keeps the values of all cells."""
    made = new_notebook()
    made.run("%mlops track --values")
    return made


def test_small_values_and_functions_come_back_without_having_been_kept(
    new_notebook: NewNotebook,
) -> None:
    first = new_notebook()
    first.run(
        "%mlops track",
        "import datetime as dt\nrate = 0.5; many = -3; word = 'a # b'; on = True; none = None",
        "day = dt.date(2026, 1, 2); pair = (1, 'x', (2.5, 3)); one = (1,)",
        "def half(x):\n    return x * rate",
        "class Box:\n    size = 1",
        "y = half(many)",
    )
    before = first.content()
    again = new_notebook()
    again.run("%mlops checkout latest")  # without --yes: no cell runs again
    assert {**again.content(), **before} == again.content()
    assert (again["half"](4), again["Box"].size, again["pair"]) == (2.0, 1, (1, "x", (2.5, 3)))
    again.run("%mlops track", "rate = 2.0", "%mlops undo")
    assert again["rate"] == 0.5


def test_a_text_that_was_cut_is_made_again_instead(new_notebook: NewNotebook) -> None:
    first = new_notebook()
    first.run("%mlops track", "long = 'x' * 1000")
    again = new_notebook()
    assert "--yes" in again.said("%mlops checkout latest")
    again.run("%mlops checkout latest --yes")
    assert again["long"] == "x" * 1000


MAKE = """
def make():
    n = 0
    def up():
        nonlocal n
        n += 1
    def get():
        return n
    return up, get
"""


BOX = """
class Box:
    def __init__(self):
        self.size = 1
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells, of which the last is undone, and what then holds."""

    name: str
    cells: tuple[str, ...]
    holds: str


CASES = (
    Case(name="a rebound name", cells=("a = 1", "a = 2"), holds="a == 1"),
    Case(name="a new name", cells=("a = 1", "b = 2"), holds="'b' not in globals()"),
    Case(name="a deleted name", cells=("a = [1]", "del a"), holds="a == [1]"),
    Case(name="a change in place", cells=("a = [1]", "a.append(2)"), holds="a == [1]"),
    Case(
        name="an alias",
        cells=("a = [1]", "b = a", "a.append(2)"),
        holds="a == [1] and a is b",
    ),
    Case(
        name="an alias that became a copy",
        cells=("a = [1]\nb = a", "b = list(a)"),
        holds="a is b",
    ),
    Case(
        name="a copy that became an alias",
        cells=("a = [1]\nb = [1]", "b = a"),
        holds="a == b and a is not b",
    ),
    Case(
        name="a part of a container",
        cells=("a = [1]\nd = {'a': a}", "a.append(2)"),
        holds="d['a'] is a and a == [1]",
    ),
    Case(
        name="a view",
        cells=("import numpy as np\nx = np.zeros(20_000)\nv = x[::2]", "v[:] = 7"),
        holds="x.sum() == 0 and np.shares_memory(x, v)",
    ),
    Case(
        name="closures that share a variable",
        cells=(
            MAKE,
            "up, get = make()",
            "del up, get",
        ),
        holds="(up(), get() == 1)[1]",
    ),
    Case(
        name="an instance of a class that was defined again by equal code",
        cells=(f"{BOX}\nbox = Box()\nboxes = [Box(), box]", BOX),
        holds="isinstance(box, Box) and all(isinstance(each, Box) for each in boxes)"
        " and boxes[1] is box",
    ),
    Case(
        name="a changed instance of a class that was defined again by equal code",
        cells=(f"{BOX}\nbox = Box()", f"box.size = 2\n{BOX}"),
        holds="isinstance(box, Box) and box.size == 1",
    ),
    Case(
        name="a function sees the present globals",
        cells=("K = 1\ndef f():\n    return K", "del f"),
        holds="f() == K and f.__globals__ is globals()",
    ),
    Case(
        name="an earlier definition",
        cells=("def f():\n    return 1", "def f():\n    return 2"),
        holds="f() == 1",
    ),
    Case(
        name="a lambda over a global",
        cells=("K = 2\nf = lambda x: x * K", "del f"),
        holds="f(3) == 6",
    ),
    Case(
        name="an instance stays one of the class that is there",
        cells=("class A:\n    def who(self):\n        return 'A'\nx = A()", "del x"),
        holds="isinstance(x, A) and x.who() == 'A'",
    ),
    Case(
        name="an attribute of a class",
        cells=("class A:\n    depth = 1\nx = A()", "A.depth = 2"),
        holds="A.depth == 1 and x.depth == 1",
    ),
    Case(
        name="a module",
        cells=("import math", "del math"),
        holds="math.floor(1.5) == 1",
    ),
    Case(
        name="the random state",
        cells=("import random\nrandom.seed(1)", "r = random.random()"),
        holds="random.random() == random.Random(1).random()",
    ),
    Case(
        name="a frame that lost a column",
        cells=(
            "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': [3, 4]})",
            "del df['b']",
        ),
        holds="list(df.columns) == ['a', 'b']",
    ),
    Case(
        name="the working directory",
        cells=("import os\nos.mkdir('sub')\nstart = os.getcwd()", "os.chdir('sub')"),
        holds="os.getcwd() == start",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_undo_puts_back_what_the_last_cell_changed(case: Case, notebook: Notebook) -> None:
    notebook.run(*case.cells, "%mlops undo")
    assert eval(case.holds, notebook.shell.user_ns)  # noqa: S307  the case is ours


def test_a_project_may_keep_the_values_of_all_cells(
    new_notebook: NewNotebook, tmp_path: Path
) -> None:
    """As `track --values` does it for one kernel."""
    (tmp_path / ".nbmlops").mkdir()
    (tmp_path / ".nbmlops" / "config.toml").write_text('keep = "all"\n')
    notebook = new_notebook()
    notebook.run("%mlops track", "a = [1]", "a.append(2)", "%mlops undo")

    assert notebook["a"] == [1]


def test_what_is_the_same_is_not_touched(notebook: Notebook) -> None:
    notebook.run("a = [1]", "big = list(range(1000))", "a.append(2)")
    before = notebook["big"]
    notebook.run("%mlops undo")
    assert notebook["big"] is before


def test_undo_twice_goes_back_twice_and_checkout_goes_forward(notebook: Notebook) -> None:
    notebook.run("a = 1", "a = 2", "a = 3")
    last = notebook.latest
    notebook.run("%mlops undo", "%mlops undo")
    assert notebook["a"] == 1
    notebook.run(f"%mlops checkout @{last}")
    assert notebook["a"] == 3


def test_what_runs_after_a_checkout_follows_from_it(notebook: Notebook) -> None:
    notebook.run("a = [1]", "a.append(2)", "b = 5", "%mlops undo", "%mlops undo", "a.append(9)")
    notebook.run("c = list(a)", "%mlops undo")
    assert notebook["a"] == [1, 9]
    assert "b" not in notebook


def test_the_first_cell_can_be_undone_and_then_there_is_nothing(notebook: Notebook) -> None:
    notebook.run("a = 1", "%mlops undo")
    assert "a" not in notebook
    assert "nothing to undo" in notebook.said("%mlops undo")


def test_a_generator_is_made_again_only_when_that_is_agreed_to(notebook: Notebook) -> None:
    notebook.run("data = [1, 2, 3]", "g = (i for i in data)", "first = next(g)", "other = 4")
    notebook.run("%mlops undo")  # the generator was not touched
    said = notebook.said("%mlops undo")
    assert "--yes" in said
    notebook.run("%mlops undo --yes")
    assert list(notebook["g"]) == [1, 2, 3]
    assert notebook["data"] == [1, 2, 3]
    assert "first" not in notebook


def test_a_later_kernel_resumes_the_session(new_notebook: NewNotebook) -> None:
    first = new_notebook()
    first.run("%mlops track --values", "import os.path, math", "a = [1]\nb = a", "K = 2")
    first.run("def f(x):\n    return x * K", "class A:\n    pass", "x = A()", "a.append(f(1))")
    kept = first.content()
    second = new_notebook()
    second.run("%mlops checkout latest")
    assert second.content() == kept
    assert second["a"] is second["b"]
    assert type(second["x"]) is second["A"]
    second.run("%mlops track --values", "K = 3", "y = f(2)", "%mlops undo")
    assert second["f"](2) == 6
    assert "y" not in second


def test_what_is_not_kept_is_made_again_from_its_cells(new_notebook: NewNotebook) -> None:
    notebook = new_notebook()
    notebook.run("%mlops track", "import math", "a = [1]", "b = math.floor(2.5)", "a.append(b)")
    assert "--yes" in notebook.said("%mlops undo")
    assert notebook["a"] == [1, 2]
    notebook.run("%mlops undo --yes")
    assert notebook["a"] == [1]
    assert notebook["b"] == 2


def test_a_step_is_of_the_version_that_the_state_makes(notebook: Notebook) -> None:
    notebook.run("def f():\n    return 1", "%mlops track step\ny = f()", "def f():\n    return 2")
    notebook.run("%mlops track step\ny = f()", "%mlops undo", "%mlops undo")
    notebook.run("%mlops track step\ny = f()")
    rows = notebook.extension.surface.workspace.history.versions("step")
    assert [row.executions for row in rows] == [2, 1]


def test_what_was_undone_is_no_result_any_more(notebook: Notebook) -> None:
    """Status, refresh and why tell of the state that is there, not of cells that were undone."""
    notebook.run("%mlops track load\nrows = [1]", "%mlops track fit\nmodel = sum(rows)")
    before = notebook.standings()
    notebook.run("rows.append(2)", "%mlops track fit\nmodel = sum(rows) + 1", "%mlops undo")
    notebook.run("%mlops undo")
    workspace = notebook.extension.surface.workspace
    session = notebook.extension.recorder.session.id

    assert notebook.standings() == before == {"load": ("fresh", 1), "fit": ("fresh", 2)}
    assert workspace.staleness.plan("fit", None, session=session, live={"rows"}).cells == ()
    assert workspace.lineage.variable("model", session=session).executions == (2,)
    assert workspace.lineage.variable("rows", notebook="ipython").executions == (1,)
    notebook.run("%mlops checkout @4")
    assert workspace.lineage.variable("model", session=session).executions == (4,)


def test_a_slice_follows_the_line_that_led_there(notebook: Notebook) -> None:
    notebook.run("a = [1]", "a.append(2)", "%mlops undo", "result = list(a)")
    slices = notebook.extension.surface.workspace.slices
    led = slices.executions_until(notebook.latest)
    assert [done.record.source for done in led if done.record.travelled_to is None] == [
        "a = [1]",
        "result = list(a)",
    ]


def test_words_that_name_no_state_are_explained(notebook: Notebook) -> None:
    notebook.run("a = 1")
    assert "no execution '@99'" in notebook.said("%mlops checkout @99")
    assert "cell of its own" in notebook.said("b = 1\n%mlops undo")


CELLS = (
    "a = [1]", "b = a", "b = list(a)", "a.append(len(a))", "c = {'a': a, 'b': b}",
    "c['a'].append(0)", "del b", "x = np.arange(9.)", "v = x[2:5]", "v += 1", "x = x.copy()",
    "def f():\n    return len(a)", "a = [f()]", "n = random.random()", "b = [a, a]",
    "e = x.reshape(3, -1).T", "e[0] = len(a)", "x.resize(6, refcheck=False)",
    "d = (a, v, {'e': e})", "s = Box(b)", "s.held.append(s)", "q = [Box(x), s]",
    "up()", "up, get = make()", "it = iter(a)", "next(it)", "class Box(Box):\n    pass",
    "df = pd.DataFrame({'x': x})", "df['y'] = float(len(a))", "del df['x']", "random.seed(len(a))",
    "b.append(get)", "w = [a, x]; w += [w[0]]", "w[0] = list(w[0])", "w[1] = w[1].copy()",
    "w[2] = w[0]", "b[0] = list(b[0])", "df = pd.DataFrame(x.copy())", "v = df.to_numpy()",
    "df = pd.DataFrame(x, copy=False)", "w[0] = df[df.columns[0]]", "df.iloc[0, 0] = len(a)",
    "y = bytearray(48); v = np.frombuffer(y)", "y[7] = len(a)", "m = memoryview(x)[1:]",
)  # fmt: skip
START = f"""
{MAKE}
up, get = make()
import random
import numpy as np
random.seed(3)
a = [0]
b = a
c = {{}}
x = np.ones(6)
v = x[:3]
def f():
    return 7
import pandas as pd
class Box:
    def __init__(self, held):
        self.held = held
s = Box(c)
q = e = it = df = None
w = [a, x, a]
y = bytearray(16)
"""


def outcome(notebook: Notebook, cell: str) -> str | None:
    error = notebook.shell.run_cell(cell, store_history=True).error_in_exec
    return None if error is None else type(error).__name__


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    cells=st.lists(st.sampled_from(CELLS), min_size=1, max_size=5),
    lost=st.lists(st.sampled_from(CELLS), min_size=1, max_size=4),
    rest=st.lists(st.sampled_from(CELLS), min_size=1, max_size=4),
    restarts=st.booleans(),
)
def test_to_leave_and_come_back_is_as_if_one_had_never_left(
    *,
    cells: list[str],
    lost: list[str],
    rest: list[str],
    restarts: bool,
    new_notebook: NewNotebook,
    capfd: pytest.CaptureFixture[str],
) -> None:
    stayed = new_notebook()
    stayed.run("%mlops track --values", START)
    expected = [outcome(stayed, cell) for cell in (*cells, *rest)]
    content, shared = stayed.content(), sharing(stayed.extension.recorder.live())
    left = new_notebook()
    left.run("%mlops track --values", START)
    seen = [outcome(left, cell) for cell in cells]
    here = left.latest
    for cell in lost:
        outcome(left, cell)
    if restarts:
        left = new_notebook()
        left.run("%mlops track --values")
    left.run(f"%mlops checkout @{here} --yes")
    seen += [outcome(left, cell) for cell in rest]
    assert seen == expected
    assert left.content() == content
    assert sharing(left.extension.recorder.live()) == shared
    capfd.readouterr()


def test_what_another_key_signed_is_planned_as_made_again(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is said before anything is done, and nothing is left half-done."""
    notebook.run("a = [1]", "b = a + [2]", "a.append(5)\nb = 0")
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "another-key"))
    travel = Workspace(tmp_path).time_travel
    live = notebook.extension.surface.kernel("undo")
    plan = travel.plan(2, live)
    assert (plan.loaded, plan.lost, plan.rebuilt) == ((), {}, ("a", "b"))
    travel.go(plan, live, command="%mlops undo")
    assert (notebook["a"], notebook["b"]) == ([1], [1, 2])


def test_latest_is_where_the_last_change_led_whatever_was_looked_at_since(
    notebook: Notebook,
) -> None:
    """After an undo and a look it brings back what was undone."""
    notebook.run("a = 1", "b = 3", "%mlops undo", "a", "%mlops checkout latest")
    assert notebook["b"] == 3


def test_a_step_that_was_undone_is_not_said_to_be_unknown(notebook: Notebook) -> None:
    notebook.run("%mlops track load\nrows = [1]", "%mlops track train\nmodel = sum(rows)")
    train = notebook.latest
    notebook.run(f"%mlops checkout @{train - 1}")
    told = notebook.said("%mlops refresh train")
    assert f"train was undone: the kernel went back before it ran (@{train})." in told
    assert f"Go forward again: %mlops checkout @{train}." in told
    assert "no step 'tarin'. Known: load." in notebook.said("%mlops refresh tarin")
    notebook.run(f"%mlops checkout @{train}")
    assert notebook.standings() == {"load": ("fresh", train - 1), "train": ("fresh", train)}


@pytest.mark.parametrize("verb", ["track", "track --values"])
def test_recording_is_to_be_turned_on_as_it_was(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    """What a person had chosen, not more: the values of steps are kept anyway."""
    first = new_notebook()
    first.run(f"%mlops {verb}", "a = 1", "%mlops track double\nb = 2 * a")
    first.run("%mlops restore double@1 --values", "%mlops undo")
    capsys.readouterr()
    new_notebook().run("%mlops checkout latest --yes")
    told = f"What runs next is not recorded: turn it on with %mlops {verb}.\n"
    assert told in capsys.readouterr().out


def test_where_recording_is_on_and_nothing_can_be_undone_it_is_not_to_be_turned_on(
    new_notebook: NewNotebook,
) -> None:
    kernel = new_notebook()
    nothing = "There is nothing to undo: no cell that changed anything was recorded before."
    assert f"{nothing} Turn recording on with %mlops track" in kernel.said("%mlops undo")
    kernel.run("%mlops track", "print(1)")
    assert f"{nothing} Recording is on: what cells change" in kernel.said("%mlops undo")
