"""A notebook file as cells, without losing what we do not understand in it."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nbmlops.errors import NotebookFormatError

CellKind = Literal["code", "markdown", "raw"]

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FIRST_MINOR_WITH_IDS = 5
_CURRENT_MAJOR = 4
_OUTPUTS = {"execute_result", "display_data", "stream", "error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell; ``index`` is its 0-based position among all cells of the notebook."""

    id: str
    index: int
    kind: CellKind
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A notebook; ``raw`` is its JSON (nbformat 4.5 or newer), kept so that nothing is lost."""

    cells: tuple[Cell, ...]
    kernel: str
    language: str
    raw: dict[str, Any] = field(repr=False)

    @property
    def code_cells(self) -> tuple[Cell, ...]:
        """The cells that run, in notebook order."""
        return tuple(cell for cell in self.cells if cell.kind == "code")


def read(path: Path) -> Document:
    """Read a notebook file; older formats are upgraded in memory.

    Raises:
        NotebookFormatError: there is no such file, or it is not a notebook.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise NotebookFormatError(
            f"There is no notebook {path}.", cure="Check the path, or save the notebook first."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise NotebookFormatError(
            f"{path} cannot be read: {error}.", cure="Give the path of a saved .ipynb file."
        ) from error
    return parse(text, name=str(path))


def parse(text: str, *, name: str = "The text") -> Document:
    """Read a notebook from its JSON text; ``name`` is what errors call it.

    Raises:
        NotebookFormatError: the text is not a notebook.
    """
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotebookFormatError(
            f"{name} is not JSON: {error}.",
            cure="Restore the file from version control or a Jupyter checkpoint.",
        ) from error
    raw = _upgrade(raw, name)
    problem = _problem(raw)
    if problem is not None:
        raise _malformed(name, problem)
    return _document(raw)


def from_sources(
    cells: Iterable[tuple[str, Sequence[str]]], *, kernel: str = "python3", ids: Iterable[str] = ()
) -> Document:
    """A new notebook of code cells, each given as its source and its tags.

    Args:
        cells: the cells, in order.
        kernel: the kernel's name.
        ids: those of the first cells; the others get some that follow from their source.
    """
    made = [_code_cell(source, tags) for source, tags in cells]
    for cell, cell_id in zip(made, ids, strict=False):
        cell["id"] = cell_id
    _add_ids(made)
    raw = {
        "cells": made,
        "metadata": {
            "kernelspec": {"display_name": kernel, "language": "python", "name": kernel},
            "language_info": {"name": "python"},
        },
        "nbformat": _CURRENT_MAJOR,
        "nbformat_minor": _FIRST_MINOR_WITH_IDS,
    }
    return _document(raw)


def serialize(document: Document) -> bytes:
    """The notebook as Jupyter writes it: indented by one, not escaped, with a last newline."""
    return (json.dumps(document.raw, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def insert_code_cell(
    document: Document, source: str, *, tags: Sequence[str] = (), after_cell_id: str | None
) -> Document:
    """A copy with a new code cell below another one; at the end where there is no such cell."""
    raw = copy.deepcopy(document.raw)
    position = next(
        (cell.index + 1 for cell in document.cells if cell.id == after_cell_id),
        len(document.cells),
    )
    raw["cells"].insert(position, _code_cell(source, tags))
    _add_ids(raw["cells"])
    return _document(raw)


def _code_cell(source: str, tags: Sequence[str]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }


def _upgrade(loaded: Any, name: str) -> dict[str, Any]:
    raw: dict[str, Any] = loaded if isinstance(loaded, dict) else {}
    if not isinstance(raw.get("nbformat"), int):
        raise _malformed(name, "it has no 'nbformat' number")
    major = raw["nbformat"]
    if major > _CURRENT_MAJOR:
        raise NotebookFormatError(
            f"{name} is in notebook format {major}, which is newer than this program knows.",
            cure="Upgrade nbmlops, or save the notebook in format 4.",
        )
    if major < _CURRENT_MAJOR:
        raw = _from_old_format(raw, name)
    if isinstance(raw.get("cells"), list):
        _add_ids(raw["cells"])
        minor = raw.get("nbformat_minor")
        if isinstance(minor, int):
            raw["nbformat_minor"] = max(minor, _FIRST_MINOR_WITH_IDS)
    return raw


def _from_old_format(raw: dict[str, Any], name: str) -> dict[str, Any]:
    from nbformat import from_dict
    from nbformat.v4 import upgrade

    if raw["nbformat"] != _CURRENT_MAJOR - 1:
        raise NotebookFormatError(
            f"{name} is in notebook format {raw['nbformat']}, which is too old.",
            cure="Open and save it once in JupyterLab.",
        )
    try:
        node = upgrade(from_dict(raw), from_version=3)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _malformed(name, f"format 3 without {error}") from error
    upgraded: dict[str, Any] = json.loads(json.dumps(node))
    for cell in upgraded["cells"]:
        cell.pop("id", None)  # nbformat makes random ones, which differ at each reading
    return upgraded


def _add_ids(cells: list[Any]) -> None:
    """Give cells without an id one that depends on position and source alone."""
    taken = {cell.get("id") for cell in cells if isinstance(cell, dict)}
    for index, cell in enumerate(cells):
        if not isinstance(cell, dict) or "id" in cell:
            continue
        seed = f"{index}\n{_text(cell.get('source', ''))}"
        while (made := hashlib.sha256(seed.encode()).hexdigest()[:12]) in taken:
            seed += "\n"
        cell["id"] = made
        taken.add(made)


def _text(source: Any) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _malformed(name: str, problem: str) -> NotebookFormatError:
    return NotebookFormatError(
        f"{name} is not a valid notebook: {problem}.",
        cure="Open and save it in JupyterLab, or restore it from version control.",
    )


def _problem(raw: dict[str, Any]) -> str | None:
    """What breaks the nbformat 4.5 schema, in the parts that a run relies on.

    Checked here and not by nbformat's validator, whose import can take 1.7 s and whose message
    for a bad cell does not say which cell.
    """
    if not isinstance(raw.get("nbformat_minor"), int):
        return "it has no 'nbformat_minor' number"
    if not isinstance(raw.get("metadata"), dict):
        return "it has no metadata"
    if not isinstance(raw.get("cells"), list):
        return "it has no list of cells"
    problems = (_cell_problem(cell, number) for number, cell in enumerate(raw["cells"], 1))
    return next((problem for problem in problems if problem), None)


def _cell_problem(cell: Any, number: int) -> str | None:
    if not isinstance(cell, dict):
        return f"cell {number} is not an object"
    if cell.get("cell_type") not in ("code", "markdown", "raw"):
        return f"cell {number} has no known cell_type"
    sound = {
        "well-formed id": isinstance(cell["id"], str) and _ID.fullmatch(cell["id"]),
        "sound metadata": _is_metadata(cell.get("metadata")),
        "source text": _is_text(cell.get("source")),
        "sound outputs": cell["cell_type"] != "code" or _is_run(cell),
    }
    lacking = next((what for what, holds in sound.items() if not holds), None)
    return f"cell {number} has no {lacking}" if lacking else None


def _is_text(source: Any) -> bool:
    return isinstance(source, str) or (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    )


def _is_metadata(metadata: Any) -> bool:
    tags = metadata.get("tags", []) if isinstance(metadata, dict) else None
    return isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)


def _is_run(cell: dict[str, Any]) -> bool:
    outputs = cell.get("outputs")
    return (
        isinstance(outputs, list)
        and all(isinstance(out, dict) and out.get("output_type") in _OUTPUTS for out in outputs)
        and isinstance(cell.get("execution_count"), int | None)
    )


def _document(raw: dict[str, Any]) -> Document:
    metadata = raw["metadata"]
    kernelspec = metadata.get("kernelspec")
    kernelspec = kernelspec if isinstance(kernelspec, dict) else {}
    info = metadata.get("language_info")
    info = info if isinstance(info, dict) else {}
    return Document(
        cells=tuple(
            Cell(
                id=cell["id"],
                index=index,
                kind=cell["cell_type"],
                source=_text(cell["source"]),
                tags=tuple(cell["metadata"].get("tags", [])),
            )
            for index, cell in enumerate(raw["cells"])
        ),
        kernel=str(kernelspec.get("name", "python3")),
        language=str(info.get("name") or kernelspec.get("language") or "python").lower(),
        raw=raw,
    )
