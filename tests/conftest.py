"""What holds for every test: cold kernels, patience with a busy machine, and real databases."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from types import ModuleType
from typing import IO

import httpx
import pytest
from hypothesis import HealthCheck, settings

from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.postgres import PostgresDatabase
from nbmlops.store.catalog.sqlite import SqliteDatabase
from nbmlops.values.homes import own_module

# a process kept for the next run of a folder that is thrown away would only take time
os.environ["NBMLOPS_WARM_KERNELS"] = "0"

# a shell that starts the tests in the background has them and their children ignore Ctrl-C
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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


@pytest.fixture(scope="module", autouse=True)
def what_is_left_is_collected_once() -> Iterator[None]:
    """Thousands of tests leave more and more behind, and each collection would look at it all.

    A shell has everything collected when it is reset, and once more when the process ends.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def the_environment_comes_back() -> Iterator[None]:
    """What a notebook sets in the tests' own process would change those that come behind it."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


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


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The URL of a real server of S3, in a process of its own, started once for all tests."""
    pytest.importorskip("obstore", reason="needs nbmlops[team]")
    if find_spec("moto") is None or find_spec("flask") is None:
        pytest.skip("a server of S3 needs moto[server]")
    command = [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with NamedTemporaryFile("r") as log:
        server = subprocess.Popen(command, stdout=log.fileno(), stderr=subprocess.STDOUT)
        try:
            yield _address_in(log)
        finally:
            server.kill()
            server.wait()


def _address_in(log: IO[str]) -> str:
    """The address that a server says that it has, as soon as it does."""
    for _ in range(600):
        log.seek(0)
        found = re.search(r"http://127[\d.:]+", log.read())
        if found:
            return found[0]
        time.sleep(0.05)
    pytest.fail("the server of S3 did not start")


@pytest.fixture
def s3_url(s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The URL of an empty bucket of its own, which this process may use."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "team",
        "AWS_SECRET_ACCESS_KEY": "made up",
        "AWS_CONFIG_FILE": str(tmp_path / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"test-{os.getpid()}-{next(_NUMBERS)}"
    httpx.put(f"{s3_server}/{bucket}").raise_for_status()
    return f"s3://{bucket}/flights"


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
