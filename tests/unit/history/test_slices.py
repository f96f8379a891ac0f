"""A slice holds what was executed and is needed, and makes the same result again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.capture.recorder import Recorder
from nbmlops.capture.session import Session
from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Execution
from nbmlops.history.executed import definition_of
from nbmlops.history.slices import Slice, SliceCell, preparation_of, slice_of
from nbmlops.notebook.document import from_sources
from nbmlops.values.fingerprint import fingerprint
from nbmlops.workspace import Workspace

MakeShell = Callable[[], InteractiveShell]
Record = Callable[..., tuple[Execution, ...]]


@pytest.fixture(scope="module")
def new_shell() -> Iterator[MakeShell]:
    """Makes shells in this process; what they put into it is taken back."""
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    config = Config({"HistoryManager": {"enabled": False}})
    yield lambda: InteractiveShell(config=config)
    sys.modules["__main__"] = main
    sys.displayhook, sys.excepthook = hooks


@pytest.fixture(scope="module")
def record(new_shell: MakeShell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """Runs cells in a shell that is recorded; gives their executions."""
    project = tmp_path_factory.mktemp("project")
    workspace = Workspace(project)

    def run(*cells: str, unrecorded: int = 0) -> tuple[Execution, ...]:
        shell = new_shell()
        shell.register_magic_function(lambda _: None, "line", "mlops")
        session = Session(project=project, notebook="flights.ipynb", path=None)
        recorder = Recorder(
            shell,
            session=session,
            ledger=lambda _: workspace.ledger,
            clock=workspace.clock,
            author="tester",
        )
        recorder.attach()
        for number, cell in enumerate(cells):
            recorder.tracking = number >= unrecorded
            shell.run_cell(cell, store_history=True)
        recorder.detach()
        return tuple(workspace.executions.session_cells(session.id))

    yield run
    workspace.close()


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells in the order in which they ran, and which of them are needed for the last one."""

    name: str
    cells: tuple[str, ...]
    needed: tuple[int, ...]
    result: str = "result"
    notes: tuple[str, ...] = field(default=())


CASES = (
    Case(name="what is not read", cells=("a = 1", "b = 2", "result = a"), needed=(0, 2)),
    Case(name="the last binding counts", cells=("a = 1", "a = 2", "result = a"), needed=(1, 2)),
    Case(
        name="a change in place needs what it changes",
        cells=("a = [1]", "a.append(2)", "b = 1", "result = list(a)"),
        needed=(0, 1, 3),
    ),
    Case(
        name="a change through an alias",
        cells=("a = [1]", "b = a", "b.append(2)", "result = list(a)"),
        needed=(0, 1, 2, 3),
    ),
    Case(
        name="a change through a view",
        cells=(
            "import numpy as np",
            "a = np.zeros(4)",
            "v = a[:2]",
            "w = a[2:].copy()",
            "v[:] = 7",
            "result = a.sum()",
        ),
        needed=(0, 1, 2, 4, 5),
    ),
    Case(
        name="a method that changed nothing",
        cells=("a = [1]", "n = a.count(1)", "result = list(a)"),
        needed=(0, 2),
    ),
    Case(
        name="a cell that ran three times",
        cells=("n = 0", "n += 1", "n += 1", "n += 1", "result = n"),
        needed=(0, 1, 2, 3, 4),
    ),
    Case(
        name="a function and the global that it reads",
        cells=("K = 3", "J = 4", "def f(x):\n    return x * K", "K = 5", "result = f(2)"),
        needed=(2, 3, 4),
    ),
    Case(
        name="a function that was defined again",
        cells=("def f():\n    return 1", "result = f()", "def f():\n    return 2", "result = f()"),
        needed=(2, 3),
    ),
    Case(
        name="a function that changes a global",
        cells=("seen = []", "def note(x):\n    seen.append(x)", "note(1)", "result = list(seen)"),
        needed=(0, 1, 2, 3),
    ),
    Case(
        name="an import and a class with an attribute that was set later",
        cells=(
            "import math",
            "class Settings:\n    depth = 1",
            "Settings.depth = 3",
            "other = math.pi",
            "result = Settings.depth",
        ),
        needed=(1, 2, 4),
    ),
    Case(
        name="a generator that was consumed in part",
        cells=("g = (i for i in range(5))", "first = next(g)", "result = list(g)"),
        needed=(0, 1, 2),
    ),
    Case(
        name="draws since the seed",
        cells=(
            "import random",
            "x = random.random()",
            "random.seed(1)",
            "y = random.random()",
            "result = random.random()",
        ),
        needed=(0, 2, 3, 4),
    ),
    Case(
        name="what might have drawn and did not",
        cells=(
            "import random",
            "random.seed(1)",
            "%mlops track idle\nx = [random.random() for _ in range(0)]",
            "%mlops track busy\ny = [random.random() for _ in range(1)]",
            "result = random.random()",
        ),
        needed=(0, 1, 3, 4),
    ),
    Case(
        name="what looks at where the generator stands",
        cells=(
            "import random",
            "random.seed(1)",
            "x = random.random()",
            "%mlops track look\nresult = random.getstate()[1][-1]",
        ),
        needed=(0, 1, 2, 3),
    ),
    Case(
        name="a cell that failed and left something",
        cells=("a = [1]", "a.append(2)\nraise ValueError", "result = list(a)"),
        needed=(0, 1, 2),
    ),
    Case(
        name="a cell that failed and left nothing",
        cells=("a = [1]", "raise ValueError", "result = list(a)"),
        needed=(0, 2),
    ),
    Case(
        name="deleted and made anew",
        cells=("a = 1", "b = 5", "del a", "a = b", "result = a"),
        needed=(1, 3, 4),
    ),
    Case(
        name="not fully known",
        cells=("a = 1", "exec('b = a + 1')", "result = b"),
        needed=(0, 1, 2),
        notes=("an unnamed cell: inputs not fully known (exec())",),
    ),
    Case(
        name="a setting of the process",
        cells=("import os", "os.environ['DEPTH'] = '3'", "result = os.environ['DEPTH']"),
        needed=(0, 1, 2),
    ),
    Case(
        name="labels and commands are left out",
        cells=("%mlops track load\na = 1", "%mlops track train\nresult = a"),
        needed=(0, 1),
    ),
)


def code(source: str) -> str:
    """A cell without its first line, where that is a label."""
    return source.partition("\n")[2] if source.startswith("%mlops") else source


def made_by(found: Slice, new_shell: MakeShell, name: str) -> str:
    """The fingerprint of what a slice makes in a clean shell."""
    shell = new_shell()
    for cell in found.cells:
        shell.run_cell(cell.source, store_history=True)
    return fingerprint(shell.user_ns[name])


def recorded(execution: Execution, name: str) -> str | None:
    """The fingerprint of what an execution made."""
    return next(value.fingerprint for value in execution.record.outputs if value.name == name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_slice_holds_what_is_needed_and_makes_the_result_again(
    case: Case, record: Record, new_shell: MakeShell
) -> None:
    executions = record(*case.cells)
    found = slice_of(executions)
    assert [cell.source for cell in found.cells] == [code(case.cells[at]) for at in case.needed]
    assert (found.notes, found.missing) == (case.notes, ())
    assert found.executed == len(case.cells)
    assert made_by(found, new_shell, case.result) == recorded(executions[-1], case.result)


def test_the_share_of_the_session_is_told_where_it_is_one() -> None:
    """Cells of the notebook, and of another session, are none of those that it executed."""
    cells = (SliceCell(source="x = 1", step=None), SliceCell(source="y = x", step=None))
    assert Slice(cells=cells, executed=3).share == "2 of the 3"
    assert not Slice(cells=cells, executed=1).share


def test_a_cell_that_failed_says_so_and_a_step_keeps_its_name(record: Record) -> None:
    executions = record("a = [1]\nraise ValueError", "%mlops track train\nresult = a")
    assert [(cell.fails, cell.step) for cell in slice_of(executions).cells] == [
        (True, None),
        (False, "train"),
    ]


def test_a_file_that_was_read_leads_to_the_cells_that_wrote_it(record: Record) -> None:
    write, other, read = record("saved = 5", "other = 1", "result = 5")
    files = (
        (write, FileAccess(path="rows.csv", mode="write", known_by="open")),
        (other, FileAccess(path="else.csv", mode="write", known_by="open")),
        (read, FileAccess(path="rows.csv", mode="read", known_by="open")),
    )
    executions = [
        replace(done, record=replace(done.record, files=(access,))) for done, access in files
    ]
    found = slice_of(executions)
    assert [cell.source for cell in found.cells] == ["saved = 5", "result = 5"]
    assert found.missing == ()


NAMES = st.sampled_from("abc")
CELLS = st.one_of(
    st.builds("{0} = [{1}]".format, NAMES, st.integers(0, 9)),
    st.builds("{0} = {1}".format, NAMES, NAMES),
    st.builds("{0}.append({1})".format, NAMES, st.integers(0, 9)),
    st.builds("{0} = {1} + {2}".format, NAMES, NAMES, NAMES),
    st.builds("{0} += {1}".format, NAMES, NAMES),
    st.builds("push({0}, {1})".format, NAMES, st.integers(0, 9)),
    st.builds("{0} = [{1}, {2}][0]".format, NAMES, NAMES, NAMES),
    st.builds("for x in [{0}, {1}]:\n    x.append(0)".format, NAMES, NAMES),
)


@given(cells=st.lists(CELLS, min_size=1, max_size=8))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_was_executed_its_slice_makes_the_result_again(
    cells: list[str], record: Record, new_shell: MakeShell
) -> None:
    begin = ("def push(x, y):\n    x.append(y)", "a = [0]", "b = [1]", "c = [2]")
    executions = record(*begin, *cells, "result = [list(a), list(b)]")
    found = slice_of(executions)
    assert made_by(found, new_shell, "result") == recorded(executions[-1], "result")


def test_what_ran_before_recording_is_found_in_the_notebook_as_it_is_now(
    record: Record, new_shell: MakeShell
) -> None:
    cells = (
        "import math\nunused = 1",
        "K = 3",
        "def f(x):\n    return math.sqrt(x) * K",
        "result = f(4)",
    )
    executions = record(*cells, unrecorded=3)
    notebook = from_sources([(cell, []) for cell in cells])
    found = slice_of(executions, notebook=notebook)
    assert found.missing == ()
    assert found.notes == ("K, f, math: not recorded, so taken from the notebook as it is now",)
    assert made_by(found, new_shell, "result") == recorded(executions[-1], "result")


def test_what_nobody_recorded_is_named(record: Record) -> None:
    executions = record("K = 3", "result = K", unrecorded=1)
    assert slice_of(executions).missing == ("K",)


def test_a_preparation_takes_definitions_alone_and_no_given_inputs(record: Record) -> None:
    executions = record(
        "import math, json\nfrom math import *",
        "K = 2",
        "big = sum(range(10))\ndef f(x):\n    return math.floor(x) * K",
        "rows = [big]",
        "result = f(rows[0])",
    )
    found = preparation_of(executions, given={"rows"}, seeds=False)
    assert [cell.source for cell in found.cells] == [
        "import math, json",
        "K = 2",
        "def f(x):\n    return math.floor(x) * K",
    ]


def test_definitions_of_one_cell_are_taken_in_the_order_in_which_they_are_in_it(
    record: Record,
) -> None:
    """A class after its base, a function after its decorator."""
    kept = (
        "class Animal:\n    pass\nclass Dog(Animal):\n    pass\n"
        "def loud(f):\n    return f\n@loud\ndef bark():\n    return Dog()"
    )
    executions = record(f"import math\n{kept}\nfirst = bark()", "dog = bark()")
    found = preparation_of(executions, given=(), seeds=False)
    assert [cell.source for cell in found.cells] == [kept]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("np", "import numpy as np"),
        ("f", "@cache\ndef f():\n    return 1"),
        ("x", None),
        ("twice", None),
        ("absent", None),
    ],
)
def test_a_definition_is_taken_from_its_cell_where_it_alone_binds_the_name(
    name: str, found: str | None
) -> None:
    source = (
        "%mlops track load\nimport numpy as np\nfrom functools import cache\n"
        "@cache\ndef f(): return 1\nx = 1\ndef twice(): pass\ntwice = cache(twice)"
    )
    assert definition_of(name, source) == found


def test_nothing_is_taken_from_a_cell_that_is_not_python() -> None:
    assert definition_of("x", "x = = 1") is None
