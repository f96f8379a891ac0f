"""The file that a pipeline is built from: a notebook, or what another tool makes pipelines of."""

from __future__ import annotations

from pathlib import Path

from nbmlops.building.source import Source
from nbmlops.notebook.document import read

_OF_OTHER_TOOLS = frozenset([".pipeline", ".json", ".yaml", ".yml"])


def read_source(path: Path, *, project: Path) -> Source:
    """Read a notebook, an Elyra pipeline or a Ploomber pipeline, by what is in the file.

    Raises:
        NotebookFormatError: there is no such file, or it is none of these.
        BuildRefusedError: it is a pipeline of another tool that cannot be imported; says why.
    """
    if path.suffix in _OF_OTHER_TOOLS:
        from nbmlops.building.importing import read_imported

        found = read_imported(path, project=project)
        if found is not None:
            return found
    return Source(document=read(path))
