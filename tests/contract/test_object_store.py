"""What every object store does, whatever keeps the bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmlops.errors import ObjectMissingError
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.objects.folder import FolderObjectStore
from nbmlops.store.objects.memory import MemoryObjectStore
from nbmlops.store.opening import open_bucket

ABSENT = "0" * 64
IMPLEMENTATIONS: dict[str, Callable[[Path], ObjectStore]] = {
    "folder": lambda tmp_path: FolderObjectStore(tmp_path / "objects"),
    "memory": lambda _: MemoryObjectStore(),
}


@dataclass(frozen=True)
class Content:
    name: str
    data: bytes


def noise(size: int) -> bytes:
    """Bytes that do not compress."""
    return hashlib.shake_128(b"noise").digest(size)


CONTENTS = [
    Content("empty", b""),
    Content("small", b"hello"),
    Content("compressible", b"flights " * 10_000),
    Content("random", noise(300_000)),
    Content("large and very compressible", bytes(3 * 2**20)),
    Content("large and random", noise(3 * 2**20)),
]


@pytest.fixture(params=[*IMPLEMENTATIONS, "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """An empty store of each kind."""
    if request.param == "s3":
        return open_bucket(request.getfixturevalue("s3_url"), tmp_path, cache_limit=2**30)
    return IMPLEMENTATIONS[request.param](tmp_path)


@pytest.mark.parametrize("content", CONTENTS[2:], ids=lambda content: content.name)
def test_what_comes_in_blocks_is_the_same_object(store: ObjectStore, content: Content) -> None:
    """Whoever puts it need not have it whole."""
    blocks = [content.data[at : at + 70_000] for at in range(0, len(content.data), 70_000)]
    key = store.put(blocks[0], blocks=lambda: map(memoryview, blocks), size=len(content.data))
    assert key == hashlib.sha256(content.data).hexdigest()
    assert store.get(key) == content.data
    assert store.size(key) == len(content.data)
    assert store.put(content.data) == key
    assert list(store.keys()) == [key]


def test_it_takes_what_its_objects_take(store: ObjectStore) -> None:
    assert store.taken() == 0
    key = store.put(noise(5_000))
    store.put(noise(3_000))
    assert store.taken() == 8_000
    store.delete(key)
    assert store.taken() == 3_000


def test_there_is_room_for_what_it_takes(store: ObjectStore) -> None:
    assert store.has_room(1_000)
    store.put(noise(1_000))
    assert store.has_room(1_000)


def test_an_object_may_be_made_durable_later(store: ObjectStore) -> None:
    key = store.put(b"content", durable=False)
    assert store.put(b"content") == key
    assert list(store.keys()) == [key]


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content.name)
def test_what_was_put_comes_back_under_its_hash(
    store: ObjectStore, content: Content, *, durable: bool
) -> None:
    key = store.put(content.data, durable=durable)
    assert key == hashlib.sha256(content.data).hexdigest()
    assert store.get(key) == content.data
    assert bytes(store.open_buffer(key)) == content.data
    assert store.size(key) == len(content.data)
    assert store.exists(key)
    assert list(store.keys()) == [key]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=2000))
def test_get_is_the_inverse_of_put(store: ObjectStore, data: bytes) -> None:
    assert store.get(store.put(data)) == data


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content.name)
def test_a_file_has_the_key_of_its_content(
    store: ObjectStore, content: Content, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content.data)
    key = store.put_file(path)
    assert key == hashlib.sha256(content.data).hexdigest()
    assert store.get(key) == content.data


def test_a_typed_view_is_kept_as_its_bytes(store: ObjectStore) -> None:
    view = memoryview(b"12345678").cast("d")
    assert store.get(store.put(view)) == b"12345678"


def test_equal_content_is_kept_once(store: ObjectStore) -> None:
    assert store.put(b"same") == store.put(bytearray(b"same"))
    assert len(list(store.keys())) == 1


@pytest.mark.parametrize("size", [10, 100_000, 3 * 2**20])
def test_writing_to_an_opened_buffer_leaves_the_object_as_it_is(
    store: ObjectStore, size: int
) -> None:
    data = noise(size)
    key = store.put(data)
    buffer = store.open_buffer(key)
    buffer[0] = (buffer[0] + 1) % 256
    assert bytes(store.open_buffer(key)) == data
    assert store.get(key) == data


@pytest.mark.parametrize("key", [ABSENT, "", "abc", "../../etc/passwd", "Z" * 64, ABSENT + "/x"])
def test_a_key_that_is_not_there_is_missing(store: ObjectStore, key: str) -> None:
    store.put(b"something else")
    assert not store.exists(key)
    for read in (store.get, store.open_buffer, store.size):
        with pytest.raises(ObjectMissingError) as caught:
            read(key)
        assert caught.value.key == key


def test_a_deleted_object_is_gone_and_can_be_put_again(store: ObjectStore) -> None:
    key = store.put(b"x" * 1000)
    store.delete(key)
    store.delete(key)
    assert not store.exists(key)
    assert list(store.keys()) == []
    assert store.put(b"x" * 1000) == key
    assert store.get(key) == b"x" * 1000


def test_deleting_what_is_no_key_has_no_effect(store: ObjectStore) -> None:
    key = store.put(b"kept")
    store.delete("../" + key)
    assert store.exists(key)


def test_keys_can_be_deleted_while_they_are_listed(store: ObjectStore) -> None:
    for number in range(20):
        store.put(f"object {number}".encode())
    for key in store.keys():  # noqa: SIM118  a method of the port, not a dict's
        store.delete(key)
    assert list(store.keys()) == []


def test_an_object_is_collected_unless_it_was_put_or_renewed_since(store: ObjectStore) -> None:
    key, begun = store.put(b"old"), datetime.now(UTC)
    later = begun + timedelta(hours=1)
    assert not store.collect(key, before=begun - timedelta(hours=1))
    assert store.exists(key)
    assert store.renew(key)
    assert store.collect(key, before=later)
    assert not store.exists(key)
    assert not store.collect(key, before=later)
    assert not store.renew(key)
    assert store.put(b"old") == key
    assert store.get(key) == b"old"


def test_what_is_stored_says_its_size_and_when_it_was_put(store: ObjectStore) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    key = store.put(b"hello")
    (found,) = store.stored()
    assert (found.key, found.size) == (key, 5)
    assert before <= found.put_at <= datetime.now(UTC) + timedelta(seconds=2)
    assert store.leftovers(before=datetime.now(UTC) + timedelta(hours=1)) == []


def test_many_objects_are_collected_at_once_and_those_put_since_are_spared(
    store: ObjectStore,
) -> None:
    keys = [store.put(f"object {number}".encode()) for number in range(30)]
    now = datetime.now(UTC)
    assert store.collect_all(keys, before=now - timedelta(hours=1)) == frozenset()
    gone = store.collect_all([*keys[:20], ABSENT, "no key"], before=now + timedelta(hours=1))
    assert gone == frozenset(keys[:20])
    assert set(store.keys()) == set(keys[20:])


def test_an_object_is_verified_where_it_is_kept(store: ObjectStore) -> None:
    key = store.put(b"flights " * 100)
    store.settle()
    store.verify(key)
    assert store.trouble is None
    with pytest.raises(ObjectMissingError):
        store.verify(ABSENT)
