"""Python files that stand for notebooks, as jupytext and Ploomber read them.

The percent format has a line ``# %%`` before each cell, the light format ``# +``. A file with
neither is in the light format: its paragraphs at the top level are cells.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_PERCENT = re.compile(r"#[ \t]*%%(?P<options>.*)")
_PLUS = re.compile(r"#[ \t]*\+(?P<options>[ \t].*|\{.*)?")
_MINUS = re.compile(r"#[ \t]*-[ \t]*")
_TAGS = re.compile(r"\btags[ \t]*=[ \t]*(?P<list>\[[^\]]*\])")
_JSON_TAGS = re.compile(r"\"tags\"[ \t]*:[ \t]*(?P<list>\[[^\]]*\])")
_MAGIC = re.compile(r"#[ \t]*(?P<line>[%!][A-Za-z%!./~].*)")
_TEXT_CELL = re.compile(r"\[(markdown|md|raw)\]")
_HEADER = "# ---"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCell:
    """A code cell of a notebook or of a file that stands for one."""

    source: str
    tags: tuple[str, ...] = ()


def cells_of(text: str) -> tuple[CodeCell, ...]:
    """The code cells of a Python file that stands for a notebook."""
    lines = _without_header(text.splitlines())
    is_percent = any(_PERCENT.fullmatch(line) for line in lines)
    cells = _percent(lines) if is_percent else _light(lines)
    return tuple(cell for cell in cells if cell.source.strip())


def _without_header(lines: list[str]) -> list[str]:
    if lines[:1] != [_HEADER] or _HEADER not in lines[1:]:
        return lines
    return lines[lines.index(_HEADER, 1) + 1 :]


def _percent(lines: Sequence[str]) -> Iterator[CodeCell]:
    tags: tuple[str, ...] = ()
    body: list[str] = []
    is_text = False
    for line in lines:
        marker = _PERCENT.fullmatch(line)
        if marker is None:
            body.append(line)
            continue
        if not is_text:
            yield _cell(body, tags)
        body, tags = [], _tags(marker["options"])
        is_text = _TEXT_CELL.search(marker["options"]) is not None
    if not is_text:
        yield _cell(body, tags)


def _light(lines: Sequence[str]) -> Iterator[CodeCell]:
    loose: list[str] = []
    body: list[str] | None = None
    tags: tuple[str, ...] = ()
    for line in lines:
        marker = _PLUS.fullmatch(line)
        if marker is not None:
            yield from _paragraphs(loose) if body is None else [_cell(body, tags)]
            loose, body, tags = [], [], _tags(marker["options"] or "")
        elif body is not None and _MINUS.fullmatch(line):
            yield _cell(body, tags)
            body = None
        else:
            (loose if body is None else body).append(line)
    yield from _paragraphs(loose) if body is None else [_cell(body, tags)]


def _paragraphs(lines: Sequence[str]) -> Iterator[CodeCell]:
    """Cells of code outside of markers: what blank lines part at the top level.

    What is no Python stays one cell, which says so when it runs.
    """
    shown = [_uncommented(line) for line in lines]
    starts = _starts(
        [line if line == own else "pass" for line, own in zip(lines, shown, strict=True)]
    )
    cell: list[str] = []
    for number, line in enumerate(lines):
        if number in starts and cell:
            yield _cell(cell, ())
            cell = []
        cell.append(line)
    yield _cell(cell, ())


def _starts(lines: Sequence[str]) -> set[int]:
    """The 0-based lines at which a statement follows a blank line."""
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError:
        return set()
    found = set()
    for statement in body:
        decorators = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(one.lineno for one in decorators)]) - 1
        while first > 0 and lines[first - 1].startswith("#"):
            first -= 1
        if first > 0 and not lines[first - 1].strip():
            found.add(first)
    return found


def _cell(lines: Sequence[str], tags: tuple[str, ...]) -> CodeCell:
    source = "\n".join(_uncommented(line) for line in lines).strip("\n")
    return CodeCell(source=source if _says_something(source) else "", tags=tags)


def _says_something(source: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in source.splitlines())


def _uncommented(line: str) -> str:
    """A magic, which is a comment in a Python file."""
    magic = _MAGIC.fullmatch(line)
    return magic["line"] if magic is not None else line


def _tags(options: str) -> tuple[str, ...]:
    found = _TAGS.search(options) or _JSON_TAGS.search(options)
    if found is None:
        return ()
    try:
        return tuple(map(str, json.loads(found["list"].replace("'", '"'))))
    except ValueError:
        return ()
