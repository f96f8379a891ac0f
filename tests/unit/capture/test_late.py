"""Threads and tasks that a cell leaves running."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from nbmlops.capture.late import LateWriters
from nbmlops.capture.namespace import Candidates, NamespaceWatch

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
