"""Two cells of the same code may do different things, each of which counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nbmlops.domain.staleness import State
from tests.unit.history.test_code_made_of_values import Edit, in_file
from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["in_file", "new_notebook", "notebook"]

CELLS = (
    "from configparser import ConfigParser",
    "%mlops track a\nknown = ConfigParser()",
    "known.read_dict({'one': {}})",
    "%mlops track b\nknown.read_dict({'two': {}})",
    "known.read_dict({'one': {}})",  # it is there already
    "%mlops track c\nn = len(known.sections())",
)


def test_what_the_first_changed_is_no_surprise_below_it(
    in_file: Callable[..., tuple[Notebook, Path, Edit]],
) -> None:
    kernel, path, _ = in_file(*CELLS)
    session = kernel.extension.recorder.session.id
    found = kernel.extension.surface.workspace.staleness.status(path, session=session)
    assert {cell.title: cell.reasons for cell in found.cells if cell.state is not State.FRESH} == {}
