"""The analysis of a notebook is taken again as long as nothing has changed that it came of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nbmlops.history.outlines import Outlines
from nbmlops.notebook.dataflow.seen import Observed
from nbmlops.notebook.document import Document, from_sources

NOTEBOOK = Path("flights.ipynb")
SEEN = Observed(reads=frozenset(["rows"]), writes=frozenset(["kept"]), complete=True)


@dataclass
class Modules:
    """The project's own modules, as they are now."""

    sources: dict[str, str] = field(default_factory=lambda: {"lib.py": "def tidy(): ..."})

    def used(self, names: frozenset[str]) -> dict[str, str]:
        return dict(self.sources) if "lib" in names else {}


def document(second: str = "kept = lib.tidy(rows)", *tags: str) -> Document:
    return from_sources([("import lib\nrows = [1]", ()), (second, tags)])


@dataclass(frozen=True)
class Change:
    """Something that an outline is made of, and is not as it was."""

    why: str
    document: Document = field(default_factory=document)
    seen: dict[str, Observed] = field(default_factory=dict)
    edit: Callable[[Modules], None] = lambda _: None


CHANGES = [
    Change("a cell was edited", document=document("kept = lib.tidy(rows, 2)")),
    Change("a cell was tagged", document=document("kept = lib.tidy(rows)", "step:clean")),
    Change("a cell was seen at something", seen={"some digest": SEEN}),
    Change("a module was edited", edit=lambda lib: lib.sources.update({"lib.py": "tidy = print"})),
]


def test_an_unchanged_notebook_is_not_analysed_again() -> None:
    outlines, modules = Outlines(), Modules()
    first = outlines.of(NOTEBOOK, document(), {}, modules.used)
    again = outlines.of(NOTEBOOK, document(), {}, modules.used)
    assert again.graph is first.graph


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.why)
def test_what_changed_is_analysed_again(change: Change) -> None:
    outlines, modules = Outlines(), Modules()
    first = outlines.of(NOTEBOOK, document(), {}, modules.used)
    change.edit(modules)
    again = outlines.of(NOTEBOOK, change.document, change.seen, modules.used)
    assert again.graph is not first.graph


def test_the_outlines_of_a_few_notebooks_are_kept() -> None:
    outlines, modules = Outlines(), Modules()
    found = {
        number: outlines.of(Path(f"{number}.ipynb"), document(), {}, modules.used)
        for number in range(9)
    }
    last = outlines.of(Path("8.ipynb"), document(), {}, modules.used)
    assert last.graph is found[8].graph
    gone = outlines.of(Path("0.ipynb"), document(), {}, modules.used)
    assert gone.graph is not found[0].graph
