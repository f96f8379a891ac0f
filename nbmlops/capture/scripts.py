"""What scripts that a cell runs with ``%run`` read of the notebook's names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nbmlops.errors import CellSyntaxError, NotebookFormatError
from nbmlops.notebook.dataflow.doors import looks_around
from nbmlops.notebook.dataflow.effects import Effects, analyze
from nbmlops.notebook.dataflow.scripts import RUN, scripts_in
from nbmlops.notebook.document import read

_LARGEST = 2**20
"""Bytes of a script that is read before it runs."""

_SHELL = re.compile(r"\b(get_ipython|IPython)\b")


def read_by_scripts(source: str, effects: Effects) -> frozenset[str] | None:
    """The names that the scripts which a cell runs may read; ``None`` where nobody can tell.

    ``%run script.py`` sees none of the notebook's, but gives its own to it; with ``-i``, and where
    it is a notebook, it sees those that it uses. Files that a cell writes first are not there yet.

    Args:
        source: a cell, which is about to run in this folder.
        effects: what it does.
    """
    if not any(construct.reason == RUN for construct in effects.dynamic):
        return None
    found: set[str] = set()
    for script in scripts_in(source) or (None,):
        texts = None if script is None else _texts(script.path)
        if script is None or texts is None:
            return None
        if any(looks_around(text) or _SHELL.search(text) for text in texts):
            return None
        names = _read(texts) if script.shares else frozenset[str]()
        if names is None:
            return None
        found |= names
    return frozenset(found)


def without_scripts(effects: Effects) -> Effects:
    """The effects of a cell, but for what its scripts read."""
    constructs = [
        replace(construct, reads=construct.reads and construct.reason != RUN)
        for construct in effects.dynamic
    ]
    return replace(effects, dynamic=tuple(constructs))


def _texts(name: str) -> list[str] | None:
    """What stands in a file, by cells where it is a notebook; ``None`` where nobody can tell."""
    try:
        path = Path(name).expanduser()
        if not path.is_file() and path.suffix != ".py":
            path = path.with_name(f"{path.name}.py")  # as IPython does
        if path.stat().st_size > _LARGEST:
            return None
        if path.suffix.lower() == ".ipynb":
            return [cell.source for cell in read(path).code_cells]
        return [path.read_text("utf-8")]
    except (OSError, ValueError, RuntimeError, NotebookFormatError):
        return None


def _read(texts: Sequence[str]) -> frozenset[str] | None:
    """The names that texts use before they have bound them; ``None`` where they do not tell."""
    found: set[str] = set()
    bound: set[str] = set()
    for text in texts:
        try:
            effects = analyze(text)
        except CellSyntaxError:
            return None
        inner = list(_bodies(effects))
        if any(construct.reads for part in (effects, *inner) for construct in part.dynamic):
            return None
        found |= (effects.reads | effects.soft_reads) - bound
        bound |= effects.assigned
        found |= frozenset[str]().union(*(part.uses for part in inner)) - bound
    return frozenset(found)


def _bodies(effects: Effects) -> Iterator[Effects]:
    """Those of the functions and classes that a text defines, whatever calls them."""
    for definition in effects.definitions:
        yield definition.effects
        yield from _bodies(definition.effects)
