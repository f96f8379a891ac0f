"""A word for the present time is found in a file where it is all of a field, and in data."""

from __future__ import annotations

import gzip
import pickle
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbmlops.capture import present_words
from nbmlops.capture.present_words import word_in_data, word_in_files

FIELDS = (
    "d\nnow\n",
    "a,d\n1,today\n",
    "a;now;b\r\n",
    'a,d\n1,"now"\n',
    '{"end": "now"}',
    "end: now\n",
    "[report]\nuntil = Today\n",
    "days:\n  - now\n",
    "<end>now</end>",
)
TEXTS = (
    "d,t\n2026-01-02,I was there now and then\n",
    'd,t\n2026-01-02,"today, we go"\n',
    'd,t\n2026-01-02,"well, now, and then"\n',
    "known,nowhere\n",
    "",
)


@pytest.mark.parametrize("text", FIELDS)
def test_a_field_is_found(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text, newline="")
    assert word_in_files([path]) == "the word in rows.csv"


@pytest.mark.parametrize("text", TEXTS)
def test_a_word_in_a_text_is_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text)
    assert word_in_files([path, tmp_path / "none"]) is None


def test_data_are_searched() -> None:
    frame = pd.DataFrame({"n": [1, 2], "d": ["2026-01-01", "now"]})
    assert word_in_data([1, frame]) == "the word in a DataFrame"
    assert word_in_data([frame["d"]]) == "the word in a Series"
    assert word_in_data([np.array(["2026-01-01", "today"])]) == "the word in a ndarray"
    assert word_in_data([frame[["n"]], frame["n"], np.arange(3), "now"]) is None


def test_categories_are_looked_at_without_being_asked_to_remember_them() -> None:
    frame = pd.DataFrame({"when": pd.Series(["2026-01-01", "now"], dtype="category")})
    before = frame.memory_usage(deep=True).tolist()
    assert word_in_data([frame]) is not None
    assert frame.memory_usage(deep=True).tolist() == before


WORDS = ["2026-01-01", "now"]
HOLDING = (
    pd.MultiIndex.from_tuples([("a", "now"), ("b", "2026-01-01")]),
    pd.CategoricalIndex(WORDS),
    pd.Index(WORDS),
    pd.DataFrame({"n": [1, 2]}, index=WORDS),
    pd.DataFrame({"2026-01-01": [1], "today": [2]}),
    pd.Series([1, 2], index=pd.CategoricalIndex(WORDS)),
    pd.Series(["Yesterday"]),
    pl.DataFrame({"n": [1, 2], "d": WORDS}),
    pl.Series(WORDS),
    pl.Series(WORDS, dtype=pl.Categorical),
    pl.Series(WORDS, dtype=pl.Enum(WORDS)),
    pa.table({"n": [1, 2], "d": WORDS}),
    pa.array(WORDS),
    pa.array(WORDS, pa.large_string()),
    pa.array(WORDS).dictionary_encode(),
    pa.chunked_array([WORDS[:1], WORDS[1:]]),
    pa.record_batch({"d": WORDS}),
)
EMPTY = (
    pd.MultiIndex.from_tuples([("a", 1)]),
    pd.CategoricalIndex([1, 2]),
    pd.RangeIndex(3),
    pd.date_range("2026-01-01", periods=2),
    pl.DataFrame({"n": [1], "d": ["known"], "t": [None]}),
    pl.Series([1]),
    pa.table({"n": [1], "d": ["known"]}),
    pa.array([1, None]),
)


@pytest.mark.parametrize("value", HOLDING, ids=lambda value: type(value).__name__)
def test_all_that_holds_texts_is_searched(value: object) -> None:
    assert word_in_data([value]) == f"the word in a {type(value).__name__}"


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
@pytest.mark.parametrize("word", ["now", "TODAY", "Tomorrow", "yesterday"])
def test_a_word_is_found_wherever_it_is(word: str, kind: pa.DataType) -> None:
    """At the end of the memory, in a slice, in a later chunk, beside texts that begin like it."""
    others = ["north", None, "", "to", "n"] * 4000
    whole = pa.array([*others, word], kind)
    chunks = pa.chunked_array([whole[:9], whole[9:], pa.array([], kind)])
    assert all(map(word_in_data, ([whole], [whole[-3:]], [chunks], [pa.table({"a": chunks})])))
    assert not any(map(word_in_data, ([whole[:-1]], [chunks[:-1]], [pa.array([None, ""], kind)])))
    column = pd.Series(chunks.to_pylist(), dtype=pd.StringDtype("pyarrow"))
    assert (word_in_data([column]), word_in_data([column[:-1]])) == ("the word in a Series", None)


@pytest.mark.parametrize("value", EMPTY, ids=lambda value: type(value).__name__)
def test_what_has_no_such_word_is_left_alone(value: object) -> None:
    assert word_in_data([value]) is None


def test_an_index_is_not_asked_to_remember_what_it_looks_up() -> None:
    index = pd.MultiIndex.from_tuples([("a", "now"), ("b", "2026-01-01")])
    before = dict(index._cache)
    assert word_in_data([index]) is not None
    assert dict(index._cache) == before


PACKED = ("rows.csv.gz", "rows.csv.bz2", "rows.csv.xz", "rows.zip", "rows.parquet", "rows.feather")


@pytest.mark.parametrize("name", PACKED)
def test_a_compressed_file_is_searched(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    for word, found in (("now", f"the word in {name}"), ("known", None)):
        frame = pd.DataFrame({"n": [1, 2], "d": ["2026-01-01", word]})
        if name.endswith(".parquet"):
            frame.to_parquet(path)
        elif name.endswith(".feather"):
            frame.to_feather(path)
        else:
            frame.to_csv(path, index=False)
        assert word_in_files([path]) == found


PICKLED = (
    {"end": "now"},
    ("2026-01-01", "Today"),
    pd.DataFrame({"d": WORDS}),
    pd.Series(WORDS, dtype=object),
    np.array(WORDS),
)
PICKLED_LEFT_ALONE = (
    {"text": "I was there now and then", "known": "nowhere"},
    pd.DataFrame({"d": ["2026-01-01", "not now, but today we go"]}),
    np.array(["known", "nowhere"]),
)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("number", range(len(PICKLED)))
def test_a_word_in_a_pickle_is_found(number: int, protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "rows.pkl"
    path.write_bytes(pickle.dumps(PICKLED[number], protocol))
    assert word_in_files([path]) == "the word in rows.pkl"
    packed = tmp_path / "rows.pkl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert word_in_files([packed]) is not None


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("number", range(len(PICKLED_LEFT_ALONE)))
def test_a_word_in_a_text_of_a_pickle_is_left_alone(
    number: int, protocol: int, tmp_path: Path
) -> None:
    path = tmp_path / "rows.pickle"
    path.write_bytes(pickle.dumps(PICKLED_LEFT_ALONE[number], protocol))
    assert word_in_files([path]) is None


def test_a_word_in_a_table_of_sqlite_is_found(tmp_path: Path) -> None:
    """Wherever the file is named; also what is not in the main file yet."""
    path = tmp_path / "rows.anything"
    with sqlite3.connect(path) as database:
        database.execute('create table "my rows" (a text, "the day" text, b text)')
        database.execute("insert into \"my rows\" values ('known', 'not now', 'nowhere')")
    assert word_in_files([path]) is None
    database.execute("pragma journal_mode=wal")
    with database:
        database.execute("insert into \"my rows\" values ('known', ' Now', 'nowhere')")
    assert word_in_files([path]) == "the word in rows.anything"
    database.close()
    assert word_in_files([path]) is not None


SHRINKS = """
import sys
from pathlib import Path
from nbmlops.capture import present_words

path, look = Path(sys.argv[1]), present_words._has_field

def shrinking(content):
    path.write_bytes(b"")  # another process writes it anew
    return look(content)

present_words._has_field = shrinking
print(present_words.word_in_files([path]))
"""


def test_a_file_that_shrinks_while_it_is_searched_costs_nobody_the_process(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n" * 2**20)
    told = subprocess.run([sys.executable, "-c", SHRINKS, path], capture_output=True, check=False)
    assert (told.returncode, told.stdout) == (0, b"None\n")


@pytest.mark.parametrize("at_once", range(5, 40, 3))
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b\n1,2\nnow,3\n4,5\n", True),
        ("since: now\n", True),
        ("a\nnowhere\n", False),
        ("{" * 60 + "'now'" + "}" * 60, True),
    ],
)
def test_a_word_is_found_wherever_a_file_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, text: str, *, found: bool
) -> None:
    monkeypatch.setattr(present_words, "_AT_ONCE", at_once)
    monkeypatch.setattr(present_words, "_OVERLAP", 20)
    path = tmp_path / "t.txt"
    path.write_text(text)
    assert (word_in_files([path]) is not None) == found
