"""Of what is installed already, pip installs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmlops.capture.installed import are_installed


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of distributions in front of all others."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(site: Path, name: str, version: str, *requires: str) -> None:
    """The metadata of a distribution."""
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {one}" for one in requires]
    (folder / "METADATA").write_text("\n".join(lines) + "\n")


def test_versions_that_are_asked_for_count(site: Path) -> None:
    install(site, "shelfware", "2.1")
    assert are_installed(["shelfware", "shelfware>=2,<3", "Shelfware==2.1"])
    assert not are_installed(["shelfware==2.0"])
    assert not are_installed(["shelfware", "nowhere-to-be-found"])


def test_what_a_distribution_needs_must_be_there_as_well(site: Path) -> None:
    install(site, "shelfware", "1.0", 'missing; extra == "all"', "shelf>=1")
    assert not are_installed(["shelfware"])
    install(site, "shelf", "1.5", "shelfware")
    assert are_installed(["shelfware"])
