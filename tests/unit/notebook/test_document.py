"""Reading and writing notebook files."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from nbmlops.errors import NotebookFormatError
from nbmlops.notebook.document import from_sources, insert_code_cell, parse, read, serialize

_OLD = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "# Title"},
        {
            "cell_type": "code",
            "metadata": {"tags": ["step:a"]},
            "source": ["x = 1\n", "y = 2"],
            "outputs": [],
            "execution_count": None,
        },
    ],
    "metadata": {"kernelspec": {"name": "mine", "language": "python", "display_name": "Mine"}},
    "nbformat": 4,
    "nbformat_minor": 4,
}


def test_a_notebook_without_ids_gets_the_same_ones_at_each_reading():
    first, second = parse(json.dumps(_OLD)), parse(json.dumps(_OLD))
    assert [cell.id for cell in first.cells] == [cell.id for cell in second.cells]
    assert len({cell.id for cell in first.cells}) == 2
    assert first.cells[1].source == "x = 1\ny = 2"
    assert first.cells[1].tags == ("step:a",)
    assert (first.kernel, first.language) == ("mine", "python")


def test_what_is_written_is_a_valid_notebook_and_reads_the_same(tmp_path: Path):
    document = insert_code_cell(parse(json.dumps(_OLD)), "z = 3", after_cell_id=None)
    path = tmp_path / "n.ipynb"
    path.write_bytes(serialize(document))
    nbformat.validate(nbformat.read(path, as_version=4))
    assert read(path).cells == document.cells
    assert document.cells[-1].source == "z = 3"


def test_a_cell_is_inserted_below_another():
    document = from_sources([("a = 1", ()), ("b = 2", ["t"])])
    longer = insert_code_cell(document, "a = 2", after_cell_id=document.cells[0].id)
    assert [cell.source for cell in longer.cells] == ["a = 1", "a = 2", "b = 2"]
    assert longer.cells[2].id == document.cells[1].id
    assert len(document.cells) == 2


def test_an_untouched_notebook_is_written_as_it_was():
    text = serialize(from_sources([("a = 'é'\nb", ())]))
    assert serialize(parse(text.decode())) == text


def test_format_three_is_upgraded():
    old = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [
            {
                "cells": [
                    {
                        "cell_type": "code",
                        "input": "x = 1",
                        "language": "python",
                        "metadata": {},
                        "outputs": [],
                    }
                ],
                "metadata": {},
            }
        ],
    }
    first, second = parse(json.dumps(old)), parse(json.dumps(old))
    assert first.cells == second.cells
    assert first.cells[0].source == "x = 1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "nbformat"),
        ('{"nbformat": 9, "nbformat_minor": 0}', "newer"),
        ('{"nbformat": 2}', "too old"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "list of cells"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [3]}', "cell 1"),
        (json.dumps({**_OLD, "cells": [{**_OLD["cells"][1], "source": 3}]}), "source text"),
        (json.dumps({**_OLD, "cells": [{**_OLD["cells"][1], "outputs": [{}]}]}), "outputs"),
        (json.dumps({**_OLD, "cells": [{**_OLD["cells"][1], "id": "a b"}]}), "id"),
    ],
)
def test_what_is_not_a_notebook_is_refused_with_a_cure(text: str, words: str):
    with pytest.raises(NotebookFormatError, match=words) as caught:
        parse(text)
    assert caught.value.cure


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(NotebookFormatError, match="There is no notebook"):
        read(tmp_path / "none.ipynb")
    (tmp_path / "binary.ipynb").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotebookFormatError, match="cannot be read"):
        read(tmp_path / "binary.ipynb")
