"""What a run has printed, as plain text."""

from __future__ import annotations

import json
from typing import Any

from nbmlops.execution.transcript import LONGEST, transcript
from nbmlops.notebook.document import Document, parse

PRINTED = {"output_type": "stream", "name": "stdout", "text": ["loaded 2\n"]}
SHOWN = {
    "output_type": "execute_result",
    "execution_count": 1,
    "metadata": {},
    "data": {"text/plain": "[1, 2]", "text/html": "<b>no</b>"},
}
FAILED = {
    "output_type": "error",
    "ename": "ValueError",
    "evalue": "no rows",
    "traceback": ["\x1b[31mValueError\x1b[0m: no rows"],
}


def executed(*outputs: dict[str, Any], tags: tuple[str, ...] = ("step:load",)) -> Document:
    """A notebook of one cell with these outputs."""
    cell = {
        "cell_type": "code",
        "id": "c1",
        "metadata": {"tags": list(tags)},
        "source": "rows",
        "outputs": list(outputs),
        "execution_count": 1,
    }
    raw = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    return parse(json.dumps(raw))


def test_a_cell_tells_what_it_printed_showed_and_how_it_failed_without_colours() -> None:
    assert transcript([executed(PRINTED, SHOWN, FAILED)], {}) == (
        "─── cell 1 load ───\nloaded 2\n[1, 2]\nValueError: no rows\n"
    )


def test_a_cell_has_the_number_that_it_has_in_the_notebook_that_people_edit() -> None:
    assert transcript([executed(PRINTED)], {"c1": 6}).startswith("─── cell 6 load ───\n")


def test_a_cell_that_showed_nothing_is_left_out() -> None:
    assert transcript([executed()], {}) == ""


def test_each_of_several_attempts_is_named() -> None:
    told = transcript([executed(FAILED), executed(PRINTED, tags=())], {})
    assert told.index("attempt 1") < told.index("no rows") < told.index("attempt 2")
    assert "─── cell 1 ───\nloaded 2" in told


def test_of_a_long_one_the_end_is_given() -> None:
    long = PRINTED | {"text": "x" * (LONGEST + 100) + "the end"}
    told = transcript([executed(long)], {})
    assert len(told) == LONGEST + 1
    assert told.startswith("…x")
    assert "the end" in told[-20:]
