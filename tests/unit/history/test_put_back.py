"""What a repetition is given: what was kept together comes back together."""

from __future__ import annotations

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.timeline import KeptName
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.history.put_back import changed_one_by_one, loaded_together, not_put_back
from nbmlops.testing import NOON


def values(*names: str) -> tuple[ValueRecord, ...]:
    """Values of these names, each with its name as fingerprint."""
    return tuple(
        ValueRecord(name=name, fingerprint=name, summary=ValueSummary(kind="list"))
        for name in names
    )


def record(source: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> ExecutionRecord:
    """An execution of a cell that read and changed these names."""
    return ExecutionRecord(
        notebook="flights.ipynb",
        step="play",
        cell_id="play",
        source=source,
        digest="",
        session="session",
        started_at=NOON,
        duration=0.1,
        status=ExecutionStatus.OK,
        inputs=values(*inputs),
        outputs=values(*outputs),
        author="tester",
    )


def held(**references: str | None) -> dict[str, KeptName]:
    """What names held before, by reference."""
    return {
        name: KeptName(
            name=name,
            execution=1,
            fingerprint=name,
            kind="list",
            size=None,
            reference=reference,
            reason=None,
            changed=True,
        )
        for name, reference in references.items()
    }


PLAY = record("table.deal()", ("table",), ("table", "rng", "hand"))


def test_what_was_kept_with_an_input_and_changed_with_it_is_loaded_with_it() -> None:
    before = held(table="key#table", rng="key#rng", hand="other", idle="key#idle")
    found = loaded_together(PLAY, {"table": "alone"}, before)
    assert found == {"table": "key#table", "rng": "key#rng"}
    assert not_put_back(PLAY, found, before) == ("hand",)


def test_equal_content_from_elsewhere_stands_for_what_was_not_kept() -> None:
    before = held(table=None, rng="key#rng")
    found = loaded_together(PLAY, {"table": "alone"}, before)
    assert found == {"table": "alone"}
    assert not_put_back(PLAY, found, before) == ("rng",)


def test_what_the_cell_binds_or_nobody_loads_is_compared_as_ever() -> None:
    before = held(table="key", rng="key")
    bound = record("rng = table.deal()", ("table",), ("table", "rng"))
    assert not_put_back(bound, {"table": "key"}, before) == ()
    assert not_put_back(PLAY, {}, before) == ()
    dynamic = record("exec(table)", ("table",), ("table", "rng"))
    assert not_put_back(dynamic, {"table": "key"}, before) == ()


def test_inputs_that_changed_and_were_loaded_by_themselves_are_named() -> None:
    both = record("table.deal(); rng.random()", ("table", "rng"), ("table", "rng"))
    assert changed_one_by_one(both, {"table": "a", "rng": "b"}) == ("rng", "table")
    assert changed_one_by_one(both, {"table": "k#table", "rng": "k#rng"}) == ()
    assert changed_one_by_one(both, {"table": "a"}) == ("rng", "table")
    assert changed_one_by_one(PLAY, {"table": "a"}) == ()
