"""Arrow arrays are read where they lie; what is found is what earlier versions found."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.reducers import reduce
from nbmlops.values.session import session_digest

# More than a block of each, with nulls that are in no step with the bytes of a bitmap.
TEXTS = ["", "a", None, "day", "\u00df", None, "to day"] * 3000
NUMBERS = [0, 1, None, -2, 300] * 4000
TRUTHS = [True, None, False] * 6000


def _with_bytes_under_nulls() -> Any:
    bits = np.packbits([one is not None for one in TEXTS], bitorder="little").tobytes()
    whole = pa.array(["rest" if one is None else one for one in TEXTS], pa.large_string())
    buffers = [pa.py_buffer(bits), *whole.buffers()[1:]]
    return pa.Array.from_buffers(pa.large_string(), len(TEXTS), buffers)


@dataclass(frozen=True)
class Golden:
    """A value, and the fingerprint that an earlier version has stored of it."""

    name: str
    make: Callable[[], Any]
    text: str


GOLDEN = [
    Golden("texts", lambda: pa.array(TEXTS), "39b8208254553a76cd36a2e71f953a6c"),
    Golden("long offsets", lambda: pa.array(TEXTS, pa.large_string()),
           "94266958661f248ba9bb0938654cc00e"),
    Golden("bytes", lambda: pa.array([one and one.encode() for one in TEXTS], pa.binary()),
           "c88b1bcaf6306d719a72aba0cff94f71"),
    Golden("a slice", lambda: pa.array(TEXTS, pa.large_string())[3:-3],
           "ce05446f9678629ca8f235173fdd978e"),
    Golden("bytes under nulls", _with_bytes_under_nulls, "94266958661f248ba9bb0938654cc00e"),
    Golden("bytes under nulls of a slice", lambda: _with_bytes_under_nulls()[3:-3],
           "ce05446f9678629ca8f235173fdd978e"),
    Golden("chunks", lambda: pa.chunked_array([TEXTS[:5], [], TEXTS[5:]], pa.large_string()),
           "94266958661f248ba9bb0938654cc00e"),
    Golden("bytes under nulls of chunks", lambda: pa.chunked_array(
           [_with_bytes_under_nulls()[:3], _with_bytes_under_nulls()[3:]]),
           "94266958661f248ba9bb0938654cc00e"),
    Golden("no texts", lambda: pa.array([], pa.string()), "674c152a612bd3867aff515a3a575183"),
    Golden("no chunks", lambda: pa.chunked_array([], pa.string()),
           "674c152a612bd3867aff515a3a575183"),
    Golden("empty texts", lambda: pa.array(["", ""]), "9a63288835c9c280da4c4c1482dfe9ab"),
    Golden("all null", lambda: pa.array([None] * 9, pa.string()),
           "fb08340ee6300a2556286cfdf5617765"),
    Golden("nothing", lambda: pa.nulls(9), "6e2f8ffc73978b34e51f711e8940350b"),
    Golden("int16", lambda: pa.array(NUMBERS, pa.int16()), "8c37d1f9be0a65970c5ed09e3fe5bc02"),
    Golden("a slice of int64", lambda: pa.array(NUMBERS)[7:], "1b2e05cb1e36af977261535e1e5999dd"),
    Golden("chunks of int64", lambda: pa.chunked_array([NUMBERS[7:70], NUMBERS[70:]]),
           "1b2e05cb1e36af977261535e1e5999dd"),
    Golden("double", lambda: pa.array(NUMBERS, pa.float64()), "52ad33e84139cee98bb2a2618455fe19"),
    Golden("half", lambda: pa.array(np.array([1, 2], "f2"), mask=np.array([True, False])),
           "a52851c279d3f67f6ffd06a93cc0639c"),
    Golden("moments", lambda: pa.array(NUMBERS, pa.timestamp("us")),
           "bf81d071307aa032b088e76e4d8970c2"),
    Golden("truths", lambda: pa.array(TRUTHS), "18146e90313e7d91e77071e5c5b98d1b"),
    Golden("a slice of truths", lambda: pa.array(TRUTHS)[3:-5],
           "f4f78b1372a180a8b9a88ddf46f8d481"),
    Golden("truths without nulls", lambda: pa.array([True, False, True] * 7000)[1:],
           "102539676c31c3bb64b3ec3b3131af17"),
    Golden("decimals", lambda: pa.array([1, None], pa.decimal128(5)),
           "47f351f54024a6f170c4718632ffdb97"),
    Golden("a dictionary", lambda: pa.array(TEXTS).dictionary_encode()[2:],
           "ddbfb6491babd5a527c05b3124db7d5e"),
    Golden("structs", lambda: pa.array(
           [{"a": 1, "b": "x"}, None, {"a": None, "b": None}]),
           "4c914384955569db407fbad91e766c00"),
    Golden("lists", lambda: pa.array([["a", None], None, []]), "ff7deb2ab75e01154eecbee26e969fbe"),
    Golden("a table", lambda: pa.table({"a": NUMBERS, "b": [*map(str, NUMBERS)]})[3:],
           "aebffb0c9158b7a4db1e7fe7b0a0e7af"),
    Golden("pandas texts", lambda: pd.Series(TEXTS, dtype=pd.StringDtype("pyarrow")),
           "8976a123190e9123a66cfa43caac0a6d"),
    Golden("a slice of pandas texts", lambda: pd.Series(
           TEXTS, dtype=pd.StringDtype("pyarrow"))[9:], "8c78cd575fe362bfec4b9f43a4246115"),
    Golden("pandas texts in objects", lambda: pd.Series(TEXTS, dtype=pd.StringDtype("python")),
           "8976a123190e9123a66cfa43caac0a6d"),
    Golden("pandas numbers of Arrow", lambda: pd.Series(NUMBERS, dtype="int32[pyarrow]"),
           "bc6f91c539c2c6c3d1d50aba04b8eb55"),
]  # fmt: skip


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_a_fingerprint_is_that_of_earlier_records(golden: Golden) -> None:
    assert fingerprint(golden.make()) == golden.text


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_a_value_that_nobody_touched_keeps_its_digest(golden: Golden) -> None:
    value = golden.make()
    assert session_digest(value) == session_digest(value) is not None


def test_nulls_among_wide_values_do_not_count_by_what_is_under_them() -> None:
    kind = pa.month_day_nano_interval()
    under = [
        pa.Array.from_buffers(kind, 2, [pa.py_buffer(b"\x01"), pa.py_buffer(bytes(16) + last)])
        for last in (bytes(16), b"x" * 16)
    ]
    assert fingerprint(under[0]) == fingerprint(under[1])


KINDS = {
    pa.string(): st.text("ab", max_size=2),
    pa.large_binary(): st.binary(max_size=2),
    pa.int8(): st.integers(-1, 1),
    pa.float64(): st.sampled_from([0.0, -0.0, 1.5]),
    pa.bool_(): st.booleans(),
    pa.dictionary(pa.int8(), pa.string()): st.sampled_from("ab"),
    pa.list_(pa.int8()): st.lists(st.integers(0, 1), max_size=2),
    pa.null(): st.none(),
}


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    """Short arrays, many of which are equal, as slices and in chunks."""
    kind = draw(st.sampled_from(list(KINDS)))
    items = st.lists(st.none() | KINDS[kind], max_size=12)
    parts = [pa.array(draw(items), kind)[draw(st.integers(0, 9)) :] for _ in range(2)]
    whole = draw(st.booleans())
    return parts[0] if whole else pa.chunked_array(parts, kind)


@given(arrays(), arrays())
def test_what_lies_the_same_is_of_equal_content(one: Any, other: Any) -> None:
    values = (one, other), (pa.table({"a": one}), pa.table({"a": other}))
    for first, second in values:
        if fingerprint(first) != fingerprint(second):
            assert session_digest(first) != session_digest(second)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_another_value_anywhere_is_another_digest(kind: Any) -> None:
    """Of slices, too, in which the bits of nulls and truths are at any place of their bytes."""
    chosen = np.random.default_rng(0)
    items = _some(kind)
    for start in range(9):
        content = [[*items, None][chosen.integers(len(items) + 1)] for _ in range(30)]
        for place in range(start, 30):
            others = [one for one in (*items, None) if one != content[place]]
            for other in others:
                changed = [*content[:place], other, *content[place + 1 :]]
                digests = {session_digest(pa.array(v, kind)[start:]) for v in (content, changed)}
                assert len(digests) == 2


def _some(kind: Any) -> list[Any]:
    if pa.types.is_boolean(kind):
        return [True, False]
    if pa.types.is_large_binary(kind):
        return [b"", b"a", b"bc"]
    if pa.types.is_list(kind):
        return [[0], [1], []]
    if pa.types.is_null(kind):
        return []
    return ["", "a", "bc"] if "string" in str(kind) else [0, 1]


COLUMN = pd.Series(TEXTS, dtype=pd.StringDtype("pyarrow"))


@pytest.mark.parametrize(
    "column",
    [COLUMN, COLUMN.dropna(), COLUMN[7:], COLUMN[:-7], COLUMN[:0], COLUMN[1:2], COLUMN[::-1]],
    ids=["whole", "no nulls", "end", "beginning", "none", "null", "turned"],
)
def test_texts_of_pandas_are_stored_as_they_pickle(column: pd.Series) -> None:
    theirs = column.array.__reduce_ex__(5)
    ours = reduce(column.array)
    if ours is not NotImplemented:
        assert (ours[:2], pickle.dumps(ours[2], 5)) == (theirs[:2], pickle.dumps(theirs[2], 5))
    encoded = encode(column)
    assert isinstance(encoded.stream, bytes)
    assert decode(encoded.stream, encoded.buffers).equals(column)


def test_texts_of_pandas_are_stored_from_where_they_lie() -> None:
    """Half of the memory would be copied only to be read once."""
    column = COLUMN.repeat(3)
    memory = [one.address for one in column.array.__arrow_array__().chunk(0).buffers()]
    buffers = map(np.asarray, encode(column).buffers)
    stored = [one.__array_interface__["data"][0] for one in buffers]
    assert len(set(stored) & set(memory)) == 2
