"""The difference of two runs as a page that needs no other file, cell by cell."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import Any

from nbmlops.commands.html import to_html
from nbmlops.commands.views import Block, Code, Picture, Pictures, Span, View, line
from nbmlops.errors import UsageError
from nbmlops.history.notebook_comparison import CellPair
from nbmlops.notebook.displayed import displayed_text

_FIGURES = ("image/png", "image/jpeg", "image/svg+xml")
"""Media types of figures; of several of one figure, the first is shown."""

_STYLE = """\
:root { color-scheme: light dark; font: 14px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
section, details { border-top: 1px solid #8886; margin-top: 1rem; padding-top: .6rem; }
summary { cursor: pointer; opacity: .7; }
pre { overflow-x: auto; white-space: pre-wrap; }
figure { min-width: 0; }
img { background: #fff; }
table { border-collapse: collapse; margin: .6rem 0; }
caption { text-align: left; font-weight: 600; }
"""


def write_page(
    target: Path, names: tuple[str, str], summary: Sequence[Block], pairs: Iterable[CellPair]
) -> None:
    """Write the page.

    Args:
        target: the ``.html`` to write.
        names: what the runs are called.
        summary: what stands above the cells.
        pairs: the cells of both runs.

    Raises:
        UsageError: the file cannot be written.
    """
    title = escape(" → ".join(names))
    cells = "".join(_cell(pair, names) for pair in pairs)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{title}</h1>{_html(summary)}{cells}</body></html>\n"
    )
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written: {error.strerror or error}.",
            cure="Name another file: --html FILE",
        ) from error


def _html(blocks: Iterable[Block]) -> str:
    return to_html(View(document={}, blocks=tuple(blocks)))


def _cell(pair: CellPair, names: tuple[str, str]) -> str:
    """A cell; one that is the same in both is folded."""
    found = pair.difference
    if found is None:
        inside = _html([Code(text=pair.source, language="python"), *_shown(pair, names)])
        return f"<details><summary>{escape(pair.title)}: the same</summary>{inside}</details>"
    return f"<section>{_html(_blocks(pair, names))}</section>"


def _blocks(pair: CellPair, names: tuple[str, str]) -> Iterator[Block]:
    found = pair.difference
    if found is None:
        return
    yield line(Span(pair.title, "strong"), f": {found.why}" if found.why else "")
    if found.source:
        yield Code(text=found.source, language="diff", title="Source")
    else:
        yield Code(text=pair.source, language="python")
    yield from _shown(pair, names, displayed=found.displayed)


def _shown(pair: CellPair, names: tuple[str, str], *, displayed: str = "") -> Iterator[Block]:
    """What a cell displayed: text once, or as a diff, and figures side by side."""
    if displayed:
        yield Code(text=displayed, language="diff", title="Displayed")
    else:
        text = displayed_text(pair.outputs[1] or pair.outputs[0])
        if text:
            yield Code(text=text, language="text", title="Displayed")
    for number, both in enumerate(zip_longest(*map(_figures, pair.outputs)), start=1):
        yield Pictures(
            title=f"Figure {number}",
            pictures=tuple(
                Picture(caption=name, media_type=found[0], content=found[1])
                if found is not None
                else Picture(caption=f"not in {name}")
                for name, found in zip(names, both, strict=True)
            ),
        )


def _figures(outputs: Iterable[Mapping[str, Any]]) -> list[tuple[str, bytes]]:
    """The media type and the content of each figure."""
    found = []
    for output in outputs:
        data = output.get("data", {})
        media_type = next((kind for kind in _FIGURES if kind in data), None)
        content = None if media_type is None else _content(media_type, data[media_type])
        if media_type is not None and content:
            found.append((media_type, content))
    return found


def _content(media_type: str, raw: Any) -> bytes:
    text = "".join(raw) if isinstance(raw, list) else str(raw)
    if media_type.endswith("xml"):
        return text.encode()
    try:
        return b64decode(text)
    except (NotBase64Error, ValueError):
        return b""
