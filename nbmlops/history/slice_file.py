"""The notebook file of a slice, which is written again, but over nobody's work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from nbmlops.errors import NotebookFormatError, NotebookUnwritableError, UsageError
from nbmlops.history.reexecution import tagged
from nbmlops.history.slices import Slice
from nbmlops.notebook.document import Document, from_sources, parse, serialize

_TAG = "nbmlops-slice"
"""The tag of a slice's first cell."""

_ABOUT = "nbmlops_slice"
"""Where the metadata of the file say which notebook it is of, and which cells were written."""

_CURE = "Choose another file with --to."


def write(
    path: Path, found: Slice, *, thing: str, notebook: str, made: datetime, kernel: str
) -> None:
    """Write a slice, with a first cell that says what it is.

    Args:
        path: the file; what is there may be an earlier slice of the same notebook.
        found: the slice.
        thing: what its cells make.
        notebook: the key of the notebook that it is of.
        made: when that was made.
        kernel: the kernel's name.

    Raises:
        UsageError: the file is no slice, that of another notebook, or was edited since.
        NotebookUnwritableError: the file cannot be written.
    """
    raw = from_sources([("", [_TAG]), *tagged(found.cells)], kernel=kernel).raw
    first = raw["cells"][0]
    raw["cells"][0] = {
        "cell_type": "markdown",
        "id": first["id"],
        "metadata": first["metadata"],
        "source": _title(found, thing, notebook, made).splitlines(keepends=True),
    }
    raw["metadata"][_ABOUT] = {"notebook": notebook, "cells": _digest(raw["cells"])}
    content = serialize(Document(cells=(), kernel=kernel, language="python", raw=raw))
    try:
        if path.exists():
            _refuse_others(path, notebook)
        path.write_bytes(content)
    except OSError as error:
        raise NotebookUnwritableError(
            f"{path} cannot be written: {error.strerror}.", cure=_CURE
        ) from error


def _title(found: Slice, thing: str, notebook: str, made: datetime) -> str:
    when = made.isoformat(timespec="seconds")
    several = len(found.cells) != 1
    do, they = ("these cells make", "They are") if several else ("this cell makes", "It is")
    share = [f"{they} {found.share} that were executed until then."] if found.share else []
    lines = [
        f"# `{thing}` of `{notebook}`",
        "",
        f"Run from top to bottom, {do} `{thing}` as it was made at {when}.",
        *share,
        *(f"\n- {note}" for note in found.notes),
        *(f"\n- `{name}` was made by nothing that was recorded" for name in found.missing),
    ]
    return "\n".join(lines)


def _refuse_others(path: Path, notebook: str) -> None:
    try:
        raw = parse(path.read_bytes().decode("utf-8", "replace")).raw
    except NotebookFormatError:
        raw = {"cells": [], "metadata": {}}
    about = raw["metadata"].get(_ABOUT)
    if not isinstance(about, dict):
        raise UsageError(f"{path} exists and is not a slice.", cure=_CURE)
    if about.get("notebook") != notebook:
        raise UsageError(f"{path} is a slice of {about.get('notebook')}.", cure=_CURE)
    if about.get("cells") != _digest(raw["cells"]):
        raise UsageError(f"{path} was edited since it was written.", cure=_CURE)


def _digest(cells: Iterable[dict[str, Any]]) -> str:
    """Of what a person would miss: the sources, however front ends split them into lines."""
    sources = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    return hashlib.sha256(json.dumps(sources).encode("ascii")).hexdigest()
