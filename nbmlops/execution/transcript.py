"""What a run has printed, as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nbmlops.notebook.document import Document
from nbmlops.notebook.labels import label_of

LONGEST = 2**18
"""Characters of a transcript: of a longer one the end is given, where a failure is."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def transcript(attempts: Sequence[Document], numbers: Mapping[str, int]) -> str:
    """The outputs of executed notebooks, cell by cell: what was printed, shown as text, or failed.

    Args:
        attempts: the notebook of each attempt, in order; the last as far as it has got.
        numbers: those of the cells in the notebook that people edit, by their ids; others are
            counted in the one that was executed.
    """
    lines: list[str] = []
    for number, document in enumerate(attempts, 1):
        if len(attempts) > 1:
            lines.append(f"═══ attempt {number} ═══\n")
        lines += _cells(document, numbers)
    told = "\n".join(lines)
    return told if len(told) <= LONGEST else f"…{told[-LONGEST:]}"


def _cells(document: Document, numbers: Mapping[str, int]) -> Iterator[str]:
    for cell in document.code_cells:
        outputs = document.raw["cells"][cell.index].get("outputs", [])
        told = "".join(filter(None, map(_text, outputs))).strip("\n")
        if told:
            label = label_of(cell.source, cell.tags)
            name = f" {label.name}" if label is not None else ""
            number = numbers.get(cell.id, cell.index + 1)
            yield f"─── cell {number}{name} ───\n{_COLOURS.sub('', told)}\n"


def _text(output: dict[str, Any]) -> str:
    if output.get("output_type") == "stream":
        return _joined(output.get("text", ""))
    if output.get("output_type") == "error":
        return _joined(output.get("traceback", []), "\n") + "\n"
    shown = output.get("data", {}).get("text/plain", "")
    return f"{_joined(shown)}\n" if shown else ""


def _joined(text: str | list[str], between: str = "") -> str:
    return text if isinstance(text, str) else between.join(text)
