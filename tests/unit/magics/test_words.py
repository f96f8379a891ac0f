"""The words of a ``%mlops`` line."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.errors import UsageError
from nbmlops.magics.words import words_of

LINES = (
    ("versions train", ["versions", "train"]),
    ("show flights#3 # don't", ["show", "flights#3"]),
    ("approve wine --comment 'looks # good'", ["approve", "wine", "--comment", "looks # good"]),
    ("# nothing", []),
)


@pytest.mark.parametrize(("line", "words"), LINES, ids=[line for line, _ in LINES])
def test_a_line_is_read_as_a_shell_reads_it(line: str, words: list[str]) -> None:
    assert words_of(line) == words


OPEN = (
    ('approve wine --comment "looks', "The quote before 'looks' is not closed."),
    ("approve wine --comment don't look", "The quote before 't' is not closed."),
    ("approve wine --comment 'a' \"", "The quote at the end of the line is not closed."),
    ("approve wine \\", "The line ends in a backslash."),
)


@pytest.mark.parametrize(("line", "said"), OPEN, ids=[line for line, _ in OPEN])
def test_an_open_quote_is_refused(line: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        words_of(line)
    assert refused.value.message == said


@given(st.lists(st.text(min_size=1)))
def test_quoted_words_come_back(words: list[str]) -> None:
    assert words_of(shlex.join(words)) == words
