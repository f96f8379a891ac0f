"""The folder of a store."""

from __future__ import annotations

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
