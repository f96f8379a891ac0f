"""Statements that run again and again: compiled once, and given to the driver as they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import sqlalchemy as sa

Convert = Callable[[Any], Any]
Row = dict[str, Any]


class Compiled:
    """The text of a statement, with the conversions of what goes in and what comes out.

    Args:
        text: as the driver takes it.
        names: of its parameters, in their order.
        named: whether it takes them by name.
        values: of those that are not given each time.
        into: of parameters that are converted, their places and how.
        out: the names of what comes back, and how each is converted; `_columns` tells where it is
            not given.
    """

    def __init__(
        self,
        text: str,
        *,
        names: Sequence[str],
        named: bool,
        values: Mapping[str, Any],
        into: Sequence[tuple[int, Convert]],
        out: list[tuple[str, Convert | None]] | None = None,
    ) -> None:
        self.text = text
        self._names = list(names)
        self._named = named
        self._values = dict(values)
        self._into = into
        self._out = out

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
            self._out = self._columns(description)
        return {
            name: value if convert is None else convert(value)
            for (name, convert), value in zip(self._out, found, strict=True)
        }

    def _columns(self, description: Sequence[Sequence[Any]]) -> list[tuple[str, Convert | None]]:
        raise NotImplementedError


class Statement(Protocol):
    """What a transaction for prepared statements runs."""

    def for_driver(self, driver: Driver) -> Compiled:
        """The statement as a driver takes it."""


class Driver:
    """What prepared statements are compiled for.

    Args:
        dialect: gives that of SQLAlchemy, which is loaded for it.
        written: statements that need not be compiled, by name.
    """

    def __init__(
        self, dialect: Callable[[], sa.Dialect], written: Mapping[str, Compiled] | None = None
    ) -> None:
        self._find = dialect
        self._dialect: sa.Dialect | None = None
        self.written = written or {}

    @property
    def dialect(self) -> sa.Dialect:
        """What the database speaks."""
        if self._dialect is None:
            self._dialect = self._find()
        return self._dialect


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
        self._compiled: dict[str, _ByTables] = {}

    def for_driver(self, driver: Driver) -> Compiled:
        """The statement as a driver takes it."""
        return self.compiled(driver.dialect)

    def compiled(self, dialect: sa.Dialect) -> _ByTables:
        """The statement in what a database speaks."""
        known = self._compiled.get(dialect.driver)
        if known is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            known = self._compiled[dialect.driver] = _ByTables(compiled, dialect)
        return known


class Recorded:
    """One of `statements`, by name: where its text is written down, it takes no SQLAlchemy.

    That takes longer to load than all else that the first record of a kernel does, and makes each
    collection of garbage longer.

    Args:
        name: of the statement.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def for_driver(self, driver: Driver) -> Compiled:
        """The statement as a driver takes it."""
        written = driver.written.get(self.name)
        if written is not None:
            return written
        from nbmlops.store.catalog.statements import STATEMENTS

        return STATEMENTS[self.name].compiled(driver.dialect)


class _ByTables(Compiled):
    """A statement that was compiled: the types of its columns say how they are converted."""

    def __init__(self, compiled: Any, dialect: sa.Dialect) -> None:
        self.kinds = {name: bind.type for bind, name in compiled.bind_names.items()}
        names: Sequence[str] = compiled.positiontup if compiled.positional else list(self.kinds)
        into = [self.kinds[name].dialect_impl(dialect).bind_processor(dialect) for name in names]
        self.names = list(names)
        self.values = {
            name: bind.value for bind, name in compiled.bind_names.items() if not bind.required
        }
        super().__init__(
            compiled.string,
            names=names,
            named=not compiled.positional,
            values=self.values,
            into=[(at, convert) for at, convert in enumerate(into) if convert is not None],
        )
        self._dialect = dialect
        self.exported = getattr(compiled.statement, "exported_columns", ())

    def _columns(self, description: Sequence[Sequence[Any]]) -> list[tuple[str, Convert | None]]:
        return [
            (column.key, self._from(column, told[1]))
            for column, told in zip(self.exported, description, strict=True)
        ]

    def _from(self, column: Any, kind: Any) -> Convert | None:
        found: Convert | None = column.type.dialect_impl(self._dialect).result_processor(
            self._dialect, kind
        )
        return found


class Asking:
    """A transaction that reads, for prepared statements.

    Args:
        cursor: of the driver's connection, in a transaction.
        driver: what that connection takes.
    """

    def __init__(self, cursor: Any, driver: Driver) -> None:
        self._cursor = cursor
        self._driver = driver

    def all(self, statement: Statement, given: Mapping[str, Any]) -> list[Row]:
        """All rows of what a statement gives back."""
        compiled = statement.for_driver(self._driver)
        self._cursor.execute(compiled.text, compiled.parameters(given))
        found = self._cursor.fetchall()
        return [compiled.row(row, self._cursor.description) for row in found]

    def first(self, statement: Statement, given: Mapping[str, Any]) -> Row | None:
        """The first row of what a statement gives back."""
        compiled = statement.for_driver(self._driver)
        self._cursor.execute(compiled.text, compiled.parameters(given))
        found = self._cursor.fetchall()
        return compiled.row(found[0], self._cursor.description) if found else None

    def only(self, statement: Statement, given: Mapping[str, Any]) -> Row:
        """The row of a statement that always gives one back."""
        found = self.first(statement, given)
        assert found is not None, statement  # noqa: S101  # narrows the type
        return found


class Appending(Asking):
    """A transaction that writes, for prepared statements."""

    def run(self, statement: Statement, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement that gives nothing back, once for each of the rows."""
        compiled = statement.for_driver(self._driver)
        self._cursor.executemany(compiled.text, [compiled.parameters(row) for row in rows])
