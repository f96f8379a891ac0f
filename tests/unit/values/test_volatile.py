"""Memory that changes while it is read is found out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.errors import NotStorableError
from nbmlops.store.objects.folder import FolderObjectStore
from nbmlops.values.fresh_memory import fresh_memory
from nbmlops.values.volatile import VolatileMemory

MEBI = 2**20


@given(content=st.binary(max_size=64))
def test_what_is_not_changed_is_read_as_it_is(content: bytes) -> None:
    memory = VolatileMemory(memoryview(content))
    assert b"".join(map(bytes, memory.blocks())) == content


def test_equal_content_has_equal_digests_and_other_content_has_others() -> None:
    one, same = (VolatileMemory(np.arange(10).data) for _ in range(2))
    assert one.digest == same.digest
    assert one.digest != VolatileMemory(np.arange(11).data).digest


@pytest.mark.parametrize("at", [0, MEBI - 1, MEBI, 3 * MEBI - 1])
def test_a_change_anywhere_is_found_at_the_end(at: int) -> None:
    content = np.zeros(3 * MEBI, dtype=np.uint8)
    memory = VolatileMemory(content.data)
    content[at] = 1
    with pytest.raises(NotStorableError, match="changed while it was being stored"):
        list(memory.blocks())


@pytest.mark.parametrize("compressible", [True, False])
def test_a_change_between_the_two_readings_keeps_nothing(
    tmp_path: Path, *, compressible: bool
) -> None:
    """A wrong byte under a key is the one thing that a store of hashes must never have."""
    content = np.random.default_rng(0).integers(0, 255, 3 * MEBI).astype(np.uint8)
    if compressible:
        content[:] = 0
    memory = VolatileMemory(content.data)
    readings = 0

    def blocks() -> Iterator[memoryview]:
        nonlocal readings
        readings += 1
        if readings == 2:
            content[5] += 1
        yield from memory.blocks()

    objects = FolderObjectStore(tmp_path)
    with pytest.raises(NotStorableError):
        objects.put(memory.view, durable=False, blocks=blocks)
    assert list(objects.keys()) == []
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_memory_that_was_copied_is_read_as_it_was_and_is_free() -> None:
    content = np.arange(3 * MEBI, dtype=np.uint8)
    before = content.tobytes()
    memory = VolatileMemory(content.data)
    assert memory.is_lent
    memory.own(fresh_memory(memory.size))
    assert not memory.is_lent
    content.resize(10, refcheck=True)
    assert b"".join(map(bytes, memory.blocks())) == before


def test_what_was_changed_before_it_was_copied_is_found_out() -> None:
    content = np.zeros(3 * MEBI, dtype=np.uint8)
    memory = VolatileMemory(content.data)
    content[-1] = 1
    memory.own(fresh_memory(memory.size))
    with pytest.raises(NotStorableError, match="changed while it was being stored"):
        list(memory.blocks())


def test_whoever_is_reading_begins_again_in_the_copy(tmp_path: Path) -> None:
    """Not even a frame of another thread holds the memory then, so that it can be resized."""
    for _ in range(5):
        content = np.random.default_rng(0).integers(0, 255, 8 * MEBI).astype(np.uint8)
        before = content.tobytes()
        memory = VolatileMemory(content.data)
        objects, keys = FolderObjectStore(tmp_path), list[str]()

        def put(memory: VolatileMemory = memory, objects: FolderObjectStore = objects) -> str:
            return objects.put(memory.view, durable=False, blocks=memory.blocks)

        thread = threading.Thread(target=lambda m=memory, p=put, k=keys: k.append(m.read(p)))
        thread.start()
        memory.own(fresh_memory(memory.size))
        content.resize(10, refcheck=True)
        thread.join()
        assert objects.get(keys[0]) == before
        objects.delete(keys[0])


def test_memory_that_was_let_go_says_so_where_it_must_be_read_after_all() -> None:
    content = np.zeros(3 * MEBI, dtype=np.uint8)
    memory = VolatileMemory(content.data)
    memory.let_go()
    content.resize(10, refcheck=True)
    with pytest.raises(NotStorableError, match="removed meanwhile"):
        list(memory.blocks())


@pytest.mark.parametrize("size", [0, 1, MEBI, 5 * MEBI + 1])
def test_fresh_memory_is_writable_and_lives_as_long_as_a_part_of_it(size: int) -> None:
    memory = fresh_memory(size)
    assert (memory.nbytes, memory.format, bytes(memory[:10])) == (size, "B", bytes(min(size, 10)))
    memory[:] = bytes(range(256)) * (size // 256) + bytes(size % 256)
    part = memory[-7:]
    del memory
    assert len(part) == min(size, 7)
    assert len(bytes(part)) == len(part)
