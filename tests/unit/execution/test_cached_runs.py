"""A run that takes recorded results leaves what a run of every cell leaves, or it runs them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nbmlops.domain.plans import CachePolicy, CellPlan
from nbmlops.domain.runs import RunStatus
from nbmlops.errors import BuildRefusedError, NotResumableError, UnforeseenError
from nbmlops.pipelines.reasons import not_known, starts
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import NOON
from tests.unit.steps import step


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells that ran, the cells as they are then, and what has to run of these."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...] | None = None
    runs: tuple[str, ...] = ()


CASES = (
    Case(name="nothing changed", before=(step("a", "x = [1]"), step("b", "y = x + [2]"))),
    Case(
        name="the formatting changed",
        before=(step("a", "x=[1]"),),
        after=(step("a", "x = [1]  # one"),),
    ),
    Case(
        name="a step changed, and with it what reads its value",
        before=(step("a", "x = [1]"), step("b", "y = x + [2]"), step("c", "z = 5")),
        after=(step("a", "x = [9]"), step("b", "y = x + [2]"), step("c", "z = 5")),
        runs=("a", "b"),
    ),
    Case(
        name="a step changed, and made an equal value",
        before=(step("a", "x = [1]"), step("b", "y = x + [2]")),
        after=(step("a", "x = [3 - 2]"), step("b", "y = x + [2]")),
        runs=("a",),
    ),
    Case(
        name="an unnamed constant changed",
        before=("k = 1", step("a", "x = k"), step("b", "y = 2")),
        after=("k = 3", step("a", "x = k"), step("b", "y = 2")),
        runs=("cell 1", "a"),
    ),
    Case(
        name="a function changed",
        before=("def f():\n    return 1", step("a", "x = f()"), step("b", "y = 2")),
        after=("def f():\n    return 2", step("a", "x = f()"), step("b", "y = 2")),
        runs=("cell 1", "a"),
    ),
    Case(
        name="another module under the same name",
        before=("import math as m", step("a", "x = m.floor(2.5)")),
        after=("import operator as m\nm.floor = round", step("a", "x = m.floor(2.5)")),
        runs=("cell 1", "a"),
    ),
    Case(
        name="an unnamed value that was not kept is made again for a step that changed",
        before=("k = [1]", step("a", "x = len(k)"), step("b", "y = k")),
        after=("k = [1]", step("a", "x = len(k)"), step("b", "y = k * 2")),
        runs=("cell 1", "b"),
    ),
    Case(
        name="an unnamed value that shares parts with one of a step is kept with it",
        before=("k = [1]", step("a", "x = k"), step("b", "y = k")),
        after=("k = [1]", step("a", "x = k"), step("b", "y = k * 2")),
        runs=("b",),
    ),
    Case(
        name="a change in place through an alias reaches both names",
        before=(step("a", "x = [1]"), step("b", "y = x"), step("c", "x.append(2)")),
        after=(step("a", "x = [1]"), step("b", "y = x"), step("c", "x.append(3)")),
        runs=("c",),
    ),
    Case(
        name="an alias is gone, through which a cell changed another name",
        before=("b = [[2]]", "c = [3]", "c = [b]", "del b[0]", step("last", "result = [b, c]")),
        after=("b = [[2]]", "c = [3]", "d = 1", "del b[0]", step("last", "result = [b, c]")),
        runs=("cell 1", "cell 2", "cell 4", "last"),
    ),
    Case(
        name="an alias is new, through which a cell changes another name",
        before=(
            step("a", "x = [1]"),
            step("b", "y = [1]"),
            step("c", "x.append(2)"),
            step("d", "z = [x, y]"),
        ),
        after=(
            step("a", "x = [1]"),
            step("b", "y = x"),
            step("c", "x.append(2)"),
            step("d", "z = [x, y]"),
        ),
        runs=("b", "c", "d"),
    ),
    Case(
        name="values that share parts were changed in place, and nothing changed since",
        before=(step("a", "x = [1]"), step("b", "y = [x]"), step("c", "x.append(2)")),
    ),
    Case(
        name="a setting above changed",
        before=("import os\nos.environ['N'] = '1'", step("a", "x = 1")),
        after=("import os\nos.environ['N'] = '2'", step("a", "x = 1")),
        runs=("cell 1", "a"),
    ),
    Case(
        name="an option is set to another value of a name: all that may see it runs",
        before=(
            "import numpy as np",
            step("a", "n = int('3')"),
            step("b", "np.set_printoptions(precision=n)"),
            step("c", "text = str(np.array([1.23456]))"),
            step("d", "other = 1"),
        ),
        after=(
            "import numpy as np",
            step("a", "n = int('2')"),
            step("b", "np.set_printoptions(precision=n)"),
            step("c", "text = str(np.array([1.23456]))"),
            step("d", "other = 1"),
        ),
        runs=("cell 1", "a", "b", "c"),
    ),
    Case(
        name="an option is set anew to an equal value",
        before=(
            "import numpy as np",
            step("a", "n = int('3')"),
            step("b", "np.set_printoptions(precision=n)"),
            step("c", "text = str(np.array([1.23456]))"),
        ),
        after=(
            "import numpy as np",
            step("a", "n = int('03')"),
            step("b", "np.set_printoptions(precision=n)"),
            step("c", "text = str(np.array([1.23456]))"),
        ),
        runs=("cell 1", "a", "b"),
    ),
    Case(
        name="an attribute of a class of the notebook is set to another value",
        before=(
            "class C:\n    level = 0\ndef put(v):\n    C.level = v",
            step("a", "n = int('3')"),
            step("b", "put(n)"),
            step("c", "m = C.level"),
        ),
        after=(
            "class C:\n    level = 0\ndef put(v):\n    C.level = v",
            step("a", "n = int('2')"),
            step("b", "put(n)"),
            step("c", "m = C.level"),
        ),
        runs=("cell 1", "a", "b", "c"),
    ),
    Case(
        name="a decorator took another value of a name that is bound anew since",
        before=(
            "P = 'a'\ndef put(f):\n    p = P\n    return lambda: p + f()",
            "@put\ndef g():\n    return 'x'",
            "P = 'z'",
            step("a", "x = g()"),
        ),
        after=(
            "P = 'b'\ndef put(f):\n    p = P\n    return lambda: p + f()",
            "@put\ndef g():\n    return 'x'",
            "P = 'z'",
            step("a", "x = g()"),
        ),
        runs=("cell 1", "cell 2", "cell 3", "a"),
    ),
    Case(
        name="a base class, whose name its subclass takes, was changed in place",
        before=(
            "class C:\n    n = 0\n    def add(self, m):\n        type(self).n += m",
            step("a", "C().add(2)"),
            "class C(C):\n    pass",
            step("b", "x = C.n"),
        ),
        after=(
            "class C:\n    n = 0\n    def add(self, m):\n        type(self).n += m",
            step("a", "C().add(5)"),
            "class C(C):\n    pass",
            step("b", "x = C.n"),
        ),
        runs=("cell 1", "a", "cell 3", "b"),
    ),
    Case(
        name="a function remembers what it made of another value of a name",
        before=(
            "import functools\nf = 2",
            "@functools.cache\ndef g(n):\n    return n * f",
            step("a", "x = g(3)"),
            "f = 10",
            step("b", "y = g(3)"),
        ),
        after=(
            "import functools\nf = 4",
            "@functools.cache\ndef g(n):\n    return n * f",
            step("a", "x = g(3)"),
            "f = 10",
            step("b", "y = g(3)"),
        ),
        runs=("cell 1", "cell 2", "a", "cell 4", "b"),
    ),
    Case(
        name="a cell that made a function remember something is gone",
        before=(
            "import functools\nf = 2\ndef h(n):\n    return n * f\ng = functools.lru_cache(h)",
            step("a", "x = g(3)"),
            "f = 10",
            step("b", "y = g(3)"),
        ),
        after=(
            "import functools\nf = 2\ndef h(n):\n    return n * f\ng = functools.lru_cache(h)",
            "f = 10",
            step("b", "y = g(3)"),
        ),
        runs=("cell 1", "cell 2", "b"),
    ),
    Case(
        name="who made a function remember holds, and one that is answered from that runs",
        before=(
            "import functools\nf = 2",
            step("a", "w = int('3')\nz = int('1')"),
            "@functools.cache\ndef g(n):\n    return n * f",
            step("b", "x = g(w)"),
            "f = 10",
            step("c", "y = g(3) + z"),
        ),
        after=(
            "import functools\nf = 2",
            step("a", "w = int('3')\nz = int('2')"),
            "@functools.cache\ndef g(n):\n    return n * f",
            step("b", "x = g(w)"),
            "f = 10",
            step("c", "y = g(3) + z"),
        ),
        runs=("cell 1", "a", "cell 3", "b", "cell 5", "c"),
    ),
    Case(
        name="a function remembers the same",
        before=(
            "import functools\nf = 2",
            "@functools.cache\ndef g(n):\n    return n * f",
            step("a", "x = g(3)"),
            "f = 10",
            step("b", "y = g(3)"),
        ),
    ),
    Case(
        name="a variable that is part of the environment is set above, as it was",
        before=("import os\nos.environ['OMP_NUM_THREADS'] = '1'", step("a", "x = 1")),
    ),
    Case(
        name="a variable that is part of the environment is set to something else above",
        before=("import os\nos.environ['OMP_NUM_THREADS'] = '1'", step("a", "x = 1")),
        after=("import os\nos.environ['OMP_NUM_THREADS'] = '2'", step("a", "x = 1")),
        runs=("cell 1", "a"),
    ),
    Case(
        name="a variable that is part of the environment is set no more",
        before=("import os\nos.environ['OMP_NUM_THREADS'] = '1'", step("a", "x = 1")),
        after=("import os", step("a", "x = 1")),
        runs=("a",),
    ),
    Case(
        name="a seed changed: all that may draw runs",
        before=("import random\nrandom.seed(1)", step("a", "x = random.random()")),
        after=("import random\nrandom.seed(2)", step("a", "x = random.random()")),
        runs=("cell 1", "a"),
    ),
    Case(
        name="a draw above another one changed",
        before=(
            "import random\nrandom.seed(1)",
            step("a", "x = random.random()"),
            step("b", "y = random.random()"),
        ),
        after=(
            "import random\nrandom.seed(1)",
            step("a", "x = random.random(), random.random()"),
            step("b", "y = random.random()"),
        ),
        runs=("cell 1", "a", "b"),
    ),
    Case(
        name="a draw below another one changed",
        before=(
            "import random\nrandom.seed(1)",
            step("a", "x = random.random()"),
            step("b", "y = random.random()"),
        ),
        after=(
            "import random\nrandom.seed(1)",
            step("a", "x = random.random()"),
            step("b", "y = random.random() + 1"),
        ),
        runs=("cell 1", "b"),
    ),
    Case(
        name="what reads the clock always runs",
        before=("import time", step("a", "x = time.time() > 0")),
        runs=("cell 1", "a"),
    ),
    Case(
        name="what starts a program always runs",
        before=("import subprocess", step("a", "x = subprocess.run(['true']).returncode")),
        runs=("cell 1", "a"),
    ),
    Case(
        name="a file that was written is gone",
        before=(
            step("a", "with open('out.txt', 'w') as f:\n    f.write('1')\ndel f"),
            step("b", "x = 1\nimport pathlib\npathlib.Path('out.txt').unlink()"),
        ),
        runs=("a", "b"),
    ),
    Case(
        name="an instance of a class of the notebook belongs to the class that is there",
        before=(
            "class K:\n    pass",
            step("a", "x = K()\nx.n = 1"),
            step("b", "y = isinstance(x, K)"),
        ),
        after=(
            "class K:\n    pass",
            step("a", "x = K()\nx.n = 1"),
            step("b", "y = isinstance(x, K), 1"),
        ),
        runs=("cell 1", "a", "b"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_second_run_executes_what_the_change_asks_for(
    case: Case, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more, no less; and what it leaves is what a run of every cell leaves."""
    monkeypatch.chdir(project.workspace.project)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # to be as it was behind the test
    monkeypatch.delenv("OMP_NUM_THREADS")
    project.run(project.build(case.before))
    os.environ.pop("OMP_NUM_THREADS", None)  # a run begins in a new kernel
    version = project.build(case.after or case.before)
    cached = project.run(version)
    assert tuple(project.ran) == case.runs
    assert cached is not None


def test_the_plan_says_what_a_file_has_to_do_with_it(project: Any) -> None:
    """A file that changed makes its reader run; one with the same content does not."""
    data = project.workspace.project / "data.csv"
    data.write_text("1")
    version = project.build([step("a", f"with open({str(data)!r}) as f:\n    x = f.read()\ndel f")])
    project.run(version)
    assert project.states(version) == {"a": CellPlan.CACHED}
    data.write_text("2")
    assert project.states(version) == {"a": CellPlan.RUNS}
    (planned,) = project.workspace.plans.plan(version, {}).steps
    assert planned.reason.startswith("data.csv changed: other content of the same size, written 20")
    data.write_text("three")
    (planned,) = project.workspace.plans.plan(version, {}).steps
    assert planned.reason == "data.csv changed: 1 → 5 bytes"
    data.unlink()
    data.write_text("1")
    assert project.states(version) == {"a": CellPlan.CACHED}


def test_the_plan_says_what_of_the_code_changed(project: Any) -> None:
    """The lines of the cell, or the functions that it uses."""
    helper = "def double(x):\n    return {}"
    project.run(project.build([helper.format("x * 2"), step("a", "x = 1\ny = double(x)")]))

    def reason(*cells: str) -> str:
        [planned] = project.workspace.plans.plan(project.build(cells), {}).steps
        return str(planned.reason)

    edited = reason(helper.format("x * 2"), step("a", "x = 1\ny = double(x + 1)\nz = 1"))
    assert edited == "code changed in cell 2: +2 -1 lines"
    used = reason(helper.format("x + x"), step("a", "x = 1\ny = double(x)"))
    assert used == "code that it uses changed: `double`"


def test_the_plan_says_what_to_write_where_the_code_does_not_tell_what_it_reads(
    project: Any,
) -> None:
    version = project.build([step("a", "exec('x = 1')")])
    project.run(version)
    [planned] = project.workspace.plans.plan(version, {}).steps
    assert planned.state == CellPlan.RUNS
    assert planned.reason == not_known("exec()")
    assert planned.reason.endswith("; write that code into the cell, or into a module")


def test_a_step_can_be_forced_or_tagged_to_run(project: Any) -> None:
    """``--force`` for one run, the tag ``no-cache`` for all of them."""
    version = project.build([step("a", "x = 1"), step("b", "y = x")])
    project.run(version)
    project.run(version, CachePolicy(force=frozenset(["b"])))
    assert project.ran == ["b"]
    project.run(version, CachePolicy(enabled=False))
    assert project.ran == ["a", "b"]


def test_a_resumed_run_takes_what_came_from_outside_and_says_so(project: Any) -> None:
    """The clock, a program, the tag ``no-cache``; the step that failed runs, and what needs it."""
    version = project.build(
        [
            "import time\nimport subprocess",
            step("fetch", "rows = [time.time() > 0]"),
            step("ask", "code = subprocess.run(['true']).returncode"),
            step("train", "total = sum(rows)\nif total == 1:\n    raise ValueError(total)"),
            step("report", "text = str(total)"),
        ]
    )
    assert project.run(version) is None
    [open_run] = project.workspace.runs.newest()
    with pytest.raises(NotResumableError, match="still running"):
        project.workspace.runs.plan_resume(open_run, version)
    ended = RunRecords(project.workspace.database).finish(
        open_run, status=RunStatus.FAILED, ended_at=NOON
    )
    plan = project.workspace.runs.plan_resume(ended, version)
    assert {cell.title: (cell.state, cell.reason) for cell in plan.steps} == {
        "fetch": (CellPlan.CACHED, "reads the clock"),
        "ask": (CellPlan.CACHED, starts("true")),
        "train": (CellPlan.RUNS, "it failed the last time"),
        "report": (CellPlan.RUNS, "never ran"),
    }


# What notebooks are made of for the property below; each cell is one or two of these.
_TEMPLATES = (
    "{a} = [{n}]",
    "{a} = {b}",
    "{a} = {b} + [{n}]",
    "{a} = [{b}, {c}]",
    "{a}, {b} = {b}, {c}",
    "{a} += [{n}]",
    "{a}.append({n})",
    "{a}[0] = {n}",
    "{a}[0] = {b}",
    "{a}[-1].append({n})",
    "{a}.append({b})",
    "del {a}[0]",
    "for item in {a}:\n    item.append({n})",
    "if len({a}) > {n}:\n    {b} = {c}",
    "{a} = [len({b}) for item in {c}]",
    "def {f}(given):\n    return {a}",
    "def {f}(given):\n    {a}.append({n})\n    return [{n}]",
    "def {f}(given):\n    given.append({n})\n    return given",
    "def {f}(given, held=[]):\n    held.append({n})\n    return held",
    "{f} = lambda given: {a}",
    "{a} = {f}({b})",
    "{f}({a})",
    "globals()['{a}'] = [{n}]",
    "{p} = {n}",
    "{p} = {q}",
    "{p} = {a}[0]",
    "{p} = {a} if len({a}) > {n} else {n}",
    "{a} = [{p}, {b}]",
    "{a}.append({p})",
    "{p} = {f}({q})",
    "{a} = {p} if isinstance({p}, list) else [{n}]",
)
_DATA = st.sampled_from("abc")
_PERHAPS_PLAIN = st.sampled_from("pq")
_STATEMENTS = st.tuples(
    st.sampled_from(_TEMPLATES),
    st.fixed_dictionaries(
        {
            "a": _DATA,
            "b": _DATA,
            "c": _DATA,
            "f": st.sampled_from("fg"),
            "n": st.integers(0, 3),
            "p": _PERHAPS_PLAIN,
            "q": _PERHAPS_PLAIN,
        }
    ),
).map(lambda made: made[0].format(**made[1]))
_CELL = st.tuples(st.booleans(), st.lists(_STATEMENTS, min_size=1, max_size=2).map("\n".join))
_START = "a = [1]; b = [[2]]; c = [3, [4]]; p = 1; q = 'x'\ndef f(given):\n    return given\ng = f"


def _sources(cells: Sequence[tuple[bool, str]]) -> list[str]:
    named = [step(f"s{n}", text) if is_step else text for n, (is_step, text) in enumerate(cells)]
    return [_START, *named, step("last", "result = [a, b, c, p, q]")]


@settings(
    max_examples=int(os.environ.get("NBMLOPS_EXAMPLES", "12")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(
    cells=st.lists(_CELL, min_size=2, max_size=6),
    at=st.integers(0, 5),
    change=_CELL,
)
def test_a_cached_run_leaves_what_a_whole_run_leaves(
    other_project: Callable[[], AbstractContextManager[Any]],
    cells: list[tuple[bool, str]],
    at: int,
    change: tuple[bool, str],
) -> None:
    """After any cell was changed, each cell leaves the same values, taken or made."""
    edited = list(cells)
    edited[at % len(cells)] = change
    with other_project() as project:
        assert _difference(project, cells, edited) == ""


def _difference(project: Any, cells: Any, edited: Any) -> str:
    """How a cached run of the edited notebook differs from one of every cell."""
    try:
        first = project.run(project.build(_sources(cells)))
        version = project.build(_sources(edited))
    except BuildRefusedError:
        assume(condition=False)
        return ""
    assume(first is not None)
    try:
        cached = project.run(version)
    except UnforeseenError:
        return ""  # a run begins anew then
    again = cached
    if cached is not None:
        project.succeed()
        again = project.run(version)
    whole = project.run(version, CachePolicy(enabled=False))
    if cached is None or again is None or whole is None:
        return "" if cached is again is whole else "only some of them fail"
    steps = [at for at, cell in enumerate(version.spec.cells) if cell.role == "step"]
    return "".join(
        f"{version.spec.cells[at].step}: {found[at]} is not {whole[at]}\n"
        for at in steps
        for found in (cached, again)
        if found[at] != whole[at]
    )


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A first cell before and after an edit, and those below it."""

    name: str
    before: str
    after: str
    below: tuple[str, ...]
    runs: tuple[str, ...] | None


EDITS = (
    Edit(
        name="a number in a dict that is changed in place",
        before="n = 3",
        after="n = 3\nother = 4",
        below=(
            "kept = {'k': n}",
            "kept['z'] = 1",
            "n2 = n + 1",
        ),
        runs=("s0",),
    ),
    Edit(
        name="a frame of which a copy is changed in place",
        before="import pandas as pd\nframe = pd.DataFrame({'a': [1, 2]})",
        after="import pandas as pd\nframe = pd.DataFrame({'a': [1, 2]})\nother = 4",
        below=("copied = frame.query('a > 1')", "copied['z'] = 1", "n2 = len(frame)"),
        runs=("s0",),
    ),
    Edit(
        name="a number that becomes a list, and what is changed in place looks as before",
        before="p = 1",
        after="p = [7]",
        below=("q = p if isinstance(p, list) else [7]", "q.append(2)", "n = [p]"),
        runs=None,
    ),
    Edit(
        name="two numbers that become a list, one after the other",
        before="p = 1",
        after="p = [7]",
        below=(
            "r = p",
            "q = r if isinstance(r, list) else [7]",
            "q.append(2)",
            "n = [p]",
        ),
        runs=None,
    ),
    Edit(
        name="an array that becomes a dict of what is changed in place",
        before="import numpy as np\np = np.arange(3)",
        after="p = {'x': [7]}",
        below=("q = p.copy()['x'] if isinstance(p, dict) else [7]", "q.append(2)", "n = [p]"),
        runs=None,
    ),
)


@pytest.mark.parametrize("case", EDITS, ids=lambda case: case.name)
def test_what_may_share_parts_is_known_from_what_was_there_before_the_edit(
    case: Edit, project: Any
) -> None:
    """Where that was wrong the run begins anew (``runs`` is ``None``)."""
    below = [step(f"s{n}", text) for n, text in enumerate(case.below, 1)]
    assert project.run(project.build([step("s0", case.before), *below])) is not None
    version = project.build([step("s0", case.after), *below])
    if case.runs is None:
        with pytest.raises(UnforeseenError, match="another kind"):
            project.run(version)
    else:
        assert project.run(version) is not None
        assert tuple(project.ran) == case.runs


def test_a_folder_that_is_gone_is_made_again(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cell runs again, also where nothing below would fail without the folder."""
    monkeypatch.chdir(project.workspace.project)
    version = project.build(
        [
            step("a", "import os\nos.makedirs('out/deep', exist_ok=True)"),
            step("b", "x = os.path.isdir('out')"),
        ]
    )
    assert project.run(version) is not None
    project.run(version)
    assert project.ran == []
    shutil.rmtree(project.workspace.project / "out")
    project.run(version)
    assert "a" in project.ran
    assert (project.workspace.project / "out" / "deep").is_dir()
