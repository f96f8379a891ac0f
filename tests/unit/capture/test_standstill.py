"""What only waited is told from what ran, however short that was."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from nbmlops.capture.late import LateWriters
from nbmlops.capture.standstill import progress_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux counts processor time")


def settled(thread: threading.Thread) -> object:
    """The progress of a thread that has begun to wait."""
    before = None
    while (found := progress_of(thread)) != before or found is None:
        before = found
        time.sleep(0.01)
    return found


def test_a_thread_that_waits_makes_no_progress_and_one_that_did_little_has() -> None:
    go, done = threading.Semaphore(0), threading.Semaphore(0)
    rows: list[int] = []

    def work() -> None:
        for _ in range(3):
            go.acquire()
            rows.append(1)
            done.release()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    for _ in range(2):
        before = settled(thread)
        time.sleep(0.05)
        assert progress_of(thread) == before
        go.release()
        done.acquire()
        assert progress_of(thread) != before
    go.release()
    thread.join()
    assert progress_of(thread) is None


def test_a_task_that_waits_makes_no_progress_and_one_that_waits_again_has() -> None:
    async def main() -> None:
        turns = asyncio.Queue[int]()

        async def work() -> None:
            while await turns.get():
                pass

        task = asyncio.create_task(work())
        assert progress_of(task) is None  # it is about to begin
        await asyncio.sleep(0)
        before = progress_of(task)
        await asyncio.sleep(0)
        assert before is not None
        assert progress_of(task) == before
        turns.put_nowait(1)
        assert progress_of(task) is None
        await asyncio.sleep(0)
        assert progress_of(task) not in (None, before)
        turns.put_nowait(0)
        await task
        assert progress_of(task) is None

    asyncio.run(main())


def after_a_cell(cell: Callable[[], None]) -> LateWriters:
    """What knows of the threads that a cell left."""
    writers = LateWriters()
    writers.begin()
    cell()
    writers.end()
    return writers


def test_a_pool_is_suspected_once_after_its_cell_and_then_when_it_had_work() -> None:
    pool = ThreadPoolExecutor(1)
    writers = after_a_cell(lambda: pool.submit(int).result())
    [thread] = pool._threads
    settled(thread)
    assert writers.since() is not None
    assert writers.since() is None
    assert writers.go_on(ours=False)
    pool.submit([].append, 1).result()
    settled(thread)
    found = writers.since()
    assert found is not None
    assert found.runs
    assert writers.since() is None
    pool.shutdown()
    assert writers.since() is not None
    assert writers.since() is None


def test_the_thread_that_watches_progress_bars_is_never_suspected() -> None:
    tqdm = pytest.importorskip("tqdm")
    writers = after_a_cell(lambda: tqdm.tqdm(range(1), file=sys.stderr).close())
    assert writers.since() is None
    assert not writers.go_on(ours=False)
    tqdm.tqdm.monitor.exit()
    tqdm.tqdm.monitor = None
