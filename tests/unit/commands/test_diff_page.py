"""The page of two runs: every cell, figures side by side, and nothing that a browser would run."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from nbmlops.commands.diff_page import write_page
from nbmlops.commands.views import line
from nbmlops.errors import UsageError
from nbmlops.history.notebook_comparison import ExecutedNotebook, pair_notebooks
from nbmlops.notebook.document import parse

NAMES = ("flights#3", "flights#4")
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def figure(content: bytes) -> dict[str, Any]:
    """What a cell displays that draws a figure."""
    data = {"image/png": b64encode(content).decode(), "text/plain": ["<Figure size 64x48>"]}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def says(text: str, name: str = "stdout") -> dict[str, Any]:
    """What a cell prints."""
    return {"output_type": "stream", "name": name, "text": text}


def executed(name: str, *cells: tuple[str, str, list[dict[str, Any]]]) -> ExecutedNotebook:
    """A notebook of cells with an id, a source and what they displayed."""
    raw = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {
                "cell_type": "code",
                "id": key,
                "metadata": {},
                "execution_count": 1,
                "source": source,
                "outputs": outputs,
            }
            for key, source, outputs in cells
        ],
    }
    return ExecutedNotebook(name, parse(json.dumps(raw), name=name))


@pytest.fixture
def page(tmp_path: Path) -> str:
    """The page of two runs with a cell of each kind."""
    svg = {"output_type": "display_data", "data": {"image/svg+xml": SVG}, "metadata": {}}
    before = executed(
        NAMES[0],
        ("a", "same = 1", [says("hello")]),
        ("b", "draw(1)", [figure(b"old"), says("auc 0.8\n")]),
        ("c", "gone = 1", [svg]),
    )
    after = executed(
        NAMES[1],
        ("a", "same = 1", [says("hello")]),
        ("b", "draw(1)", [figure(b"new"), says("auc 0.9\n"), figure(b"more")]),
        ("d", "'<script>alert(2)</script>'", []),
    )
    target = tmp_path / "difference.html"
    write_page(target, NAMES, [line("2 metrics differ")], pair_notebooks(before, after))
    return target.read_text("utf-8")


def test_every_cell_is_there_and_those_that_are_the_same_are_folded(page: str) -> None:
    """What differs is open, as a diff; the summary stands above."""
    assert page.index("2 metrics differ") < page.index("cell 1: the same")
    assert page.count("<details>") == 1
    assert page.count("<section>") == 3
    for text in ("-auc 0.8", "+auc 0.9", "not in flights#4", "not in flights#3", "-gone = 1"):
        assert text in page


def test_figures_stand_side_by_side_with_their_runs_below(page: str) -> None:
    """A figure that one run does not have says so."""
    shown = [b64encode(content).decode() for content in (b"old", b"new", b"more")]
    places = [page.index(f"data:image/png;base64,{content}") for content in shown]
    assert places == sorted(places)
    assert "<figcaption>flights#3</figcaption></figure><figure" in page
    assert "<figure><figcaption>not in flights#3</figcaption></figure>" in page


def test_nothing_of_the_notebooks_runs_and_nothing_is_loaded(page: str) -> None:
    """Sources are text, figures data; the page forbids all else."""
    assert "<script" not in page
    assert "default-src 'none'; img-src data:" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_page_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    """With the option that names another file."""
    with pytest.raises(UsageError, match="cannot be written") as caught:
        write_page(tmp_path / "no" / "folder.html", NAMES, [], [])
    assert "--html FILE" in str(caught.value.cure)
