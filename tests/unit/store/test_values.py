"""Values come back as they were, and only to whom they belong."""

from __future__ import annotations

import base64
import json
import pickle
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmlops.errors import (
    NotStorableError,
    ObjectMissingError,
    StoreCorruptError,
    StoreTooNewError,
    UntrustedValueError,
    ValueNotRestorableError,
    ValueTooLargeError,
)
from nbmlops.store.objects.folder import FolderObjectStore
from nbmlops.store.objects.memory import MemoryObjectStore
from nbmlops.store.values import ValueStore
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.signing import Signer

LIMIT = 10**9


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjectStore:
    """An empty folder of objects."""
    return FolderObjectStore(tmp_path / "objects")


@pytest.fixture
def values(objects: FolderObjectStore) -> ValueStore:
    """A value store over it."""
    return ValueStore(objects, Signer(b"k" * 32))


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], Any]


def _classifier() -> Any:
    from sklearn.ensemble import RandomForestClassifier

    features = np.random.default_rng(0).random((100, 3))
    return RandomForestClassifier(5, random_state=0).fit(features, features[:, 0] > 0.5)


CASES = [
    Case("none", lambda: None),
    Case("nested", lambda: {"a": [1, (2.5, "x"), {3}], "b": b"bytes"}),
    Case("array", lambda: np.arange(100_000)),
    Case("fortran array", lambda: np.asfortranarray(np.arange(90_000.0).reshape(300, 300))),
    Case("strided array", lambda: np.arange(200_000)[::2]),
    Case("times", lambda: np.arange(20_000).astype("datetime64[s]")),
    Case("frame", lambda: pd.DataFrame({"x": range(50_000), "s": ["a", "b"] * 25_000})),
    Case("zones", lambda: pd.Series(pd.date_range("2013", periods=10, tz="America/New_York"))),
    Case("categories", lambda: pd.Series(pd.Categorical(["EWR", "JFK"] * 50_000))),
    Case("objects", lambda: pd.Series([[1], None, "x"], dtype=object)),
    Case("arrow", lambda: pa.table({"x": list(range(50_000)), "s": ["a"] * 50_000})),
    Case("model", _classifier),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_value_comes_back_with_the_same_content(values: ValueStore, case: Case) -> None:
    value = case.make()
    restored = values.load(values.save(value, limit=LIMIT))
    assert type(restored) is type(value)
    assert fingerprint(restored) == fingerprint(value)


_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
_nested = st.recursive(
    _leaves,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=_nested)
def test_load_is_the_inverse_of_save(value: Any) -> None:
    values = ValueStore(MemoryObjectStore(), Signer(b"k" * 32))
    assert fingerprint(values.load(values.save(value, limit=LIMIT))) == fingerprint(value)


def test_references_shared_inside_a_value_stay_shared(values: ValueStore) -> None:
    shared = np.zeros(100_000)
    restored = values.load(values.save({"a": shared, "b": shared, "l": [[1]] * 2}, limit=LIMIT))
    assert restored["a"] is restored["b"]
    assert restored["l"][0] is restored["l"][1]


def test_a_cycle_comes_back_as_a_cycle(values: ValueStore) -> None:
    cycle: list[Any] = [1]
    cycle.append(cycle)
    restored = values.load(values.save(cycle, limit=LIMIT))
    assert restored[1] is restored


def test_restored_arrays_are_writable_and_writing_leaves_the_store_alone(
    values: ValueStore,
) -> None:
    key = values.save(np.arange(100_000.0), limit=LIMIT)
    restored = values.load(key)
    restored[:] = -1
    assert values.load(key)[5] == 5.0


def test_a_frame_with_a_new_column_keeps_only_that_column(
    values: ValueStore, objects: FolderObjectStore
) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).random((50_000, 8)), columns=list("abcdefgh"))
    values.save(frame, limit=LIMIT)
    before = set(objects.keys())
    frame["z"] = frame["a"] * 2
    values.save(frame, limit=LIMIT)
    added = [objects.size(key) for key in set(objects.keys()) - before]
    assert max(added) == 50_000 * 8
    assert sum(added) < 50_000 * 8 + 10_000


def test_functions_and_classes_of_the_notebook_go_along(values: ValueStore) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec("class Model:\n  def f(self): return 41 + one()\ndef one(): return 1", namespace)
    restored = values.load(values.save(namespace["Model"](), limit=LIMIT))
    assert restored.f() == 42


class _Hostile:
    def __reduce__(self) -> Any:
        raise RuntimeError("no")


@dataclass(frozen=True)
class Unstorable:
    name: str
    make: Callable[[], Any]
    reason: str


UNSTORABLE = [
    Unstorable("generator", lambda: (i for i in ()), "a generator"),
    Unstorable("lock", threading.Lock, "a thread lock"),
    Unstorable("inner lock", lambda: {"a": [threading.Lock()]}, "holds a thread lock"),
    Unstorable("thread", threading.Thread, "a thread"),
    Unstorable("hostile", _Hostile, "RuntimeError: no"),
]


@pytest.mark.parametrize("case", UNSTORABLE, ids=lambda case: case.name)
def test_what_cannot_be_stored_says_why(
    values: ValueStore, objects: FolderObjectStore, case: Unstorable
) -> None:
    with pytest.raises(NotStorableError) as caught:
        values.save(case.make(), limit=LIMIT)
    assert caught.value.reason == case.reason
    assert list(objects.keys()) == []


def test_an_open_file_cannot_be_stored(values: ValueStore, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with (tmp_path / "f").open() as file, pytest.raises(NotStorableError, match="an open file"):
        values.save(file, limit=LIMIT)


def test_a_value_is_stored_however_deeply_lists_are_nested_in_it(values: ValueStore) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    key = values.save(deep, limit=LIMIT)
    assert fingerprint(values.load(key)) == fingerprint(deep)


def test_what_pickles_in_a_way_of_its_own_cannot_be_nested_without_end(
    values: ValueStore,
) -> None:
    deep: Mapping[str, Any] = {}
    for _ in range(10_000):
        deep = MappingProxyType({"inside": deep})
    with pytest.raises(NotStorableError, match="nested too deeply"):
        values.save(deep, limit=LIMIT)


@pytest.mark.parametrize("value", [np.zeros(10**6), "x" * 10**7, list(range(10**6))])
def test_a_value_past_the_limit_is_refused_before_anything_is_written(
    values: ValueStore, objects: FolderObjectStore, value: Any
) -> None:
    with pytest.raises(ValueTooLargeError) as caught:
        values.save(value, limit=10**6)
    assert caught.value.limit == 10**6
    assert caught.value.size > 10**6
    assert list(objects.keys()) == []


def test_what_another_user_wrote_is_not_unpickled(
    values: ValueStore, objects: FolderObjectStore
) -> None:
    key = ValueStore(objects, Signer(b"x" * 32)).save({"a": 1}, limit=LIMIT)
    with pytest.raises(UntrustedValueError) as caught:
        values.load(key)
    assert caught.value.cure


def test_a_manifest_with_another_stream_put_in_is_not_trusted(
    values: ValueStore, objects: FolderObjectStore
) -> None:
    key = values.save("mine" * 10_000, limit=LIMIT)
    stream = values.parts(key)[1]
    forged = objects.get(key).replace(stream.encode(), objects.put(b"evil").encode())
    with pytest.raises(UntrustedValueError):
        values.load(objects.put(forged))


def test_a_manifest_with_another_short_stream_put_in_is_not_trusted(
    values: ValueStore, objects: FolderObjectStore
) -> None:
    fields = json.loads(objects.get(values.save("mine", limit=LIMIT)))
    fields["content"] = base64.b64encode(pickle.dumps("evil")).decode()
    with pytest.raises(UntrustedValueError):
        values.load(objects.put(json.dumps(fields).encode()))


@pytest.mark.parametrize("value", [1, "x" * 1_000, [1.5, {"a": None}], np.arange(100)])
def test_a_small_value_is_one_object(
    values: ValueStore, objects: FolderObjectStore, value: Any
) -> None:
    key = values.save(value, limit=LIMIT)
    assert values.parts(key) == values.named_parts(key) == (key,)
    assert list(objects.keys()) == [key]


def test_what_the_first_release_stored_is_still_loaded(
    values: ValueStore, objects: FolderObjectStore
) -> None:
    """The form ``nbmlops.value/1``, whose streams are all objects of their own."""
    fields: dict[str, Any] = {
        "buffers": [],
        "libraries": {},
        "python": "3.11.7",
        "schema": "nbmlops.value/1",
        "signature": "",
        "stream": objects.put(pickle.dumps({"old": 1}, protocol=5)),
    }
    unsigned = json.dumps(fields, separators=(",", ":")).encode()
    fields["signature"] = Signer(b"k" * 32).sign(unsigned)
    key = objects.put(json.dumps(fields, separators=(",", ":")).encode())
    assert values.load(key) == {"old": 1}
    assert values.parts(key) == (key, fields["stream"])


def test_what_is_no_manifest_is_called_damaged(
    values: ValueStore, objects: FolderObjectStore
) -> None:
    for content in (b"{", b"\xff", b'{"schema": 1}', b"[]"):
        with pytest.raises(StoreCorruptError):
            values.load(objects.put(content))


def test_a_manifest_of_a_newer_form_is_refused(
    values: ValueStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr("nbmlops.store.values._SCHEMA", "nbmlops.value/9")
        key = values.save(1, limit=LIMIT)
    with pytest.raises(StoreTooNewError, match="value/9"):
        values.load(key)


def test_a_part_that_is_gone_is_missing(values: ValueStore, objects: FolderObjectStore) -> None:
    key = values.save(np.arange(100_000), limit=LIMIT)
    parts = values.parts(key)
    assert parts[0] == key
    assert set(parts) == set(objects.keys())
    objects.delete(parts[-1])
    with pytest.raises(ObjectMissingError):
        values.load(key)


class _Fragile:
    def __reduce__(self) -> Any:
        return (_rebuild, ())


def _rebuild() -> None:
    raise ImportError("No module named 'gone'")


def test_a_value_whose_library_is_missing_says_what_it_was_made_with(values: ValueStore) -> None:
    key = values.save([_Fragile(), np.zeros(3)], limit=LIMIT)
    with pytest.raises(ValueNotRestorableError, match=r"numpy \d") as caught:
        values.load(key)
    assert "gone" in caught.value.message


def test_of_a_value_of_which_most_is_stored_only_the_rest_is_held(values: ValueStore) -> None:
    """As of a frame that gets a column in each cell."""
    parts = [np.full(20_000, float(number)) for number in range(20)]
    values.save(parts, limit=LIMIT)
    parts.append(np.full(20_000, 20.0))
    one, other = (values.prepare(parts, limit=LIMIT) for _ in range(2))
    assert one.lent == sum(part.nbytes for part in parts)
    assert values.release(one) == parts[-1].nbytes
    assert values.detach(other, most=parts[-1].nbytes - 1) is None
    assert values.detach(other, most=parts[-1].nbytes) == parts[-1].nbytes
    for part in parts:
        part[:] = -1
    came_back = values.load(values.keep(other))
    assert [part[0] for part in came_back] == list(range(21))


def test_what_was_removed_while_its_value_waited_is_not_made_up(
    values: ValueStore, objects: FolderObjectStore
) -> None:
    array = np.full(20_000, 1.0)
    values.save(array, limit=LIMIT)
    prepared = values.prepare(array, limit=LIMIT)
    values.release(prepared)
    for key in list(objects.keys()):
        objects.delete(key)
    with pytest.raises(NotStorableError, match="removed meanwhile"):
        values.keep(prepared)
