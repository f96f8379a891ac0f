"""What holds for every test: cold kernels, patience with a busy machine, and real databases."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.postgres import PostgresDatabase
from nbmlops.store.catalog.sqlite import SqliteDatabase
from nbmlops.values.homes import own_module

# a process kept for the next run of a folder that is thrown away would only take time
os.environ["NBMLOPS_WARM_KERNELS"] = "0"

# how fast examples are made says nothing of what is tested
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_NUMBERS = count(1)

OpenCatalog = Callable[..., Database]


@pytest.fixture(scope="session", autouse=True)
def tests_are_no_project() -> Iterator[None]:
    """What a cell in the tests' own process leaves is not looked for in hundreds of tests."""

    def own(name: str) -> ModuleType | None:
        return None if name.partition(".")[0] == "tests" else own_module(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbmlops.capture.module_state.own_module", own)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server, started once for all tests."""
    pytest.importorskip("psycopg", reason="needs nbmlops[team]")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder that it looks for as it is imported
        pgserver = pytest.importorskip("pgserver", reason="PostgreSQL has no package here")
    # Not under pytest's folder, which is open to its owner alone: for root, the server runs as
    # another user.
    with TemporaryDirectory(prefix="nbmlops-postgres-") as folder:
        yield from _serve(pgserver, Path(folder))


def _serve(pgserver: ModuleType, folder: Path) -> Iterator[str]:
    server = pgserver.get_server(folder / "data")
    for setting in ("fsync = off", "max_connections = 200"):
        server.psql(f"ALTER SYSTEM SET {setting};")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The URL of an empty database of its own."""
    import psycopg

    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return postgres_server.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog_place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where an empty catalog of each kind is: a file, or a URL."""
    if request.param == "sqlite":
        return tmp_path / "catalog.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def open_catalog(catalog_place: Path | str) -> Iterator[OpenCatalog]:
    """Opens the catalog, any number of times; ``patience`` is in seconds."""
    with ExitStack() as opened:

        def open_it(*, patience: float = 15) -> Database:
            database = opened_catalog(catalog_place, patience=patience)
            opened.callback(database.close)
            return database

        yield open_it


def opened_catalog(place: Path | str, *, patience: float = 15) -> Database:
    """A catalog of either kind."""
    if isinstance(place, str):
        return PostgresDatabase(place, patience=patience)
    return SqliteDatabase(place, busy_timeout=round(1000 * patience))
