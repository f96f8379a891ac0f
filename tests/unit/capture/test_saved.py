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


def names(saved: SavedParameters, path: Path | None) -> frozenset[str]:
    """The names in a file as it is now."""
    saved.look(path)
    return saved.names


def test_the_names_of_tagged_cells_are_parameters(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    write(path, "depth = 3\nrate = 0.1", "parameters")
    assert names(SavedParameters(), path) == {"depth", "rate"}


def test_the_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    saved = SavedParameters()
    write(path, "depth = 3", "parameters")
    assert names(saved, path) == {"depth"}
    write(path, "width = 3", "injected-parameters")
    os.utime(path, (1, 1))
    assert names(saved, path) == {"width"}
    write(path, "width = 3", "else")
    assert names(saved, path) == set()


def test_without_a_file_or_with_a_broken_one_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    saved = SavedParameters()
    assert not saved.look(None)
    assert not saved.look(path)
    path.write_text('{"cells": "parameters"')
    assert saved.look(path)
    assert saved.names == set()


def test_a_file_that_is_gone_has_none(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    saved = SavedParameters()
    write(path, "depth = 3", "parameters")
    assert names(saved, path) == {"depth"}
    path.unlink()
    assert names(saved, path) == set()
