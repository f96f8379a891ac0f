"""Slices and verifications, with real kernels: what was made is made again, or it is said why."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from nbmlops.capture.prints import take_print
from nbmlops.cli.main import main
from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.references import StepReference
from nbmlops.domain.values import ValueRecord, ValueSummary, key_of
from nbmlops.domain.verifications import Cause, Verdict
from nbmlops.history.verification_report import VerificationReport
from nbmlops.notebook.document import read
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow


TRAIN = """\
import nbmlops
rows.append(4)
auc = float(scale(rows).mean())
nbmlops.metric('auc', auc)"""

SCORE = """\
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_validate
x = np.arange(20.0).reshape(-1, 1)
scores = cross_validate(LinearRegression(), x, x.ravel(), cv=2)
took = float(scores['fit_time'].sum())
best = float(scores['test_score'].max())"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A project whose notebook ran once, recorded in a real kernel."""
    folder = tmp_path_factory.mktemp("proof")
    patch = pytest.MonkeyPatch()
    patch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(folder / "key"))
    home = folder / "project"
    home.mkdir()
    notebook = (
        Notebook(home)
        .parameters(month=3)
        .cell("import numpy as np\nimport time, os, random\nunused = 1")
        .cell("FACTOR = 2.5\ndef scale(values):\n    return np.asarray(values) * FACTOR")
        .step("load", "rows = [1, 2, month]")
        .cell("started = os.getpid()")
        .step("train", TRAIN)
        .step("draw", "drawn = np.random.rand(3) + random.random()")
        .step("chance", "chance = list(os.urandom(4))")
        .step("clock", "moment = time.time_ns()")
        .step("score", SCORE)
        .step("fits", "fits = cross_validate(LinearRegression(), x, x.ravel(), cv=2)")
        .step("close", "near = [1.0 + int.from_bytes(os.urandom(4)) * 1e-20]")
        .step("process", "twice = started * 2")
        .step("deal", "rng = random.Random(1)\ntable = {'rng': rng, 'cards': []}")
        .step("play", "table['cards'].append(rng.random())\nplayed = table['rng'].random()")
        .step("loud", "said = os.system('echo from a program')")
        .step("nothing", "del unused")
        .step("names", "with open(os.urandom(4).hex(), 'w') as file:\n    _ = file.write('x')")
        .save("flights.ipynb")
    )  # fmt: skip
    workspace = Workspace(home, author="tester")
    run = workspace.runs.run(workspace.pipelines.build(notebook).version, {"month": 5})
    assert run.failure is None
    yield workspace
    workspace.close()
    patch.undo()


def verified(workspace: Workspace, step: str, tolerance: float | None = None) -> VerificationReport:
    """What repeating a step showed."""
    return workspace.verifications.verify(
        StepReference.parse(step), tolerance=tolerance, observer=lambda _: None
    )


@dataclass(frozen=True)
class Answer:
    """What a command wrote, and its exit code."""

    code: int
    out: str
    err: str


Shell = Callable[..., Answer]


@pytest.fixture
def shell(project: Workspace, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Runs ``nbmlops`` on the project, in this process."""

    def run(*words: str) -> Answer:
        code = 0
        try:
            main(["--project", str(project.project), *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


@dataclass(frozen=True, kw_only=True)
class Case:
    """A step, and what repeating it shows."""

    step: str
    verdict: Verdict
    cause: Cause | None = None
    tolerance: float | None = None
    reason: str = ""


CASES = (
    Case(step="train", verdict=Verdict.IDENTICAL),
    Case(step="draw", verdict=Verdict.IDENTICAL),
    Case(
        step="chance",
        verdict=Verdict.DIFFERENT,
        cause=Cause.RANDOMNESS,
        reason="different: chance. Probable cause: randomness; a second run gave other values",
    ),
    Case(
        step="clock",
        verdict=Verdict.DIFFERENT,
        cause=Cause.TIME,
        reason="different: moment. Probable cause: time; it reads the clock",
    ),
    Case(
        step="score",
        verdict=Verdict.DIFFERENT,
        cause=Cause.TIME,
        reason="different: scores, took. Probable cause: time; how long the fits took is in scores",
    ),
    Case(
        step="fits",
        verdict=Verdict.WITHIN_TOLERANCE,
        cause=Cause.TIME,
        reason="within tolerance: fits; how long the fits took is in fits, and differs at each run",
    ),
    Case(
        step="close",
        verdict=Verdict.WITHIN_TOLERANCE,
        tolerance=1e-9,
        reason="within tolerance: near",
    ),
    Case(
        step="process",
        verdict=Verdict.NOT_COMPARABLE,
        reason="input started was not kept, and could not be rebuilt as it was",
    ),
    Case(step="play", verdict=Verdict.IDENTICAL),
    Case(step="names", verdict=Verdict.DIFFERENT, cause=Cause.RANDOMNESS),
    Case(step="nothing", verdict=Verdict.NOT_COMPARABLE, reason="it left nothing to compare"),
)


def test_what_a_program_of_a_repeated_step_prints_is_no_part_of_the_answer(
    project: Workspace, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that reads the answer as JSON reads nothing else."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with which ipykernel lets programs print past it
    assert verified(project, "loud").verification.verdict is Verdict.IDENTICAL
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.step)
def test_repeating_a_step_shows_whether_it_can_be(case: Case, project: Workspace) -> None:
    report = verified(project, case.step, case.tolerance)
    found = report.verification
    assert (found.verdict, report.cause) == (case.verdict, case.cause), found.reason
    assert found.reason.startswith(case.reason)
    assert found.author == "tester"
    assert project.history.verification(report.version) == found


def test_an_input_whose_content_is_damaged_is_made_again(project: Workspace) -> None:
    """As one is that was never kept: that it cannot be loaded says nothing about the step."""
    load = project.history.representative(project.history.version(StepReference.parse("load@1")))
    kept = {value.name: value.manifest for value in load.record.outputs} if load else {}
    with without(project, str(kept["rows"])):
        found = verified(project, "train")
        assert found.verification.verdict is Verdict.IDENTICAL
        assert "rows" in found.rebuilt
    assert "rows" not in verified(project, "train").rebuilt


@contextmanager
def without(workspace: Workspace, reference: str) -> Iterator[None]:
    """A project in which the content of a value is gone."""
    key = key_of(reference)
    (path,) = (workspace.project / ".nbmlops" / "objects").rglob(f"{key[2:]}*")
    aside = path.rename(workspace.project / "aside")
    yield
    aside.rename(path)


def test_an_input_that_is_another_file_now_is_the_probable_cause(project: Workspace) -> None:
    (project.project / "rows.csv").write_text("5,6")
    value = ValueRecord(name="total", fingerprint="0" * 32, summary=ValueSummary(kind="int"))
    read_ = FileAccess(path="rows.csv", mode="read", digest="0" * 64, known_by="open")
    project.executions.add(
        ExecutionRecord(
            notebook="flights.ipynb",
            step="sum",
            cell_id=None,
            source="%mlops track sum\ntotal = 11",
            digest="sum",
            session="by hand",
            started_at=NOON,
            duration=0.1,
            status=ExecutionStatus.OK,
            outputs=(value,),
            files=(read_,),
            author="tester",
        )
    )
    report = verified(project, "sum")
    assert (report.verification.verdict, report.cause) == (Verdict.DIFFERENT, Cause.INPUT)
    assert "rows.csv is not what it was" in report.verification.reason
    [output] = report.verification.outputs
    assert output.why == "its content was not kept, so that nobody can say where"


def test_an_execution_of_a_cell_without_a_name_is_verified_by_its_number(
    project: Workspace, shell: Shell
) -> None:
    """The verdict is kept with it; where no cell ran to its end, there is nothing to verify."""
    total = ValueRecord(
        name="total", fingerprint=take_print(11).text, summary=ValueSummary(kind="int")
    )
    done = ExecutionRecord(
        notebook="flights.ipynb",
        step=None,
        cell_id=None,
        source="total = 5 + 6",
        digest="by hand",
        session="without a name",
        started_at=NOON,
        duration=0.1,
        status=ExecutionStatus.OK,
        outputs=(total,),
        author="tester",
    )
    ran, failed, went = (
        project.executions.add(record).id
        for record in (
            done,
            replace(done, status=ExecutionStatus.ERROR, outputs=()),
            replace(done, travelled_to=0, outputs=()),
        )
    )
    answer = shell("verify", f"@{ran}", "--json")
    found = json.loads(answer.out)
    assert (answer.code, found["version"]) == (0, None)
    assert found["verification"]["execution_id"] == ran
    assert found["verification"]["verdict"] == "identical"
    assert "Verified: reproduced" in shell("show", f"@{ran}").out
    for number, told in (
        (failed, f"@{failed} did not run to its end"),
        (went, f"No cell ran in @{went}"),
        (987654, "There is no execution '@987654'."),
    ):
        refused = shell("verify", f"@{number}")
        assert refused.code != 0
        assert told in refused.err


def test_a_file_that_is_there_as_it_was_read_is_not_written_again(project: Workspace) -> None:
    """A cell that adds to it would leave another one: it runs where the file has changed since."""
    path = project.project / "added.csv"
    path.write_text("1\n2\n")
    whole, part = (hashlib.sha256(text).hexdigest() for text in (b"1\n2\n", b"1\n"))
    lines = ValueRecord(
        name="lines", fingerprint=take_print(["1\n", "2\n"]).text, summary=ValueSummary(kind="list")
    )
    adds = ExecutionRecord(
        notebook="flights.ipynb",
        step=None,
        cell_id=None,
        source="with open('added.csv', 'a') as file:\n    file.write('2\\n');",
        digest="adds",
        session="adds to a file",
        started_at=NOON,
        duration=0.1,
        status=ExecutionStatus.OK,
        files=(
            FileAccess(path="added.csv", mode="read", digest=part, known_by="open"),
            FileAccess(path="added.csv", mode="write", digest=whole, known_by="open"),
        ),
        author="tester",
    )
    project.executions.add(adds)
    reads = project.executions.add(
        replace(
            adds,
            source="lines = open('added.csv').readlines()",
            outputs=(lines,),
            files=(FileAccess(path="added.csv", mode="read", digest=whole, known_by="open"),),
        )
    )
    found = project.verifications.verify(reads, tolerance=None, observer=lambda _: None)
    assert (found.verification.verdict, found.cause) == (Verdict.IDENTICAL, None)
    path.write_text("1\n2\n3\n")
    found = project.verifications.verify(reads, tolerance=None, observer=lambda _: None)
    assert (found.verification.verdict, found.cause) == (Verdict.DIFFERENT, Cause.INPUT)
    assert "added.csv is not what it was" in found.verification.reason


def test_verify_answers_in_text_and_json_and_marks_the_version(shell: Shell) -> None:
    answer = shell("verify", "load", "--json")
    document = json.loads(answer.out)
    assert (answer.code, document["schema"]) == (0, "nbmlops.verification/1")
    assert set(document) == {
        *("schema", "version", "verification", "cause", "environment", "rebuilt"),
        *("changed", "in_place", "not_redirected"),
    }
    assert document["verification"]["verdict"] == "identical"
    assert document["verification"]["outputs"] == [
        {"name": "rows", "verdict": "identical", "why": ""}
    ]
    rows = json.loads(shell("versions", "load", "--json").out)["versions"]
    assert [row["verified"] for row in rows] == ["identical"]
    assert "reproduced" in shell("versions", "load").out
    assert "Verified: reproduced" in shell("show", "load").out


def test_a_slice_that_leaves_nothing_to_compare_says_so(shell: Shell) -> None:
    told = shell("slice", "nothing").out
    assert "Run in a clean kernel: not comparable: it left nothing to compare" in told


def test_a_slice_is_proved_and_written_beside_the_notebook(
    project: Workspace, shell: Shell
) -> None:
    answer = shell("slice", "auc", "--json")
    document = json.loads(answer.out)
    assert (answer.code, document["schema"]) == (0, "nbmlops.slice/1")
    assert document["proof"]["verdict"] == "identical"
    assert document["slice"]["missing"] == []
    path = project.project / "slice-auc.ipynb"
    assert document["path"] == str(path)
    notebook = read(path)
    assert notebook.cells[0].source.startswith("# `auc` of `flights.ipynb`")
    assert [cell.source for cell in notebook.code_cells] == [
        "# Parameters\nmonth = 5",
        "import numpy as np\nimport time, os, random\nunused = 1",
        "FACTOR = 2.5\ndef scale(values):\n    return np.asarray(values) * FACTOR",
        "rows = [1, 2, month]",
        TRAIN,
    ]
    assert [cell.tags for cell in notebook.code_cells[3:]] == [("step:load",), ("step:train",)]


def test_a_slice_that_does_not_make_the_result_again_is_kept_and_told(
    project: Workspace, shell: Shell
) -> None:
    answer = shell("slice", "chance")
    assert answer.code == 1
    assert "Run in a clean kernel: differs: chance: " in answer.out
    assert "The slice of chance does not make what was recorded." in answer.err
    assert (project.project / "slice-chance.ipynb").exists()


def test_a_slice_is_written_again_but_over_no_other_file(project: Workspace, shell: Shell) -> None:
    target = project.project / "mine.ipynb"
    for _ in range(2):
        assert shell("slice", "load@1", "--to", str(target), "--no-prove").code == 0
    target.write_text("{}")
    refused = shell("slice", "rows", "--to", str(target), "--no-prove")
    assert refused.code == 2
    assert "is not a slice. Choose another file with --to." in refused.err
    assert target.read_text() == "{}"


def test_a_slice_is_not_written_over_what_people_have_done_to_it_or_over_another_notebooks(
    project: Workspace, shell: Shell
) -> None:
    words = ("slice", "rows", "--no-prove")
    assert shell(*words).code == 0
    target = project.project / "slice-rows.ipynb"
    written = target.read_text()
    ran = json.loads(written)
    ran["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    target.write_text(json.dumps(ran))
    assert shell(*words).code == 0
    assert target.read_text() == written
    edited = json.loads(written)
    edited["cells"][-1]["source"] += ["\nmine = 1"]
    target.write_text(json.dumps(edited))
    refused = shell(*words)
    assert refused.code == 2
    assert "was edited since it was written. Choose another file with --to." in refused.err
    assert json.loads(target.read_text()) == edited
    target.write_text(written.replace("flights.ipynb", "other.ipynb"))
    refused = shell(*words)
    assert refused.code == 2
    assert "slice-rows.ipynb is a slice of other.ipynb. Choose another" in refused.err


def test_what_was_never_made_is_told_with_what_was(shell: Shell) -> None:
    answer = shell("slice", "aucc", "--no-prove")
    assert answer.code == 2
    assert "Did you mean 'auc'?" in answer.err
    assert shell("slice", "a b", "--no-prove").code == 2


def test_a_step_that_never_ran_to_its_end_has_nothing_to_repeat(
    project: Workspace, shell: Shell
) -> None:
    project.executions.add(
        ExecutionRecord(
            notebook="flights.ipynb",
            step="broken",
            cell_id=None,
            source="1 / 0",
            digest="broken",
            session="by hand",
            started_at=NOON,
            duration=0.1,
            status=ExecutionStatus.ERROR,
            author="tester",
        )
    )
    assert "never ran to its end" in shell("verify", "broken").err
    assert "never ran to its end" in shell("slice", "broken").err


def test_in_a_notebook_a_slice_holds_cells_that_were_edited_or_deleted_since(
    start_kernel: Callable[[], Any],
) -> None:
    kernel = start_kernel()
    for source in (
        "import math\n%load_ext nbmlops\n%mlops track",
        "def area(r):\n    return math.pi * r * r",
        "sizes = [1.0]",
        "sizes.append(2.0)",
        "%mlops track total\ntotal = sum(area(size) for size in sizes)",
        "def area(r):\n    return r",
        "sizes.clear()",
    ):
        assert kernel.run(source).status == "ok"
    Notebook(kernel.project).cell("import math\n%load_ext nbmlops").save("flights.ipynb")
    answer = kernel.run("%mlops slice total")
    assert answer.status == "ok", answer.traceback
    shown = answer.displayed[-1]
    assert "Run in a clean kernel: reproduced" in shown["text/plain"]
    assert shown["application/vnd.nbmlops.slice+json"]["proof"]["verdict"] == "identical"
    notebook = read(kernel.project / "slice-total.ipynb")
    assert [cell.source for cell in notebook.code_cells] == [
        "import math",
        "def area(r):\n    return math.pi * r * r",
        "sizes = [1.0]",
        "sizes.append(2.0)",
        "total = sum(area(size) for size in sizes)",
    ]
    assert "math: not recorded, so taken from the notebook" in notebook.cells[0].source
    verdict = kernel.run("%mlops verify total").displayed[-1]["text/plain"]
    assert "Verified: reproduced" in verdict
    assert "Made again, as it was not kept: sizes" in verdict


def test_a_verdict_that_finds_no_room_is_told_all_the_same(
    project: Workspace, shell: Shell
) -> None:
    with closing(sqlite3.connect(project.project / ".nbmlops" / "catalog.db")) as catalog:
        refusal = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        catalog.execute(f"CREATE TRIGGER full BEFORE INSERT ON verifications {refusal}")
        catalog.commit()
        try:
            found = shell("verify", "score@1")
        finally:
            catalog.execute("DROP TRIGGER full")
            catalog.commit()
    assert (found.code, "reproduced" in found.out) == (1, True)
    assert "This verdict was not kept. The disk that holds" in found.err
