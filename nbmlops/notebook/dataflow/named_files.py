"""Edges between cells by the files that their code names."""

from __future__ import annotations

from collections.abc import Iterable

from nbmlops.notebook.dataflow.effects import ANY_FILE
from nbmlops.notebook.dataflow.links import Links, at
from nbmlops.notebook.dataflow.running import Env, Run


class NamedFiles:
    """Remembers which cells may have written files, and who comes after them."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._written: list[tuple[int, frozenset[str]]] = []
        self._saves: list[tuple[int, frozenset[str]]] = []

    def read(self, run: Run, before: Env) -> None:
        """A cell that names a file comes after the cells that may have written it."""
        wanted = run.files_read | run.files_written
        for source, written in self._written:
            vague = ANY_FILE in written or ANY_FILE in wanted
            names = sorted((written & wanted) - {ANY_FILE}) or ([ANY_FILE] if vague else [])
            self._edges(source, run.position, names if wanted else [])
        for source, saved in self._saves:
            shared = saved & (run.literals | run.uses)
            files = [n for n in shared if n in run.literals or not before.get(n)]
            self._edges(source, run.position, files)

    def note(self, run: Run) -> None:
        """Remember what a cell writes."""
        if run.files_written:
            self._written.append((run.position, frozenset(run.files_written)))
        if run.saves:
            self._saves.append((run.position, frozenset(run.saves)))

    def _edges(self, source: int, target: int, names: Iterable[str]) -> None:
        for name in names:
            self._links.add(target, name, at(source, "possible"))
