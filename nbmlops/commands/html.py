"""Views as HTML that renders in a reopened, untrusted notebook: no script, no external file."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from typing import Any

from nbmlops.commands.views import (
    Block,
    Code,
    Content,
    Drawing,
    Facts,
    Line,
    Picture,
    Pictures,
    Span,
    Table,
    View,
)

_COLOURS = {
    "plain": "",
    "good": "color:var(--jp-success-color1,#2e7d32)",
    "bad": "color:var(--jp-error-color1,#c62828);font-weight:600",
    "warn": "color:var(--jp-warn-color0,#b26a00)",
    "dim": "opacity:.65",
    "strong": "font-weight:600",
}
_ADDED = "color:var(--jp-success-color1,#2e7d32)"
_REMOVED = "color:var(--jp-error-color1,#c62828)"
_CAPTION = "text-align:left;font-weight:600"
_CELL = "padding:2px 12px 2px 0"
_TABLE = "table-layout:auto;margin:4px 0"
"""JupyterLab makes the columns of a table equally wide, and centres it."""
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_MONO = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"


def to_html(view: View) -> str:
    """A view as an HTML fragment."""
    return f"<div>{''.join(_RENDERERS[type(block)](block) for block in view.blocks)}</div>"


def _span(content: Content) -> str:
    if isinstance(content, Span):
        style = _COLOURS[content.tone]
        text = escape(content.text)
        return f'<span style="{style}">{text}</span>' if style else text
    return escape(content)


def _line(block: Line) -> str:
    return f"<div>{''.join(_span(span) for span in block.spans)}</div>"


def _table(block: Table) -> str:
    def align(column: str) -> str:
        return "right" if column in block.right else "left"

    head = "".join(
        f'<th style="text-align:{align(column)};{_CELL}">{escape(column)}</th>'
        for column in block.columns
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{align(column)};{_CELL}{_unbroken(cell)}">{_span(cell)}</td>'
            for column, cell in zip(block.columns, row, strict=True)
        )
        + "</tr>"
        for row in block.rows
    )
    title = f'<caption style="{_CAPTION}">{escape(block.title or "")}</caption>'
    caption = title if block.title else ""
    inside = f"{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    return f'<table style="{_TABLE}">{inside}</table>'


def _unbroken(content: Content) -> str:
    """What keeps a time on one line, however narrow the page is."""
    text = content.text if isinstance(content, Span) else content
    return ";white-space:nowrap" if _TIME.fullmatch(text) else ""


def _facts(block: Facts) -> str:
    title = f"<b>{escape(block.title)}</b>" if block.title else ""
    rows = "".join(
        f'<tr><td style="text-align:left;{_CELL};opacity:.65">{escape(name)}</td>'
        f'<td style="text-align:left;{_CELL}">{_span(value)}</td></tr>'
        for name, value in block.facts
    )
    return f'{title}<table style="{_TABLE}"><tbody>{rows}</tbody></table>'


def _code(block: Code) -> str:
    title = f"<b>{escape(block.title)}</b>" if block.title else ""
    lines = (
        _diff_line(text) if block.language == "diff" else escape(text)
        for text in block.text.rstrip("\n").splitlines()
    )
    return f'{title}<pre style="{_MONO};margin:4px 0">{chr(10).join(lines)}</pre>'


def _diff_line(text: str) -> str:
    style = _ADDED if text.startswith("+") else _REMOVED if text.startswith("-") else ""
    return f'<span style="{style}">{escape(text)}</span>' if style else escape(text)


def _drawing(block: Drawing) -> str:
    return block.svg


def _pictures(block: Pictures) -> str:
    figures = "".join(_picture(picture) for picture in block.pictures)
    return f'<b>{escape(block.title)}</b><div style="display:flex;gap:12px">{figures}</div>'


def _picture(picture: Picture) -> str:
    """An image that runs no script, whatever is in it: the page reads it as data."""
    caption = f"<figcaption>{escape(picture.caption)}</figcaption>"
    if not picture.content:
        return f"<figure>{caption}</figure>"
    data = b64encode(picture.content).decode()
    source = f"data:{escape(picture.media_type)};base64,{data}"
    image = f'<img src="{source}" alt="{escape(picture.caption)}" style="max-width:100%">'
    return f'<figure style="flex:1;margin:0">{image}{caption}</figure>'


_RENDERERS: dict[type[Block], Any] = {
    Line: _line,
    Table: _table,
    Facts: _facts,
    Code: _code,
    Drawing: _drawing,
    Pictures: _pictures,
}
