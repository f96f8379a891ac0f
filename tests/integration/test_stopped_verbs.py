"""A verb that is stopped says so in one line, keeps nothing, and leaves no kernel behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.domain.references import StepReference
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

PATIENCE = 30.0

STEP = """\
%mlops track {name}
import time
from pathlib import Path
slow = Path({flag!r})
if slow.exists():
    _ = slow.rename(slow.with_name("sleeping"))
    time.sleep(120)
{made} = 1"""


@pytest.fixture(scope="module")
def kernel(start_kernel: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A kernel in which a step ran quickly that takes long while a file is there."""
    folder = tmp_path_factory.mktemp("stopped")
    flag = str(tmp_path_factory.mktemp("flags") / "slow")
    late = STEP.format(name="late", made="later", flag=flag).split("\n", 1)[1]
    path = Notebook(folder).step("early", "first = 1").step("late", late).save("editor.ipynb")
    started = start_kernel(path)
    step = STEP.format(name="job", made="made", flag=flag)
    assert [started.run(cell).status for cell in ("%load_ext nbmlops", step)] == ["ok", "ok"]
    started.flag = Path(flag)
    return started


@pytest.fixture
def flag(kernel: Any) -> Iterator[Path]:
    """The file that makes the step slow; it is renamed once the step sleeps."""
    kernel.flag.touch()
    yield kernel.flag
    for path in kernel.flag.parent.iterdir():
        path.unlink()


def wait(met: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def sleeping(flag: Path) -> bool:
    """Whether the step sleeps, in the kernel in which it is run again."""
    return flag.with_name("sleeping").exists()


def kernels_of(process: int) -> list[psutil.Process]:
    """The kernels that a process has started."""
    return [
        child
        for child in psutil.Process(process).children(recursive=True)
        if "ipykernel_launcher" in " ".join(child.cmdline())
    ]


def verifications(folder: Path) -> int:
    """How many verifications of the step are kept."""
    workspace = Workspace(folder)
    history = workspace.history
    found = history.verification(history.version(StepReference.parse("job")))
    workspace.close()
    return int(found is not None)


@dataclass(frozen=True)
class Case:
    """A verb, and the line that it ends with."""

    words: str
    said: str


CASES = (
    Case("verify job", "Stopped; nothing was recorded."),
    Case("slice made", "Stopped; slice-made.ipynb is written, and not proved."),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_the_stop_button_ends_a_verb_in_one_line(kernel: Any, flag: Path, case: Case) -> None:
    message = kernel.send(f"%mlops {case.words}")
    wait(lambda: sleeping(flag))
    kernel.interrupt()
    outcome = kernel.collect(message)
    assert outcome.error == ("KeyboardInterrupt", case.said)
    assert outcome.traceback == case.said
    assert verifications(kernel.project) == 0
    assert kernels_of(kernel.manager.provisioner.pid) == []
    assert kernel.run("made").text == "1"


def test_the_stop_button_says_at_which_cell_a_refresh_was_stopped(kernel: Any, flag: Path) -> None:
    message = kernel.send("%mlops refresh late")
    wait(lambda: sleeping(flag))
    kernel.interrupt()
    outcome = kernel.collect(message)
    assert outcome.error is not None
    assert outcome.error[1].startswith("Stopped at late, which is recorded as interrupted.")
    assert outcome.traceback == outcome.error[1]
    assert kernel.latest().record.status is ExecutionStatus.INTERRUPTED


@pytest.mark.parametrize("case", CASES[:1], ids=lambda case: case.words)
def test_ctrl_c_ends_a_verb_in_a_shell_with_130(kernel: Any, flag: Path, case: Case) -> None:
    key_file = kernel.value("__import__('os').environ['NBMLOPS_SIGNING_KEY_FILE']")
    process = subprocess.Popen(
        [sys.executable, "-m", "nbmlops", *case.words.split()],
        cwd=kernel.project,
        env=os.environ | {"NBMLOPS_SIGNING_KEY_FILE": str(key_file)},
        stderr=subprocess.PIPE,
        text=True,
    )
    wait(lambda: sleeping(flag))
    started = kernels_of(process.pid)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130
    assert said.splitlines()[-1] == f"nbmlops: {case.said}"
    assert "Traceback" not in said
    assert started
    assert psutil.wait_procs(started, timeout=PATIENCE)[1] == []
    assert verifications(kernel.project) == 0
