"""Sixteen writers at once, each with the store opened for itself: nothing is lost or doubled."""

from __future__ import annotations

import hashlib
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.objects.folder import FolderObjectStore
from nbmlops.store.opening import open_bucket

PROCESSES, THREADS = 4, 4
SHARED, OWN = 5, 5


def opened(place: str, machine: Path) -> ObjectStore:
    """The store of a place, as a machine opens it."""
    if place.startswith("s3://"):
        return open_bucket(place, machine, cache_limit=2**30)
    return FolderObjectStore(Path(place))


def contents(writer: str) -> list[bytes]:
    """What a writer puts: some of it as all others do, small and large."""
    shared = [hashlib.shake_128(b"%d" % number).digest(40_000) for number in range(SHARED)]
    return [*shared, *(f"{writer} {number}".encode() for number in range(OWN))]


def write(place: str, machine: Path, writer: str) -> None:
    """Put everything, and read it."""
    store = opened(place, machine)
    for content in contents(writer):
        key = store.put(content)
        assert store.get(key) == content
    store.settle()


def write_in_threads(place: str, machine: Path, failures: multiprocessing.SimpleQueue[str]) -> None:
    """Several writers at once; every two processes share a machine."""
    with ThreadPoolExecutor(THREADS) as pool:
        names = [f"{multiprocessing.current_process().name} {number}" for number in range(THREADS)]
        for written in [pool.submit(write, place, machine, name) for name in names]:
            if written.exception() is not None:
                failures.put(repr(written.exception()))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_sixteen_writers_lose_nothing(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = str(request.getfixturevalue("s3_url") if kind == "s3" else tmp_path / "objects")
    context = multiprocessing.get_context("spawn")
    failures = context.SimpleQueue()
    processes = [
        context.Process(
            target=write_in_threads,
            name=f"writer {number}",
            args=(place, tmp_path / f"machine-{number % 2}", failures),
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert failures.empty() or not failures.get()
    found = opened(place, tmp_path / "reader")
    wanted = {
        content
        for process in range(PROCESSES)
        for thread in range(THREADS)
        for content in contents(f"writer {process} {thread}")
    }
    assert {found.get(key) for key in found.keys()} == wanted  # noqa: SIM118  not a dict
    assert len(wanted) == SHARED + PROCESSES * THREADS * OWN
