"""``INSERT … ON CONFLICT DO NOTHING``, which SQLite and PostgreSQL write alike.

SQLAlchemy has it per database, each in a package that only that database needs.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles


class _DoNothing(sa.ClauseElement):
    """What follows the values of an insert that leaves alone what is there."""

    inherit_cache = True


@compiles(_DoNothing)
def _write(element: _DoNothing, compiler: Any, **options: Any) -> str:
    del element, compiler, options
    return "ON CONFLICT DO NOTHING"


def insert_new(table: sa.Table) -> sa.Insert:
    """An insert that leaves rows alone whose key is there, and gives back those that it made."""
    statement = sa.insert(table)
    statement._post_values_clause = _DoNothing()  # noqa: SLF001 (where both dialects put theirs)
    return statement
