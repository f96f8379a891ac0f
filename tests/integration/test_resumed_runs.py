"""Runs that ended badly are gone on with: real kernels, killed for real."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbmlops.domain.runs import Run, RunStatus
from nbmlops.errors import NotResumableError
from nbmlops.execution.journal import NOT_RUN
from nbmlops.notebook.document import read
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

PATIENCE = 60

FATAL = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\ntotal = sum(rows)"
FIXED = "total = sum(rows)"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty project with a key of its own."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    return Workspace(tmp_path, author="tester")


def notebook(folder: Path, train: str, month: int | str = 1) -> Path:
    """A notebook whose first step leaves a mark each time that it runs."""
    return (
        Notebook(folder)
        .parameters(month=month, form="{{ x }}")
        .cell("import time")
        .step(
            "fetch",
            "rows = [time.time() > 0] * month\nwith open('marks', 'a') as marks:\n"
            "    count = marks.write('fetched ')\ndel marks",
        )
        .step("train", train)
        .step("report", "text = str(total)\ntext")
        .save("job.ipynb")
    )


def states(workspace: Workspace, run: Run) -> list[str]:
    """What each step of the executed notebook says of itself."""
    cells = read(workspace.runs.folder(run).notebook).raw["cells"]
    return [cell["metadata"]["papermill"]["status"] for cell in cells][-3:]


def test_a_run_whose_kernel_was_killed_goes_on_without_what_succeeded(workspace: Workspace) -> None:
    """The record says what happened; the fixed notebook finishes the run.

    A text in which its parameters have braces is not taken for a template when it goes on.
    """
    path = notebook(workspace.project, FATAL)
    version = workspace.pipelines.build(path).version
    killed = workspace.runs.run(version, {"month": 3})
    assert killed.failure is not None
    assert killed.failure.message.startswith("The kernel was killed by SIGKILL")
    assert states(workspace, killed) == ["completed", "failed", NOT_RUN]

    notebook(workspace.project, FIXED)
    fixed = workspace.pipelines.rebuild(workspace.pipelines.of_run(killed)).version
    done = workspace.runs.resume(killed, fixed)
    assert done.status is RunStatus.SUCCEEDED
    assert done.goes_on_with == killed.reference
    assert done.parameters == {"month": 3, "form": "{{ x }}"}
    assert states(workspace, done) == ["cached", "completed", "completed"]
    assert "A recorded result of fetch was taken: reads the clock." in done.warnings
    assert (workspace.project / "marks").read_text() == "fetched "
    report = workspace.runs.executions(done)[-1].record
    assert [value.summary.text for value in report.outputs] == ["'3'"]

    with pytest.raises(NotResumableError, match="nothing to go on with"):
        workspace.runs.plan_resume(done, fixed)
    other = workspace.pipelines.build(notebook(workspace.project, FIXED, month="March")).version
    with pytest.raises(NotResumableError, match="The parameters of job#1 do not fit job@3"):
        workspace.runs.plan_resume(killed, other)
    workspace.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A notebook of which the last step but one fails, and what is to come out once it is fixed."""

    steps: tuple[str, ...]
    fixed: str
    setup: str
    says: str


BROKEN = {
    "one frame under two names": Broken(
        setup="import pandas as pd",
        steps=(
            "df = pd.DataFrame({'a': range(4)})\nx = df",
            "x['b'] = x.a * 2",
            "train, test = df[:3].copy(), df[3:].copy()",
        ),
        fixed="x['d'] = x.b + train.b.sum()",
        says="df.d.tolist(), list(test.columns)",
    ),
    "lists in lists": Broken(
        setup="import copy",
        steps=(
            "inner = [1]\nouter = [inner, [2]]",
            "box = {'of': outer}\nother = outer[1]",
            "inner.append(copy.copy(other)[0])\nouter.append(inner)",
        ),
        fixed="other.append(9)\nbox['of'][0].append('new')\ninner = [0]",
        says="inner, outer, box, other",
    ),
    "a part that an unnamed cell made": Broken(
        setup="part = [1]\nlonely = [1]",
        steps=("held = [part]", "again = {'p': part}", "size = len(held)"),
        fixed="held[0].append(size)\nlonely.append(2)",
        says="part, again, lonely, held",
    ),
    "no longer shared": Broken(
        setup="",
        steps=("a = [1]\nb = [a]", "c = [a]\nb[0] = list(a)", "a.append(2)"),
        fixed="b[0].append(3)\nc[0].append(4)",
        says="a, b, c",
    ),
    "a generator of one's own, and a model that holds views": Broken(
        setup="import numpy as np\nfrom sklearn.linear_model import LogisticRegression\n"
        "rng = np.random.default_rng(3)",
        steps=(
            "X = rng.normal(size=(40, 2))\ny = (X[:, 0] > 0).astype(int)",
            "model = LogisticRegression().fit(X, y)",
            "half = X[:20]\nhalf *= 2",
        ),
        fixed="noise = rng.normal()\nhalf += 1",
        says="noise, X.sum(), half.sum(), model.score(X, y)",
    ),
    "numbers of a seed": Broken(
        setup="import random",
        steps=("random.seed(1)\nfirst = random.random()", "b = random.random()", "c = b + 1"),
        fixed="last = random.random()",
        says="first, b, c, last, random.random()",
    ),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_what_succeeded_is_not_run_again_though_later_steps_change_what_is_shared(
    workspace: Workspace, case: Broken
) -> None:
    """Values that share parts come back as the failed run's kernel had them; seeds go on."""

    def saved(last: str) -> Path:
        book = Notebook(workspace.project)
        book = book.cell(case.setup) if case.setup else book
        for number, source in enumerate(case.steps):
            book = book.step(f"s{number}", source)
        return book.step("last", last).step("end", f"said = repr(({case.says}))").save("job.ipynb")

    version = workspace.pipelines.build(saved(f"{case.fixed}\nraise ValueError")).version
    failed = workspace.runs.run(version, {})
    assert failed.failure is not None
    fixed = workspace.pipelines.build(saved(case.fixed)).version
    done = workspace.runs.resume(failed, fixed)
    assert done.status is RunStatus.SUCCEEDED

    cells = read(workspace.runs.folder(done).notebook).raw["cells"]
    marks = [cell["metadata"]["papermill"]["status"] for cell in cells]
    assert marks[-5:] == ["cached", "cached", "cached", "completed", "completed"]
    straight: dict[str, object] = {}
    exec("\n".join([case.setup, *case.steps, case.fixed, f"said = repr(({case.says}))"]), straight)
    said = workspace.runs.executions(done)[-1].record.outputs[0]
    assert workspace.values.load(str(said.manifest)) == straight["said"]
    workspace.close()


def test_a_run_whose_driver_was_killed_keeps_what_it_got_and_goes_on(
    workspace: Workspace, tmp_path: Path
) -> None:
    """What was taken, what ran and what did not are told apart; nothing that succeeded runs."""
    slow = "import time\nwith open('begun', 'w') as begun:\n    pass\ntime.sleep(60)\n" + FIXED
    workspace.pipelines.build(notebook(workspace.project, slow))
    driver = subprocess.Popen(
        [sys.executable, "-m", "nbmlops", "run", "job", "-p", "month=2"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + PATIENCE
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    [running] = workspace.runs.newest()
    progress = workspace.runs.files.progress(running)
    assert progress is not None
    assert progress.step == "train"
    driver.kill()
    driver.wait()

    [lost] = workspace.runs.newest()
    assert lost.status is RunStatus.LOST
    assert lost.failure is not None
    assert lost.failure.step == "train"
    assert states(workspace, lost) == ["completed", "lost", NOT_RUN]
    assert [item.name for item in lost.artifacts] == ["job.ipynb", "job.html"]
    assert not workspace.runs.folder(lost).journal.exists()

    fixed = workspace.pipelines.build(notebook(workspace.project, FIXED)).version
    done = workspace.runs.resume(lost, fixed)
    assert states(workspace, done) == ["cached", "completed", "completed"]
    assert (workspace.project / "marks").read_text() == "fetched "

    again = workspace.runs.resume(lost, fixed)  # all of it is there now
    assert states(workspace, again) == ["cached", "cached", "cached"]
    assert not workspace.runs.folder(again).report.exists()
    shown = workspace.runs.files.made(again)
    assert workspace.runs.folder(again).report.exists()
    assert "job.html" in {item.name for item in shown.artifacts}
    workspace.close()
