"""A finding of drift as people see it: a table in a notebook, text elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

from nbmlops.domain.drift import ColumnDrift, Drift

_SHOWN = 25
"""Rows of the table that are shown."""
_KEPT = 500
"""Columns that are kept with a run."""
_HEADS = ("column", "index", "mean", "mean before", "missing", "missing before", "")
_CELL = "padding:2px 12px 2px 0;text-align:left"
_BAD = "color:var(--jp-error-color1,#c62828);font-weight:600"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport(Drift):
    """What `nbmlops.check_drift` has found: ``drifted``, and ``columns`` one by one."""

    @property
    def title(self) -> str:
        """What was found, in one line."""
        found = self.sentence
        return f"{found[0].upper()}{found[1:]}."

    @property
    def rows_told(self) -> str:
        """How many rows were compared."""
        today = _rows(self.rows, self.looked_at)
        reference = _rows(self.reference_rows, self.reference_looked_at)
        named = f" of {self.reference}" if self.reference else ""
        return f"{today} beside {reference}{named}"

    @property
    def kept(self) -> Drift:
        """What is kept with a run: of many columns those that are furthest away."""
        order = {id(column): place for place, column in enumerate(self.columns)}
        chosen = sorted(self.columns, key=_near_last)[:_KEPT]
        chosen.sort(key=lambda column: order[id(column)])
        return replace(self, columns=tuple(chosen))

    def __str__(self) -> str:
        rows = [_HEADS, *(_cells(column) for column in self._shown)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADS))]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([self.title, f"{self.rows_told}.", *lines, *self._more])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        head = "".join(f'<th style="{_CELL}">{escape(text)}</th>' for text in _HEADS)
        body = "".join(_html_row(column) for column in self._shown)
        tone = f' style="{_BAD}"' if self.drifted else ""
        return (
            f"<div><p><span{tone}>{escape(self.title)}</span> {escape(self.rows_told)}.</p>"
            f'<table style="table-layout:auto;margin:4px 0"><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
            f"{''.join(f'<p>{escape(line)}</p>' for line in self._more)}</div>"
        )

    @property
    def _shown(self) -> tuple[ColumnDrift, ...]:
        return tuple(sorted(self.columns, key=_near_last)[:_SHOWN])

    @property
    def _more(self) -> list[str]:
        left = len(self.columns) - _SHOWN
        return [f"{left} more, nearer to the reference: see .columns."] if left > 0 else []


def _near_last(column: ColumnDrift) -> tuple[bool, bool, float]:
    """What has drifted first, what cannot be compared before it, then by index."""
    return (not column.drifted, column.psi is not None, -(column.psi or 0))


def _cells(column: ColumnDrift) -> tuple[str, ...]:
    note = column.note or ("drifted" if column.drifted else "")
    return (
        column.name,
        "-" if column.psi is None else f"{column.psi:.3f}",
        _number(column.mean),
        _number(column.reference_mean),
        _share(column.missing),
        _share(column.reference_missing),
        note,
    )


def _html_row(column: ColumnDrift) -> str:
    style = f"{_CELL};{_BAD}" if column.drifted else _CELL
    cells = "".join(f'<td style="{_CELL}">{escape(text)}</td>' for text in _cells(column)[1:])
    return f'<tr><td style="{style}">{escape(column.name)}</td>{cells}</tr>'


def _number(value: float | str | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.4g}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _rows(rows: int, looked_at: int) -> str:
    told = f"{rows:,} row{'' if rows == 1 else 's'}"
    return told if looked_at == rows else f"{told} (a sample of {looked_at:,})"
