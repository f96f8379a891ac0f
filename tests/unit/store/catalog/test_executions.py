"""The ledger gives back what the recorder handed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmlops.domain.environments import Environment, GitState
from nbmlops.domain.executions import (
    Artifact,
    ExecutionRecord,
    ExecutionStatus,
    Failure,
    Metric,
)
from nbmlops.domain.listings import Listing
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.testing import NOON

ENVIRONMENT = Environment(
    digest="e",
    python="3.11.7",
    implementation="CPython",
    platform="Linux",
    machine="x86_64",
    executable="/usr/bin/python",
    distributions={"pandas": "3.0"},
)


@pytest.fixture
def records(open_catalog: Callable[..., Database]) -> ExecutionRecords:
    """An empty ledger."""
    return ExecutionRecords(open_catalog())


def record(**facts: object) -> ExecutionRecord:
    """An execution of the step ``train``."""
    plain = ExecutionRecord(
        notebook="flights.ipynb",
        step="train",
        cell_id="cell",
        source="x = 1",
        digest="digest",
        session="session",
        started_at=NOON,
        duration=0.5,
        status=ExecutionStatus.OK,
        author="tester",
    )
    return replace(plain, **facts)  # type: ignore[arg-type]


def test_every_field_comes_back(records: ExecutionRecords) -> None:
    records.add_environment(ENVIRONMENT)
    summary = ValueSummary(kind="DataFrame", text="…", shape=(3, 2), size=99, columns={"a": "int"})
    whole = record(
        definitions={"clean": "def clean(): ..."},
        execution_count=7,
        peak_memory=2**40,
        status=ExecutionStatus.ERROR,
        failure=Failure(kind="ValueError", message="Grüße", traceback="…", step="train", line=3),
        inputs=(ValueRecord(name="rows", fingerprint=None, summary=summary, reason="a generator"),),
        outputs=(ValueRecord(name="model", fingerprint="f", summary=summary, manifest="m"),),
        deleted=("old",),
        inputs_complete=False,
        inputs_note="calls exec()",
        parameters={"month": 3, "days": [1, None], "nested": {"a": 0.5}},
        metrics=(
            Metric(name="loss", value=2.0, step=0, recorded_at=NOON),
            Metric(name="loss", value=1.0, step=1, recorded_at=NOON + timedelta(seconds=1)),
        ),
        artifacts=(Artifact(name="output-1", media_type="image/png", object="o", size=8),),
        environment="e",
        random_state="r",
        git=GitState(commit="c", dirty=True),
    )
    added = records.add(whole)
    assert added.version is not None
    found = records.representative([added.version.id])[added.version.id]
    assert found.record == whole
    assert records.environment("e") == ENVIRONMENT


def test_what_a_cell_makes_of_json_changes_no_record(
    records: ExecutionRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("json.dumps", lambda *_, **__: "<")
    monkeypatch.setattr("json.loads", lambda *_, **__: "<")
    detail = Listing.made(of="folder", names=["a.csv"]).detail
    given = record(parameters={"days": [1, None]}, definitions={"f": "def f(): ..."})
    added = records.add(given)
    assert added.version is not None
    assert records.representative([added.version.id])[added.version.id].record == given
    assert Listing.read(detail).names == ("a.csv",)


def test_an_unnamed_cell_has_no_version(records: ExecutionRecords) -> None:
    added = records.add(record(step=None))
    assert added.version is None
    assert records.latest_by_cell("flights.ipynb")["cell"].record.step is None


def test_a_digest_makes_one_version_per_step_and_notebook(records: ExecutionRecords) -> None:
    made = [
        records.add(found).version
        for found in (
            record(digest="a"),
            record(digest="b"),
            record(digest="a"),
            record(digest="a", step="other"),
            record(digest="a", notebook="other.ipynb"),
        )
    ]
    assert [version and version.number for version in made] == [1, 2, 1, 1, 1]
    assert len({version.id for version in made if version}) == 4


def test_the_latest_of_a_cell_is_the_latest_interactive_one(records: ExecutionRecords) -> None:
    for source in ("x = 1", "x = 2"):
        records.add(record(source=source, digest=source))
    latest = records.latest_by_cell("flights.ipynb")
    assert {cell: found.record.source for cell, found in latest.items()} == {"cell": "x = 2"}
    assert records.latest_by_cell("other.ipynb") == {}


def test_a_session_is_given_back_in_order(records: ExecutionRecords) -> None:
    for number in range(3):
        records.add(record(source=f"x = {number}", cell_id=None))
    records.add(record(session="another"))
    assert [found.record.source for found in records.session_cells("session")] == [
        "x = 0",
        "x = 1",
        "x = 2",
    ]


zones = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=zones),  # noqa: DTZ001
    source=texts,
    value=st.floats(allow_nan=False, allow_infinity=False),
)
def test_times_texts_and_numbers_survive(
    records: ExecutionRecords, moment: datetime, source: str, value: float
) -> None:
    metric = Metric(name=source, value=value, recorded_at=moment)
    added = records.add(record(source=source, started_at=moment, metrics=(metric,)))
    assert added.version is not None
    found = records.representative([added.version.id])[added.version.id].record
    assert found.started_at == moment
    assert found.started_at.tzinfo is UTC
    assert found.source == source
    assert found.metrics == (metric,)


def test_a_text_that_holds_a_nul_is_kept(records: ExecutionRecords) -> None:
    added = records.add(record(source="a\0b"))
    assert added.version is not None
    (found,) = records.of_version(added.version.id)
    assert found.record.source in {"a\0b", "a␀b"}  # PostgreSQL keeps none: it is written as shown
