"""What SQLite is told without SQLAlchemy: the tables, and the statements of the recorder.

They are written down in ``sqlite.json``, which `sqlite_description` makes of the tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from nbmlops.store.catalog.json_text import from_json, to_json
from nbmlops.store.catalog.prepared import Compiled, Convert

FILE = Path(__file__).with_name("sqlite.json")


@dataclass(frozen=True, slots=True)
class SqliteTexts:
    """Statements that make the tables of the catalog, and those of the recorder by name."""

    tables: tuple[str, ...]
    statements: Mapping[str, Compiled]


@cache
def texts() -> SqliteTexts:
    """What is written down; read once."""
    told = from_json(FILE.read_text("utf-8"))
    statements = {name: _written(one) for name, one in told["statements"].items()}
    return SqliteTexts(tuple(told["tables"]), statements)


def _written(told: Mapping[str, Any]) -> Compiled:
    """A statement that was written down, with the kinds of what goes in and what comes out."""
    names, kinds = zip(*told["parameters"], strict=True)
    return Compiled(
        told["text"],
        names=names,
        named=False,
        values=told["values"],
        into=[(at, INTO[kind]) for at, kind in enumerate(kinds) if kind],
        out=[(name, OUT[kind] if kind else None) for name, kind in told["columns"]],
    )


def _time_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _time_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _flag(value: bool | None) -> int | None:  # noqa: FBT001 (as it is kept)
    return None if value is None else int(value)


def _flag_of(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def nan_as_text(value: float | None) -> float | str | None:
    """A number as SQLite keeps it, which takes NaN for a null."""
    return "NaN" if value is not None and math.isnan(value) else value


def number_of(value: float | str | None) -> float | None:
    """The number that `nan_as_text` made it of."""
    return float(value) if isinstance(value, str) else value


def _json_or_null(value: Any) -> str | None:
    return None if value is None else to_json(value)


def _json_of(text: str | None) -> Any:
    return None if text is None else from_json(text)


INTO: Mapping[str, Convert] = {
    "flag": _flag,
    "json": to_json,
    "json or null": _json_or_null,
    "number": nan_as_text,
    "time": _time_text,
}
"""How each kind of value is given to SQLite; others as they are."""

OUT: Mapping[str, Convert] = {
    "flag": _flag_of,
    "json": _json_of,
    "json or null": _json_of,
    "number": number_of,
    "time": _time_of,
}
"""How each comes back."""
