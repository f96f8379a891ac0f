"""The cell and the call are named that make a result another one each time."""

from __future__ import annotations

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.history.seeding import unseeded_among
from nbmlops.testing import NOON


def record(source: str, cell: str, *, makes: str = "", reads: str = "") -> ExecutionRecord:
    """What is recorded of a cell that makes and reads these names."""
    return ExecutionRecord(
        notebook="n.ipynb",
        step=None,
        cell_id=cell,
        source=source,
        digest=cell,
        session="s",
        started_at=NOON,
        duration=0.0,
        status=ExecutionStatus.OK,
        author="tester",
        outputs=values(makes),
        inputs=values(reads),
    )


def values(names: str) -> tuple[ValueRecord, ...]:
    """The records of values with these names."""
    summary = ValueSummary(kind="int", text="1")
    return tuple(ValueRecord(name=one, fingerprint=one, summary=summary) for one in names.split())


def test_an_estimator_that_is_made_above_is_named_with_its_cell() -> None:
    above = record("model = KMeans(3)", "a", makes="model")
    other = record("noise = np.random.rand()", "b", makes="noise")
    fit = record("model.fit(x)", "c", makes="model", reads="model x")
    numbers = {"a": 1, "b": 2, "c": 3}
    said = "cell 1 calls KMeans(3) without a seed: give it random_state=0"
    assert unseeded_among(fit, [above, other], numbers) == said
    seed = record("random.seed(0)", "b")
    assert unseeded_among(fit, [seed, above], numbers) == said
    seed = record("np.random.seed(0)", "b")
    assert "something is not seeded in cell 3" in unseeded_among(fit, [seed, above], numbers)
