"""Open the catalog and the objects of a project where its settings say that they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbmlops.config import StorePlaces
from nbmlops.store.making import make_store

if TYPE_CHECKING:
    from nbmlops.store.catalog.base import Database
    from nbmlops.store.objects.base import ObjectStore


def catalog_file(store: Path, places: StorePlaces) -> Path:
    """The file of the catalog; of one in PostgreSQL, that which names it."""
    return store / ("config.toml" if places.catalog else "catalog.db")


def open_catalog(store: Path, places: StorePlaces, *, patience: float) -> Database:
    """The catalog: SQLite in the project's store, or PostgreSQL where that is set.

    Args:
        store: the folder of the store, made where there is none.
        places: what the settings say.
        patience: seconds to wait for another's transaction.

    Raises:
        UsageError: the driver is not installed, or the URL is wrong.
        StoreError: the catalog cannot be opened.
    """
    make_store(store)
    if places.catalog:
        from nbmlops.store.catalog.postgres import PostgresDatabase

        return PostgresDatabase(places.catalog, schema=places.schema, patience=patience)
    from nbmlops.store.catalog.sqlite import SqliteDatabase

    return SqliteDatabase(catalog_file(store, places), busy_timeout=round(1000 * patience))


def open_objects(store: Path, places: StorePlaces) -> ObjectStore:
    """The objects: a folder in the project's store, or the one that is set.

    Args:
        store: the folder of the store, made where there is none.
        places: what the settings say.
    """
    from nbmlops.store.objects.folder import FolderObjectStore

    make_store(store)
    return FolderObjectStore(Path(places.objects) if places.objects else store / "objects")
