"""What only a catalog in PostgreSQL does: servers that are away, refuse, or hold several."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmlops.errors import (
    NbmlopsError,
    StoreRefusedError,
    StoreTooNewError,
    StoreUnreachableError,
    UsageError,
)
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.postgres import PostgresDatabase
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


def add(database: PostgresDatabase, name: str) -> None:
    """Write one row."""
    with database.write() as connection:
        connection.execute(sa.insert(schema.pipelines).values(name=name))


def names(database: PostgresDatabase) -> list[str]:
    """Every row."""
    with database.read() as connection:
        return list(connection.execute(sa.select(schema.pipelines.c.name)).scalars())


@dataclass(frozen=True)
class Refused:
    """A URL that leads nowhere; ``{name}`` is that of the server."""

    before: str
    after: str
    kind: type[NbmlopsError]
    said: str


REFUSED = (
    Refused("postgres:@", "nobody:@", StoreRefusedError, 'role "nobody" does not exist'),
    Refused("/test_", "/other_", StoreRefusedError, "does not exist. Check user, password"),
    Refused("postgres:@", "postgres:secret@", UsageError, "holds a password"),
    Refused("postgresql://", "postgresql:/x/", UsageError, "does not name a PostgreSQL database"),
    Refused("?host=", "?service=none&x=", UsageError, "does not name a PostgreSQL database"),
)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.after)
def test_a_wrong_url_is_told_in_one_sentence(postgres_url: str, case: Refused) -> None:
    with pytest.raises(case.kind, match=case.said):
        PostgresDatabase(postgres_url.replace(case.before, case.after, 1))


def test_a_server_that_is_away_is_unreachable() -> None:
    with pytest.raises(
        StoreUnreachableError, match=r"127.0.0.1/flights .* reached: Connection refused\. "
    ):
        PostgresDatabase("postgresql://127.0.0.1:1/flights", patience=1)


def test_a_connection_that_the_server_gave_up_is_opened_again(
    postgres_url: str, postgres_server: str
) -> None:
    import psycopg

    database = PostgresDatabase(postgres_url)
    add(database, "flights")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'nbmlops' AND pid <> pg_backend_pid()"
        )
    add(database, "taxis")
    assert names(database) == ["flights", "taxis"]
    database.close()


def test_two_schemas_of_a_database_are_two_catalogs(postgres_url: str) -> None:
    one, other = (PostgresDatabase(postgres_url, schema=name) for name in ("one", 'the "other"'))
    add(one, "flights")
    with one.write():
        add(other, "taxis")  # their writers do not wait for each other
    assert (names(one), names(other)) == (["flights"], ["taxis"])
    one.close()
    other.close()


def test_a_catalog_of_a_newer_release_is_refused(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StoreTooNewError, match="newer nbmlops"):
        PostgresDatabase(postgres_url)


def test_a_project_names_the_catalog_in_its_settings(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / ".nbmlops").mkdir()
    settings = f'[store]\ncatalog = "{postgres_url}"\nschema = "flights"\n'
    (tmp_path / ".nbmlops" / "config.toml").write_text(settings)
    workspace = Workspace(tmp_path)
    assert isinstance(workspace.database, PostgresDatabase)
    assert workspace.history.steps() == []
    assert not (tmp_path / ".nbmlops" / "catalog.db").exists()
    workspace.close()


def test_objects_of_others_are_not_taken_for_lost(tmp_path: Path, shell: Shell) -> None:
    (tmp_path / ".nbmlops").mkdir()
    settings = '[store]\ncatalog = "postgresql://127.0.0.1:1/flights"\n'
    (tmp_path / ".nbmlops" / "config.toml").write_text(settings)
    answer = shell("--project", str(tmp_path), "fsck", "--repair")
    assert answer.code == 2
    assert "a repair would give up those of others. Share a folder" in answer.err


def test_a_team_may_share_a_folder_for_its_objects(tmp_path: Path) -> None:
    members = [tmp_path / name / ".nbmlops" for name in ("one", "other")]
    for store in members:
        store.mkdir(parents=True)
        (store / "config.toml").write_text(f'[store]\nobjects = "{tmp_path / "shared"}"\n')
    one, other = (Workspace(store.parent) for store in members)
    assert other.objects.get(one.objects.put(b"content")) == b"content"
    assert not (members[0] / "objects").exists()


def test_a_wrong_password_is_told_in_one_sentence_with_its_cure(
    postgres_url: str, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server on this machine asks for none, so its own rules are changed for one user."""
    import psycopg

    with psycopg.connect(postgres_server, autocommit=True) as connection:
        found = connection.execute("SHOW hba_file").fetchone()
        assert found is not None
        rules = Path(found[0])
        before = rules.read_text("utf-8")
        connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        try:
            rules.write_text(f"local all guarded scram-sha-256\n{before}", "utf-8")
            connection.execute("SELECT pg_reload_conf()")
            guarded = postgres_url.replace("postgres:@", "guarded@", 1)
            for password in ("wrong", None):
                if password is None:
                    monkeypatch.delenv("PGPASSWORD")
                else:
                    monkeypatch.setenv("PGPASSWORD", password)
                with pytest.raises(StoreRefusedError, match=r"PGPASSWORD, ~/.pgpass") as refusal:
                    _refused(guarded)
                assert "\n" not in str(refusal.value)
        finally:
            rules.write_text(before, "utf-8")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("DROP ROLE guarded")


def _refused(url: str) -> None:
    """Try for a moment: the server takes up new rules a little later."""
    for _ in range(50):
        try:
            PostgresDatabase(url, patience=2).close()
        except StoreRefusedError as error:
            if "password" in error.message:
                raise
        except NbmlopsError:
            pass
        time.sleep(0.1)
