"""Where packages came from that no index gave, and what is in them."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nbmlops.capture import direct_packages
from nbmlops.capture.direct_packages import EditableSources, direct_package
from nbmlops.capture.environment import EnvironmentProbe
from nbmlops.domain.environments import DirectPackage


@dataclass(frozen=True)
class Case:
    name: str
    origin: Any
    found: DirectPackage | None


CASES = [
    Case("from an index", None, None),
    Case("not as the standard says", {"origin": 3}, None),
    Case(
        "a commit, without the credentials",
        {
            "url": "https://user:secret@example.org/small.git",
            "vcs_info": {"vcs": "git", "commit_id": "abc"},
        },
        DirectPackage(url="git+https://example.org/small.git@abc"),
    ),
    Case(
        "an archive",
        {"url": "https://example.org/small-1.0.whl", "archive_info": {}},
        DirectPackage(url="https://example.org/small-1.0.whl"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_origin_is_told(case: Case) -> None:
    files = {"direct_url.json": json.dumps(case.origin)} if case.origin else {}
    assert direct_package(files.get, EditableSources()) == case.found


def test_an_installed_copy_is_known_by_what_the_installer_wrote_down() -> None:
    files = {"direct_url.json": json.dumps({"url": "file:///small", "dir_info": {}})}
    digests = set()
    for digest in ("abc", "def"):
        files["RECORD"] = f"small.py,sha256={digest},3\nsmall-1.0.dist-info/RECORD,,\n"
        package = direct_package(files.get, EditableSources())
        assert package is not None
        digests.add(package.digest)
    assert len(digests) == 2
    assert None not in digests


def test_editable_sources_are_known_by_the_content_of_their_python_files(tmp_path: Path) -> None:
    sources = EditableSources()
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "a.py").write_text("x = 1\n")
    first = sources.digest(tmp_path)
    (tmp_path / "notes.txt").write_text("no code")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "b.py").write_text("y = 2\n")
    assert sources.digest(tmp_path) == first
    assert EditableSources().digest(tmp_path) == first
    (tmp_path / "package" / "a.py").write_text("x = 22\n")
    assert sources.digest(tmp_path) not in {first, None}


def test_a_folder_without_python_has_no_digest(tmp_path: Path) -> None:
    assert EditableSources().digest(tmp_path) is None
    assert EditableSources().digest(tmp_path / "gone") is None


def test_an_edited_package_makes_another_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the latest after the minute in which sources are not looked at again."""
    monkeypatch.setattr(direct_packages, "_LOOK_AGAIN", 0.0)
    info, sources = tmp_path / "site" / "small-1.0.dist-info", tmp_path / "sources"
    info.mkdir(parents=True)
    sources.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
    origin = {"url": sources.as_uri(), "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(origin))
    (sources / "small.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    probe = EnvironmentProbe()
    first = probe.take()
    assert first.direct["small"].editable
    assert probe.take() is first
    (sources / "small.py").write_text("x = 22\n")
    second = probe.take()
    assert list(second.differences(first)) == ["small (sources)"]
    assert second.digest != first.digest


def test_a_setting_of_threads_makes_another_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    probe = EnvironmentProbe()
    first = probe.take()
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert list(probe.take().differences(first)) == ["OMP_NUM_THREADS"]


def test_what_is_made_or_removed_in_a_folder_that_was_listed_long_ago_is_seen(
    tmp_path: Path,
) -> None:
    sources, package = EditableSources(), tmp_path / "package"
    package.mkdir()
    (package / "a.py").write_text("x = 1\n")
    for folder in (tmp_path, package):
        os.utime(folder, (1_000_000_000, 1_000_000_000))
    first = sources.digest(tmp_path)
    (package / "b.py").write_text("y = 1\n")
    os.utime(package, (1_000_000_001, 1_000_000_001))
    second = sources.digest(tmp_path)
    assert first != second == EditableSources().digest(tmp_path)
    (package / "b.py").unlink()
    assert sources.digest(tmp_path) == first


def test_who_is_forked_next_takes_what_was_looked_at_for_it_and_then_looks(tmp_path: Path) -> None:
    sources = EditableSources()
    (tmp_path / "a.py").write_text("x = 1\n")
    sources.digest(tmp_path)
    (tmp_path / "a.py").write_text("x = 22\n")
    sources.look_ahead(time.monotonic() + 60.0)
    looked = EditableSources().digest(tmp_path)
    (tmp_path / "a.py").write_text("x = 333\n")
    assert sources.digest(tmp_path) == looked
    assert sources.digest(tmp_path) == EditableSources().digest(tmp_path) != looked


def test_what_was_looked_at_long_ago_is_looked_at_again(tmp_path: Path) -> None:
    sources = EditableSources()
    (tmp_path / "a.py").write_text("x = 1\n")
    sources.digest(tmp_path)
    sources.look_ahead(time.monotonic() - 1.0)
    (tmp_path / "a.py").write_text("x = 22\n")
    assert sources.digest(tmp_path) == EditableSources().digest(tmp_path)
