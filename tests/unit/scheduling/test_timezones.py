"""Time zones by name, and the machine's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmlops.errors import CronError
from nbmlops.scheduling.timezones import local_zone, zone


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Berlim", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("Amerca/New_York", "America/New_York"),
        ("Berln", "Europe/Berlin"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest_name(written: str, meant: str) -> None:
    with pytest.raises(CronError, match="There is no time zone") as refusal:
        zone(written)
    assert refusal.value.cure == f"Did you mean '{meant}'?"


@pytest.mark.parametrize(
    "written", ["", "America", "../etc/passwd", "Nowhere at all", "Mars/Base", "Europe/Munich"]
)
def test_what_is_near_no_zone_is_refused_without_a_guess(written: str) -> None:
    with pytest.raises(CronError) as refusal:
        zone(written)
    assert refusal.value.cure == "Write an IANA name such as 'Europe/Berlin', or 'UTC'."


def test_utc_has_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Etc/UTC")
    assert local_zone() == "UTC"


def test_the_variable_tz_names_the_local_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Asia/Kathmandu")
    assert local_zone() == "Asia/Kathmandu"


def test_else_the_link_of_the_machine_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TZ", raising=False)
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    assert local_zone(link) == "Europe/Berlin"


def test_a_zone_that_cannot_be_known_is_utc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST")
    assert local_zone(tmp_path / "nothing") == "UTC"
