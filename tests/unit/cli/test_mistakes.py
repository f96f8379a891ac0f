"""A person's mistakes in a shell: one sentence with its cure, the right exit code, no traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


def record(notebook: str, step: str, source: str = "rows = [1]") -> ExecutionRecord:
    """An execution of a step."""
    return ExecutionRecord(
        notebook=notebook,
        step=step,
        cell_id=f"cell-{step}",
        source=source,
        digest=f"{notebook}/{source}",
        session="session",
        started_at=NOON,
        duration=0.1,
        status=ExecutionStatus.OK,
        author="tester",
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two notebooks, a pipeline and three recorded steps."""
    folder = tmp_path_factory.mktemp("mistakes")
    Notebook(folder).parameters(month=1).step("load", "rows = [month]").save("flights.ipynb")
    Notebook(folder).cell("rows = 1").save("nosteps.ipynb")
    Notebook(folder, kernel="no-such-kernel").step("a", "b = 1").save("nokernel.ipynb")
    (folder / "text.ipynb").write_text("not a notebook")
    workspace = Workspace(folder)
    workspace.pipelines.build(folder / "flights.ipynb")
    workspace.pipelines.build(folder / "nokernel.ipynb")
    for notebook, step in (("a.ipynb", "train"), ("b.ipynb", "train"), ("a.ipynb", "load")):
        workspace.executions.add(record(notebook, step))
    workspace.close()
    return folder


@pytest.fixture(autouse=True)
def _here(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)


@dataclass(frozen=True)
class Mistake:
    """Words with a mistake, and what is said of it."""

    words: tuple[str, ...]
    said: str
    code: int = 2


MISTAKES = [
    Mistake(("verions",), "There is no verb 'verions'. Did you mean 'versions' or 'verify'?"),
    Mistake(
        ("load", "versions"),
        "There is no verb 'load'. The verb comes first: nbmlops versions load.",
    ),
    Mistake(("delete", "1"), "There is no verb 'delete'. Did you mean 'unschedule'?"),
    Mistake(("versions", "laod"), "There is no step 'laod'. Did you mean 'load'?"),
    Mistake(
        ("versions", "train"),
        "Step 'train' exists more than once. Say which: 'a.ipynb:train' or 'b.ipynb:train'.",
    ),
    Mistake(
        ("versions", "c:train"),
        "There is no step 'c:train'. Did you mean 'b.ipynb:train' or 'a.ipynb:train'?",
    ),
    Mistake(("versions", "a b"), "'a b' does not name a step."),
    Mistake(("show", "load@x"), "There is no version 'load@x'. Did you mean 'load@1'?"),
    Mistake(("show", "load@3"), "There is no version 'load@3'. Did you mean 'load@1'?"),
    Mistake(("show", "nope"), "There is no step, run or pipeline 'nope'. Known: flights, load"),
    Mistake(("show", "flights#4"), "There is no run 'flights#4'."),
    Mistake(("show", "fligths#4"), "There is no pipeline 'fligths'. Did you mean 'flights'?"),
    Mistake(("diff", "load"), "The step has one version so far"),
    Mistake(("run", "fligths"), "There is no pipeline 'fligths'. Did you mean 'flights'?"),
    Mistake(("run", "flights@2"), "There is no version 'flights@2'. Did you mean 'flights@1'?"),
    Mistake(("run", "flights@approved"), "No version of the pipeline 'flights' is approved.", 1),
    Mistake(("run", "flights", "-p", "month"), "'month' is not a parameter. Write NAME=VALUE."),
    Mistake(("run", "flights", "-p", "month=abc"), "is a whole number, not 'abc'."),
    Mistake(("run", "flights", "-p", "mont=3"), "no parameter 'mont'. Did you mean 'month'?"),
    Mistake(("run", "FLIGHTS"), "There is no pipeline 'FLIGHTS'. Did you mean 'flights'?"),
    Mistake(("run", "nokernel"), "the kernel 'no-such-kernel', which is not installed. Install", 1),
    Mistake(("runs", "fligths"), "There is no pipeline 'fligths'. Did you mean 'flights'?"),
    Mistake(("approve", "fligths"), "There is no pipeline 'fligths'. Did you mean 'flights'?"),
    Mistake(
        ("approve", "flights"),
        "A decision on flights@1 needs a comment that says why. Add one: --comment '…'.",
    ),
    Mistake(("approve", "flights", "--comment", "  "), "needs a comment that says why."),
    Mistake(("withdraw", "flights"), "No version of the pipeline 'flights' is approved.", 1),
    Mistake(("schedule", "fligths", "--cron", "@daily"), "There is no pipeline 'fligths'."),
    Mistake(("schedule", "flights", "--cron", "@daily"), "No version of the pipeline 'flights'", 1),
    Mistake(("pause", "9"), "There is no schedule '9'."),
    Mistake(("pause", "x"), "'x' is not a valid integer. See nbmlops pause --help."),
    Mistake(("pause",), "Missing argument 'SCHEDULE'. See nbmlops pause --help."),
    Mistake(
        ("verify",),
        "Missing argument 'VERSION': a step, or a version of it: train, train@2. "
        "See nbmlops verify --help.",
    ),
    Mistake(
        ("checkout",),
        "Missing argument 'STATE': an execution from the log, a version, or the latest state: "
        "@12, train@2, latest. See nbmlops checkout --help.",
    ),
    Mistake(("slice",), "Missing argument 'THING': a variable, a step or a version: auc, train"),
    Mistake(("show",), "Missing argument 'THING': a version, an execution, a run or a pipeline: "),
    Mistake(("refresh",), "Missing argument 'STEP': the name of a step: train."),
    Mistake(("pause", "1", "2"), "unexpected extra argument (2). See nbmlops pause --help."),
    Mistake(("pause", "1", "--reason"), "requires an argument. See nbmlops pause --help."),
    Mistake(("runs", "-n", "-5"), "-5 is not in the range x>=1. See nbmlops runs --help."),
    Mistake(
        ("deploy", "flights"),
        "Missing option '--to'. Choose from: airflow, kubeflow, argo. See nbmlops deploy --help.",
    ),
    Mistake(
        ("status", "c.ipynb"),
        "There is no notebook 'c.ipynb'. Did you mean 'b.ipynb' or 'a.ipynb'?",
    ),
    Mistake(("status", "load"), "There is no notebook 'load'. Known: "),
    Mistake(
        ("undo", "--dry"), "No such option '--dry'. Did you mean '--dry-run'? See nbmlops undo"
    ),
    Mistake(("checkout", "@1", "--y"), "Did you mean '--yes'? See nbmlops checkout --help."),
    Mistake(("undo", "--all"), "No such option '--all'. See nbmlops undo --help."),
    Mistake(
        ("restore", "load@0"),
        "'0' is not a version: versions count from 1. Write a number, 'latest', 'approved' or",
    ),
    Mistake(("restore", "load", "--no-source"), "nothing is brought back. Add --values."),
    Mistake(("help", "verions"), "There is no verb 'verions'. Did you mean 'versions' or"),
    Mistake(("versions", "load@-2"), "'-2' is not a version: versions count from 1."),
    Mistake(("versions", "load@1.5"), "'1.5' is not a version. Write a number"),
    Mistake(("runs", "--limt", "3"), "Did you mean '--limit'? See nbmlops runs --help."),
    Mistake(("--limt", "runs"), "No such option '--limt'. See nbmlops --help."),
    Mistake(("--project", "nope", "runs"), "'nope' does not exist. See nbmlops --help."),
    Mistake(("build", "nope.ipynb"), "There is no notebook nope.ipynb. Check the path", 1),
    Mistake(("build", "text.ipynb"), "text.ipynb is not JSON", 1),
    Mistake(
        ("build", "nosteps.ipynb"), "nosteps.ipynb cannot become a pipeline:\n  - it has no", 1
    ),
    Mistake(("build",), "Say which notebook to build. Type nbmlops build NOTEBOOK.ipynb. Here:"),
    Mistake(("build", "flights.ipynb", "--name", "a b"), "'a b' cannot name a pipeline. Give"),
    Mistake(
        ("build", "nosteps.ipynb", "--name", "flights"),
        "The pipeline 'flights' belongs to flights.ipynb. Give this one another name",
    ),
    Mistake(("restore", "load", "--values"), "works on a running kernel. Type %mlops restore"),
    Mistake(("panel",), "works on a running kernel. Type %mlops panel in a notebook cell."),
    Mistake(("track", "load"), "works on a running kernel. Type %mlops track in a notebook cell."),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda found: " ".join(found.words))
def test_a_mistake_is_told_in_one_sentence_with_its_cure(mistake: Mistake, shell: Shell) -> None:
    answer = shell(*mistake.words)
    assert mistake.said in answer.err
    assert answer.err.startswith("nbmlops: ")
    assert answer.code == mistake.code
    assert answer.out == ""
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("words", [(), ("restore",), ("env",), ("env", "diff")], ids=" ".join)
def test_help_is_also_asked_for_in_words(words: tuple[str, ...], shell: Shell) -> None:
    answer = shell("help", *words)
    assert answer.code == 0
    assert answer.out == shell(*words, "--help").out


def test_a_cron_that_never_fires_is_refused(shell: Shell) -> None:
    assert shell("approve", "flights", "--comment", "ok").code == 0
    answer = shell("schedule", "flights", "--cron", "0 0 30 2 *")
    assert answer.code == 2
    assert "never fires" in answer.err
    assert shell("withdraw", "flights", "--comment", "over").code == 0


@pytest.mark.parametrize(
    "words", [("--debug", "versions", "laod"), ("versions", "laod", "--debug")], ids=" ".join
)
def test_debug_shows_the_traceback_wherever_it_stands(words: tuple[str, ...], shell: Shell) -> None:
    answer = shell(*words)
    assert answer.code == 2
    assert "Traceback (most recent call last)" in answer.err
    assert answer.err.splitlines()[-1].startswith("nbmlops: There is no step 'laod'.")


@dataclass(frozen=True)
class WrongSettings:
    """What a settings file holds, and what is said of it."""

    content: str
    said: str


@pytest.fixture
def settings(project: Path) -> Iterator[Path]:
    """The project's settings file, gone afterwards."""
    path = project / ".nbmlops" / "config.toml"
    yield path
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink()


@pytest.mark.parametrize(
    "wrong",
    [
        WrongSettings("workers = [", "config.toml is not TOML"),
        WrongSettings("worker = 2", "sets 'worker', which is not a setting. Known: cache_limit,"),
        WrongSettings("timeout = 30", "sets 'timeout' to 30. Write a length of time in quotes"),
        WrongSettings("timeout = '5'", "sets 'timeout' to '5'. Write a length of time in quotes"),
        WrongSettings("retries = -1", "sets 'retries' to -1. Write a whole number from 0 up."),
        WrongSettings("keep = 'some'", "sets 'keep' to 'some'. Write \"steps\" or \"all\"."),
        WrongSettings("workers = 0", "sets 'workers' to 0. Write a whole number from 1 up."),
        WrongSettings("[store]\ncatalogue = ''", "sets 'catalogue' of the store, which is not"),
        WrongSettings("[store]\ncatalog = 'db'", "a text in quotes that begins with postgresql://"),
        WrongSettings(
            "store = 'db'", "sets 'db' of the store, which is not a setting. Known, under"
        ),
        WrongSettings(
            "[schedule]\napproval = false",
            "sets 'approval' of the schedule, which is not a setting",
        ),
        WrongSettings("[schedule]\nrequire_approval = 'no'", "to 'no'. Write true or false."),
        WrongSettings("schedule = [7]", "sets '[7]' of the schedule, which is not a setting"),
        WrongSettings("workers = 'two'", "sets 'workers' to 'two'. Write a whole number"),
    ],
    ids=lambda wrong: wrong.content,
)
def test_wrong_settings_are_told_before_anything_is_done(
    wrong: WrongSettings, settings: Path, shell: Shell
) -> None:
    settings.write_text(wrong.content)
    answer = shell("run", "flights")
    assert answer.code == 2
    assert wrong.said in answer.err


def test_a_settings_file_that_cannot_be_read_is_told(settings: Path, shell: Shell) -> None:
    settings.mkdir()
    answer = shell("runs")
    assert answer.code == 2
    assert "config.toml cannot be read: Is a directory. Make it a readable file." in answer.err


def test_a_version_that_is_not_there_is_said_before_what_runs_notebooks_is_loaded() -> None:
    """To load that takes seconds, in which a bar would say that something is under way."""
    source = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('nbclient' in sys.modules))\n"
        "sys.argv = ['nbmlops', 'verify', 'laod']\n"
        "from nbmlops.cli.start import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], check=False, capture_output=True, text=True
    )
    assert done.stderr.strip() == "nbmlops: There is no step 'laod'. Did you mean 'load'?"
    assert done.stdout.strip() == "False"
