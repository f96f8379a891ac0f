"""Objects in a bucket: what is sent, what waits, what stays on this machine's disk."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from nbmlops.errors import (
    ObjectMissingError,
    StoreCorruptError,
    StoreError,
    StoreRefusedError,
    StoreUnreachableError,
)
from nbmlops.store.objects.bucket import Bucket
from nbmlops.store.objects.cached import CachedObjectStore
from nbmlops.store.objects.remote import RemoteObjects
from nbmlops.store.objects.spool import Spool
from nbmlops.store.opening import open_bucket

Machine = Callable[..., CachedObjectStore]
HOUR = timedelta(hours=1)


@pytest.fixture
def machine(s3_url: str, tmp_path: Path) -> Machine:
    """The store of a team as a machine has it, whose disk begins empty."""

    def open_it(name: str = "one", *, limit: int = 2**30) -> CachedObjectStore:
        return open_bucket(s3_url, tmp_path / name, cache_limit=limit)

    return open_it


def noise(size: int, seed: bytes = b"noise") -> bytes:
    """Bytes that do not compress."""
    return hashlib.shake_128(seed).digest(size)


def files(folder: Path) -> list[Path]:
    """Everything in a folder that is an object."""
    return [path for path in folder.glob("cache/*/objects/??/*") if len(path.stem) == 62]


def name_of(key: str) -> str:
    """What the bucket calls an object that is not compressed."""
    return f"objects/{key[:2]}/{key[2:]}"


def test_another_machine_reads_what_one_has_put(machine: Machine) -> None:
    one, other = machine("one"), machine("other")
    small, large = one.put(b"flights " * 100), one.put(noise(20 * 2**20))
    one.settle()
    assert other.get(small) == b"flights " * 100
    assert bytes(other.open_buffer(large)) == noise(20 * 2**20)
    assert other.size(small) == 800


def test_what_was_read_once_is_read_from_this_machine(
    machine: Machine, s3_url: str, tmp_path: Path
) -> None:
    one = machine("one")
    key = one.put(noise(5000))
    one.settle()
    other = machine("other")
    other.get(key)
    Bucket(s3_url).delete([name_of(key)])
    assert other.get(key) == noise(5000)
    assert len(files(tmp_path / "other")) == 1


def test_what_cannot_be_sent_waits_and_the_next_process_sends_it(
    s3_url: str, s3_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del s3_url  # but not what it sets
    monkeypatch.setattr("nbmlops.store.objects.cached._LEFT_BEHIND", 0.0)
    first = open_bucket("s3://bucket-made-later/x", tmp_path / "late", cache_limit=2**30)
    key = first.put(b"not lost")
    with pytest.raises(StoreRefusedError, match="does not exist"):
        first.settle()
    assert first.trouble is not None
    assert first.get(key) == b"not lost"
    httpx.put(f"{s3_server}/bucket-made-later").raise_for_status()
    second = open_bucket("s3://bucket-made-later/x", tmp_path / "late", cache_limit=2**30)
    assert second.get(key) == b"not lost"
    second.settle()
    third = open_bucket("s3://bucket-made-later/x", tmp_path / "third", cache_limit=2**30)
    assert third.get(key) == b"not lost"


def test_what_is_just_being_sent_has_arrived_before_it_is_forgotten(tmp_path: Path) -> None:
    """Else it would arrive behind its removal from the bucket, and stay there."""
    begun, go_on = threading.Event(), threading.Event()
    sent: list[str] = []

    def send(key: str) -> None:
        begun.set()
        go_on.wait(10)
        sent.append(key)

    key = "a" * 64
    spool = Spool(tmp_path, send)
    spool.add(key)
    assert begun.wait(10)
    threading.Timer(0.1, go_on.set).start()
    spool.drop(key)
    assert (sent, spool.holds(key)) == ([key], False)


def test_it_is_tried_again_until_it_can_be_sent(
    s3_url: str, s3_server: str, tmp_path: Path
) -> None:
    del s3_url  # but not what it sets
    store = open_bucket("s3://bucket-in-a-moment", tmp_path / "one", cache_limit=2**30)
    keys = [store.put(f"{number}".encode()) for number in range(20)]
    with pytest.raises(StoreError):
        store.settle()
    httpx.put(f"{s3_server}/bucket-in-a-moment").raise_for_status()
    until = time.monotonic() + 20
    while store.trouble is not None and time.monotonic() < until:
        time.sleep(0.05)
    store.settle()
    assert {item.key for item in store.stored()} == set(keys)


def test_a_cache_gives_up_what_was_not_used_for_longest_and_nothing_that_waits(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbmlops.store.objects.cached._SPARED", -60.0)
    store = machine("one", limit=100_000)
    for number in range(30):
        store.put(noise(10_000, b"%d" % number))
        store.settle()
    kept = sum(path.stat().st_size for path in files(tmp_path / "one"))
    assert 0 < kept <= 120_000
    assert len(list(store.keys())) == 30
    store.put(noise(10_000, b"0"))
    nowhere = open_bucket("s3://nowhere", tmp_path / "two", cache_limit=50_000)
    keys = [nowhere.put(noise(10_000, b"%d" % number)) for number in range(30)]
    assert all(nowhere.get(key) for key in keys)


def test_damage_in_the_bucket_is_found_and_put_right_where_a_machine_has_it_whole(
    machine: Machine, s3_url: str
) -> None:
    one, other = machine("one"), machine("other")
    key = one.put(noise(5000))
    one.settle()
    Bucket(s3_url).write(name_of(key), b"damaged")
    for read in (other.get, other.open_buffer, other.verify):
        with pytest.raises(StoreCorruptError):
            read(key)
    one.verify(key)
    assert other.get(key) == noise(5000)


def test_damage_on_this_machine_is_read_anew(machine: Machine, tmp_path: Path) -> None:
    store = machine("one")
    key = store.put(noise(5000))
    store.settle()
    (file,) = files(tmp_path / "one")
    file.chmod(0o644)
    file.write_bytes(noise(5000, b"other"))
    assert store.get(key) == noise(5000)


def test_what_one_machine_renews_another_does_not_collect(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbmlops.store.objects.remote.FRESH", timedelta(0))
    one, other = machine("one"), machine("other")
    renewed, old = one.put(b"renewed"), one.put(b"old")
    one.settle()
    time.sleep(2.1)  # the server counts seconds
    since = datetime.now(UTC) - timedelta(seconds=1)
    assert machine("third").renew(renewed)
    assert other.collect_all([renewed, old], before=since) == {old}
    assert other.get(renewed) == b"renewed"
    assert not machine("third").exists(old)


def test_who_puts_what_is_being_collected_waits_and_puts_it_again(
    machine: Machine, s3_url: str
) -> None:
    one = machine("one")
    key = one.put(b"content")
    one.settle()
    bucket = Bucket(s3_url)
    bucket.write("collecting/1", key.encode())
    again = machine("again")
    again.put(b"content")
    time.sleep(0.5)
    RemoteObjects(bucket).delete([key])  # as the collection would
    bucket.delete(["collecting/1"])
    again.settle()
    assert machine("reader").get(key) == b"content"


def test_what_a_killed_collection_left_is_swept(machine: Machine, s3_url: str) -> None:
    Bucket(s3_url).write("collecting/1", b"")
    store = machine("one")
    (left,) = store.leftovers(before=datetime.now(UTC) + HOUR)
    store.sweep(left)
    assert store.leftovers(before=datetime.now(UTC) + HOUR) == []


def test_what_is_missing_says_that_it_may_wait_elsewhere(machine: Machine, s3_url: str) -> None:
    with pytest.raises(ObjectMissingError, match=f"{s3_url}, or still waits on the machine"):
        machine("one").get("0" * 64)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_what_a_forked_process_puts_waits_for_another_one(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = machine("one")
    store.put(b"of the parent")
    store.settle()
    child = os.fork()
    if child == 0:
        store.put(b"of the child")
        with contextlib.suppress(StoreUnreachableError):
            store.settle()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(tmp_path.glob("one/cache/*/waiting/*"))) == 1
    monkeypatch.setattr("nbmlops.store.objects.cached._LEFT_BEHIND", 0.0)
    held = machine("one").held()
    assert (held.waiting, held.trouble) == (0, None)
    assert machine("other").get(hashlib.sha256(b"of the child").hexdigest()) == b"of the child"
