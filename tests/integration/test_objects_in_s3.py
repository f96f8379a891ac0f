"""A team's objects in S3 and its catalog in PostgreSQL, from two machines."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.upkeep import Retention
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.errors import StoreUnreachableError
from nbmlops.store.objects.bucket import Bucket
from nbmlops.testing import FixedClock
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC)


@pytest.fixture
def machines(tmp_path: Path, postgres_url: str, s3_url: str) -> tuple[Workspace, Workspace]:
    """One project on two machines; the second lives two hours later."""
    for name in ("one", "other"):
        store = tmp_path / name / ".nbmlops"
        store.mkdir(parents=True)
        (store / "config.toml").write_text(
            f'[store]\ncatalog = "{postgres_url}"\nobjects = "{s3_url}"\n'
        )
    later = FixedClock(NOW + timedelta(hours=2))
    return Workspace(tmp_path / "one"), Workspace(tmp_path / "other", clock=later)


def record(workspace: Workspace, value: object) -> str:
    """Keep a value that a step has made; the key of its manifest."""
    manifest = workspace.values.save(value, limit=10**8)
    workspace.executions.add(
        ExecutionRecord(
            notebook="flights.ipynb",
            cell_id="a",
            step="train",
            source="train",
            digest="1",
            session="s",
            author="tester",
            status=ExecutionStatus.OK,
            started_at=NOW,
            duration=1.0,
            outputs=(
                ValueRecord(
                    name="model",
                    fingerprint="1",
                    summary=ValueSummary(kind="dict"),
                    manifest=manifest,
                ),
            ),
        )
    )
    workspace.ledger.finish()
    return manifest


def test_what_one_machine_records_another_has(machines: tuple[Workspace, Workspace]) -> None:
    one, other = machines
    manifest = record(one, {"made": 1})
    assert other.values.load(manifest) == {"made": 1}
    assert other.integrity.check() == []
    for machine in machines:
        machine.close()


def test_a_collection_elsewhere_keeps_what_records_name(
    machines: tuple[Workspace, Workspace],
) -> None:
    one, other = machines
    manifest = record(one, {"made": 1})
    stray = one.objects.put(b"named by no record")
    one.objects.settle()
    done = other.collection.collect(Retention(younger_than=timedelta(hours=1)))
    assert done.objects == 1
    third = Bucket(one.settings.store.objects)
    assert third.find(f"objects/{stray[:2]}/{stray[2:]}") is None
    assert other.values.load(manifest) == {"made": 1}
    for machine in machines:
        machine.close()


def test_a_collection_spares_parts_of_a_value_whose_rest_is_on_its_way(
    machines: tuple[Workspace, Workspace],
) -> None:
    one, other = machines
    manifest = record(one, bytes(range(256)) * 1000)
    (_, part) = one.values.parts(manifest)
    Bucket(one.settings.store.objects).delete(
        [f"objects/{manifest[:2]}/{manifest[2:]}{suffix}" for suffix in ("", ".zst")]
    )
    assert other.collection.collect(Retention(younger_than=timedelta(hours=1))).objects == 0
    assert other.objects.exists(part)
    for machine in machines:
        machine.close()


def test_a_collection_that_cannot_read_removes_nothing(
    machines: tuple[Workspace, Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = machines
    record(one, {"made": 1})
    reachable = os.environ["AWS_ENDPOINT_URL"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreUnreachableError):
        other.collection.collect(Retention(younger_than=timedelta(hours=1)))
    monkeypatch.setenv("AWS_ENDPOINT_URL", reachable)
    assert one.integrity.check() == []
    for machine in machines:
        machine.close()


def test_a_repair_gives_up_nothing_that_may_still_come(
    machines: tuple[Workspace, Workspace],
) -> None:
    one, other = machines
    manifest = record(one, {"made": 1})
    one.objects.delete(manifest)
    (damage,) = other.integrity.check(repair=True)
    assert (damage.kind, damage.repair) == ("missing", None)
    assert "store info" in damage.cure
    one.objects.put(b"")  # the machine has it after all
    assert record(one, {"made": 1}) == manifest
    assert other.integrity.check() == []
    for machine in machines:
        machine.close()
