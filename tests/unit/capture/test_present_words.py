"""A word for the present time is found in a file where it is all of a field, and in data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

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
