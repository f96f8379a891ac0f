"""The outlines of notebooks, made again only when something has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nbmlops.notebook.dataflow.graph import ModulesUsed
from nbmlops.notebook.dataflow.seen import Observed
from nbmlops.notebook.document import Cell, Document
from nbmlops.pipelines.outline import Outline, outline

_KEPT = 8
"""Notebooks whose outlines are kept: those that somebody looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """An outline with all that it was made from."""

    found: Outline
    cells: tuple[Cell, ...]
    seen: Mapping[str, Observed]
    modules: Mapping[frozenset[str], Mapping[str, str]]

    def holds(self, document: Document, seen: Mapping[str, Observed], modules: ModulesUsed) -> bool:
        return (
            self.cells == document.cells
            and self.seen == seen
            and all(modules(names) == sources for names, sources in self.modules.items())
        )


class Outlines:
    """Analyses notebooks, which takes long where they have many cells, and keeps what it found.

    Front ends ask again after each cell that ran, and mostly no cell was edited. What is kept is
    taken only if the cells, what was observed of them and the sources of their modules are equal.
    Usable from any thread.
    """

    def __init__(self) -> None:
        self._made: dict[Path, _Made] = {}

    def of(
        self,
        notebook: Path,
        document: Document,
        seen: Mapping[str, Observed],
        modules: ModulesUsed,
    ) -> Outline:
        """The outline of a notebook as `outline` makes it."""
        made = self._made.get(notebook)
        if made is None or not made.holds(document, seen, modules):
            made = _make(document, seen, modules)
            self._keep(notebook, made)
        return replace(made.found, document=document)

    def _keep(self, notebook: Path, made: _Made) -> None:
        others = [(path, kept) for path, kept in self._made.items() if path != notebook]
        self._made = dict([*others, (notebook, made)][-_KEPT:])


def _make(document: Document, seen: Mapping[str, Observed], modules: ModulesUsed) -> _Made:
    asked, noted = _noted(modules)
    found = outline(document, seen, noted)
    return _Made(found=found, cells=document.cells, seen=seen, modules=asked)


def _noted(
    modules: ModulesUsed,
) -> tuple[dict[frozenset[str], Mapping[str, str]], Callable[[frozenset[str]], Mapping[str, str]]]:
    """What was asked of the modules, and what asks them and writes it there."""
    asked: dict[frozenset[str], Mapping[str, str]] = {}

    def noted(names: frozenset[str]) -> Mapping[str, str]:
        if names not in asked:
            asked[names] = modules(names)
        return asked[names]

    return asked, noted
