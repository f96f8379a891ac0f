"""What a real kernel records of each kind of cell."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.executions import Execution, ExecutionStatus

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells that prepare, then a step; what is recorded of the step."""

    name: str
    cell: str
    before: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    inputs: set[str] | None = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)
    deleted: tuple[str, ...] = ()
    status: ExecutionStatus = ExecutionStatus.OK
    known: bool = True


CASES = (
    Case(name="rebinding", before=("x = 1",), cell="x = x + 1", inputs={"x"}, outputs={"x"}),
    Case(
        name="the same value bound again is an output",
        before=("x = 1",),
        cell="x = 1",
        outputs={"x"},
    ),
    Case(
        name="in-place change",
        before=("rows = [1]",),
        cell="rows.append(2)",
        inputs={"rows"},
        outputs={"rows"},
    ),
    Case(
        name="a method that changes nothing",
        before=("rows = [1]",),
        cell="n = rows.count(1)",
        inputs={"rows"},
        outputs={"n"},
    ),
    Case(
        name="a change through an alias",
        before=("rows = [1]\nalias = rows",),
        cell="alias.append(2)",
        inputs={"alias"},
        outputs={"rows", "alias"},
    ),
    Case(
        name="a change of a part that another value holds",
        before=("part = [1]\nwhole = {'part': part}\nother = [1]",),
        cell="part.append(2)",
        inputs={"part"},
        outputs={"part", "whole"},
    ),
    Case(
        name="a change through a view",
        before=(
            "import numpy as np\narray = np.arange(4)\nview = array[:2]\napart = array[:2].copy()",
        ),
        cell="view[0] = 9",
        inputs={"view"},
        outputs={"array", "view"},
    ),
    Case(
        name="a change in place of a frame",
        before=("import pandas as pd\nframe = pd.DataFrame({'a': [1, 2]})\nkept = frame.copy()",),
        cell="frame['b'] = 1",
        inputs={"frame"},
        outputs={"frame"},
    ),
    Case(name="a loop variable", cell="for i in range(3):\n    last = i", outputs={"i", "last"}),
    Case(
        name="a function that the cell defines and calls",
        before=("base = 4\nunread = 5",),
        cell=(
            "def f():\n    return g()\ndef g():\n    return base\n"
            "def h():\n    return unread\nx = f()"
        ),
        inputs={"base"},
        outputs={"f", "g", "h", "x"},
    ),
    Case(
        name="a class that the cell defines and uses",
        before=("base = 4",),
        cell=(
            "class Model:\n    def fit(self):\n        self.w = base\nmodel = Model()\nmodel.fit()"
        ),
        inputs={"base"},
        outputs={"Model", "model"},
    ),
    Case(
        name="a global that a function binds",
        before=("def set_limit():\n    global limit\n    limit = base * 2", "base = 4"),
        cell="set_limit()",
        inputs={"base"},
        outputs={"limit"},
    ),
    Case(
        name="del",
        before=("x = 1",),
        cell="y = x\ndel x",
        inputs={"x"},
        outputs={"y"},
        deleted=("x",),
    ),
    Case(
        name="star import",
        cell="from colorsys import *",
        outputs={
            "hls_to_rgb",
            "hsv_to_rgb",
            "rgb_to_hls",
            "rgb_to_hsv",
            "rgb_to_yiq",
            "yiq_to_rgb",
        },
    ),
    Case(
        name="exec",
        before=("seen = 1",),
        cell="exec('made = seen + 1')",
        inputs={"seen"},
        outputs={"made"},
        known=False,
    ),
    Case(
        name="exec inside a function of another cell",
        before=("def run(code):\n    exec(code, globals())", "seen = 1"),
        cell="run('made = seen + 1')",
        inputs={"seen"},
        outputs={"made"},
        known=False,
    ),
    Case(
        name="a cell that raises keeps what it did",
        cell="half = 1\n1 / 0\nnever = 2",
        outputs={"half"},
        status=ExecutionStatus.ERROR,
    ),
    Case(
        name="a cell that is not Python",
        cell="x = (",
        status=ExecutionStatus.ERROR,
        known=False,
    ),
    Case(name="%%time above", cell="%%time\nx = 1", outputs={"x"}),
    Case(name="%%capture above", cell="%%capture caught\nx = 1\nx", outputs={"x", "caught"}),
    Case(name="%%bash", cell="%%bash --out listing\necho hello", outputs={"listing"}),
    Case(
        name="top-level await",
        cell="import asyncio\nx = await asyncio.sleep(0.001, 'done')",
        outputs={"asyncio", "x"},
    ),
    Case(
        name="a nested cell belongs to the one that runs it",
        cell="get_ipython().run_cell('')\n"
        "get_ipython().run_cell('inner = 1', store_history=True)\nouter = 2",
        outputs={"inner", "outer"},
        known=False,
    ),
    Case(
        name="%run",
        before=("from pathlib import Path\n_ = Path('script.py').write_text('made = 5')", "a = 1"),
        cell="%run script.py",
        inputs=set(),
        outputs={"made"},
        known=False,
    ),
    Case(
        name="%run -i",
        before=(
            "from pathlib import Path\n_ = Path('script.py').write_text('made = twice(a)')",
            "a = 1; b = 2; factor = 2\ndef twice(n):\n    return n * factor",
        ),
        cell="%run -i script.py",
        inputs={"a", "factor"},
        outputs={"made"},
        known=False,
    ),
)


@pytest.fixture(autouse=True)
def empty(kernel: Any) -> None:
    """Each test starts with an empty namespace and recording on."""
    kernel.run("%reset -f", silent=True)
    kernel.run("%mlops track")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_step_records_what_it_read_and_wrote(kernel: Any, case: Case) -> None:
    for source in case.before:
        assert kernel.run(source).status == "ok"
    kernel.run(f"%mlops track step\n{case.cell}")
    record = kernel.latest().record
    assert record.step == "step"
    assert record.status is case.status
    if case.inputs is not None:
        assert {value.name for value in record.inputs} == case.inputs
    assert {value.name for value in record.outputs} == case.outputs
    assert record.deleted == case.deleted
    assert record.inputs_complete is case.known
    assert bool(record.inputs_note) is not case.known or "import *" in str(record.inputs_note)


def record(kernel: Any, source: str, **options: Any) -> Execution:
    """Run a cell and return what was recorded of it."""
    kernel.run(source, **options)
    found = kernel.latest()
    assert found.record.source == source
    return found


def test_the_content_of_a_step_is_kept_and_that_of_an_unnamed_cell_only_compared(
    kernel: Any,
) -> None:
    named = record(kernel, "%mlops track load\nrows = [1, 2, 3]").record.outputs[0]
    unnamed = record(kernel, "rows = [1, 2, 3]").record.outputs[0]
    assert named.manifest is not None
    assert unnamed.manifest is None
    assert named.fingerprint == unnamed.fingerprint
    workspace = kernel.workspace()
    workspace.values._signer = type(workspace.values._signer).for_user(
        Path(kernel._environment["NBMLOPS_SIGNING_KEY_FILE"])
    )
    assert workspace.values.load(named.manifest) == [1, 2, 3]
    workspace.close()


def test_what_cannot_be_stored_is_recorded_with_the_reason(kernel: Any) -> None:
    found = record(
        kernel,
        "%mlops track s\nlazy = (i for i in range(3))\nimport threading\nlock = threading.Lock()",
    )
    reasons = {value.name: value.reason for value in found.record.outputs}
    assert "a generator" in str(reasons["lazy"])
    assert "a thread lock" in str(reasons["lock"])


def test_an_output_over_the_size_limit_keeps_its_fingerprint_and_preview(kernel: Any) -> None:
    found = record(kernel, "%mlops track s\nbig = bytes(65) * 2**20")
    value = found.record.outputs[0]
    assert value.manifest is None
    assert "larger than the limit" in str(value.reason)
    assert value.fingerprint is not None
    assert value.summary.shape == (65 * 2**20,)


@dataclass(frozen=True, kw_only=True)
class Failing:
    """A cell that fails, and where."""

    source: str
    line: int
    kind: str = "ZeroDivisionError"


FAILING = (
    Failing(source="%mlops track s\nx = 1\n1 / 0", line=3),
    Failing(source="\n\n%mlops track s\n1 / 0", line=4),
    Failing(source="%%time\n%mlops track s\nx = 1\n1 / 0", line=4),
    Failing(source="%mlops track s\n%%time\nx = 1\n\n1 / 0", line=5),
    Failing(source="%mlops track s\n\n# why\ndef f():\n    return 1 / 0\n\nf()", line=7),
    Failing(source="%mlops track s\nx = 1\ny = (", line=3, kind="_IncompleteInputError"),
    Failing(source="%mlops track s\nx = 1\ny = = 2", line=3, kind="SyntaxError"),
    Failing(source="%mlops track s\nimport asyncio\nawait asyncio.sleep(0)\n1 / 0", line=4),
    Failing(source="%mlops track s\n%%bash\nexit 3", line=2, kind="CalledProcessError"),
)


@pytest.mark.parametrize("case", FAILING, ids=lambda case: case.source)
def test_a_failure_names_its_kind_and_line(kernel: Any, case: Failing) -> None:
    failure = record(kernel, case.source, cell_id="the-cell").record.failure
    assert failure is not None
    assert failure.kind in {case.kind, "SyntaxError"}
    assert failure.line == case.line
    assert failure.step == "s"
    assert failure.cell_id == "the-cell"
    assert failure.kind in failure.traceback


@pytest.mark.parametrize(
    "wait",
    [
        "import time\nprint('go', flush=True)\ntime.sleep(30)",
        "import asyncio\nprint('go', flush=True)\nwhile True:\n    await asyncio.sleep(0.05)",
    ],
    ids=["a plain cell", "an awaiting cell"],
)
def test_an_interrupted_cell_is_recorded_as_interrupted(kernel: Any, wait: str) -> None:
    message_id = kernel.send(f"%mlops track s\nbefore = 1\n{wait}")
    kernel.wait_for_stream("go")
    time.sleep(0.1)
    kernel.interrupt()
    kernel.collect(message_id)
    found = kernel.latest().record
    assert found.status is ExecutionStatus.INTERRUPTED
    assert "before" in {value.name for value in found.outputs}
    assert record(kernel, "%mlops track s\nafter = 1").record.status is ExecutionStatus.OK


def test_an_interrupt_that_hits_the_recorder_still_reaches_the_cell(kernel: Any) -> None:
    kernel.run(
        "import time\nclass Slow:\n    def __reduce__(self):\n"
        "        print('taking apart', flush=True)\n        time.sleep(30)\n"
    )
    kernel.run("%mlops track --off")
    kernel.run("slow = Slow()")
    message_id = kernel.send("%mlops track s\nslow\nwhile True:\n    time.sleep(0.01)")
    kernel.wait_for_stream("taking apart")
    kernel.interrupt()
    outcome = kernel.collect(message_id)
    assert outcome.error is not None
    assert outcome.error[0] == "KeyboardInterrupt"
    assert "this cell was not recorded: it was interrupted" in outcome.stderr


def test_an_interrupt_while_a_cell_is_being_recorded_ends_the_recording(kernel: Any) -> None:
    kernel.run(
        "import time\nclass Slow:\n    def __reduce__(self):\n"
        "        print('taking apart', flush=True)\n        time.sleep(30)\n"
    )
    message_id = kernel.send("%mlops track s\nslow = Slow()\ndone = 1")
    kernel.wait_for_stream("taking apart")
    kernel.interrupt()
    outcome = kernel.collect(message_id)
    assert outcome.status == "ok"
    assert "this cell was not recorded: it was interrupted" in outcome.stderr
    assert kernel.value("done") == 1
    assert record(kernel, "%mlops track s\nfurther = 1").record.status is ExecutionStatus.OK


def test_silent_executions_and_those_without_history_are_skipped(kernel: Any) -> None:
    before = len(kernel.executions())
    kernel.run("%mlops track s\nx = 1", silent=True)
    kernel.run("%mlops track s\nx = 1", store_history=False)
    kernel.run("")
    kernel.run("%mlops versions")
    assert len(kernel.executions()) == before


def test_cells_without_an_id_are_recorded_without_one(kernel: Any) -> None:
    assert record(kernel, "x = 1").record.cell_id is None
    assert record(kernel, "x = 2", cell_id="c-1").record.cell_id == "c-1"


def test_a_tag_names_a_step(kernel: Any) -> None:
    found = record(kernel, "x = 1", tags=("step:tagged",))
    assert found.version is not None
    assert found.version.step.name == "tagged"


def test_displays_results_and_figures_are_artifacts(kernel: Any) -> None:
    found = record(
        kernel,
        "%mlops track s\nimport matplotlib.pyplot as plt\nfrom IPython.display import HTML\n"
        "display(HTML('<b>hello</b>'))\nplt.plot([1, 2])\n'text'",
    )
    kept = [(artifact.name, artifact.media_type) for artifact in found.record.artifacts]
    assert kept == [
        ("output-1", "text/html"),
        ("output-2", "text/plain"),
        ("output-3", "image/png"),
    ]
    workspace = kernel.workspace()
    assert workspace.objects.get(found.record.artifacts[2].object).startswith(b"\x89PNG")
    workspace.close()


def test_metrics_are_kept_as_numbers_in_series(kernel: Any) -> None:
    found = record(
        kernel,
        "%mlops track s --metric auc,n\nimport nbmlops, numpy as np\nn = 3\nauc = np.float32(0.5)\n"
        "for loss in (0.5, 0.25):\n    nbmlops.metric('loss', np.float64(loss))",
    )
    assert [(m.name, m.value, m.step) for m in found.record.metrics] == [
        ("loss", 0.5, 0),
        ("loss", 0.25, 1),
        ("auc", 0.5, 0),
        ("n", 3.0, 0),
    ]


def test_what_is_no_number_is_told_of_and_the_rest_is_kept(kernel: Any) -> None:
    outcome = kernel.run(
        "%mlops track s -m word -m absent -m good\nword, good = 'x', 1\n"
        "import nbmlops\nnbmlops.metric('diverged', float('nan'))"
    )
    assert outcome.status == "ok"
    assert "diverged" not in outcome.stderr
    assert "The metric 'word' is not kept: it is a str." in outcome.stderr
    assert "--metric absent: the cell made no variable of that name." in outcome.stderr
    kept = {metric.name: str(metric.value) for metric in kernel.latest().record.metrics}
    assert kept == {"diverged": "nan", "good": "1.0"}


def test_a_failed_cell_reports_no_metric_of_an_earlier_run(kernel: Any) -> None:
    kernel.run("%mlops track s -m auc\nauc = 1")
    outcome = kernel.run("%mlops track s -m auc\n1 / 0\nauc = 2")
    assert outcome.stderr == ""
    assert kernel.latest().record.metrics == ()


def test_a_metric_outside_of_a_recorded_cell_is_told_of(kernel: Any) -> None:
    kernel.run("%mlops track --off")
    outcome = kernel.run("import nbmlops\nnbmlops.metric('auc', 1)")
    assert outcome.status == "ok"
    assert "metric 'auc' is not kept: no recorded cell is running" in outcome.stderr


def test_warnings_as_errors_do_not_cost_the_record(kernel: Any) -> None:
    kernel.run("import warnings\nwarnings.simplefilter('error')")
    outcome = kernel.run("%mlops track s -m absent\nx = 1")
    kernel.run("warnings.resetwarnings()")
    assert outcome.status == "ok"
    assert {value.name for value in kernel.executions()[-2].record.outputs} == {"x"}


def test_random_state_is_recorded_and_brings_the_same_numbers_back(kernel: Any) -> None:
    kernel.run("import random, numpy as np")
    cell = "%mlops track draw\nnumbers = [random.random(), np.random.rand()]"
    first = record(kernel, cell)
    drawn = kernel.value("numbers")
    kernel.run(
        "from nbmlops.capture import randomness\nfrom nbmlops.project import open_project\n"
        f"randomness.restore(open_project()._workspace.values.load({first.record.random_state!r}))"
    )
    kernel.run(cell)
    assert kernel.value("numbers") == drawn
    assert kernel.latest().record.random_state == first.record.random_state


def test_peak_memory_is_that_of_the_cell(kernel: Any) -> None:
    small = record(kernel, "%mlops track small\nx = 1").record.peak_memory
    large = record(
        kernel, "%mlops track large\nx = bytearray(200_000_000)\ndel x"
    ).record.peak_memory
    after = record(kernel, "%mlops track small\nx = 1").record.peak_memory
    assert small is not None
    assert large is not None
    assert after is not None
    assert large - small > 150_000_000
    assert large - after > 150_000_000


def test_the_environment_is_kept_once(kernel: Any) -> None:
    digests = {record(kernel, f"x = {n}").record.environment for n in range(2)}
    assert len(digests) == 1
    workspace = kernel.workspace()
    environment = workspace.executions.environment(str(digests.pop()))
    workspace.close()
    assert environment is not None
    assert environment.python.startswith("3.")
    assert "numpy" in environment.distributions


def test_parameters_are_those_of_the_tagged_cell(kernel: Any) -> None:
    kernel.run("%mlops track --off")
    kernel.run("month = 3\ncarrier = 'AA'\nwhen = object()", tags=("parameters",))
    kernel.run("month = 4")
    found = record(kernel, "%mlops track s\nx = month")
    assert found.record.parameters == {"carrier": "AA", "month": 4}


def test_duration_is_that_of_the_cell_alone(kernel: Any) -> None:
    found = record(kernel, "%mlops track s\nimport time\ntime.sleep(0.2)")
    assert math.isclose(found.record.duration, 0.2, abs_tol=0.1)


def test_a_thread_that_outlives_its_cell_is_reckoned_with(kernel: Any) -> None:
    kernel.run(
        "import threading, time\nrows = [1]\ngo = threading.Event()\n"
        "worker = threading.Thread(target=lambda: (go.wait(), rows.append(2)))\nworker.start()"
    )
    first = record(kernel, "%mlops track s\nn = len(rows)").record.inputs[0]
    kernel.run("go.set()\nworker.join()")
    second = record(kernel, "%mlops track s\nn = len(rows)").record.inputs[0]
    assert first.fingerprint != second.fingerprint


def test_operators_and_ends_of_objects_of_the_notebook_do_anything(kernel: Any) -> None:
    kernel.run(
        "import os, threading\nos.makedirs('data', exist_ok=True)\ngo = threading.Event()\n"
        "class Lazy:\n"
        "    def __getitem__(self, key):\n"
        "        threading.Thread(target=lambda: go.wait(), daemon=True).start()\n"
        "    def __add__(self, other):\n        os.chdir('data')\n"
        "    def __del__(self):\n        os.chdir('..')\n"
        "lazy = Lazy()"
    )
    started = record(kernel, "%mlops track s\nx = lazy[0]").record
    assert "a thread that it started" in (started.inputs_note or "")
    for cell in ("y = lazy + 1", "lazy = 0"):
        externals = record(kernel, f"%mlops track s\n{cell}").record.externals
        assert [found.name for found in externals if found.kind == "directory"]
    kernel.run("go.set()")


def test_values_are_not_kept_alive(kernel: Any) -> None:
    kernel.run(
        "%mlops track s\nclass Big: pass\nimport weakref\nbig = Big()\nseen = weakref.ref(big)"
    )
    kernel.run("%mlops track t\nbig.x = 1\ndel big")
    assert kernel.value("seen() is None") is True


def commit_all(folder: Path) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def completed(kernel: Any) -> Any:
    """The latest record, once git has answered."""
    end = time.monotonic() + 20
    while kernel.latest().record.git is None and time.monotonic() < end:
        time.sleep(0.02)
    return kernel.latest().record


def test_the_commit_is_recorded(start_kernel: Callable[..., Any], tmp_path: Path) -> None:
    notebook = tmp_path / "project" / "n.ipynb"
    notebook.parent.mkdir()
    notebook.write_text("{}")
    commit_all(notebook.parent)
    notebook.write_text('{"changed": 1}')
    kernel = start_kernel(notebook)
    kernel.run("%load_ext nbmlops")
    record(kernel, "%mlops track s\nx = 1")
    found = completed(kernel).git
    assert found is not None
    assert len(found.commit) == 40
    assert found.dirty


def test_what_git_reads_is_not_what_a_cell_reads(
    start_kernel: Callable[..., Any], tmp_path: Path
) -> None:
    notebook, lib = tmp_path / "project" / "n.ipynb", tmp_path / "project" / "lib.py"
    notebook.parent.mkdir()
    notebook.write_text("{}")
    lib.write_text("A = 1")
    (lib.parent / "rows.csv").write_text("1")
    commit_all(notebook.parent)
    lib.write_text("A = 2")  # as long as before, so that git reads it; the other is as old as that
    kernel = start_kernel(notebook)
    kernel.run("%load_ext nbmlops")
    kernel.run("import time, nbmlops.capture.git as module\nmodule._FRESH = module._SHARE = 0")
    for pause in (0.0, 0.3, 0.0):
        record(kernel, f"%mlops track s\nfor _ in range(3): time.sleep({pause} / 3)")
        found = completed(kernel)
        assert found.git.dirty
        assert found.files == ()
