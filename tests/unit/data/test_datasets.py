"""Inputs under a name: what is pinned, found again, compared and put back."""

from __future__ import annotations

import os
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from nbmlops.domain.datasets import DatasetReference, DatasetVersion
from nbmlops.domain.executions import ExecutionStatus
from nbmlops.domain.references import StepReference
from nbmlops.domain.upkeep import Retention
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord, ValueSummary
from nbmlops.errors import ConsentNeededError, StoreError, UnknownNameError, UsageError
from nbmlops.workspace import Workspace
from tests.unit.data.recorded import Recorded

TRAIN = StepReference.parse("train")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    """A project of its own, with a key of its own."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "key"))
    folder = tmp_path / "project"
    folder.mkdir()
    with closing(Workspace(folder, author="ada")) as workspace:
        yield Recorded(workspace)


def named(text: str, project: Recorded) -> DatasetVersion:
    return project.workspace.datasets.get(DatasetReference.parse(text))


def pinned(project: Recorded, name: str = "flights") -> DatasetVersion:
    return project.workspace.datasets.pin_step(name, TRAIN).version


def test_a_step_s_files_and_values_are_pinned_as_it_read_them(project: Recorded) -> None:
    project.write("data/a.csv", "a")
    project.write("data/b.csv", "bb")
    project.ran(
        files=(project.read("data/b.csv"), project.read("data/a.csv")),
        inputs=(project.value("rows", [1, 2]),),
    )
    made = project.workspace.datasets.pin_step("flights", TRAIN, comment=" for March ")
    members = project.workspace.datasets.members(made.version)
    assert [(one.kind, one.name) for one in members] == [
        ("file", "data/a.csv"),
        ("file", "data/b.csv"),
        ("value", "rows"),
    ]
    assert project.workspace.objects.get(str(members[1].object)) == b"bb"
    assert project.workspace.values.load(str(members[2].manifest)) == [1, 2]
    assert made.is_new
    assert (made.version.reference, made.version.comment) == ("flights@1", "for March")
    assert (made.version.files, made.version.values, made.version.author) == (2, 1, "ada")
    assert made.version.source is not None
    assert made.version.source.step == "train@1"


def test_equal_content_is_the_same_version(project: Recorded) -> None:
    project.write("a.csv", "a")
    project.ran(files=(project.read("a.csv"),))
    first = pinned(project)
    again = project.workspace.datasets.pin_step("flights", TRAIN)
    assert not again.is_new
    assert again.version == first


def test_other_content_is_the_next_version_and_the_first_stays(project: Recorded) -> None:
    project.write("a.csv", "a")
    project.ran(files=(project.read("a.csv"),))
    first = pinned(project)
    project.write("a.csv", "other")
    project.ran(files=(project.read("a.csv"),))
    assert pinned(project).reference == "flights@2"
    assert named("flights@1", project) == first
    assert named("flights", project).number == named("flights@latest", project).number == 2


def test_a_day_names_the_version_of_then(project: Recorded) -> None:
    project.write("a.csv", "a")
    project.ran(files=(project.read("a.csv"),))
    pinned(project)
    today = project.workspace.clock().astimezone()
    assert named(f"flights@{today:%Y-%m-%d}", project).number == 1
    with pytest.raises(UnknownNameError, match="flights@2999-01-01") as caught:
        named("flights@2999-01-01", project)
    assert caught.value.cure == "That time has not come yet. The latest is flights@1."
    with pytest.raises(UnknownNameError, match="flights@2001-01-01"):
        named("flights@2001-01-01", project)


def test_a_file_that_changed_since_is_refused_with_the_cure(project: Recorded) -> None:
    project.write("data/a.csv", "a")
    project.ran(files=(project.read("data/a.csv"),))
    project.write("data/a.csv", "A")
    with pytest.raises(UsageError) as refused:
        pinned(project)
    assert "data/a.csv is not what train@1 read any more" in refused.value.message
    assert "data pin flights --path data/a.csv" in str(refused.value.cure)
    assert project.workspace.datasets.versions() == []


def test_a_file_that_is_gone_is_refused(project: Recorded) -> None:
    path = project.write("a.csv", "a")
    project.ran(files=(project.read("a.csv"),))
    path.unlink()
    with pytest.raises(UsageError, match=r"a\.csv is not what"):
        pinned(project)


def test_bytes_that_the_store_has_are_pinned_though_the_file_changed(project: Recorded) -> None:
    project.write("a.csv", "a")
    project.ran(files=(project.read("a.csv"),))
    pinned(project, "before")
    project.write("a.csv", "changed")
    version = pinned(project, "after")
    (member,) = project.workspace.datasets.members(version)
    assert project.workspace.objects.get(str(member.object)) == b"a"
    assert member.size == 1


def test_a_file_too_large_to_be_hashed_is_pinned_where_nobody_touched_it(
    project: Recorded,
) -> None:
    project.write("big.bin", "large")
    soon = timedelta(seconds=-5)  # the execution begins after the file was written
    project.ran(files=(project.read("big.bin", digest=False),), ago=soon)
    assert pinned(project).size == len("large")
    later = timedelta(minutes=1)
    project.ran(code="two", files=(project.read("big.bin", digest=False),), ago=later)
    with pytest.raises(UsageError, match=r"big\.bin is not what train@2 read"):
        project.workspace.datasets.pin_step("flights", StepReference.parse("train@2"))


def test_the_latest_execution_that_succeeded_counts(project: Recorded) -> None:
    project.write("a.csv", "a")
    good = project.ran(files=(project.read("a.csv"),))
    project.write("b.csv", "b")
    project.ran(files=(project.read("b.csv"),), status=ExecutionStatus.ERROR)
    source = pinned(project).source
    assert source is not None
    assert source.execution == good.id


def test_a_version_of_a_step_can_be_named(project: Recorded) -> None:
    project.write("a.csv", "a")
    project.ran(code="one", files=(project.read("a.csv"),))
    project.write("b.csv", "b")
    project.ran(code="two", files=(project.read("b.csv"),))
    made = project.workspace.datasets.pin_step("old", StepReference.parse("train@1")).version
    assert [one.name for one in project.workspace.datasets.members(made)] == ["a.csv"]


def test_code_is_no_input_and_what_was_not_kept_is_named(project: Recorded) -> None:
    project.write("a.csv", "a")
    code = ValueRecord(
        name="clean",
        fingerprint="f",
        summary=ValueSummary(kind="function"),
        reason=PART_OF_THE_CODE,
    )
    lost = project.value("rows", [1], keep=False)
    project.ran(files=(project.read("a.csv"),), inputs=(code, lost))
    version = pinned(project)
    assert (version.files, version.values) == (1, 0)
    assert [(one.name, one.why) for one in version.left_out] == [("rows", "its value was not kept")]


def test_a_step_that_read_nothing_is_refused(project: Recorded) -> None:
    project.ran()
    with pytest.raises(UsageError, match="read nothing that could be pinned"):
        pinned(project)


def test_a_step_that_has_not_succeeded_is_refused(project: Recorded) -> None:
    project.ran(status=ExecutionStatus.ERROR)
    with pytest.raises(UsageError, match="has not run to its end"):
        pinned(project)


def test_paths_folders_and_patterns_are_pinned_by_their_place_in_the_project(
    project: Recorded, tmp_path: Path
) -> None:
    for path in ("data/a.csv", "data/deep/b.csv", "data/.hidden", "data/c.txt"):
        project.write(path, path)
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("x")
    service, base = project.workspace.datasets, project.folder / "data"
    patterns = {
        "some": (["*.csv"], ["data/a.csv"]),
        "all": (["."], ["data/a.csv", "data/c.txt", "data/deep/b.csv"]),
        "deep": (["**/*.csv"], ["data/a.csv", "data/deep/b.csv"]),
        "outside": ([str(elsewhere)], [elsewhere.as_posix()]),
    }
    for name, (given, expected) in patterns.items():
        version = service.pin_paths(name, given, base=base).version
        assert [one.name for one in service.members(version)] == expected, name
    with pytest.raises(UsageError, match="no file"):
        service.pin_paths("none", ["*.parquet"], base=base)


@pytest.mark.parametrize("text", ["", "a b", "flights@", "flights@0", "flights@approved", "@1"])
def test_what_is_no_name_of_a_data_set_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        DatasetReference.parse(text)


def test_two_versions_are_compared_member_by_member(project: Recorded) -> None:
    for name in ("a", "b", "c"):
        project.write(name, name)
    service = project.workspace.datasets
    before = service.pin_paths("flights", ["a", "b", "c"], base=project.folder).version
    project.write("b", "B")
    project.write("d", "d")
    after = service.pin_paths("flights", ["a", "b", "d"], base=project.folder).version
    found = service.diff(before, after)
    assert [(one.name, one.change) for one in found.differences] == [
        ("b", "changed"),
        ("c", "removed"),
        ("d", "added"),
    ]
    assert found.same == 1
    now = service.diff_now(before)
    assert [(one.name, one.change) for one in now.differences] == [("b", "changed")]


def test_files_are_put_back_and_that_is_taken_back(project: Recorded) -> None:
    changed, gone = project.write("data/a.csv", "a"), project.write("data/b.csv", "b")
    same = project.write("data/c.csv", "c")
    service = project.workspace.datasets
    version = service.pin_paths("flights", ["data"], base=project.folder).version
    changed.write_text("edited")
    changed.chmod(0o640)
    gone.unlink()
    with pytest.raises(ConsentNeededError, match=r"data/a\.csv holds something else"):
        service.restore(version)
    assert not gone.exists()
    done = service.restore(version, agreed=True)
    assert {one.path: one.deed for one in done.files} == {
        "data/a.csv": "replaced",
        "data/b.csv": "written",
        "data/c.csv": "unchanged",
    }
    assert [changed.read_text(), gone.read_text(), same.read_text()] == ["a", "b", "c"]
    assert changed.stat().st_mode & 0o777 == 0o640
    assert service.last_restored() == "flights@1"
    back = service.undo()
    assert changed.read_text() == "edited"
    assert not gone.exists()
    assert {one.path: one.deed for one in back.files} == {
        "data/a.csv": "put back",
        "data/b.csv": "removed",
    }
    with pytest.raises(UsageError, match="no restore to undo"):
        service.undo()


def test_an_undo_asks_before_it_loses_what_was_changed_since(project: Recorded) -> None:
    path = project.write("a.csv", "a")
    service = project.workspace.datasets
    version = service.pin_paths("flights", ["a.csv"], base=project.folder).version
    path.write_text("before")
    service.restore(version, agreed=True)
    path.write_text("since")
    with pytest.raises(ConsentNeededError, match="changed since"):
        service.undo()
    assert path.read_text() == "since"
    service.undo(agreed=True)
    assert path.read_text() == "before"


def test_files_are_put_into_another_folder(project: Recorded, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("o")
    project.write("data/a.csv", "a")
    service = project.workspace.datasets
    given = ["data/a.csv", str(outside)]
    version = service.pin_paths("flights", given, base=project.folder).version
    with pytest.raises(UsageError, match="outside of the project"):
        service.restore(version)
    target = tmp_path / "target"
    service.restore(version, folder=target)
    assert (target / "data/a.csv").read_text() == "a"
    assert (target / outside.as_posix().lstrip("/")).read_text() == "o"


def test_a_link_leads_no_file_out_of_the_folder(project: Recorded, tmp_path: Path) -> None:
    path = project.write("data/a.csv", "a")
    service = project.workspace.datasets
    version = service.pin_paths("flights", ["data/a.csv"], base=project.folder).version
    path.unlink()
    path.parent.rmdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    path.parent.symlink_to(outside)
    with pytest.raises(UsageError, match="would be outside"):
        service.restore(version)
    assert list(outside.iterdir()) == []


def test_lost_bytes_are_refused_before_anything_is_changed(project: Recorded) -> None:
    first, second = project.write("a.csv", "a"), project.write("b.csv", "b")
    service = project.workspace.datasets
    version = service.pin_paths("flights", ["*.csv"], base=project.folder).version
    members = service.members(version)
    first.write_text("edited")
    second.unlink()
    project.workspace.objects.delete(str(members[1].object))
    with pytest.raises(StoreError, match=r"The bytes of b\.csv of flights@1 are gone"):
        service.restore(version, agreed=True)
    assert first.read_text() == "edited"


def test_what_fails_on_the_way_is_taken_back(project: Recorded) -> None:
    first, second = project.write("a.csv", "a"), project.write("deep/b.csv", "b")
    service = project.workspace.datasets
    version = service.pin_paths("flights", ["."], base=project.folder).version
    first.write_text("edited")
    second.unlink()
    second.parent.rmdir()
    second.parent.write_text("a file where the folder was")
    with pytest.raises(UsageError, match="nothing was changed"):
        service.restore(version, agreed=True)
    assert first.read_text() == "edited"
    assert service.last_restored() is None


def test_a_deleted_number_is_not_given_again(project: Recorded) -> None:
    service = project.workspace.datasets
    for text in ("a", "b"):
        project.write("a.csv", text)
        service.pin_paths("flights", ["a.csv"], base=project.folder)
    service.delete([named("flights@2", project)])
    assert named("flights", project).number == 1
    project.write("a.csv", "c")
    assert service.pin_paths("flights", ["a.csv"], base=project.folder).version.number == 3
    service.delete(service.versions("flights"))
    with pytest.raises(UnknownNameError, match="no data set 'flights'"):
        named("flights", project)
    assert service.pin_paths("flights", ["a.csv"], base=project.folder).version.number == 4


def test_a_collection_keeps_what_is_pinned_and_frees_what_is_deleted(project: Recorded) -> None:
    project.write("a.csv", "a")
    value = project.value("rows", [1, 2])
    project.ran(files=(project.read("a.csv"),), inputs=(value,), ago=timedelta(days=90))
    version = pinned(project)
    file, kept = project.workspace.datasets.members(version)
    old = (project.workspace.clock() - timedelta(days=90)).timestamp()

    def collect(*, dry_run: bool = False) -> int:
        for path in (project.workspace.store / "objects").rglob("*"):
            if path.is_file():
                os.utime(path, (old, old))
        policy = Retention(younger_than=timedelta(hours=1))
        return project.workspace.collection.collect(policy, dry_run=dry_run).objects

    assert collect(dry_run=True) == 0
    assert collect() == 0
    assert project.workspace.objects.get(str(file.object)) == b"a"
    assert project.workspace.values.load(str(kept.manifest)) == [1, 2]
    project.workspace.datasets.delete([version])
    assert collect() >= 1
    assert not project.workspace.objects.exists(str(file.object))


def test_damage_of_a_pinned_file_is_found_and_repaired_from_where_it_was(
    project: Recorded,
) -> None:
    path = project.write("a.csv", "a" * 1000)
    service = project.workspace.datasets
    version = service.pin_paths("flights", ["a.csv"], base=project.folder).version
    (member,) = service.members(version)
    project.workspace.objects.delete(str(member.object))
    (found,) = project.workspace.integrity.check()
    assert "a.csv of flights@1 is missing" in found.what
    assert "data set" in found.meaning
    (found,) = project.workspace.integrity.check(repair=True)
    assert found.repair == f"put back from {path}"
    assert project.workspace.integrity.check() == []
    project.workspace.objects.delete(str(member.object))
    path.unlink()
    (found,) = project.workspace.integrity.check(repair=True)
    assert "gone" in str(found.repair)
    (member,) = service.members(version)
    assert not member.is_kept
    path.write_text("a" * 1000)
    again = service.pin_paths("flights", ["a.csv"], base=project.folder)
    assert not again.is_new
    assert service.members(again.version)[0].is_kept


def test_who_used_exactly_this_content_is_told(project: Recorded) -> None:
    project.write("a.csv", "a")
    project.write("b.csv", "b")
    both = (project.read("a.csv"), project.read("b.csv"))
    rows = project.value("rows", [1])
    project.ran(step="load", files=both[:1])
    project.ran(step="train", files=both, inputs=(rows,))
    project.ran(step="train", files=both, inputs=(rows,))
    version = pinned(project)
    uses = project.workspace.datasets.uses(version)
    assert [(one.used_by, one.members, one.executions) for one in uses] == [
        ("train@1", 3, 2),
        ("load@1", 1, 1),
    ]
    project.write("a.csv", "other")
    project.ran(step="late", files=(project.read("a.csv"),))
    assert len(project.workspace.datasets.uses(version)) == 2


def test_a_large_file_is_never_in_memory(project: Recorded) -> None:
    path = project.folder / "large.bin"
    with path.open("wb") as file:
        for _ in range(96):
            file.write(os.urandom(2**20))
    service = project.workspace.datasets
    told: list[tuple[int, int]] = []
    tracemalloc.start()
    try:
        version = service.pin_paths(
            "large",
            ["large.bin"],
            base=project.folder,
            progress=lambda done, total: told.append((done, total)),
        ).version
        path.unlink()
        service.restore(version)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size == 96 * 2**20
    assert peak < 24 * 2**20
    assert told[-1][0] == told[-1][1]
    assert len(told) > 10


def test_many_small_files_are_kept_and_the_progress_is_told_to_who_waits(
    project: Recorded,
) -> None:
    for number in range(40):
        project.write(f"many/{number}.csv", f"row {number}\n" * (number + 1))
    told: list[tuple[int, int, int]] = []
    version = project.workspace.datasets.pin_paths(
        "many",
        ["many"],
        base=project.folder,
        progress=lambda done, total: told.append((threading.get_ident(), done, total)),
    ).version
    members = project.workspace.datasets.members(version)
    assert len(members) == 40
    for member in members:
        assert (
            project.workspace.objects.get(member.digest)
            == (project.folder / member.name).read_bytes()
        )
    assert {who for who, _, _ in told} == {threading.get_ident()}
    assert told[-1][1] == told[-1][2]
