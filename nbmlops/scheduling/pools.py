"""Named pools: how many runs of a kind may go on at once, in all schedules together."""

from __future__ import annotations

import re

from nbmlops.domain.schedules import Pool
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.store.catalog.pools import PoolRecords

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


class PoolService:
    """Makes, resizes and removes pools.

    A schedule that names a pool takes one of its places for each run; where none is free, its due
    times wait. Whoever claims a due time counts in the same transaction, so that any number of
    schedulers keep to the sizes.
    """

    def __init__(self, records: PoolRecords) -> None:
        self._records = records

    def all(self) -> list[Pool]:
        """Every pool by name, with what is taken and what waits."""
        return self._records.all()

    def get(self, name: str) -> Pool:
        """One pool.

        Raises:
            UnknownNameError: there is none of that name.
        """
        pools = {pool.name: pool for pool in self._records.all()}
        if name not in pools:
            raise UnknownNameError("pool", name, list(pools), cure=_make(name))
        return pools[name]

    def resize(self, name: str, size: int) -> Pool:
        """Make a pool, or change its size; what runs in it goes on.

        Raises:
            UsageError: it cannot be named so.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} is no name for a pool.",
                cure="Use letters, digits, '.', '_' and '-', such as gpu.",
            )
        self._records.resize(name, size)
        return self.get(name)

    def remove(self, name: str) -> Pool:
        """Remove a pool.

        Returns:
            What it was.

        Raises:
            UnknownNameError: there is none of that name.
            UsageError: a schedule or backfill uses it.
        """
        pool = self.get(name)
        users = self._records.remove(name)
        if users:
            listed = ", ".join(map(str, users))
            raise UsageError(
                f"The pool {name!r} is used by schedule {listed}.",
                cure=f"Remove that first: nbmlops unschedule {users[0]}.",
            )
        return pool


def _make(name: str) -> str:
    return f"Make it: nbmlops pools {name} --size 2."
