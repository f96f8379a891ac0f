"""What ``lineage``, ``why``, ``status`` and ``refresh`` say in a shell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nbmlops.commands import genealogy, story
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.environments import Environment, GitState
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Failure, Metric
from nbmlops.domain.listings import Listing
from nbmlops.domain.staleness import Reason, Standing, State
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.domain.verifications import OutputVerdict, Verdict, Verification
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]

ENVIRONMENT = Environment(
    digest="e",
    python="3.12.1",
    implementation="CPython",
    platform="Linux",
    machine="x86_64",
    executable="python",
    distributions={"pandas": "3.0"},
)


def value(name: str, print_: str = "") -> ValueRecord:
    """A frame."""
    summary = ValueSummary(kind="pandas.DataFrame", shape=(3, 2))
    return ValueRecord(name=name, fingerprint=print_ or f"{name}-content", summary=summary)


def add(workspace: Workspace, step: str | None, reads: str, makes: str, **facts: Any) -> int:
    """Record an execution; names are separated by spaces."""
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step=step,
        cell_id=None,
        source=f"%mlops track {step}\n{makes} = do({reads})" if step else f"{makes} = do({reads})",
        digest=f"{step}{reads}{makes}",
        session="session",
        started_at=NOON,
        duration=1.5,
        status=ExecutionStatus.OK,
        inputs=tuple(map(value, reads.split())),
        outputs=tuple(map(value, makes.split())),
        author="tester",
    )
    return workspace.executions.add(replace(record, **facts)).id


@pytest.fixture
def recorded(mlops_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A project in which a model was trained from a frame."""
    monkeypatch.chdir(mlops_workspace.project)
    mlops_workspace.executions.add_environment(ENVIRONMENT)
    add(mlops_workspace, "load", "month", "rows")
    add(mlops_workspace, None, "rows", "kept")
    add(
        mlops_workspace,
        "train",
        "kept rows",
        "model",
        metrics=(Metric(name="auc", value=0.914, recorded_at=NOON),),
        parameters={"month": 3},
        environment="e",
        random_state="r",
        git=GitState(commit="0123456789abcdef", dirty=True),
        inputs_complete=False,
        inputs_note="uses exec",
    )
    add(mlops_workspace, "score", "model", "report", started_at=NOON + timedelta(hours=1))
    return mlops_workspace


TREE = """\
train@1
├─ rows ← load@1
│  └─ month ← made outside of what was recorded
└─ kept ← kept = do(rows)
   └─ rows ← load@1 (above)
"""


@pytest.mark.usefixtures("recorded")
def test_a_lineage_is_a_tree_in_a_terminal(shell: Shell) -> None:
    answer = shell("lineage", "train@1")
    assert answer.code == 0
    assert answer.out.startswith("train@1 and what it was made from:\n\n" + TREE)
    assert "auc 0.914" in answer.out


@pytest.mark.usefixtures("recorded")
def test_the_table_of_a_lineage_has_no_empty_column(shell: Shell) -> None:
    """No execution read a file; the one that made the rows has no metric."""
    assert "files read" not in shell("lineage", "train@1").out
    assert "metrics" in shell("lineage", "train@1").out
    assert "metrics" not in shell("lineage", "load@1").out


@pytest.mark.usefixtures("recorded")
def test_what_is_kept_of_inputs_is_told_where_they_were_made(shell: Shell) -> None:
    """An execution keeps its outputs alone."""
    answer = shell("show", "train@1").out
    heads = [line.split() for line in answer.splitlines() if line.startswith("name ")]
    assert [head[-1] for head in heads] == ["fingerprint", "content"]


@pytest.mark.usefixtures("recorded")
def test_forward_it_is_a_tree_of_what_used_it(shell: Shell) -> None:
    out = shell("lineage", "rows", "--forward").out
    assert "load@1\n├─ rows → kept = do(rows)\n│  └─ kept → train@1\n" in out
    assert "└─ rows → train@1 (above)\n" in out
    assert "│     └─ model → score@1\n" in out


@pytest.mark.usefixtures("recorded")
def test_depth_is_told_where_it_cuts(shell: Shell) -> None:
    out = shell("lineage", "model", "--depth", "1").out
    assert "month" not in out
    assert "There is more than is shown: a larger --depth shows it." in out


def test_the_graph_has_a_box_for_each_execution_and_origin(recorded: Workspace) -> None:
    service = recorded.lineage
    found = service.backward(service.variable("model"))
    svg = genealogy.svg(found)
    assert all(f">{name}<" in svg for name in ("load@1", "kept = do(rows)", "train@1", "month"))
    assert 'class="state-ok"' in svg


def test_what_ran_twice_is_counted(recorded: Workspace) -> None:
    add(recorded, "train", "kept rows", "model", digest="trainkept rowsmodel")
    service = recorded.lineage
    nodes = service.forward(service.variable("rows")).nodes
    assert sorted(genealogy.labels(nodes).values())[-2:] == ["train@1", "train@1 (2)"]


NAMES = [
    "model",
    "train",
    "train@1",
    "train@latest",
    "train@1:model",
    "train@1:auc",
    "flights:model",
]


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("name", NAMES)
def test_a_thing_has_many_names(shell: Shell, name: str) -> None:
    assert "└─ kept ← kept = do(rows)" in shell("lineage", name).out


@dataclass(frozen=True)
class Mistake:
    """Words that name nothing, and what is said."""

    words: tuple[str, ...]
    said: str


MISTAKES = [
    Mistake(("lineage", "modle"), "There is no recorded variable 'modle'. Did you mean 'model'?"),
    Mistake(
        ("lineage", "mode.csv"),
        "No recorded cell has read or written mode.csv. Its path counts from the current folder; "
        "show @12 lists the files of a cell.",
    ),
    Mistake(("why", "data/model"), "No recorded cell has read or written data/model."),
    Mistake(("why", "train@7"), "There is no version 'train@7'."),
    Mistake(("why", "train@1:acu"), "Did you mean 'auc'?"),
    Mistake(("why", "flights#1"), "There is no pipeline 'flights'."),
    Mistake(("lineage", "rows[0]"), "'rows[0]' names nothing that could be recorded."),
    Mistake(("lineage", "rows", "--depth", "-1"), "Invalid value for '--depth'"),
    Mistake(("refresh", "train"), "in a shell, run the whole pipeline: nbmlops build NOTEBOOK"),
    Mistake(
        ("status", "nothing.ipynb"),
        "There is no notebook 'nothing.ipynb'. Did you mean 'flights.ipynb'?",
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: " ".join(mistake.words))
@pytest.mark.usefixtures("recorded")
def test_a_mistake_is_answered_with_its_cure(shell: Shell, mistake: Mistake) -> None:
    answer = shell(*mistake.words)
    assert answer.code != 0
    assert mistake.said in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.usefixtures("recorded")
def test_why_tells_who_made_it_from_what_and_how(shell: Shell) -> None:
    text = shell("why", "train@1:model").out
    assert text.startswith(
        "train@1:model (DataFrame of 3 x 2, content model-co) was made by train@1"
    )
    for part in (
        "(flights.ipynb) on ",
        "by tester, in 1.5 s.",
        "It was made from rows of load@1 (",
        "kept of the cell `kept = do(rows)` (",
        "It ran with the parameters month=3, with its random state kept, in Python 3.12.1 with ",
        "1 distribution, at commit 0123456789 and changes that were not committed.",
        "What it read is not fully known: uses exec.",
        "Since then it was used by score@1.",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("at = time.time()", "Its code reads the clock, so that each run may give another"),
        ("at = uuid.uuid4()", "Its code takes what is new in each run (uuid.uuid4), so that each"),
        ("at = np.random.default_rng().random()", "Its code draws at random without a seed"),
        ("at = np.random.default_rng(1).random()", "It was made from nothing but its code."),
        (
            "at = np.random.rand(3) + random.random()",
            "nothing but its code and random numbers. Its code draws random numbers: np.random.ra",
        ),
    ],
)
def test_why_says_what_makes_each_run_another(
    recorded: Workspace, shell: Shell, source: str, said: str
) -> None:
    add(recorded, None, "", "at", source=source)
    told = shell("why", "at").out
    assert said in told
    assert ("nothing but its code" in told) == ("nothing but" in said)


def test_why_says_that_what_it_was_made_from_is_not_all(recorded: Workspace, shell: Shell) -> None:
    """An estimator without a seed draws from the generator of the process."""
    add(recorded, None, "rows", "forest", source="forest = RandomForestClassifier().fit(rows)")
    told = shell("why", "forest").out
    assert "Its code draws random numbers: RandomForestClassifier()." in told


def test_what_is_not_fully_known_is_not_called_the_code_alone(
    recorded: Workspace, shell: Shell
) -> None:
    add(recorded, None, "", "at", inputs_complete=False, inputs_note="Out")
    said = shell("why", "at").out
    assert "What it read is not fully known: Out." in said
    assert "nothing but its code" not in said


@pytest.mark.usefixtures("recorded")
def test_why_says_what_came_from_outside_and_what_was_never_used(shell: Shell) -> None:
    assert "month, made outside of what was recorded." in shell("why", "rows").out
    assert "Nothing that was recorded has used it since." in shell("why", "report").out
    assert "train@1:auc (0.914) was made by train@1" in shell("why", "train@1:auc").out


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("float", "0.01", "at (0.01) was made by"),
        ("str", "'north'", "at ('north') was made by"),
        ("numpy.float64", "np.float64(0.01)", "at (np.float64(0.01)) was made by"),
        ("numpy.ndarray", "float64: 0.01", "at (ndarray, content at-conte) was made by"),
        ("pandas.Timestamp", "Timestamp('2026-11-01')", "at (Timestamp('2026-11-01')) was"),
        ("str", repr("north" * 20), "at (str, content at-conte) was made by"),
        ("lib.Size", "0.01", "at (Size, content at-conte) was made by"),
    ],
)
def test_why_says_a_short_value_itself(
    recorded: Workspace, shell: Shell, kind: str, text: str, said: str
) -> None:
    made = replace(value("at"), summary=ValueSummary(kind=kind, text=text))
    add(recorded, None, "", "at", outputs=(made,))
    assert shell("why", "at").out.startswith(said)


def test_what_is_fully_known_holds_without_a_doubt(recorded: Workspace) -> None:
    explained = recorded.lineage.explain(recorded.lineage.variable("rows"))
    told = story.story(explained, standing(State.FRESH))
    assert told.endswith(". It still follows from the code and data that are there now.")


def test_a_file_is_named_by_its_path(recorded: Workspace, shell: Shell, tmp_path: Path) -> None:
    access = FileAccess(path="data/a.csv", mode="read", digest="d" * 64, known_by="open")
    add(recorded, "load", "", "fresh_rows", files=(access,))
    told = shell("lineage", "data/a.csv").out
    assert told.startswith("data/a.csv was made outside of what was recorded.\n")
    assert "nbmlops lineage data/a.csv --forward" in told
    assert "the file data/a.csv, made outside of what was" in shell("why", "fresh_rows").out

    add(recorded, "load", "", "rows", files=(access,))
    assert "what used it:\n\nload@2\nload@3\n" in shell("lineage", "data/a.csv", "--forward").out
    picture = tmp_path / "a.svg"
    for forward in ((), ("--forward",)):
        assert shell("lineage", "data/a.csv", *forward, "--svg", str(picture)).code == 0
        assert ">data/a.csv</text>" in picture.read_text("utf-8")
    text = shell("why", "data/a.csv").out
    assert text.startswith("data/a.csv was made outside of what was recorded. It was read by load@")
    assert "2 and load@3, the last time on " in text
    assert "by tester (content dddddddd).\n" in text


def test_why_says_which_folders_and_paths_it_looked_at(recorded: Workspace, shell: Shell) -> None:
    found = (
        ExternalAccess(kind="listing", name="data", detail=Listing.made("folder", ["a"]).detail),
        ExternalAccess(kind="path", name="opt.json", detail="absent"),
        ExternalAccess(kind="path", name="sub", detail="folder"),
    )
    add(recorded, None, "", "at", externals=found)
    said = shell("why", "at").out
    assert "from the list of files in data/; the look at sub; the absence of opt.json." in said


@pytest.mark.usefixtures("recorded")
def test_show_of_a_variable_says_what_tells_of_it(shell: Shell) -> None:
    told = shell("show", "model").err
    assert "no step, run or pipeline 'model'. model is a variable: nbmlops why model" in told


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a cell asked the process for, and what the story says that it was made from."""

    source: str
    externals: tuple[ExternalAccess, ...]
    said: str


ASKED = (
    Asked(
        source="at = os.environ['REGION']",
        externals=(ExternalAccess(kind="variable", name="REGION", detail="sha256:6b"),),
        said="It was made from the environment variable REGION.",
    ),
    Asked(
        source="at = os.environ.get('REGION', os.getenv('PLACE'))",
        externals=tuple(
            ExternalAccess(kind="variable", name=name, detail="not set")
            for name in ("PLACE", "REGION")
        ),
        said="It was made from the environment variables PLACE and REGION.",
    ),
    Asked(
        source="at = dict(os.environ)",
        externals=(ExternalAccess(kind="variable", name="*", detail="sha256:6b"),),
        said="It was made from all environment variables.",
    ),
    Asked(
        source="at = token[:2]",
        externals=(ExternalAccess(kind="secret", name="env:TOKEN", detail="secret:6b"),),
        said="It was made from the secret env:TOKEN.",
    ),
    Asked(
        source="at = socket.gethostname()",
        externals=(ExternalAccess(kind="machine", name="host name", detail="6b"),),
        said="It was made from what the machine tells (host name).",
    ),
)


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case.source)
def test_why_tells_what_was_asked_of_process_and_machine(
    recorded: Workspace, shell: Shell, case: Asked
) -> None:
    add(recorded, None, "", "at", source=case.source, externals=case.externals)
    assert case.said in shell("why", "at").out


def test_a_variable_that_only_a_library_missed_is_left_out(
    recorded: Workspace, shell: Shell
) -> None:
    """It is in the record, but nobody who reads the story knows of it."""
    missed = ExternalAccess(kind="variable", name="MPL_IGNORE", detail="not set")
    add(recorded, None, "", "at", source="at = draw()", externals=(missed,))
    told = shell("why", "at").out
    assert "MPL_IGNORE" not in told
    assert "nothing but its code" not in told


def test_why_tells_of_a_failure(recorded: Workspace, shell: Shell) -> None:
    failure = Failure(kind="ValueError", message="no")
    add(recorded, "train", "", "spoilt", status=ExecutionStatus.ERROR, failure=failure)
    said = shell("why", "spoilt").out
    assert "the cell did not run to its end: ValueError." in said
    assert "It was made from nothing but its code." in said


@dataclass(frozen=True)
class Held:
    """How a cell stands, and the last sentence of the story."""

    standing: Standing | None
    said: str


def standing(state: State, *reasons: Reason) -> Standing:
    """The standing of train."""
    return Standing(cell_id="c", title="train", step="train", state=state, reasons=reasons)


HELD = [
    Held(
        standing(State.FRESH),
        "As far as is known, it still follows from the code and data that are there now.",
    ),
    Held(None, "its cell is not there any more, or has run again since."),
    Held(
        standing(
            State.STALE,
            Reason(kind="edited", detail="edited since it ran"),
            Reason(kind="upstream", detail="load was edited since it ran", cause="load"),
        ),
        "train was edited since it ran; load was edited since it ran.",
    ),
    Held(
        standing(State.FAILED, Reason(kind="failed", detail="failed when it last ran")),
        "what is there now: train failed when it last ran.",
    ),
]


@pytest.mark.parametrize("held", HELD, ids=lambda held: held.said)
def test_why_says_whether_it_still_holds(recorded: Workspace, held: Held) -> None:
    service = recorded.lineage
    text = story.story(service.explain(service.variable("model")), held.standing)
    assert text.endswith(held.said)


@dataclass(frozen=True)
class Verified:
    """What running it again showed, and what is said of it."""

    proof: Verification | None
    said: str


def proof(verdict: Verdict, reason: str = "", **facts: Any) -> Verification:
    """The verification of train@1."""
    given = {"execution_id": 3, "author": "tester", "verified_at": NOON, **facts}
    return Verification(verdict=verdict, reason=reason, **given)


VERIFIED = (
    Verified(None, "train@1 was never verified by running it again."),
    Verified(proof(Verdict.IDENTICAL), " by tester: it was reproduced."),
    Verified(
        proof(Verdict.WITHIN_TOLERANCE, "within tolerance: model", tolerance=1e-9),
        "it was reproduced within the tolerance of 1e-09 (within tolerance: model).",
    ),
    Verified(
        proof(
            Verdict.DIFFERENT,
            "different: auc",
            outputs=(OutputVerdict(name="model", verdict=Verdict.IDENTICAL),),
        ),
        "it differed (different: auc; model itself was identical).",
    ),
    Verified(
        proof(Verdict.NOT_COMPARABLE, "it left nothing to compare"),
        "it could not be compared (it left nothing to compare).",
    ),
    Verified(
        proof(Verdict.IDENTICAL, execution_id=9),
        "Another execution of train@1 was run again in a clean kernel on",
    ),
)


@pytest.mark.parametrize("case", VERIFIED, ids=lambda case: case.said)
def test_why_tells_what_the_latest_verification_showed(recorded: Workspace, case: Verified) -> None:
    service = recorded.lineage
    assert case.said in story.story(service.explain(service.variable("model")), None, case.proof)


@pytest.mark.usefixtures("recorded")
def test_why_says_nothing_of_verification_where_a_cell_has_no_name(shell: Shell) -> None:
    assert "train@1 was never verified" in " ".join(shell("why", "model").out.split())
    assert "verified" not in shell("why", "kept").out


def test_a_long_list_is_counted(recorded: Workspace) -> None:
    add(recorded, "wide", " ".join(f"v{number}" for number in range(9)), "wide")
    service = recorded.lineage
    text = story.story(service.explain(service.variable("wide")), None)
    assert "from v0, v1, v2, v3, v4 and 4 more, made outside" in text


@pytest.mark.usefixtures("recorded")
def test_status_lists_every_notebook_of_the_project(mlops_notebook: Notebook, shell: Shell) -> None:
    assert "Steps were recorded in flights.ipynb, of which nothing is saved" in shell("status").out
    path = (
        mlops_notebook.step("load", "rows = do(month)").step("other", "y = 1").save("flights.ipynb")
    )
    out = shell("status").out
    assert out.splitlines()[0].strip() == path.name
    assert [line.split()[:2] for line in out.splitlines()[3:]] == [
        ["load", "stale"],
        ["other", "never"],
    ]
    assert "refresh" not in out
    empty = Notebook(mlops_notebook.folder).cell("x = 1").save("empty.ipynb")
    assert shell("status", str(empty)).out == (
        "empty.ipynb has no steps.\nName a cell that matters in its first line: %mlops track NAME\n"
    )


def test_a_lineage_without_edges_is_one_node(recorded: Workspace) -> None:
    service = recorded.lineage
    found = service.forward(service.variable("report"))
    assert genealogy.text(found) == "score@1"


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("thing", ["train:model", "@3", "@3:model"])
def test_things_are_named_by_step_and_by_execution(thing: str, shell: Shell) -> None:
    out = shell("lineage", thing).out
    assert out.startswith(f"{thing} and what it was made from:\n\n" + TREE)


@pytest.mark.usefixtures("recorded")
def test_an_execution_without_a_name_is_shown(shell: Shell) -> None:
    out = shell("show", "@2").out
    assert out.startswith("@2")
    assert "kept = do(rows)" in out
    assert "uses exec" in shell("show", "@3").out
    assert "no execution '@99'" in shell("show", "@99").err


@pytest.mark.usefixtures("recorded")
def test_the_picture_is_written_to_a_file(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "model.svg"
    assert shell("lineage", "model", "--svg", str(path)).code == 0
    assert path.read_text().startswith("<svg")
    assert "cannot be written" in shell("lineage", "model", "--svg", str(path / "no")).err


def test_status_of_a_project_without_steps_says_so(
    mlops_workspace: Workspace, shell: Shell
) -> None:
    assert mlops_workspace.history.steps() == []
    assert shell("status").out == "No step has been recorded here yet.\n"
