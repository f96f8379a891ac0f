"""Calls that may give another result each time are named with what repeats them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.pipelines.unseeded import Draw, draws_anew, draws_in, seeded_in
from nbmlops.testing import NOON


def record(source: str) -> ExecutionRecord:
    """What is recorded of a cell."""
    return ExecutionRecord(
        notebook="n.ipynb",
        step=None,
        cell_id="a",
        source=source,
        digest="d",
        session="s",
        started_at=NOON,
        duration=0.0,
        status=ExecutionStatus.OK,
        author="tester",
    )


STATE = "give it random_state=0"


@dataclass(frozen=True)
class Found:
    """A cell, the call that is named, and the cure; none where all is seeded."""

    source: str
    call: str = ""
    cure: str = ""


CASES = [
    Found("m = IsolationForest(n_estimators=5)", "IsolationForest(n_estimators=5)", STATE),
    Found("m = KMeans(3, random_state=None)", "KMeans(3, random_state=None)", STATE),
    Found("m = KMeans(3, random_state=SEED)"),
    Found("m = KMeans(**settings)"),
    Found("a, b = train_test_split(x, y)", "train_test_split(x, y)", STATE),
    Found("a, b = train_test_split(x, shuffle=False)"),
    Found("k = KFold(5)"),
    Found("k = KFold(5, shuffle=True)", "KFold(5, shuffle=True)", STATE),
    Found("r = np.random.default_rng()", "np.random.default_rng()",
          "give it a seed: np.random.default_rng(0)"),
    Found("r = np.random.default_rng(7)"),
    Found("x = np.random.rand(3)", "np.random.rand(3)", "call numpy.random.seed(0) before it"),
    Found("x = random.sample(y, 2)", "random.sample(y, 2)", "call random.seed(0) before it"),
    Found("x = df.sample(3)", "df.sample(3)", STATE),
    Found("x = df.resample('1D')"),
    Found("n = torch.nn.Linear(2, 1)", "torch.nn.Linear(2, 1)",
          "call torch.manual_seed(0) before it"),
    Found("key = uuid.uuid4()", "uuid.uuid4()", "make it once, and take it as a parameter"),
    Found("np.random.seed(0)"),
    Found("%%capture\nx = df.sample(3)", "df.sample(3)", STATE),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)
def test_a_call_without_a_seed_is_found(case: Found) -> None:
    found = [(draw.call, draw.cure) for draw in draws_in(record(case.source))]
    assert found == ([(case.call, case.cure)] if case.call else [])


def test_of_an_imported_node_the_code_in_its_call_is_looked_at() -> None:
    (draw,) = draws_in(record("fit = nbmlops.node('fit.py', cells=['k = 1', 'KMeans(k)'])"))
    assert draw == Draw(call="KMeans(k)", cure=STATE, generator="numpy", node="fit.py")


def test_what_no_seed_of_the_process_repeats_draws_anew() -> None:
    assert draws_anew(record("r = default_rng()"))
    assert not draws_anew(record("m = KMeans(3)"))


def test_seeds_of_the_process_are_told_by_their_generators() -> None:
    assert seeded_in(record("np.random.seed(0)\nrandom.seed(1)")) == {"numpy", "random"}
    assert seeded_in(record("seed_everything(0)")) == {"numpy", "random", "torch"}
