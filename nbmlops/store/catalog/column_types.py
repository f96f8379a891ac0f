"""The types of columns: times in UTC, numbers that may be NaN, JSON, and wide integers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.store.catalog.json_text import from_json, to_json
from nbmlops.store.catalog.sqlite_texts import nan_as_text, number_of


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware time, kept in UTC without its zone, so that text order is time order."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Store UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Give back an aware time in UTC."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


class Number(sa.Float[float]):
    """A float, NaN among them, which SQLite takes for a null and which is a text there."""

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        """Write NaN as its name where the database has none."""
        if dialect.name == "sqlite":
            return nan_as_text
        return super().bind_processor(dialect)  # type: ignore[no-untyped-call]  # of SQLAlchemy

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> Any:
        """Read it back."""
        if dialect.name == "sqlite":
            return number_of
        return super().result_processor(dialect, coltype)  # type: ignore[no-untyped-call]


class _JsonText(sa.types.TypeDecorator[Any]):
    """JSON as a text, which takes what PostgreSQL's own type refuses: NaN, and infinite numbers."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, *, none_as_null: bool = False) -> None:
        super().__init__()
        self.none_as_null = none_as_null

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        """Write as SQLite's type does."""
        del dialect
        return None if value is None and self.none_as_null else to_json(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        """Read it back."""
        del dialect
        return None if value is None else from_json(value)


def json_type(*, none_as_null: bool = False) -> sa.JSON:
    """JSON, kept as the same text in every database.

    Args:
        none_as_null: whether ``None`` is a null of the database, and not one of JSON.
    """
    text = _JsonText(none_as_null=none_as_null)
    return sa.JSON(none_as_null=none_as_null).with_variant(text, "postgresql")


def big_integer() -> sa.Integer:
    """Whole numbers of 64 bits, everywhere: a team makes more rows than 32 bits can count."""
    return sa.Integer().with_variant(sa.BigInteger(), "postgresql")
