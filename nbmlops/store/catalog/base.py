"""The port behind which a database stands."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from nbmlops.store.catalog.prepared import Appending, Asking

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Database(Protocol):
    """A catalog database whose schema is current.

    Every method may raise a `StoreError`: `StoreBusyError` when the database stays locked or is
    out of reach, `StoreRefusedError` when it lets nobody in, `StoreUnwritableError` when it is
    read-only or its disk is full, `StoreCorruptError` when it is damaged. Usable from any thread;
    one transaction belongs to one thread.
    """

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one consistent state."""

    def write(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        """A transaction that holds the write lock from its first statement.

        Two writers never read the same state and then both write: the second waits. Commits on
        leaving, rolls back on an exception.

        Args:
            durable: whether the commit must survive a power cut, which costs a disk flush. A
                killed process loses no commit either way.
        """

    def ask(self) -> AbstractContextManager[Asking]:
        """As `read`, for prepared statements: what one question asks again and again."""

    def append(self) -> AbstractContextManager[Appending]:
        """As `write`, not durable, for prepared statements: what runs after every cell."""

    def change_counter(self) -> int:
        """A number that differs after another process has committed a change."""

    def go_on_numbering(self, connection: Connection) -> None:
        """Number new rows behind those that were put in with numbers of their own.

        Args:
            connection: the transaction that has put them in.
        """

    def skew(self) -> timedelta:
        """How far the database's clock is ahead of this machine's.

        Leases between machines are counted by it; zero where all are on one machine.
        """

    def problems(self) -> list[str]:
        """What the database finds wrong with its own files and references, a text for each.

        One of a broken reference contains ``refers to``.
        """

    def close(self) -> None:
        """Give up all connections."""
