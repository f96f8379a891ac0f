"""The folder of a store."""

from __future__ import annotations

import os
from pathlib import Path

from nbmlops.errors import StoreUnwritableError


def make_store(store: Path) -> None:
    """Make the folder of a store, which git leaves alone, where there is none.

    Raises:
        StoreUnwritableError: it cannot be made.
    """
    try:
        store.mkdir(exist_ok=True)
        ignore = store / ".gitignore"
        if not ignore.exists():
            ignore.write_text("# Made by nbmlops: the store is not part of the sources.\n*\n")
    except FileExistsError as error:
        raise StoreUnwritableError(
            f"The store {store} cannot be made: a file is in its place.",
            cure="Move that file away, or name another project folder with --project.",
        ) from error
    except OSError as error:
        raise StoreUnwritableError(
            f"The store {store} cannot be made: {error.strerror}.",
            cure="Make the project folder writable, or name another with --project.",
        ) from error


def require_writable(store: Path) -> None:
    """Refuse what would be recorded where a store can only be read.

    Raises:
        StoreUnwritableError: it, or the project's folder where there is none yet.
    """
    there = [path for path in (store, store / "catalog.db") if path.exists()]
    for path in there or [store.parent]:
        if not os.access(path, os.W_OK):
            raise StoreUnwritableError(
                f"Nothing is recorded here: {path} can only be read.",
                cure="Make it writable for you, or work in a copy of the project's folder; what "
                "was recorded before can be looked at as it is.",
            )
