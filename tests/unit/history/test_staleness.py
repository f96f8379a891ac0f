"""Which results still follow from the notebook that is there now."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nbmlops.commands.freshness import standing_line
from nbmlops.commands.terminal import to_text
from nbmlops.commands.views import View
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Failure
from nbmlops.domain.listings import Listing
from nbmlops.domain.staleness import State
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.notebook.document import read
from nbmlops.pipelines.outline import outline
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

LOAD, CLEAN, TRAIN = "rows = open_it()", "kept = tidy(rows)", "model = fit(kept)"
LIVE = frozenset(["open_it", "tidy", "fit", "rows", "kept", "model", "tidied"])
LONG_AGO = NOON.timestamp() - 3600


def cells(**sources: str) -> dict[str, str]:
    """The sources of the steps of the notebook, those that were given changed."""
    return {"load": LOAD, "clean": CLEAN, "train": TRAIN} | sources


@dataclass
class Session:
    """A notebook whose cells are recorded as a kernel would."""

    workspace: Workspace
    path: Path = field(init=False)

    def save(self, sources: Mapping[str, str], *, above: str | None = None) -> None:
        """Write the notebook; as long ago, so that what is recorded ran after it."""
        notebook = Notebook(self.workspace.project)
        if above is not None:
            notebook.cell(above)
        for step, source in sources.items():
            notebook.step(step, source)
        self.path = notebook.save("flights.ipynb")
        raw = json.loads(self.path.read_text("utf-8"))
        for number, cell in enumerate(raw["cells"][-len(sources) :]):
            cell["id"] = f"cell-{number}"  # as a front end keeps it when the source changes
        self.path.write_text(json.dumps(raw), encoding="utf-8")

    def drop(self, step: str) -> None:
        """Delete a step's cell from the notebook."""
        raw = json.loads(self.path.read_text("utf-8"))
        raw["cells"] = [
            cell
            for cell in raw["cells"]
            if f"%mlops track {step}\n" not in "".join(cell["source"])
            and f"nbmlops:{step}" not in cell["metadata"].get("tags", [])
        ]
        self.path.write_text(json.dumps(raw), encoding="utf-8")

    def run(
        self, step: str, reads: Mapping[str, str], makes: Mapping[str, str], **facts: Any
    ) -> int:
        """Record that a step ran as it is in the notebook."""
        found = outline(read(self.path))
        (position,) = found.steps[step]
        flow = found.flow(position)
        record = ExecutionRecord(
            notebook="flights.ipynb",
            step=step,
            cell_id=flow.cell.id,
            source=flow.cell.source,
            digest=flow.digest,
            definitions=dict(flow.definitions),
            session="session",
            started_at=NOON,
            duration=0.1,
            status=ExecutionStatus.OK,
            inputs=_values(reads),
            outputs=_values(makes),
            author="tester",
        )
        return self.workspace.executions.add(replace(record, **facts)).id

    def run_all(self) -> None:
        """Run the three steps in order."""
        self.run("load", {}, {"rows": "r"})
        self.run("clean", {"rows": "r"}, {"kept": "k"})
        self.run("train", {"kept": "k"}, {"model": "m"})

    def states(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """The state of each step with its reasons."""
        found = self.workspace.staleness.status(self.path, session="session")
        return {
            cell.title: (str(cell.state), tuple(reason.detail for reason in cell.reasons))
            for cell in found.steps
        }

    def plan(self, step: str, live: frozenset[str] = LIVE) -> list[str]:
        """The steps that a refresh would run."""
        found = self.workspace.staleness.plan(step, self.path, session="session", live=live)
        return [standing.title for standing in found.standings]


def _values(contents: Mapping[str, str]) -> tuple[ValueRecord, ...]:
    return tuple(
        ValueRecord(name=name, fingerprint=print_, summary=ValueSummary(kind="list"))
        for name, print_ in contents.items()
    )


@pytest.fixture
def session(mlops_workspace: Workspace) -> Session:
    """A notebook of three steps that have run."""
    session = Session(mlops_workspace)
    session.save(cells())
    session.run_all()
    return session


FRESH = ("fresh", ())


def test_what_ran_as_it_is_there_now_is_fresh(session: Session) -> None:
    assert session.states() == {"load": FRESH, "clean": FRESH, "train": FRESH}
    assert session.plan("train") == []


def test_an_edited_step_makes_all_below_stale(session: Session) -> None:
    session.save(cells(clean="kept = tidy(rows, 2)"))
    assert session.states() == {
        "load": FRESH,
        "clean": ("stale", ("edited since it ran",)),
        "train": ("stale", ("clean was edited since it ran",)),
    }
    assert session.plan("train") == ["clean", "train"]
    assert session.plan("clean") == ["clean"]
    assert session.plan("load") == []


def test_formatting_and_comments_are_no_edit(session: Session) -> None:
    session.save(cells(clean="# tidy up\nkept = tidy( rows )"))
    assert set(session.states().values()) == {FRESH}


def test_a_step_that_was_run_again_with_another_result_makes_those_stale_that_took_the_old(
    session: Session,
) -> None:
    session.run("load", {}, {"rows": "other"})
    assert session.states() == {
        "load": FRESH,
        "clean": ("stale", ("load has made another rows since",)),
        "train": ("stale", ("clean is stale",)),
    }


def test_a_step_that_was_run_again_with_the_same_result_changes_nothing(session: Session) -> None:
    session.run("load", {}, {"rows": "r"})
    assert set(session.states().values()) == {FRESH}


def test_a_step_that_ran_on_something_else_says_so(session: Session) -> None:
    session.run("clean", {"rows": "by hand"}, {"kept": "k"})
    assert session.states()["clean"] == ("stale", ("it read another rows than load left",))


def test_a_failed_step_stops_the_trust_in_those_below(session: Session) -> None:
    failure = Failure(kind="ValueError", message="no")
    session.run("clean", {"rows": "r"}, {}, status=ExecutionStatus.ERROR, failure=failure)
    assert session.states()["clean"] == ("failed", ("failed when it last ran: ValueError",))
    assert session.states()["train"][1] == ("clean failed when it last ran: ValueError",)


def test_a_new_step_has_never_run(session: Session) -> None:
    session.save(cells(clean="kept = tidy(tidied)") | {"score": "auc = model.score(kept)"})
    assert session.states()["score"][0] == State.NEVER_RUN
    assert session.plan("score") == ["clean", "train", "score"]


@pytest.mark.parametrize("changed", ["def tidy(rows, extra=1):\n    return rows[1:]"])
def test_an_edited_function_makes_those_stale_that_use_it(
    mlops_workspace: Workspace, changed: str
) -> None:
    session = Session(mlops_workspace)
    session.save(cells(), above="def tidy(rows):\n    return rows")
    session.run_all()
    assert session.states()["clean"] == FRESH
    session.save(cells(), above=changed)
    assert session.states()["clean"] == ("stale", ("tidy, which it uses, was edited",))
    assert session.states()["load"] == FRESH


def test_a_cell_that_ran_after_the_file_was_saved_counts_as_it_ran(session: Session) -> None:
    session.save(cells(clean="kept = tidy(rows, 2)"))
    session.run("clean", {"rows": "r"}, {"kept": "k"})
    session.save(cells())
    assert session.states()["clean"] == ("stale", ("edited since it ran",))
    os.utime(session.path, (LONG_AGO, LONG_AGO))
    assert session.states()["clean"] == FRESH


def test_a_cell_that_was_tagged_after_the_file_was_saved_is_the_step_as_which_it_ran(
    session: Session,
) -> None:
    session.run("clean", {"rows": "r"}, {"kept": "k"}, source=CLEAN)
    raw = json.loads(session.path.read_text("utf-8"))
    raw["cells"][1]["source"] = [CLEAN]  # as it was before it was tagged
    session.path.write_text(json.dumps(raw), encoding="utf-8")
    assert "clean" not in session.states()
    os.utime(session.path, (LONG_AGO, LONG_AGO))
    assert session.states()["clean"] == FRESH


@dataclass(frozen=True)
class FileCase:
    """What happens to a file that a step has read, and what is said of the step."""

    name: str
    change: Callable[[Path], Any]
    said: tuple[str, ...]


FILE_CASES = [
    FileCase("unchanged", Path.exists, ()),
    FileCase("touched", Path.touch, ()),
    FileCase(
        "longer", lambda path: path.write_text("a,b,c"), ("a.csv has changed since it was read",)
    ),
    FileCase(
        "as long", lambda path: path.write_text("a;b"), ("a.csv has changed since it was read",)
    ),
    FileCase(
        "another with an old time",
        lambda path: (path.write_text("a;b"), os.utime(path, (LONG_AGO, LONG_AGO))),
        ("a.csv has changed since it was read",),
    ),
    FileCase("gone", Path.unlink, ("a.csv is not there any more",)),
]


@pytest.mark.parametrize("case", FILE_CASES, ids=lambda case: case.name)
def test_a_file_that_changed_makes_its_reader_stale(session: Session, case: FileCase) -> None:
    path = session.workspace.project / "a.csv"
    path.write_text("a,b")
    digest = hashlib.sha256(b"a,b").hexdigest()
    access = FileAccess(path="a.csv", mode="read", digest=digest, size=3, known_by="open")
    session.run("load", {}, {"rows": "r"}, files=(access,))
    case.change(path)
    assert session.states()["load"][1] == case.said


def test_a_file_is_read_again_only_where_it_may_have_changed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a copy of the project, where each file is newer than what read it."""
    path = session.workspace.project / "a.csv"
    path.write_text("a,b")
    digest = hashlib.sha256(b"a,b").hexdigest()
    access = FileAccess(path="a.csv", mode="read", digest=digest, size=3, known_by="open")
    session.run("load", {}, {"rows": "r"}, files=(access,))
    taken: list[str] = []
    take = hashlib.file_digest

    def counted(file: Any, name: str) -> Any:
        taken.append(file.name)
        return take(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    assert [session.states()["load"] for _ in range(3)] == [FRESH] * 3
    assert len(taken) == 3, "as long as another write may leave the same time"
    monkeypatch.setattr("nbmlops.history.disk._SETTLED", -1.0)
    assert [session.states()["load"] for _ in range(3)] == [FRESH] * 3
    assert len(taken) == 3
    path.write_text("a;b")
    assert session.states()["load"][0] == "stale"


@pytest.mark.parametrize(
    ("now", "said"),
    [("a,b,c", ()), ("a,b", ("a.csv has changed since it was read",))],
    ids=["as the step left it", "changed again"],
)
def test_a_step_that_adds_to_a_file_is_fresh_until_something_else_changes_it(
    session: Session, now: str, said: tuple[str, ...]
) -> None:
    """A table into which it writes what it made of that table, as with a variable."""
    digests = {text: hashlib.sha256(text.encode()).hexdigest() for text in ("a,b", "a,b,c")}
    accesses = [
        FileAccess(path="a.csv", mode=mode, digest=digests[text], size=len(text), known_by="open")
        for mode, text in (("read", "a,b"), ("write", "a,b,c"))
    ]
    session.run("load", {}, {"rows": "r"}, files=tuple(accesses))
    (session.workspace.project / "a.csv").write_text(now)
    assert session.states()["load"][1] == said


LISTING = Listing.made("folder", ["a.csv"])
LOOK_CASES = [
    FileCase("unchanged", Path.exists, ()),
    FileCase(
        "another file",
        lambda path: path.with_name("b.csv").write_text("b"),
        ("data/ has another list of files: +b.csv",),
    ),
    FileCase(
        "gone",
        Path.unlink,
        ("data/ has another list of files: -a.csv", "data/a.csv is not there any more"),
    ),
    FileCase("written by a cell", lambda path: path.with_name("own.csv").write_text("b"), ()),
]


@pytest.mark.parametrize("case", LOOK_CASES, ids=lambda case: case.name)
def test_what_is_in_a_folder_makes_its_lister_stale(session: Session, case: FileCase) -> None:
    """But for files that cells of the notebook have written since."""
    path = session.workspace.project / "data" / "a.csv"
    path.parent.mkdir()
    path.write_text("a,b")
    found = (
        ExternalAccess(kind="listing", name="data", detail=LISTING.detail),
        ExternalAccess(kind="path", name="data/a.csv", detail="file"),
    )
    session.run("load", {}, {"rows": "r"}, externals=found)
    own = FileAccess(path="data/own.csv", mode="write", known_by="open")
    session.run("clean", {"rows": "r"}, {"kept": "k"}, files=(own,))
    case.change(path)
    assert session.states()["load"][1] == case.said


def test_values_that_the_kernel_does_not_hold_are_made_again(session: Session) -> None:
    session.save(cells(train="model = fit(kept, 3)"))
    assert session.plan("train") == ["train"]
    assert session.plan("train", LIVE - {"kept"}) == ["clean", "train"]
    assert session.plan("train", LIVE - {"kept", "rows"}) == ["load", "clean", "train"]


def test_a_value_that_another_cell_replaced_is_made_again(session: Session) -> None:
    session.save(cells(train="model = fit(kept, 3)") | {"spoil": "kept = []"})
    session.run("spoil", {}, {"kept": "spoilt"})
    assert session.plan("train") == ["clean", "train"]


def test_a_step_that_the_notebook_does_not_have_is_said_with_the_nearest(session: Session) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'train'"):
        session.plan("trian")


def test_the_cells_of_a_plain_session_are_its_notebook(session: Session) -> None:
    session.run("load", {}, {"rows": "other"})
    found = session.workspace.staleness.status(None, session="session")
    assert [(cell.title, str(cell.state)) for cell in found.steps] == [
        ("load", "fresh"),
        ("clean", "stale"),
        ("train", "stale"),
    ]


def test_an_execution_stands_as_its_cell_does_while_it_is_the_latest(session: Session) -> None:
    service, executions = session.workspace.staleness, session.workspace.executions
    first = executions.by_ids([1])[1]
    around = service.around(first)
    assert around is not None
    standing = around.of_execution(1)
    assert standing is not None
    assert standing.state is State.FRESH
    session.run("load", {}, {"rows": "other"})
    around = service.around(first)
    assert around is not None
    assert around.of_execution(1) is None
    session.path.unlink()
    assert service.around(executions.by_ids([4])[4]) is None


def test_it_is_known_when_the_file_was_saved_and_whether_cells_ran_since(
    session: Session,
) -> None:
    os.utime(session.path, (LONG_AGO, LONG_AGO))
    found = session.workspace.staleness.status(session.path, session="session")
    assert (found.saved_at, found.ran_since) == (NOON - timedelta(hours=1), True)
    saved = NOON.timestamp() + 1
    os.utime(session.path, (saved, saved))
    found = session.workspace.staleness.status(session.path, session="session")
    assert (found.saved_at, found.ran_since) == (NOON + timedelta(seconds=1), False)
    plain = session.workspace.staleness.status(None, session="session")
    assert (plain.saved_at, plain.ran_since) == (None, False)


def test_what_was_undone_does_not_count(session: Session) -> None:
    """A cell stands as it ran on the line of the session, which leads on from where it went."""
    session.run_all()
    session.run("clean", {"rows": "r"}, {"kept": "other"})
    assert session.states()["train"][0] == "stale"
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step=None,
        cell_id=None,
        source="%mlops undo",
        digest="undo",
        session="session",
        started_at=NOON,
        duration=0.0,
        status=ExecutionStatus.OK,
        author="tester",
        travelled_to=3,
    )
    session.workspace.executions.add(record)

    assert session.states()["train"] == ("fresh", ())
    assert session.plan("train") == []
    # nor does it for a later kernel that goes on from before it
    session.workspace.executions.add(replace(record, session="later", travelled_to=1))
    found = session.workspace.staleness.status(session.path, session="later")
    assert [(cell.step, str(cell.state)) for cell in found.steps] == [
        ("load", "fresh"), ("clean", "never run"), ("train", "never run"),
    ]  # fmt: skip


def test_a_cell_that_is_not_saved_yet_is_called_by_its_execution(session: Session) -> None:
    """Where it will be in the file is not known: a number of its own would be another cell's."""
    os.utime(session.path, (LONG_AGO, LONG_AGO))
    first = session.workspace.executions.by_ids([3])[3]
    scratch = replace(first.record, cell_id="scratch", step=None, source="%mlops track\npeek = 1")
    number = session.workspace.executions.add(scratch).id
    found = session.workspace.staleness.status(session.path, session=scratch.session)
    assert [cell.title for cell in found.cells] == ["load", "clean", "train", f"cell @{number}"]


def test_a_step_that_runs_in_a_cell_that_is_not_saved_yet_stands_as_it_ran_there(
    session: Session,
) -> None:
    """As a restored version does, which is put into a new cell below."""
    first = session.workspace.executions.by_ids([3])[3]
    session.save(cells(train="model = fit(kept, 2)"))
    session.run("train", {"kept": "k"}, {"model": "n"})
    os.utime(session.path, (LONG_AGO, LONG_AGO))
    again = replace(first.record, cell_id="not saved", started_at=NOON + timedelta(hours=1))
    number = session.workspace.executions.add(again).id
    for asking in ("session", None):
        found = session.workspace.staleness.status(session.path, session=asking)
        (train,) = (cell for cell in found.steps if cell.step == "train")
        assert (train.version, train.execution) == ("train@1", number)
        assert (str(train.state), len(train.named_in)) == ("fresh", 2)

    # a front end that knows no ids of the file runs the cell that is there
    session.save(cells(report="text = tell(model)"))
    os.utime(session.path, (LONG_AGO, LONG_AGO))
    record = session.run("report", {"model": "n"}, {"text": "t"}, cell_id="its own")
    found = session.workspace.staleness.status(session.path)
    (report,) = (cell for cell in found.steps if cell.step == "report")
    assert (report.execution, report.named_in) == (record, ())


def test_a_kernel_that_goes_on_from_a_run_stands_as_the_run_left_it(
    mlops_workspace: Workspace,
) -> None:
    """Also where nothing else was ever run in the notebook by hand."""
    session = Session(mlops_workspace)
    session.save(cells())
    built = Notebook(mlops_workspace.project).step("load", "rows = [1]").save("other.ipynb")
    run = RunRecords(mlops_workspace.database).start(
        mlops_workspace.pipelines.build(built).version,
        parameters={},
        trigger="manual",
        author="tester",
        started_at=NOON,
        process=ProcessIdentity(host="here", process=7, started_at=1.5),
    )
    last = session.run("load", {}, {"rows": "r"}, session="the run's", run_id=run.id)
    session.workspace.executions.add(
        ExecutionRecord(
            notebook="flights.ipynb",
            step=None,
            cell_id=None,
            source="%mlops debug flights#1",
            digest="debug",
            session="session",
            started_at=NOON,
            duration=0.0,
            status=ExecutionStatus.OK,
            author="tester",
            travelled_to=last,
        )
    )
    for asking in ("session", None):
        found = session.workspace.staleness.status(session.path, session=asking)
        assert [(cell.step, str(cell.state), cell.version) for cell in found.steps] == [
            ("load", "fresh", "load@1"),
            ("clean", "never run", None),
            ("train", "never run", None),
        ]


def test_a_step_whose_maker_was_deleted_is_stale_and_no_run_can_heal_it(session: Session) -> None:
    session.drop("load")
    assert session.states() == {
        "clean": ("stale", ("rows: no cell makes it any more",)),
        "train": ("stale", ("clean is stale: rows: no cell makes it any more",)),
    }
    with pytest.raises(UsageError, match="clean reads rows, which no cell makes any more"):
        session.plan("train")


def test_a_step_whose_maker_makes_another_name_is_stale(session: Session) -> None:
    session.save(cells(load="raws = open_it()"))
    session.run("load", {}, {"raws": "r"})
    assert session.states()["clean"] == ("stale", ("rows: no cell makes it any more",))


def test_a_cell_that_changes_its_own_input_is_not_who_makes_it(session: Session) -> None:
    session.save({"load": "count = 0", "clean": "count += 1"})
    session.run("load", {}, {"count": "0"})
    session.run("clean", {"count": "0"}, {"count": "1"})
    assert session.states() == {"load": FRESH, "clean": FRESH}
    session.drop("load")
    assert session.states()["clean"] == ("stale", ("count: no cell makes it any more",))


def test_what_no_cell_is_known_to_have_made_is_not_missed(session: Session) -> None:
    """It was there before the notebook was recorded, or came from outside of its cells."""
    session.save({"load": LOAD, "clean": "kept = tidy(rows, given)"})
    session.run("load", {}, {"rows": "r"})
    session.run("clean", {"rows": "r", "given": "g"}, {"kept": "k"})
    assert session.states()["clean"] == FRESH


def brought_back(session: Session, number: int, *, kernel: str = "session") -> int:
    """Record that the values of an execution were put back, as ``restore --values`` does."""
    first = session.workspace.executions.by_ids([number])[number].record
    return session.workspace.executions.add(
        ExecutionRecord(
            notebook="flights.ipynb",
            step=None,
            cell_id=None,
            source="%mlops restore train@1 --values",
            digest="restore",
            session=kernel,
            started_at=NOON,
            duration=0.0,
            status=ExecutionStatus.OK,
            outputs=first.outputs,
            externals=(ExternalAccess(kind="execution", name=str(number)),),
            author="tester",
        )
    ).id


def test_values_that_were_brought_back_make_their_step_stale_whoever_asks(
    session: Session,
) -> None:
    """The panel and a shell, which have no kernel, mean the latest one; a new one has none yet."""
    session.save(cells(train="model = fit(kept, 2)"))
    session.run("train", {"kept": "k"}, {"model": "n"})
    session.run("train", {"kept": "k"}, {"model": "n"}, session="earlier")
    session.run("train", {"kept": "k"}, {"model": "n"})
    brought_back(session, 3)
    told = {}
    for asking in ("session", None, "new", "earlier"):
        steps = session.workspace.staleness.status(session.path, session=asking).steps
        (train,) = (cell for cell in steps if cell.step == "train")
        told[asking] = (str(train.state), [reason.detail for reason in train.reasons])
    stale = ("stale", ["model was brought back from train@1 since"])
    assert told == {"session": stale, None: stale, "new": stale, "earlier": ("fresh", [])}
    found = session.workspace.staleness.plan("train", session.path, session="new", live=LIVE)
    assert "train" in [standing.title for standing in found.standings]
    session.run("train", {"kept": "k"}, {"model": "n"}, session="new")
    steps = session.workspace.staleness.status(session.path).steps
    assert [str(cell.state) for cell in steps] == ["fresh", "fresh", "fresh"]


def went_back(session: Session, number: int, *, kernel: str = "session") -> int:
    """Record that a kernel went to where it was after an execution."""
    return session.workspace.executions.add(
        ExecutionRecord(
            notebook="flights.ipynb",
            step=None,
            cell_id=None,
            source=f"%mlops checkout @{number}",
            digest="checkout",
            session=kernel,
            started_at=NOON,
            duration=0.0,
            status=ExecutionStatus.OK,
            author="tester",
            travelled_to=number,
        )
    ).id


def test_a_step_before_which_the_kernel_went_back_is_told_as_undone(session: Session) -> None:
    """It ran, and can be gone to again; a cell that never ran has nothing to be told of."""
    session.save(cells(report="text = tell(model)"))
    went_back(session, 1)
    back = "the kernel went back before it (@{0}): %mlops checkout @{0} goes forward".format
    for asking in ("session", None, "new"):
        steps = session.workspace.staleness.status(session.path, session=asking).steps
        assert [
            (step.title, step.is_undone, [reason.detail for reason in step.reasons])
            for step in steps
        ] == [
            ("load", False, []),
            ("clean", True, [back(2)]),
            ("train", True, [back(3), "clean was undone"]),
            ("report", False, ["train was undone"]),
        ]
        assert [str(step.state) for step in steps] == ["fresh", *["never run"] * 3]
    text = to_text(View(document={}, blocks=(standing_line(steps[1]), standing_line(steps[3]))))
    assert f"clean is undone: {back(2)}" in text
    assert "report is never run: train was undone" in text
    assert session.plan("train") == ["clean", "train"]
    session.run("clean", {"rows": "r"}, {"kept": "k"})
    assert session.states()["clean"] == FRESH
    assert session.states()["train"] == ("never run", (back(3),))
    went_back(session, 3)
    assert session.states() == {"load": FRESH, "clean": FRESH, "train": FRESH} | {
        "report": ("never run", ())
    }
