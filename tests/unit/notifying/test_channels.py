"""What may be said of a channel, and the file that keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from nbmlops.domain.notices import Notice, NoticeKind
from nbmlops.errors import UsageError
from nbmlops.notifying.channel_file import ChannelFile
from nbmlops.notifying.channels import channel_of
from nbmlops.testing import NOON

if TYPE_CHECKING:
    from pathlib import Path

HOOK: dict[str, Any] = {"type": "webhook", "url": "https://example.org/hook"}
MAIL: dict[str, Any] = {
    "type": "email",
    "to": ["me@example.org"],
    "sender": "nb@example.org",
    "host": "smtp.example.org",
}


def notice(kind: NoticeKind = NoticeKind.FAILED, **facts: Any) -> Notice:
    """A notice about the pipeline ``flights``."""
    usual = {"id": "n1", "at": NOON, "pipeline": "flights", "version": 2, "schedule": 1}
    return Notice(kind=kind, **(usual | facts))


@dataclass(frozen=True)
class Wrong:
    said: dict[str, Any]
    why: str
    name: str = "ops"


@pytest.mark.parametrize(
    "case",
    [
        Wrong(HOOK, "is no name", name="a b"),
        Wrong({"type": "fax"}, "has the type 'fax'"),
        Wrong({}, "has the type None"),
        Wrong(HOOK | {"colour": "red"}, "'colour', which is not known"),
        Wrong(HOOK | {"on": "failed"}, "has on = 'failed'"),
        Wrong(HOOK | {"on": ["sunrise"]}, "told when 'sunrise'"),
        Wrong(HOOK | {"on": []}, "told of nothing"),
        Wrong(HOOK | {"schedules": [True]}, "has schedules = \\[True\\]"),
        Wrong({"type": "webhook"}, "says no address to call"),
        Wrong({"type": "webhook", "url": "ftp://example.org"}, "has the address"),
        Wrong({"type": "webhook", "url": "https://me:pw@example.org"}, "holds a password"),
        Wrong({"type": "webhook", "url": "https://example.org:port"}, "has the address"),
        Wrong(HOOK | {"secret": "hunter2"}, "holds its secret itself"),
        Wrong(HOOK | {"link": "javascript:alert(1)"}, "has the link"),
        Wrong({"type": "slack", "url": "https://hooks.slack.example/T0"}, "which is a secret"),
        Wrong({"type": "email", "to": ["me@example.org"]}, "says no sender"),
        Wrong(MAIL | {"to": ["me"]}, "has the address 'me'"),
        Wrong(MAIL | {"to": ["a@b.org\r\nBcc: x@y.org"]}, "has the address"),
        Wrong(MAIL | {"port": 0}, "has the port 0"),
        Wrong(MAIL | {"security": "rot13"}, "has the security"),
        Wrong(MAIL | {"user": "me"}, "logs in without a password"),
        Wrong(MAIL | {"user": "me", "password": "hunter2"}, "holds its password itself"),
        Wrong(
            MAIL | {"user": "me", "password": "env:PW", "security": "none"}, "its password in clear"
        ),
    ],
    ids=lambda case: case.why,
)
def test_what_cannot_work_is_refused_in_a_sentence(case: Wrong) -> None:
    with pytest.raises(UsageError, match=case.why) as raised:
        channel_of(case.name, case.said)
    assert raised.value.cure
    assert "hunter2" not in str(raised.value)


def test_a_channel_is_told_of_its_pipelines_schedules_and_kinds_alone() -> None:
    channel = channel_of("ops", HOOK | {"pipelines": ["flights"], "schedules": [1]})
    assert channel.wants(notice())
    assert not channel.wants(notice(pipeline="trains"))
    assert not channel.wants(notice(schedule=2))
    assert not channel.wants(notice(NoticeKind.SUCCEEDED))
    assert channel_of("all", HOOK | {"on": ["succeeded"]}).wants(notice(NoticeKind.RECOVERED))


def test_what_people_wrote_around_a_channel_stays(tmp_path: Path) -> None:
    file = ChannelFile(tmp_path)
    file.path.write_text('# ours\n[night] # on call\ntype = "webhook"\nurl = "https://a.example"')
    file.add(channel_of("ops", MAIL | {"port": 25, "schedules": [3]}))
    assert list(file.read()) == ["night", "ops"]
    assert file.read()["ops"] == channel_of("ops", MAIL | {"port": 25, "schedules": [3]})
    file.remove("ops")
    assert file.path.read_text().startswith("# ours\n[night] # on call\n")
    assert list(file.read()) == ["night"]


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    file = ChannelFile(tmp_path)
    file.add(channel_of("ops", HOOK))
    with pytest.raises(UsageError, match="already"):
        file.add(channel_of("ops", HOOK))


@pytest.mark.parametrize("text", ["[ops", 'type = "webhook"', "[ops]\ncolour = 1"])
def test_a_file_that_is_wrong_is_named(tmp_path: Path, text: str) -> None:
    file = ChannelFile(tmp_path)
    file.path.write_text(text)
    with pytest.raises(UsageError):
        file.read()
