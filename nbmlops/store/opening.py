"""Open the catalog and the objects of a project where its settings say that they are."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from nbmlops.config import BUCKETS, GIBIBYTE, Settings, StorePlaces
from nbmlops.store.making import make_store

if TYPE_CHECKING:
    from nbmlops.store.catalog.base import Database
    from nbmlops.store.objects.base import ObjectStore
    from nbmlops.store.objects.cached import CachedObjectStore


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


def open_objects(store: Path, settings: Settings) -> ObjectStore:
    """The objects: a folder in the project's store, the one that is set, or a bucket.

    Args:
        store: the folder of the store, made where there is none.
        settings: say where they are, and how much a cache of them may take.

    Raises:
        UsageError: the driver is not installed, or the URL is wrong.
    """
    make_store(store)
    places = settings.store
    if places.objects.startswith(BUCKETS):
        return open_bucket(places.objects, store, cache_limit=settings.cache_limit * GIBIBYTE)
    from nbmlops.store.objects.folder import FolderObjectStore

    return FolderObjectStore(Path(places.objects) if places.objects else store / "objects")


def open_bucket(url: str, store: Path, *, cache_limit: int) -> CachedObjectStore:
    """The objects in a bucket, with their cache in a folder of the store.

    Args:
        url: ``s3://bucket/prefix``.
        store: the folder of the store.
        cache_limit: the bytes that the cache may take.

    Raises:
        UsageError: the driver is not installed, or the URL is wrong.
    """
    from nbmlops.store.objects.bucket import Bucket
    from nbmlops.store.objects.cached import CachedObjectStore
    from nbmlops.store.objects.remote import RemoteObjects

    bucket = Bucket(url)
    place = hashlib.sha256(bucket.name.encode()).hexdigest()[:12]
    return CachedObjectStore(RemoteObjects(bucket), store / "cache" / place, limit=cache_limit)
