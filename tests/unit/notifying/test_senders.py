"""What arrives at a real mail server and a real receiver of webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from nbmlops.domain.notices import Notice, NoticeKind
from nbmlops.errors import NotSentError, SecretError
from nbmlops.notifying.channels import Channel, channel_of
from nbmlops.notifying.senders import base, email, slack, teams, webhook
from nbmlops.notifying.senders.base import Letter
from nbmlops.testing import NOON
from nbmlops.values import secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import MailServer, Receiver

PAGE = b"<html>the report</html>"


def notice(kind: NoticeKind = NoticeKind.FAILED, **facts: Any) -> Notice:
    """A notice about the pipeline ``flights``."""
    usual = {"id": "n1", "at": NOON, "pipeline": "flights", "version": 2, "schedule": 1}
    return Notice(kind=kind, **(usual | facts))


FAILED = notice(
    run="flights#3", run_id=3, due_at=NOON, message="flights#3 failed: ValueError: <no> *data*"
)
LETTER = Letter(notice=FAILED, project="air", report=PAGE, link="https://hub.example/flights%233")


@pytest.fixture(autouse=True)
def _no_secrets_left() -> Iterator[None]:
    yield
    secrets.forget()


def mail_channel(server: MailServer, **said: Any) -> Channel:
    facts = {"to": ["a@example.org", "b@example.org"], "sender": "nb@example.org"}
    usual = {"type": "email", "host": "127.0.0.1", "port": server.port, "security": "none"}
    return channel_of("ops", usual | facts | said)


def test_a_mail_says_what_happened_and_has_the_report(mail_server: MailServer) -> None:
    email.send(mail_channel(mail_server), LETTER)
    (mail,) = mail_server.mails
    assert mail["Subject"] == "flights@2 failed"
    assert mail["To"] == "a@example.org, b@example.org"
    assert mail["Message-ID"] == "<n1.ops@example.org>"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "nbmlops show flights#3" in body.get_content()
    (page,) = mail.iter_attachments()
    assert page.get_filename() == "flights-3.html"
    assert page.get_content_type() == "text/html"
    assert page.get_payload(decode=True) == PAGE


def test_a_report_that_is_too_large_is_named(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email, "LARGEST", 3)
    email.send(mail_channel(mail_server), LETTER)
    (mail,) = mail_server.mails
    assert "nbmlops report flights#3" in mail.get_content()


def test_a_mail_server_that_does_not_encrypt_gets_no_mail(mail_server: MailServer) -> None:
    with pytest.raises(NotSentError, match="STARTTLS"):
        email.send(mail_channel(mail_server, security="starttls"), LETTER)
    assert not mail_server.mails


def test_a_mail_is_encrypted_where_the_certificate_is_trusted(
    encrypting_mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "correct horse")
    channel = mail_channel(
        encrypting_mail_server,
        host="localhost",
        security="starttls",
        user="me",
        password="env:MAIL_PASSWORD",
    )
    email.send(channel, LETTER)
    assert encrypting_mail_server.encrypted == [True]
    assert encrypting_mail_server.mails[0]["Subject"] == "flights@2 failed"


def test_a_certificate_that_nobody_vouches_for_gets_neither_password_nor_mail(
    encrypting_mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    channel = mail_channel(encrypting_mail_server, host="localhost", security="starttls")
    with pytest.raises(NotSentError, match="certificate verify failed"):
        email.send(channel, LETTER)
    assert not encrypting_mail_server.mails


def test_a_password_is_taken_from_its_place_and_shown_to_nobody(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = Channel(
        name="ops",
        type="email",
        to=("a@example.org",),
        sender="nb@example.org",
        host="127.0.0.1",
        port=mail_server.port,
        security="none",
        user="me",
        password="env:MAIL_PASSWORD",
    )
    monkeypatch.setenv("MAIL_PASSWORD", "correct horse")
    email.send(channel, LETTER)
    assert len(mail_server.mails) == 1
    monkeypatch.setenv("MAIL_PASSWORD", "battery staple")
    with pytest.raises(NotSentError, match="535") as raised:
        email.send(channel, LETTER)
    assert "battery" not in str(raised.value)
    monkeypatch.delenv("MAIL_PASSWORD")
    with pytest.raises(SecretError, match="env:MAIL_PASSWORD"):
        email.send(channel, LETTER)


def test_a_webhook_gets_a_signed_event(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_KEY", "a long enough key")
    channel = channel_of("hook", {"type": "webhook", "url": receiver.url, "secret": "env:HOOK_KEY"})
    webhook.send(channel, LETTER)
    (call,) = receiver.calls
    assert call.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    event = call.json
    assert {name: event[name] for name in ("specversion", "id", "source", "type", "subject")} == {
        "specversion": "1.0",
        "id": "n1",
        "source": "/nbmlops/air",
        "type": "nbmlops.schedule.failed",
        "subject": "flights@2",
    }
    assert event["data"]["run"] == "flights#3"
    assert event["data"]["link"] == LETTER.link
    said = f"n1.{call.headers['webhook-timestamp']}.".encode() + call.body
    digest = hmac.new(b"a long enough key", said, hashlib.sha256).digest()
    assert call.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_a_key_may_be_bytes_as_standard_webhooks_writes_them() -> None:
    # The example of the specification's libraries.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = webhook.signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', secret
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [500, 404, 302])
def test_an_answer_that_is_no_success_is_a_failure(receiver: Receiver, status: int) -> None:
    receiver.answers = [status]
    with pytest.raises(NotSentError, match=str(status)):
        webhook.send(channel_of("hook", {"type": "webhook", "url": receiver.url}), LETTER)


def test_nobody_there_is_a_failure_without_the_address_that_is_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("SLACK_URL", f"http://127.0.0.1:{port}/T0/B0/XXXX")
    with pytest.raises(NotSentError) as raised:
        slack.send(channel_of("chat", {"type": "slack", "url": "env:SLACK_URL"}), LETTER)
    assert "XXXX" not in str(raised.value)


def test_a_secret_in_a_message_is_masked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_KEY", "hunter2hunter2")
    channel = channel_of("hook", {"type": "webhook", "url": receiver.url, "secret": "env:HOOK_KEY"})
    webhook.send(channel, LETTER)
    spilled = Letter(notice=notice(message="failed with hunter2hunter2"), project="air")
    webhook.send(channel, spilled)
    assert "hunter2" not in receiver.calls[-1].body.decode()


def test_slack_and_teams_get_text_that_means_nothing_to_them(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_URL", receiver.url)
    slack.send(channel_of("chat", {"type": "slack", "url": "env:CHAT_URL"}), LETTER)
    teams.send(channel_of("team", {"type": "teams", "url": "env:CHAT_URL"}), LETTER)
    chat, card = (call.json for call in receiver.calls)
    assert chat["text"] == ":x: flights@2 failed"
    assert "&lt;no&gt;" in json.dumps(chat["blocks"])
    content = card["attachments"][0]["content"]
    assert card["type"] == "message"
    assert content["type"] == "AdaptiveCard"
    assert r"\<no\> \*data\*" in [fact["value"] for fact in content["body"][1]["facts"]][-2]


def test_a_receiver_that_hangs_is_left(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr("nbmlops.notifying.senders.http.PATIENCE", 0.2)
    receiver.hangs = threading.Event()
    with pytest.raises(NotSentError, match="not reached"):
        webhook.send(channel_of("hook", {"type": "webhook", "url": receiver.url}), LETTER)
    assert base.PATIENCE == 10


def test_what_goes_on_is_told_with_its_number(receiver: Receiver) -> None:
    since = NOON - timedelta(hours=1)
    channel = channel_of("hook", {"type": "webhook", "url": receiver.url})
    for kind, count in ((NoticeKind.FAILED, 12), (NoticeKind.RECOVERED, 13)):
        told = notice(kind, count=count, since=since)
        webhook.send(channel, Letter(notice=told, project="air"))
    headlines = [call.json["data"]["headline"] for call in receiver.calls]
    assert headlines[0].startswith("flights@2 still failing: 12 times since 2026-")
    assert headlines[1].startswith("flights@2 recovered after 13 failures since 2026-")
