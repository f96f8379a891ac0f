"""Runs of pipelines: real papermill, real kernels, one start per behaviour."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from nbmlops.domain.runs import Run, RunStatus
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)
PATIENCE = 60


def command(*words: str | Path) -> list[str]:
    """The command line of ``nbmlops``."""
    return [sys.executable, "-m", "nbmlops", *map(str, words)]


def nbmlops(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run ``nbmlops`` to its end."""
    return subprocess.run(
        command(*words), cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def build(path: Path) -> None:
    """Build a notebook in this process, which is faster."""
    workspace = Workspace(path.parent)
    workspace.pipelines.build(path)
    workspace.close()


def statuses(notebook: Path) -> list[str]:
    """What each cell of an executed notebook says of itself."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return [cell["metadata"]["papermill"]["status"] for cell in cells]


@dataclass(frozen=True)
class Executed:
    """A run, with the workspace that made it."""

    workspace: Workspace
    run: Run

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.workspace.runs.folder(self.run).notebook

    @property
    def report(self) -> Path:
        """Its page."""
        return self.workspace.runs.folder(self.run).report


@pytest.fixture(scope="module", autouse=True)
def _own_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A signing key of our own, for this process and those it starts."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("key") / "signing-key"
        patch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(path))
        yield


@pytest.fixture(scope="module")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Executed]]:
    """Builds a notebook in a project of its own and runs it, in this process."""
    opened = []

    def run(
        fill: Callable[[Notebook], Notebook],
        *,
        values: dict[str, Any] | None = None,
        project: str = "project",
    ) -> Executed:
        folder = tmp_path_factory.mktemp("runs") / project
        folder.mkdir()
        path = fill(Notebook(folder)).save("reports/job.ipynb")
        workspace = Workspace(folder)
        opened.append(workspace)
        version = workspace.pipelines.build(path).version
        return Executed(workspace, workspace.runs.run(version, values or {}))

    yield run
    for workspace in opened:
        workspace.close()


def good_notebook(notebook: Notebook) -> Notebook:
    """Every kind of thing that a run tracks, and an error that a tag allows."""
    return (
        notebook.cell("%load_ext nbmlops\n%mlops track")
        .parameters(month=1, share=0.5, quick=False, carrier="AA", days=[1])
        .cell(
            "import os\nfrom pathlib import Path\nimport nbmlops\nfrom IPython.display import Image"
        )
        .step("load", "kinds = [type(v).__name__ for v in (month, share, quick, carrier, days)]")
        .cell(
            "%mlops track risky\nparts = list(kinds)\nraise ValueError('allowed')",
            "raises-exception",
        )
        .step("train", "score = month * share\nnbmlops.metric('score', score)\nhere = os.getcwd()")
        .step("draw", f"import base64\npixel = Image(base64.b64decode('{PIXEL}'))\npixel")
    )


@pytest.fixture(scope="module")
def good(execute: Callable[..., Executed]) -> Executed:
    """A run that succeeds, in a folder whose name papermill would fill in."""
    return execute(
        good_notebook,
        values={"month": 3, "quick": True, "carrier": "it's {month}", "days": [4, 5]},
        project="Flüge {month} 50%",
    )


def test_a_run_that_reaches_its_end_succeeds_even_past_an_error_that_a_tag_allows(
    good: Executed,
) -> None:
    assert good.run.failure is None
    assert good.run.status is RunStatus.SUCCEEDED
    assert set(statuses(good.notebook)) == {"completed"}
    assert good.run.warnings == ()


def test_parameters_arrive_with_their_types_and_are_kept_with_the_run(good: Executed) -> None:
    assert good.run.parameters == {
        "month": 3,
        "share": 0.5,
        "quick": True,
        "carrier": "it's {month}",
        "days": [4, 5],
    }
    [load] = [found for found in executions(good) if found.record.step == "load"]
    kinds = next(value for value in load.record.outputs if value.name == "kinds")
    assert kinds.summary.text == "['int', 'float', 'bool', 'str', 'list']"
    assert load.record.parameters == good.run.parameters


def test_cells_run_in_the_folder_of_their_notebook(good: Executed) -> None:
    [train] = [found for found in executions(good) if found.record.step == "train"]
    here = next(value for value in train.record.outputs if value.name == "here")
    assert here.summary.text == repr(str(good.workspace.project / "reports"))


def test_steps_metrics_and_figures_are_recorded_under_the_run(good: Executed) -> None:
    assert [found.record.step for found in executions(good) if found.record.step] == [
        "load",
        "risky",
        "train",
        "draw",
    ]
    assert {found.record.run_id for found in executions(good)} == {good.run.id}
    assert good.run.metrics == {"score": 1.5}
    assert [artifact.name for artifact in good.run.artifacts] == [
        "job.ipynb",
        "job.html",
        "draw/output-1",
    ]


def test_the_executed_notebook_is_valid_and_its_page_holds_the_figure(good: Executed) -> None:
    node = nbformat.read(good.notebook, as_version=4)
    nbformat.validate(node)
    assert not any(
        "papermill-error-cell-tag" in cell.metadata.get("tags", []) for cell in node.cells
    )
    assert PIXEL in good.report.read_text("utf-8")
    [notebook, *_] = good.run.artifacts
    assert good.workspace.objects.get(notebook.object) == good.notebook.read_bytes()


def test_a_failed_run_says_where_and_keeps_what_there_is_even_without_its_notebook(
    tmp_path: Path,
) -> None:
    path = (
        Notebook(tmp_path)
        .cell("%load_ext nbmlops")
        .parameters(month=1)
        .step("load", "rows = [month]")
        .step("train", "total = sum(rows)\nif total == 13:\n    raise ValueError('bad month')")
        .step("report", "text = str(total)")
        .save("job.ipynb")
    )
    build(path)
    path.unlink()
    done = nbmlops(tmp_path, "run", "job", "-p", "month=13")
    assert done.returncode == 1
    *progress, last = done.stderr.splitlines()
    assert progress == [
        "job@1 step 1 of 3: load (never ran) … done",
        "job@1 step 2 of 3: train (never ran) … failed",
    ]
    assert last == (
        "nbmlops: job#1 failed in step train, cell 4, line 4: ValueError: bad month. "
        "Look at it: nbmlops show job#1. Once it is fixed, go on from there: nbmlops resume job#1"
    )
    assert "Traceback" not in done.stderr
    folder = tmp_path / ".nbmlops/runs/job/1"
    assert statuses(folder / "job.ipynb")[-3:] == ["completed", "failed", "not run"]
    assert "bad month" in (folder / "job.html").read_text("utf-8")
    shown = nbmlops(tmp_path, "show", "job#1")
    assert "Cell In" in shown.stdout
    assert re.search(r"train +failed", shown.stdout), shown.stdout


@dataclass(frozen=True)
class Ending:
    """A way in which a cell can end a run."""

    source: str
    status: RunStatus
    kind: str | None
    message: str | None
    cells: tuple[str, str]
    warning: str | None = None


ENDINGS = {
    "the kernel kills itself": Ending(
        "import os, signal\nvalue = os.kill(os.getpid(), signal.SIGKILL)",
        RunStatus.FAILED,
        "DeadKernelError",
        "The kernel was killed by SIGKILL while this cell ran (out of memory?).",
        ("failed", "not run"),
    ),
    "it exits well": Ending(
        "import sys\nvalue = 1\nsys.exit()",
        RunStatus.SUCCEEDED,
        None,
        None,
        ("completed", "not run"),
        "sys.exit() ended the notebook early: 1 cell was not run.",
    ),
    "it exits badly": Ending(
        "import sys\nvalue = 1\nsys.exit(3)",
        RunStatus.FAILED,
        "SystemExit",
        "3",
        ("failed", "not run"),
    ),
    "it breaks what the kernel sends": Ending(
        "import json\nvalue = json\njson.dumps = lambda *_, **__: '<'",
        RunStatus.FAILED,
        "KernelMessageError",
        "What the kernel sends cannot be read any more, as where a cell replaces json.dumps: "
        "put it back in the cell that replaces it.",
        ("failed", "not run"),
    ),
    "it breaks what the kernel sends, and goes on": Ending(
        "import json, time\njson.dumps = lambda *_, **__: '<'\ndisplay(1)\ntime.sleep(1)",
        RunStatus.FAILED,
        "KernelMessageError",
        "What the kernel sends cannot be read any more, as where a cell replaces json.dumps: "
        "put it back in the cell that replaces it.",
        ("failed", "not run"),
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_cell_may_end_a_run(name: str, execute: Callable[..., Executed]) -> None:
    ending = ENDINGS[name]
    executed = execute(
        lambda notebook: notebook.step("end", ending.source).step("after", "later = 1")
    )
    failure = executed.run.failure
    assert executed.run.status is ending.status
    assert (failure and failure.kind) == ending.kind
    assert (failure and failure.message) == ending.message
    assert failure is None or failure.step == "end"
    assert tuple(statuses(executed.notebook)[-2:]) == ending.cells
    assert ending.warning is None or ending.warning in executed.run.warnings
    nbformat.validate(nbformat.read(executed.notebook, as_version=4))


@dataclass(frozen=True)
class Stop:
    """A signal and how ``nbmlops run`` exits after it."""

    signal: signal.Signals
    returncode: int


@pytest.fixture
def sleeping(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An ``nbmlops run`` whose second step sleeps."""
    path = (
        Notebook(tmp_path)
        .step("first", "begun = 1")
        .step(
            "sleep",
            "import time\nfrom pathlib import Path\n"
            "started = Path('sleeping').write_text('yes')\ntime.sleep(120)",
        )
        .step("after", "later = started")
        .save("job.ipynb")
    )
    build(path)
    process = subprocess.Popen(
        command("run", "job"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE
    while not (tmp_path / "sleeping").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("stop", [Stop(signal.SIGINT, 130), Stop(signal.SIGTERM, 143)], ids=str)
def test_a_stopped_run_is_cancelled_and_keeps_its_notebook(
    stop: Stop, sleeping: subprocess.Popen[str], tmp_path: Path
) -> None:
    kernels = psutil.Process(sleeping.pid).children(recursive=True)
    assert kernels
    sleeping.send_signal(stop.signal)
    out, err = sleeping.communicate(timeout=PATIENCE)
    assert sleeping.returncode == stop.returncode, err
    assert (
        f"job#1 was cancelled in step sleep, cell 2, line 5: stopped by {stop.signal.name}." in out
    )
    assert "Traceback" not in err
    assert not psutil.wait_procs(kernels, timeout=10)[1]
    assert statuses(tmp_path / ".nbmlops/runs/job/1/job.ipynb") == [
        "completed",
        "cancelled",
        "not run",
    ]
    listed = json.loads(nbmlops(tmp_path, "runs", "--json").stdout)["runs"]
    assert [run["status"] for run in listed] == ["cancelled"]
    assert [artifact["name"] for artifact in listed[0]["artifacts"]] == ["job.ipynb", "job.html"]


def test_nothing_is_said_of_sockets_that_close_while_a_kernel_ends(tmp_path: Path) -> None:
    path = (
        Notebook(tmp_path)
        .step(
            "closing",
            "import sys, zmq\n\n\nclass Closed:\n    def flush(self):\n"
            "        raise zmq.ZMQError(zmq.ENOTSOCK)\n\n\n"
            "async def end_first(end=get_ipython().kernel._at_shutdown):\n"
            "    await end()\n    sys.stdout = Closed()\n\n\n"
            "get_ipython().kernel._at_shutdown = end_first",
        )
        .save("job.ipynb")
    )
    build(path)
    ended = nbmlops(tmp_path, "run", "job")
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr


def test_a_killed_run_is_lost_and_leaves_no_kernel_behind(
    sleeping: subprocess.Popen[str], tmp_path: Path
) -> None:
    kernels = psutil.Process(sleeping.pid).children(recursive=True)
    assert kernels
    going_on = nbmlops(tmp_path, "show", "job#1").stdout
    assert "step sleep, cell 2 of 3" in going_on
    assert statuses(tmp_path / ".nbmlops/runs/job/1/job.partial.ipynb")[1] == "running"
    sleeping.kill()
    sleeping.wait(timeout=PATIENCE)
    assert not psutil.wait_procs(kernels, timeout=20)[1]
    listed = json.loads(nbmlops(tmp_path, "runs", "--json").stdout)["runs"]
    assert [run["status"] for run in listed] == ["lost"]
    assert listed[0]["failure"]["step"] == "sleep"
    assert [artifact["name"] for artifact in listed[0]["artifacts"]] == ["job.ipynb", "job.html"]
    assert "was lost in step sleep, cell 2" in nbmlops(tmp_path, "show", "job#1").stdout
    folder = tmp_path / ".nbmlops/runs/job/1"
    assert statuses(folder / "job.ipynb") == ["completed", "lost", "not run"]
    assert "is gone" in (folder / "job.html").read_text("utf-8")
    assert not (folder / "journal.jsonl").exists()


def test_a_run_inside_a_running_event_loop_leaves_signal_handlers_as_they_were(
    execute: Callable[..., Executed],
) -> None:
    def ours(number: int, frame: object) -> None:
        raise AssertionError(number, frame)

    previous = {number: signal.signal(number, ours) for number in (signal.SIGTERM, signal.SIGINT)}

    async def inside() -> Executed:
        return execute(lambda notebook: notebook.step("only", "value = 1"))

    try:
        executed = asyncio.run(inside())
        assert {signal.getsignal(number) for number in previous} == {ours}
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    assert executed.run.status is RunStatus.SUCCEEDED


def test_a_kernel_that_does_not_start_ends_the_run_with_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "data" / "kernels" / "broken"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        json.dumps(
            {
                "argv": [sys.executable, "-c", "raise SystemExit(1)"],
                "display_name": "Broken",
                "language": "python",
            }
        )
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "data"))
    project = tmp_path / "project"
    project.mkdir()
    workspace = Workspace(project)
    path = Notebook(project, kernel="broken").step("only", "value = 1").save("job.ipynb")
    run = workspace.runs.run(workspace.pipelines.build(path).version, {})
    workspace.close()
    assert run.status is RunStatus.FAILED
    assert run.failure is not None
    assert run.failure.message.startswith("The kernel 'broken' did not start")
    assert run.ended_at is not None


def executions(executed: Executed) -> list[Any]:
    """What the run executed."""
    return executed.workspace.runs.executions(executed.run)


def test_the_stop_button_cancels_a_run_that_was_started_in_a_notebook(
    tmp_path: Path, start_kernel: Callable[..., Any]
) -> None:
    Notebook(tmp_path).step(
        "sleep",
        "import time\nfrom pathlib import Path\n"
        "started = Path('sleeping').write_text('yes')\ntime.sleep(120)",
    ).save("job.ipynb")
    kernel = start_kernel(tmp_path / "editor.ipynb")
    assert kernel.run("%load_ext nbmlops\n%mlops build job.ipynb").status == "ok"
    message = kernel.send("%mlops run job")
    deadline = time.monotonic() + PATIENCE
    while not (tmp_path / "sleeping").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    kernel.interrupt()
    outcome = kernel.collect(message)
    assert outcome.error == ("KeyboardInterrupt", "Stopped.")
    assert "job#1 was cancelled in step sleep, cell 1, line 5: stopped by SIGINT." in outcome.stdout
    assert kernel.run("1 + 1").text == "2"
    workspace = Workspace(tmp_path)
    assert [run.status for run in workspace.runs.newest()] == [RunStatus.CANCELLED]
    workspace.close()


def test_a_disk_that_fills_up_ends_the_run_with_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        filler = "while True:\n            file.write(b'x' * 1024)"
        fill = f"try:\n    with open('filler', 'wb', buffering=0) as file:\n        {filler}"
        path = (
            Notebook(folder)
            .step("fill", f"{fill}\nexcept OSError:\n    full = True")
            .step("after", "later = full")
            .save("job.ipynb")
        )
        build(path)
        done = nbmlops(folder, "run", "job")
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stderr
        assert "nothing recorded before is lost. Free some space" in done.stderr
        (folder / "filler").unlink()
        listed = json.loads(nbmlops(folder, "runs", "--json").stdout)["runs"]
        assert [run["status"] for run in listed] == ["failed"]
        assert "No space left on device" in listed[0]["failure"]["message"]
        assert "job@1" in nbmlops(folder, "pipelines").stdout
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
