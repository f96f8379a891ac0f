"""What can be said of a Dask cluster without one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from distributed.comm import CommClosedError

from nbmlops.domain.environments import Environment
from nbmlops.errors import ClusterAwayError, ClusterError
from nbmlops.execution.engines.dask import DaskCluster, _agree, _check, scheduler_of
from nbmlops.execution.engines.dask_worker import KernelOrder, Surroundings
from nbmlops.execution.limits import Limits

_HERE = Surroundings(
    token="token",
    machine="one",
    host="desk",
    environment=Environment(
        digest="1",
        python="3.11.7",
        implementation="CPython",
        platform="Linux",
        machine="x86_64",
        executable="/bin/python",
        distributions={"pandas": "3.0"},
    ),
    signature="signed",
)


@dataclass(frozen=True, slots=True)
class Case:
    seen: Surroundings
    said: str


CASES = [
    Case(replace(_HERE, machine="two", host="rack"), r"on another machine \(rack\)"),
    Case(replace(_HERE, token=None), "does not see the project's store"),
    Case(replace(_HERE, signature=""), "signs values with another key, or has none"),
    Case(replace(_HERE, loaded="older"), "began with another version of nbmlops"),
    Case(
        replace(_HERE, environment=replace(_HERE.environment, python="3.12.1")),
        r"python is 3.12.1 \(CPython\) there and 3.11.7 \(CPython\) here",
    ),
    Case(
        replace(_HERE, environment=replace(_HERE.environment, distributions={})),
        "pandas is missing there and 3.0 here",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.said)
def test_a_worker_that_sees_something_else_is_refused_with_a_sentence(case: Case) -> None:
    with pytest.raises(ClusterError, match=case.said):
        _agree("tcp://one:1", _HERE, case.seen, Path("store"), shared=False)


def test_workers_are_on_other_machines_where_these_may_share_the_catalog() -> None:
    elsewhere = replace(_HERE, machine="two", host="rack")
    _agree("tcp://two:1", _HERE, elsewhere, Path("store"), shared=True)
    with pytest.raises(ClusterError, match="does not see the project's store"):
        _agree("tcp://two:1", _HERE, replace(elsewhere, token=None), Path("store"), shared=True)


class _Leaving:
    """A cluster of which a part goes away while its workers are asked."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def run(self, *_: object, on_error: str) -> dict[str, object]:
        assert on_error == "return"
        lost = CommClosedError("in <TCP (closed)>: Stream is closed")
        if self._whole:
            raise lost
        return {"tcp://one:1": lost}


@pytest.mark.parametrize("whole", [True, False])
def test_a_cluster_that_goes_away_while_it_is_asked_may_be_asked_again(
    tmp_path: Path, *, whole: bool
) -> None:
    with pytest.raises(ClusterAwayError, match="went away while its workers were asked"):
        _check(_Leaving(whole=whole), "dask://one:1", tmp_path, shared=False)
    assert list(tmp_path.iterdir()) == []


def test_threads_and_processors_of_a_worker_may_differ() -> None:
    """Kernels get the variables of the run, whatever those of the worker are."""
    environment = replace(_HERE.environment, cpus=4, threads={"OMP_NUM_THREADS": "1"})
    _agree(
        "tcp://one:1", _HERE, replace(_HERE, environment=environment), Path("store"), shared=False
    )


@pytest.mark.parametrize("wrong", ["localhost:8786", "tcp://a:1", "dask://a", "dask://a b:1"])
def test_an_address_has_scheme_host_and_port(wrong: str) -> None:
    with pytest.raises(ClusterError, match="not the address"):
        scheduler_of(wrong)
    assert scheduler_of("dask://[::1]:8786") == "tcp://[::1]:8786"


def test_workers_are_asked_for_what_they_announce() -> None:
    """More than any has is refused at once: the kernel would wait for ever."""
    workers = {"a": {"nthreads": 2, "resources": {"MEMORY": 1e9}}, "b": {"nthreads": 1}}
    cluster = DaskCluster(None, workers, address="dask://a:1")
    assert cluster.description == "dask://a:1: 2 workers, up to 3 kernels at once"
    assert cluster._resources(Limits(memory=500, cpus=2)) == {"MEMORY": 500.0}
    with pytest.raises(ClusterError, match="No Dask worker announces 2G"):
        cluster._resources(Limits(memory=2 * 1024**3))


def test_a_resource_that_no_worker_announces_is_refused_with_the_cure() -> None:
    """It is always asked for: a kernel without its GPU would fail later, or be slow."""
    workers = {
        "a": {"nthreads": 1, "resources": {"GPU": 1.0, "CPU": 2.0}},
        "b": {"nthreads": 1, "resources": {"MEMORY": 1e9, "CPU": 4.0}},
    }
    cluster = DaskCluster(None, workers, address="dask://a:1")
    assert cluster._resources(Limits(resources={"GPU": 1.0})) == {"GPU": 1.0}
    for asked, said, cure in (
        ({"DISK": 1.0}, "No Dask worker announces DISK=1.", '--resources "DISK=1"'),
        ({"GPU": 2.0}, "No Dask worker announces 2 GPUs: the most is GPU=1.", "GPU=2"),
    ):
        with pytest.raises(ClusterError) as caught:
            cluster.require(Limits(resources=asked))
        assert caught.value.message == said
        assert cure in str(caught.value.cure)


def test_what_is_asked_for_together_must_be_on_one_worker() -> None:
    """Dask would wait for a worker that never comes."""
    workers = {
        "a": {"nthreads": 1, "resources": {"GPU": 1.0}},
        "b": {"nthreads": 1, "resources": {"MEMORY": 1e9}},
    }
    cluster = DaskCluster(None, workers, address="dask://a:1")
    with pytest.raises(ClusterError, match="announces MEMORY=500 and GPU=1 together"):
        cluster.require(Limits(memory=500, resources={"GPU": 1.0}))


def test_an_order_comes_out_as_it_went_in() -> None:
    order = KernelOrder(
        topic="t",
        kernel="python3",
        arguments=("--quiet",),
        folder="f",
        environment={"A": "ä"},
        limits=Limits(memory=1),
    )
    assert replace(KernelOrder.unpacked(order.packed()), arguments=order.arguments) == order
    assert b"python3" not in order.packed()
