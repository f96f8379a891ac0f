"""Nodes are written as cells that mean what the nodes mean."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from nbmlops.pipelines.importing.nodes import Reference, Text
from nbmlops.pipelines.importing.scripts import cells_of
from nbmlops.pipelines.importing.writing import quoted, written

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts)
def test_a_quoted_text_is_the_text(text: str) -> None:
    assert ast.literal_eval(f"(\n    {quoted(text, '    ')}\n)") == text


@given(texts, texts)
def test_a_text_with_a_parameter_is_filled_in(before: str, behind: str) -> None:
    source = written(Text((before, Reference("x"), behind)))
    assert eval(source, {"x": 3}) == f"{before}3{behind}"  # noqa: S307 (it was written here)


def test_paragraphs_of_a_light_script_are_cells() -> None:
    text = "import os\n\n\ndef f():\n    a = 1\n\n    return a\n\n# %matplotlib inline\nf()\n"
    sources = [cell.source for cell in cells_of(text)]
    assert sources == [
        "import os",
        "def f():\n    a = 1\n\n    return a",
        "%matplotlib inline\nf()",
    ]


def test_cells_of_the_percent_format_have_their_tags() -> None:
    cells = cells_of(
        '# ---\n# a: b\n# ---\n# %% tags=["parameters"]\nn = 1\n# %% [markdown]\n# x\n# %%\nn\n'
    )
    assert [(cell.source, cell.tags) for cell in cells] == [("n = 1", ("parameters",)), ("n", ())]
