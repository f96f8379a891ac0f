"""Threads and tasks that a cell leaves running."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.pool import ThreadPool

import pytest

from nbmlops.capture.candidates import Candidates
from nbmlops.capture.late import LateWriters
from nbmlops.capture.namespace import NamespaceWatch
from nbmlops.capture.pools import is_pooled

SAID = "a thread that it started was still running at its end"


@contextmanager
def released() -> Iterator[threading.Event]:
    """An event for which threads wait until the test ends."""
    event = threading.Event()
    yield event
    event.set()


def test_a_thread_of_the_notebook_that_goes_on_is_told_of() -> None:
    late = LateWriters()
    with released() as event:
        late.begin()
        threading.Thread(target=lambda: event.wait(20), daemon=True).start()
        assert late.end() == SAID
        found = late.since()
        assert found is not None
        assert (found.kinds, found.is_ours, found.runs) == (("a thread",), True, True)


def test_a_pool_counts_only_while_it_runs_code_of_the_notebook() -> None:
    late = LateWriters()
    with released() as event, ThreadPoolExecutor(1) as pool:
        begun = threading.Event()

        def work() -> None:
            begun.set()
            event.wait(20)

        late.begin()
        pool.submit(begun.is_set).result()
        assert late.end() is None
        late = LateWriters()
        with ThreadPoolExecutor(1) as other:
            late.begin()
            other.submit(work)
            begun.wait(20)
            assert late.end() == SAID
            event.set()


class _Pool:
    """A pool that the first cell made, and what its later cells gave to do."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.late = LateWriters()
        self.pool = pool
        self.cell(1, lambda: pool.submit(int).result())
        while self.late.since() is not None:  # the thread goes back to wait
            time.sleep(0.005)

    def cell(self, execution: int, gives: Callable[[], object]) -> str | None:
        """Run a recorded cell."""
        self.late.begin()
        gives()
        said = self.late.end()
        self.late.recorded(execution, is_step=False)
        return said

    def since(self) -> tuple[int, ...]:
        """The cells that are suspected."""
        found = self.late.since()
        return () if found is None else found.executions


@pytest.fixture
def pooled() -> Iterator[_Pool]:
    """A pool of one thread that waits for work."""
    with ThreadPoolExecutor(1) as pool:
        yield _Pool(pool)


@contextmanager
def asleep() -> Iterator[None]:
    """No other thread gets a turn, unless this one waits."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(60)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def test_work_belongs_to_its_cell_though_the_pool_had_not_woken_up_when_the_cell_ended(
    pooled: _Pool,
) -> None:
    begun = threading.Event()
    with asleep():
        assert pooled.cell(2, lambda: pooled.pool.submit(begun.set)) == SAID
        assert not begun.is_set()
    begun.wait(20)
    assert pooled.since() == (1, 2)


def test_work_belongs_to_its_cell_though_it_was_still_within_a_library_when_the_cell_ended(
    pooled: _Pool,
) -> None:
    lock, rows = threading.Lock(), list[int]()

    def give() -> None:
        future = pooled.pool.submit(lock.acquire)  # this is no code of the notebook
        future.add_done_callback(lambda _: rows.append(1))
        while not future.running():
            time.sleep(0.001)

    with lock:
        assert pooled.cell(2, give) is None
    while not rows:
        time.sleep(0.001)
    assert pooled.since() == (1, 2)


def test_a_pool_that_only_waits_belongs_to_no_later_cell(pooled: _Pool) -> None:
    pooled.cell(2, lambda: None)
    assert pooled.since() == ()
    future = pooled.pool.submit(int)  # what is given between cells is the last one's
    future.result()
    assert pooled.since() == (1, 2)


def test_a_pool_from_before_the_recording_belongs_to_the_cell_that_gives_it_work() -> None:
    late, go = LateWriters(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        late.begin()
        done = pool.submit(go.wait, 20)
        late.end()
        late.recorded(1, is_step=False)
        go.set()
        done.result()
        found = late.since()
    assert found is not None
    assert found.executions == (0, 1)


def test_the_threads_that_hand_over_results_of_processes_are_those_of_a_pool() -> None:
    before = set(threading.enumerate())
    with ThreadPool(1):
        started = set(threading.enumerate()) - before
        assert sum(map(is_pooled, started)) == 2  # its worker, and who calls back


def test_what_a_thread_changed_between_two_cells_is_told_by_name() -> None:
    namespace: dict[str, object] = {"rows": [1], "other": [1]}
    watch = NamespaceWatch(namespace, {})
    names = frozenset(namespace)
    watch.before(Candidates(reads=names, uses=names))
    watch.after(finished=True)
    namespace["rows"].append(2)  # type: ignore[attr-defined]  # it is a list
    watch.forget(between=True)
    watch.before(Candidates(reads=names, uses=names))
    assert watch.changed_between == ("rows",)
    watch.forget(between=True)
    watch.before(Candidates(reads=names, uses=names))
    assert watch.changed_between == ()
