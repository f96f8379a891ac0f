"""Statements that run again and again: compiled once, and given to the driver as they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

Convert = Callable[[Any], Any]
Row = dict[str, Any]


class Prepared:
    """A statement of SQLAlchemy that it compiles once per driver.

    The tables say how, and how each type is written and read; running the statement then costs
    what the driver takes, a tenth of what it costs through `sqlalchemy.Connection.execute`.

    Args:
        statement: what to run; each of its parameters that has no value is given each time.
        columns: of an insert, the columns that it gets; every one where none are given.
    """

    def __init__(self, statement: sa.sql.Executable, columns: Collection[str] = ()) -> None:
        self._statement: Any = statement
        self._columns = list(columns) or None
        self._compiled: dict[str, _Compiled] = {}

    def for_driver(self, dialect: sa.Dialect) -> _Compiled:
        """The statement as a driver takes it."""
        known = self._compiled.get(dialect.driver)
        if known is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            known = self._compiled[dialect.driver] = _Compiled(compiled, dialect)
        return known


class _Compiled:
    """The text of a statement, with the conversions of what goes in and what comes out."""

    def __init__(self, compiled: Any, dialect: sa.Dialect) -> None:
        self.text: str = compiled.string
        self._named = not compiled.positional
        kinds = {name: bind.type for bind, name in compiled.bind_names.items()}
        self._values = {
            name: bind.value for bind, name in compiled.bind_names.items() if not bind.required
        }
        names: Sequence[str] = compiled.positiontup if compiled.positional else list(kinds)
        self._names = list(names)
        into = [kinds[name].dialect_impl(dialect).bind_processor(dialect) for name in names]
        self._into = [(at, convert) for at, convert in enumerate(into) if convert is not None]
        self._dialect = dialect
        self._columns = getattr(compiled.statement, "exported_columns", ())
        self._out: list[tuple[str, Convert | None]] | None = None

    def parameters(self, given: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them, by position or by name."""
        if self._values:
            given = {**self._values, **given}
        values = [*map(given.__getitem__, self._names)]
        for at, convert in self._into:
            values[at] = convert(values[at])
        return dict(zip(self._names, values, strict=True)) if self._named else values

    def row(self, found: Sequence[Any], description: Sequence[Sequence[Any]]) -> Row:
        """A row that came back, by the names of its columns.

        Args:
            found: the row.
            description: what the driver's cursor says of its columns.
        """
        if self._out is None:
            self._out = [
                (column.key, self._from(column, told[1]))
                for column, told in zip(self._columns, description, strict=True)
            ]
        return {
            name: value if convert is None else convert(value)
            for (name, convert), value in zip(self._out, found, strict=True)
        }

    def _from(self, column: Any, kind: Any) -> Convert | None:
        found: Convert | None = column.type.dialect_impl(self._dialect).result_processor(
            self._dialect, kind
        )
        return found


class Asking:
    """A transaction that reads, for prepared statements.

    Args:
        cursor: of the driver's connection, in a transaction.
        dialect: what that connection speaks.
    """

    def __init__(self, cursor: Any, dialect: sa.Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def all(self, statement: Prepared, given: Mapping[str, Any]) -> list[Row]:
        """All rows of what a statement gives back."""
        compiled = statement.for_driver(self._dialect)
        self._cursor.execute(compiled.text, compiled.parameters(given))
        found = self._cursor.fetchall()
        return [compiled.row(row, self._cursor.description) for row in found]

    def first(self, statement: Prepared, given: Mapping[str, Any]) -> Row | None:
        """The first row of what a statement gives back."""
        compiled = statement.for_driver(self._dialect)
        self._cursor.execute(compiled.text, compiled.parameters(given))
        found = self._cursor.fetchall()
        return compiled.row(found[0], self._cursor.description) if found else None

    def only(self, statement: Prepared, given: Mapping[str, Any]) -> Row:
        """The row of a statement that always gives one back."""
        found = self.first(statement, given)
        assert found is not None, statement  # noqa: S101  # narrows the type
        return found


class Appending(Asking):
    """A transaction that writes, for prepared statements."""

    def run(self, statement: Prepared, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement that gives nothing back, once for each of the rows."""
        compiled = statement.for_driver(self._dialect)
        self._cursor.executemany(compiled.text, [compiled.parameters(row) for row in rows])
