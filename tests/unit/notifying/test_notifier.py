"""From the ledger to the receiver: each thing once, whatever dies or hangs."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from nbmlops.domain.schedules import Due, FireStatus
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.notifying.outbox import AGAIN_AT_LEAST, GIVES_UP, pause
from nbmlops.store.catalog import schema
from nbmlops.testing import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import MailServer, Project, Receiver

    from nbmlops.notifying.notifier import Notifier

PAGE = b"<html>the report</html>"


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def errors(project: Project) -> str:
    return project.workspace.notify.states()["ops"].last_error or ""


def test_a_failure_a_recovery_and_nothing_twice(project: Project, receiver: Receiver) -> None:
    project.add(type="webhook", url=receiver.url)
    project.end(FireStatus.FAILED, hour=0, note="flights#1 failed: no data")
    for _ in range(3):
        project.look()
    assert receiver.told == ["failed"]
    assert receiver.calls[0].json["data"]["message"] == "flights#1 failed: no data"
    project.end(FireStatus.FAILED, hour=1)
    project.end(FireStatus.SUCCEEDED, hour=2)
    project.end(FireStatus.SUCCEEDED, hour=3)
    project.look()
    assert receiver.told == ["failed", "recovered"]
    assert receiver.calls[1].json["data"]["count"] == 2


def test_what_ended_before_there_was_a_channel_is_no_news(
    project: Project, receiver: Receiver
) -> None:
    project.end(FireStatus.FAILED, hour=0)
    project.look()
    project.add(type="webhook", url=receiver.url)
    project.look()
    assert receiver.told == []


def test_a_failure_of_which_nobody_heard_holds_back_no_later_one(
    project: Project, receiver: Receiver
) -> None:
    """What has failed for long is told to a channel that is made now at its next failure."""
    for hour in range(3):
        project.end(FireStatus.FAILED, hour=hour)
        project.look()
    project.add(type="webhook", url=receiver.url)
    for hour in range(3, 5):
        project.end(FireStatus.FAILED, hour=hour)
        project.look()
    assert receiver.told == ["failed"], "once, and then folded"
    assert receiver.calls[0].json["data"]["count"] == 4


def test_two_schedulers_tell_of_it_once(project: Project, receiver: Receiver) -> None:
    project.add(type="webhook", url=receiver.url)
    for hour in range(20):
        status = FireStatus.SUCCEEDED if hour % 2 else FireStatus.FAILED
        project.end(status, hour=hour)
    both = [project.workspace.notifier() for _ in range(2)]
    start = threading.Barrier(2)

    def look(notifier: Notifier) -> None:
        start.wait()
        notifier.look()
        notifier.outbox.wait(10)

    threads = [threading.Thread(target=look, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    project.look()
    assert sorted(receiver.told) == ["failed"] * 10 + ["recovered"] * 10
    assert len({call.json["id"] for call in receiver.calls}) == 20


def test_a_message_is_tried_again_later_and_later_with_the_same_identity(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url)
    project.end(FireStatus.FAILED, hour=0)
    receiver.answers = [500, 503]
    project.look()
    project.look()
    assert len(receiver.calls) == 1
    assert errors(project) == "The webhook answered 500 Internal Server Error."
    project.now += timedelta(seconds=10)
    project.look()
    project.now += timedelta(seconds=10)
    project.look()
    assert len(receiver.calls) == 2
    project.now += timedelta(seconds=10)
    project.look()
    assert len({call.json["id"] for call in receiver.calls}) == 1
    state = project.workspace.notify.states()["ops"]
    assert (len(receiver.calls), state.sent, state.waiting, state.last_error) == (3, 1, 0, None)


def test_what_never_arrives_is_given_up_and_said(project: Project, receiver: Receiver) -> None:
    project.add(type="webhook", url=receiver.url)
    project.end(FireStatus.FAILED, hour=0)
    receiver.answers = [500] * 100
    project.look()
    project.now += GIVES_UP
    project.look()
    project.now += GIVES_UP
    project.look()
    state = project.workspace.notify.states()["ops"]
    assert (len(receiver.calls), state.given_up, state.waiting) == (2, 1, 0)


def test_a_process_that_dies_while_it_sends_is_replaced(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url)
    project.end(FireStatus.FAILED, hour=0)
    notifier = project.workspace.notifier()
    records = project.workspace._notice_records
    records.tell_of_ends(project.now, lambda *_: ("failed", None), lambda _: ["ops"])  # type: ignore[arg-type,return-value]
    assert records.claim(project.now, "ops", until=project.now + timedelta(minutes=5)) is not None
    notifier.look()
    assert notifier.outbox.wait(10)
    assert receiver.told == []
    project.now += timedelta(minutes=5)
    project.look()
    assert receiver.told == ["failed"]


def test_a_channel_that_hangs_holds_neither_the_others_nor_the_scheduler(
    project: Project, receiver: Receiver, mail_server: MailServer
) -> None:
    receiver.hangs = threading.Event()
    project.add(type="webhook", url=receiver.url)
    project.add(
        "mail",
        type="email",
        to=["a@example.org"],
        sender="nb@example.org",
        host="127.0.0.1",
        port=mail_server.port,
        security="none",
    )
    project.end(FireStatus.FAILED, hour=0, report=PAGE)
    notifier = project.workspace.notifier()
    began = time.monotonic()
    notifier.look()
    assert time.monotonic() - began < 10, "it waits for no channel"
    until(lambda: bool(mail_server.mails))
    (page,) = mail_server.mails[0].iter_attachments()
    assert page.get_payload(decode=True) == PAGE
    assert project.workspace.notify.mails_pages
    assert notifier.outbox.busy
    receiver.hangs.set()
    assert notifier.outbox.wait(10)
    assert receiver.told == ["failed"]


def test_the_thread_of_a_scheduler_tells_when_it_is_woken(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url)
    assert not project.workspace.notify.mails_pages
    with project.workspace.notifier() as notifier:
        project.end(FireStatus.FAILED, hour=0)
        notifier.wake()
        until(lambda: receiver.told == ["failed"])
        project.end(FireStatus.SUCCEEDED, hour=1)
    assert receiver.told == ["failed", "recovered"]


def test_a_file_of_channels_that_is_wrong_loses_nothing(
    project: Project, receiver: Receiver
) -> None:
    project.end(FireStatus.FAILED, hour=0)
    path = project.workspace.notify.path
    path.write_text("[ops")
    with project.workspace.notifier() as notifier:
        notifier.wake()
    assert "is not TOML" in (project.workspace.store / "scheduler.log").read_text()
    path.unlink()
    project.add(type="webhook", url=receiver.url)
    project.look()
    assert receiver.told == ["failed"]


def test_a_pause_and_a_deadline_are_told_once(project: Project, receiver: Receiver) -> None:
    project.add(type="webhook", url=receiver.url)
    records = project.workspace._schedule_records
    records.enter(project.schedule.id, [Due(due_at=NOON, deadline_at=NOON)])
    project.now += timedelta(hours=1)
    with project.workspace.database.write() as connection:
        connection.execute(sa.update(schema.fires).values(late=True))
    records.pause(project.schedule.id, "flights@1 is not approved.")
    project.look()
    project.look()
    assert sorted(receiver.told) == ["late", "paused"]
    said = [call.json["data"]["message"] for call in receiver.calls if "late" in call.json["type"]]
    assert said[0].startswith("Not done by 2026-01-01 ")
    assert said[0].endswith(", its deadline; it was skipped.")
    records.resume(project.schedule.id, project.now)
    records.pause(project.schedule.id, "again")
    project.look()
    assert receiver.told.count("paused") == 2


def test_what_waits_for_a_channel_that_is_removed_is_given_up(
    project: Project, receiver: Receiver
) -> None:
    project.add(type="webhook", url=receiver.url)
    project.end(FireStatus.FAILED, hour=0)
    receiver.answers = [500]
    project.look()
    assert project.workspace.notify.remove("ops") == 1
    project.now += timedelta(hours=1)
    project.look()
    assert len(receiver.calls) == 1
    with pytest.raises(UnknownNameError):
        project.workspace.notify.test("ops")


def test_a_test_says_whether_it_arrived(project: Project, receiver: Receiver) -> None:
    project.add(type="webhook", url=receiver.url)
    project.workspace.notify.test("ops")
    assert receiver.told == ["test"]
    with pytest.raises(UsageError, match="already"):
        project.add(type="webhook", url=receiver.url)


def test_the_pauses_grow_up_to_an_hour() -> None:
    assert [pause(attempt).total_seconds() for attempt in (1, 2, 3)] == [10, 20, 40]
    assert pause(1000) == AGAIN_AT_LEAST
