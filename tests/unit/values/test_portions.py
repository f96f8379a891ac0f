"""Large lists and dicts are pickled in portions: what is shared stays so, little is remembered."""

from __future__ import annotations

import datetime as dt
import tracemalloc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbmlops.errors import NotStorableError, ValueTooLargeError
from nbmlops.store.objects import compression
from nbmlops.store.objects.folder import FolderObjectStore
from nbmlops.store.values import ValueStore
from nbmlops.values import secrets
from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import examine
from nbmlops.values.portions import MARK, is_in_portions, large_in
from nbmlops.values.signing import Signer
from nbmlops.values.streams import PackedStream, Packer, blocks_of

MANY = 21_000
PACKER = Packer(compression.compress_quickly, compression.decompress)


class Point:
    """One of many."""

    def __init__(self, x: int) -> None:
        self.x, self.tags = x, [x]


class Told:
    """Says itself what of it is pickled: what it refers to weakly."""

    def __init__(self, of: Any) -> None:
        self.of = weakref.ref(of)

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[Any]]:
        return list, ([self.of()],)


def rows() -> list[Any]:
    return [{"name": n, "text": str(n), "inner": {"half": n / 2}} for n in range(MANY)]


def by_name() -> dict[Any, Any]:
    return {f"row {n}": [str(n), (n, str(n + 1))] for n in range(MANY)}


def sharing() -> list[Any]:
    """The same parts again, near and far."""
    shared = [[f"part {n}"] for n in range(50)]
    text = "a long text " * 1000
    made: list[Any] = [[n, shared[n % 50], text] for n in range(MANY)]
    return [*made, *made[:10], shared, made[0]]


def leading_back() -> list[Any]:
    """Each item leads to the one before, and to the whole."""
    whole: list[Any] = []
    before: Any = None
    for number in range(MANY):
        before = {"number": str(number), "before": [] if number % 5 == 0 else before}
        whole.append(before)
    whole.append({"whole": whole})
    return whole


def beside_each_other() -> dict[str, Any]:
    """Two large parts with the same items, one of them in two places."""
    first = rows()
    other = dict(enumerate(first))
    return {"first": first, "other": other, "again": first, "few": [first[7]]}


def of_classes() -> list[Any]:
    return [Point(n) for n in range(MANY)]


def of_functions() -> list[Any]:
    def maker(n: int) -> Callable[[], int]:
        return lambda: n

    return [(maker(n), dt.date.fromordinal(n + 1), np.float64(n)) for n in range(MANY)]


VALUES = [
    rows, by_name, sharing, leading_back, beside_each_other, of_classes,
    lambda: (rows(), [1.5], "x"),
]  # fmt: skip


@pytest.mark.parametrize("make", VALUES)
def test_a_large_value_comes_back_equal_and_shared_as_it_was(make: Callable[[], Any]) -> None:
    value = make()
    encoded = encode(value)
    assert is_in_portions(encoded.stream)
    assert examine(decode(encoded.stream, encoded.buffers)) == examine(value)


def test_functions_of_one_notebook_see_the_same_variables_again() -> None:
    """A pickler makes one dict for the variables that they use, and holds it itself."""
    space: dict[str, Any] = {"__name__": "__main__", "n": 1}
    exec("def one(): return n\ndef other():\n    global n\n    n += 1", space)
    made = [space["one"], *map(str, range(MANY)), space["other"]]
    found = decode(*_parts(made))
    found[-1]()
    assert (found[0](), found[1:-1]) == (2, made[1:-1])


def test_what_is_only_seen_weakly_is_one_object_still() -> None:
    """Nothing but the list refers to the set as far as references count."""
    seen = {1, 2}
    made: list[Any] = [seen, *map(str, range(MANY)), Told(seen)]
    del seen
    found = decode(*_parts(made))
    assert found[-1][0] is found[0]


def test_values_beside_a_large_one_have_their_buffers() -> None:
    """Buffers stay out of the stream, in their order."""
    arrays = [np.arange(20_000.0), np.arange(10_000) + 5]
    encoded = encode({"a": arrays[0], "rows": rows(), "b": [arrays[1], arrays[0]]})
    assert len(encoded.buffers) == len(arrays)
    found = decode(encoded.stream, encoded.buffers)
    assert np.array_equal(found["a"], arrays[0])
    assert np.array_equal(found["b"][0], arrays[1])
    assert found["b"][1] is found["a"]


@pytest.mark.parametrize("make", [rows, by_name, of_classes])
def test_little_is_remembered_while_a_large_value_is_pickled(make: Callable[[], Any]) -> None:
    """The pickler's memory of what it has met is a fraction of the stream."""
    value = make()
    encode(value)  # what is made once is there
    tracemalloc.start()
    encoded = encode(value)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(encoded.stream) * 1.3 + 3 * 2**20


@pytest.mark.parametrize("make", VALUES)
def test_a_stream_that_is_packed_is_the_same_in_blocks(make: Callable[[], Any]) -> None:
    value = make()
    whole, packed = encode(value), encode(value, packer=PACKER)
    assert isinstance(packed.stream, PackedStream) == (len(whole.stream) >= 2**18)
    assert b"".join(blocks_of(packed.stream)) == whole.stream
    assert packed.size == whole.size


def test_a_stream_that_is_packed_takes_a_fraction_of_its_memory() -> None:
    value = [{"name": n, "text": str(n)} for n in range(5 * MANY)]
    encode(value, packer=PACKER)  # what is made once is there
    tracemalloc.start()
    encoded = encode(value, packer=PACKER)
    known, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert known < len(encoded.stream) / 3
    assert peak < len(encoded.stream) / 3 + 2 * 2**20


def test_a_secret_in_one_of_many_parts_is_found() -> None:
    """Those that are looked at one by one end before."""
    made = [{"a": [number], "b": str(number)} for number in range(5 * MANY)]
    try:
        secrets.remember("hunter2-by-day")
        encode(made, packer=PACKER)
        made[-1]["b"] = "a hunter2-by-day in it"
        with pytest.raises(NotStorableError, match="secret"):
            encode(made, packer=PACKER)
    finally:
        secrets.forget()


def test_the_libraries_that_any_block_names_are_noted(tmp_path: Path) -> None:
    objects = FolderObjectStore(tmp_path)
    made: list[Any] = [{"a": str(number)} for number in range(5 * MANY)]
    made.append(np.float64(1.5))
    key = ValueStore(objects, Signer(b"0" * 32)).save(made, limit=2**30)
    assert f'"numpy":"{np.__version__}"'.encode() in objects.get(key)
    assert b"pandas" not in objects.get(key)


def test_a_limit_ends_it_before_all_is_pickled() -> None:
    """As with any value."""
    with pytest.raises(ValueTooLargeError):
        encode(rows(), limit=100_000)


@pytest.mark.parametrize(
    "value",
    [
        list(range(MANY)),
        {n: n / 2 for n in range(MANY)},
        [str(n) for n in range(1_000)],
        set(map(str, range(MANY))),
        np.arange(MANY),
    ],
)
def test_what_a_pickler_need_not_remember_is_one_pickle(value: Any) -> None:
    """Numbers are never remembered; few parts cost little."""
    assert not large_in(value)
    assert not encode(value).stream.startswith(MARK)


def test_an_older_release_refuses_such_a_value(tmp_path: Path) -> None:
    """It would take the first portion for all."""
    objects = FolderObjectStore(tmp_path)
    values = ValueStore(objects, Signer(b"0" * 32))
    key = values.save(rows(), limit=2**30)
    assert b'"nbmlops.value/3"' in objects.get(key)
    assert values.load(key) == rows()
    assert values.load_into(key, {}) is None


def _parts(value: Any) -> tuple[bytes, Any]:
    encoded = encode(value)
    assert is_in_portions(encoded.stream)
    return encoded.stream, encoded.buffers
