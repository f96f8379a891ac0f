"""Cells that may name an index which other tables have."""

from __future__ import annotations

import pytest

from nbmlops.notebook.dataflow.graph import build
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.axis_names import names_axes

NAMING = (
    "df.index.name = 'day'",
    "df.columns.names = ['a', 'b']",
    "df.index.set_names('day', inplace=True)",
    "df.columns.rename('kind', inplace=True)",
    "rows = df.index\nrows.name = 'day'",
    "setattr(df.columns, 'name', None)",
    "tidy(df)",
    "made = df * 2\nmade.index.name = 'day'",
)
OTHER = (
    "df['name'] = 1",
    "df.loc[0, 'a'] = df.index.name",
    "df = df.rename(columns={'a': 'b'})",
    "keep(df)",
    "df.append(1",
)
TIDY = "def tidy(table):\n    table.columns.name = None"
KEEP = "class Keeper:\n    def add(self, table):\n        self.name = table\nkeep = Keeper().add"


def _names_axes(source: str) -> bool:
    graph = build(from_sources([(one, ()) for one in ("df = load()", TIDY, KEEP, source)]).cells)
    return names_axes(graph.flows[-1])


@pytest.mark.parametrize("source", NAMING)
def test_a_cell_that_names_an_index_that_was_there_is_known(source: str) -> None:
    """By its own code, or that of what it calls."""
    assert _names_axes(source)


@pytest.mark.parametrize("source", OTHER)
def test_a_cell_that_names_none_or_one_of_its_own_is_not_taken_for_one(source: str) -> None:
    """Columns of that name and attributes of the notebook's objects are something else."""
    assert not _names_axes(source)
