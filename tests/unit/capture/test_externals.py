"""What a cell used outside is told without its credentials."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.capture import externals
from nbmlops.capture.externals import audited, folder_change, named_in, url_access
from nbmlops.capture.places import Places
from nbmlops.domain.accesses import ExternalAccess
from nbmlops.values import secrets


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path, None)


@dataclass(frozen=True, kw_only=True)
class Url:
    """A URL, and what is kept of it."""

    url: str
    name: str
    detail: str = ""
    kind: str = "url"


URLS = (
    Url(url="https://data.example/a.csv", name="https://data.example/a.csv"),
    Url(url="https://me:hush@data.example/a", name="https://data.example/a"),
    Url(
        url="https://data.example:8443/a?day=3&api_key=hush&X-Amz-Signature=hush",
        name="https://data.example:8443/a",
        detail="day=3&api_key=...&X-Amz-Signature=...",
    ),
    Url(url="s3://bucket/folder/x.parquet", name="s3://bucket/folder/x.parquet"),
    Url(
        url="postgresql+psycopg://me:hush@db.example/sales?password=hush",
        name="postgresql+psycopg://db.example/sales",
        detail="password=...",
        kind="database",
    ),
)


@pytest.mark.parametrize("case", URLS, ids=lambda case: case.url)
def test_a_url_is_kept_without_credentials(case: Url) -> None:
    found = url_access(case.url)
    assert (found.kind, found.name, found.detail) == (case.kind, case.name, case.detail)
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    "source",
    [
        'os.environ["EXAMPLE"]',
        'os.environ.get("EXAMPLE", "none")',
        'os.getenv("EXAMPLE")',
        'environ["EXAMPLE"]',
        'getenv("EXAMPLE")',
        'if "EXAMPLE" in os.environ: pass',
    ],
)
def test_a_variable_is_told_by_the_digest_of_its_value(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAMPLE", "hush")
    digest = hashlib.sha256(b"hush").hexdigest()[:16]
    assert named_in([source], []) == (
        ExternalAccess(kind="variable", name="EXAMPLE", detail=f"sha256:{digest}"),
    )


def test_a_variable_that_is_only_set_is_not_read() -> None:
    assert named_in(['os.environ["EXAMPLE"] = "1"'], []) == ()


def test_a_variable_that_is_not_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAMPLE", raising=False)
    (found,) = named_in(['os.getenv("EXAMPLE")'], [])
    assert found.detail == "not set"


def test_shell_lines_and_urls_in_the_code_are_told() -> None:
    found = named_in(["!curl -u me:hush x | gzip"], ["https://e.example/x", "file:///x", "a b"])
    assert [(access.kind, access.name) for access in found] == [
        ("process", "curl"),
        ("url", "https://e.example/x"),
    ]


def test_magics_that_start_a_program_are_told_as_it(places: Places) -> None:
    """`%ls` is `!ls`; what an alias of the user's starts is told by its terminal."""
    for source in ("%ls data", "%cat data/a.csv", "get_ipython().run_line_magic('ll', 'data')"):
        assert [access.kind for access in named_in([source], [])] == ["process"]
    assert named_in(["x = 7 % ls"], []) == ()
    told = audited([("os.forkpty", ())], places, sources=["%mine data"])
    assert [(access.kind, access.name) for access in told] == [("process", "in a terminal")]
    assert audited([("os.forkpty", ())], places, sources=["!ls data"]) == ()


@dataclass(frozen=True, kw_only=True)
class Event:
    """An audit event, and the kind and name of what it tells."""

    event: str
    arguments: tuple[Any, ...]
    told: tuple[tuple[str, str], ...] = ()


EVENTS = (
    Event(
        event="subprocess.Popen",
        arguments=("/bin/git", ["git", "log"]),
        told=(("process", "git"),),
    ),
    Event(
        event="subprocess.Popen",
        arguments=("/bin/sh", ["/bin/sh", "-c", "A=1 /opt/bin/tool --token hush"]),
        told=(("process", "tool"),),
    ),
    Event(event="subprocess.Popen", arguments=(None, "notepad x"), told=(("process", "notepad"),)),
    Event(event="os.system", arguments=(b"make all",), told=(("process", "make"),)),
    Event(event="os.system", arguments=("echo 'open",), told=(("process", "echo"),)),
    Event(event="socket.getaddrinfo", arguments=("e.example",), told=(("url", "e.example"),)),
    Event(
        event="socket.getaddrinfo", arguments=("me:hush@e.example",), told=(("url", "e.example"),)
    ),
    Event(event="socket.getaddrinfo", arguments=(None,)),
    Event(event="sqlite3.connect", arguments=(":memory:",)),
    Event(event="sqlite3.connect", arguments=("/data/x.db",), told=(("database", "/data/x.db"),)),
    Event(
        event="sqlite3.connect",
        arguments=("file:/data/x%20y.db?mode=ro",),
        told=(("database", "/data/x y.db"),),
    ),
    Event(event="sqlite3.connect", arguments=("file:shared?mode=memory",)),
    Event(event="urllib.Request", arguments=("file:///etc/hosts",)),
)


@pytest.mark.parametrize("case", EVENTS, ids=lambda case: f"{case.event} {case.arguments}")
def test_an_event_tells_what_was_used(case: Event, places: Places) -> None:
    found = audited([(case.event, case.arguments)], places)
    assert tuple((access.kind, access.name) for access in found) == case.told
    assert "hush" not in repr(found)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists open files")
def test_a_database_that_logs_ahead_is_used_as_long_as_it_is_open(
    places: Places, tmp_path: Path
) -> None:
    """Its readers look at memory, so that nothing tells of them."""
    path = str(tmp_path.resolve() / "x.db")
    database = sqlite3.connect(path)
    database.execute("create table t (v int)")
    assert not list(externals.logged_ahead([path], places))
    database.execute("pragma journal_mode = wal")
    database.execute("select * from t")
    assert [access.name for access in externals.logged_ahead([path], places)] == ["x.db"]
    database.close()
    assert not list(externals.logged_ahead([path], places))


def test_a_host_is_not_told_beside_its_url(places: Places) -> None:
    request = urllib.request.Request("https://e.example/x")
    events = [("urllib.Request", (request.full_url,)), ("socket.getaddrinfo", ("e.example",))]
    assert [access.name for access in audited(events, places)] == ["https://e.example/x"]


def test_a_change_of_the_working_directory_is_told(places: Places) -> None:
    (found,) = folder_change(places.project, f"{places.project}/data", places)
    assert (found.kind, found.name) == ("directory", "data")
    assert folder_change("/a", "/a", places) == ()


PRINTED = st.text(st.characters(exclude_categories=["C", "Z"]))


@given(text=PRINTED, words=st.lists(st.one_of(PRINTED, st.integers(), st.binary()), max_size=4))
def test_nothing_that_a_cell_says_breaks_the_record(text: str, words: list[object]) -> None:
    """What is not to be understood is left out, and never raises."""
    places = Places(Path("/project"), None)
    named_in([text, f"!{text}"], [text, f"http://{text}", f"http://[{text}"])
    events = [("subprocess.Popen", (text, words)), ("os.system", (text,)), ("os.system", (3,))]
    audited([*events, ("urllib.Request", (f"http://{text}",))], places)


def test_a_library_that_asks_for_the_processor_starts_no_process_of_the_cell(
    tmp_path: Path,
) -> None:
    events = [("subprocess.Popen", ("lscpu", ["lscpu", "--parse"])),
              ("subprocess.Popen", ("convert", ["convert", "a.png"]))]  # fmt: skip
    places = Places(tmp_path, None)
    quiet = audited(events, places, sources=["model.fit(x, y)"])
    assert [access.name for access in quiet] == ["convert"]
    said = audited(events, places, sources=["subprocess.run(['lscpu'])"])
    assert [access.name for access in said] == ["lscpu", "convert"]


def test_what_a_cell_sets_for_certain_is_known_from_its_code() -> None:
    """Also where it sets a variable to what it was; what stands under a condition may not run."""
    cell = "os.environ['A'] = '1'\ndel environ['B']\nif x:\n    os.environ['C'] = '1'\nd['D'] = 2"
    assert externals.variables_set_in(cell) == {"A", "B"}
    assert externals.variables_set_in("os.environ['A'] =") == set()


def test_the_digest_of_what_holds_a_secret_needs_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can try guesses on it; whether it is the same value can be told."""
    monkeypatch.setenv("EXAMPLE_PLACE", "db://me:a-long-secret@host")
    monkeypatch.setenv("EXAMPLE_TOKEN", "never declared")
    before = externals.variable_access("EXAMPLE_PLACE")
    assert before.detail.startswith("sha256:")
    assert externals.variable_access("EXAMPLE_TOKEN").detail.startswith("secret:")
    secrets.remember("a-long-secret")
    try:
        found = externals.variable_access("EXAMPLE_PLACE")
        assert found.detail.startswith("secret:")
        assert externals.without_digest(before) == found
        assert externals.is_as_then(found)
        monkeypatch.setenv("EXAMPLE_PLACE", "db://me:another@host")
        assert not externals.is_as_then(found)
    finally:
        secrets.forget()
