"""Parameters that only the notebook's file tells of."""

from __future__ import annotations

import os
from pathlib import Path

from nbmlops.capture.saved import SavedParameters
from nbmlops.notebook.document import from_sources, serialize


def write(path: Path, source: str, tag: str) -> None:
    """Save a notebook with one tagged cell."""
    document = from_sources([("import os", ()), (source, (tag,))])
    path.write_bytes(serialize(document))


def test_the_names_of_tagged_cells_are_parameters(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    write(path, "depth = 3\nrate = 0.1", "parameters")
    assert SavedParameters().names(path) == {"depth", "rate"}


def test_the_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    saved = SavedParameters()
    write(path, "depth = 3", "parameters")
    assert saved.names(path) == {"depth"}
    write(path, "width = 3", "injected-parameters")
    os.utime(path, (1, 1))
    assert saved.names(path) == {"width"}
    write(path, "width = 3", "else")
    assert saved.names(path) == set()


def test_without_a_file_or_with_a_broken_one_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    assert SavedParameters().names(None) == set()
    assert SavedParameters().names(path) == set()
    path.write_text('{"cells": "parameters"')
    assert SavedParameters().names(path) == set()
