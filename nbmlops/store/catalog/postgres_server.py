"""How a PostgreSQL server is reached, and what is said where it cannot be."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from nbmlops.errors import (
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreRefusedError,
    StoreUnreachableError,
    StoreUnwritableError,
    UsageError,
)

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.abc import Buffer
    from psycopg.types.string import StrDumper

_LONGEST_WAIT = 10
"""Seconds for which at most one attempt to reach a server takes."""

_REASON = re.compile(r"^.*failed: (?:FATAL:\s+)?(.+)$", re.MULTILINE)
"""What libpq says of an attempt to connect, without what it says of the place."""

_NUL, _SHOWN_NUL = "\0", "\N{SYMBOL FOR NULL}"


class Server:
    """Makes connections to a server.

    Args:
        url: as libpq takes it.
        patience: seconds to wait for it.

    Raises:
        UsageError: the driver is not installed, or the URL is none.
    """

    def __init__(self, url: str, *, patience: float) -> None:
        try:
            import psycopg
            from psycopg.conninfo import conninfo_to_dict
        except ImportError as error:
            raise UsageError(
                "The catalog is in PostgreSQL, and its driver psycopg is not installed.",
                cure="Install it: pip install 'nbmlops[team]'.",
            ) from error
        self._url = url
        self._wait = max(2, min(round(patience), _LONGEST_WAIT))
        self.errors: tuple[type[Exception], ...] = (psycopg.Error,)
        try:
            said = conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise UsageError(
                f"{url!r} does not name a PostgreSQL database: {error}.",
                cure="Write postgresql://host/database, or postgresql:///?service=name.",
            ) from error
        if said.get("password"):
            raise UsageError(
                "The URL of the catalog holds a password, which is not to stand in a file.",
                cure="Put it into ~/.pgpass, a service or PGPASSWORD, and take it out of the URL.",
            )
        self.name = _name_of(said)

    def connect(self) -> Connection[Any]:
        """A new connection, which begins transactions only when told to."""
        import psycopg

        made = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=self._wait,
            application_name="nbmlops",
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )
        made.adapters.register_dumper(str, _texts())
        return made


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def explained(error: BaseException | None, name: str) -> StoreError:
    """What an error of the driver means.

    Args:
        error: what the driver raised.
        name: the catalog, as people call it.
    """
    state = getattr(error, "sqlstate", None) or ""
    said = _sentence(error)
    for states, fragments, kind, message, cure in _CAUSES:
        if state.startswith(states) or (not state and any(part in said for part in fragments)):
            return kind(message.format(name=name, said=said), cure=cure)
    if not state and type(error).__name__ in {"OperationalError", "ConnectionTimeout"}:
        return StoreUnreachableError(f"The catalog {name} cannot be reached: {said}.")
    return StoreError(f"The catalog {name} failed: {said}.")


def _sentence(error: BaseException | None) -> str:
    """What the server said first; where no server was reached, what was found out last."""
    said: str | None = getattr(getattr(error, "diag", None), "message_primary", None)
    reasons = _REASON.findall(str(error)) or str(error).strip().splitlines()
    return (said or (reasons[-1] if reasons else "no reason given")).strip().rstrip(".")


_Cause = tuple[tuple[str, ...], tuple[str, ...], type[StoreError], str, str]

_CAUSES: tuple[_Cause, ...] = (
    (
        ("55P03", "57014", "40001", "40P01"),
        (),
        StoreBusyError,
        "The catalog {name} is locked by another process.",
        "Try again when that process has finished.",
    ),
    (
        ("28", "3D000", "42501"),
        (
            "password authentication failed",
            "no password supplied",
            "does not exist",
            "no pg_hba.conf entry",
            "permission denied",
            "definition of service",
        ),
        StoreRefusedError,
        "The catalog {name} does not let you in: {said}.",
        "Check user, password (PGPASSWORD, ~/.pgpass, a service), database and rights.",
    ),
    (
        ("25006",),
        (),
        StoreUnwritableError,
        "The catalog {name} can only be read.",
        "Name the server that takes writes, not a standby.",
    ),
    (
        ("53100", "58030"),
        (),
        StoreUnwritableError,
        "The disk of the catalog {name} is full or failing; nothing recorded before is lost.",
        "Free some space on the database's machine and try again.",
    ),
    (
        ("08", "57P", "53300", "53200"),
        (),
        StoreUnreachableError,
        "The catalog {name} cannot be reached: {said}.",
        "",
    ),
    (
        ("42P01", "42703", "XX001", "XX002"),
        (),
        StoreCorruptError,
        "The catalog {name} is damaged: {said}.",
        "Put back a backup, or name another schema to start a new history.",
    ),
)


def _name_of(said: dict[str, Any]) -> str:
    if said.get("service"):
        return f"postgresql service {said['service']}"
    return f"postgresql://{said.get('host', '')}/{said.get('dbname', '')}"


@cache
def _texts() -> type[StrDumper]:
    """What writes texts: PostgreSQL keeps no NUL, so that one is written by its symbol."""
    from psycopg.types.string import StrDumper

    class TextDumper(StrDumper):
        def dump(self, obj: str) -> Buffer | None:
            return super().dump(obj.replace(_NUL, _SHOWN_NUL) if _NUL in obj else obj)

    return TextDumper
