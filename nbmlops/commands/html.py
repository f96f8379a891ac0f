"""Views as HTML that renders in a reopened, untrusted notebook: no script, no external file."""

from __future__ import annotations

from html import escape
from typing import Any

from nbmlops.commands.views import Block, Code, Content, Drawing, Facts, Line, Span, Table, View

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
_CELL = "padding:2px 12px 2px 0"
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
            f'<td style="text-align:{align(column)};{_CELL}">{_span(cell)}</td>'
            for column, cell in zip(block.columns, row, strict=True)
        )
        + "</tr>"
        for row in block.rows
    )
    caption = f"<caption>{escape(block.title)}</caption>" if block.title else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _facts(block: Facts) -> str:
    title = f"<b>{escape(block.title)}</b>" if block.title else ""
    rows = "".join(
        f'<tr><td style="text-align:left;{_CELL};opacity:.65">{escape(name)}</td>'
        f'<td style="text-align:left;{_CELL}">{_span(value)}</td></tr>'
        for name, value in block.facts
    )
    return f"{title}<table><tbody>{rows}</tbody></table>"


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


_RENDERERS: dict[type[Block], Any] = {
    Line: _line,
    Table: _table,
    Facts: _facts,
    Code: _code,
    Drawing: _drawing,
}
