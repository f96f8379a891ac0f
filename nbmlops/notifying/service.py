"""The channels of a project: add, list, remove, try."""

from __future__ import annotations

import uuid
from pathlib import Path
from types import MappingProxyType

from nbmlops.domain.clock import Clock
from nbmlops.domain.notices import ChannelState, Notice, NoticeKind
from nbmlops.errors import StoreError, UnknownNameError, UsageError
from nbmlops.notifying.channel_file import ChannelFile
from nbmlops.notifying.channels import Channel
from nbmlops.notifying.senders import email, slack, teams, webhook
from nbmlops.notifying.senders.base import Letter, Sender
from nbmlops.store.catalog.notices import NoticeRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.objects.base import ObjectStore

SENDERS: MappingProxyType[str, Sender] = MappingProxyType(
    {"email": email.send, "webhook": webhook.send, "slack": slack.send, "teams": teams.send}
)
"""How each type of channel is spoken to."""


class NotifyService:
    """Says where notices go, and sends one.

    Args:
        project: the project's folder.
        store: the folder of its store, with the file of the channels.
        records: how far the messages have come.
        runs: to find the page of a run.
        objects: where that is kept.
        clock: gives the present.
    """

    def __init__(
        self,
        *,
        project: Path,
        store: Path,
        records: NoticeRecords,
        runs: RunRecords,
        objects: ObjectStore,
        clock: Clock,
    ) -> None:
        self._project = project
        self._file = ChannelFile(store)
        self._records = records
        self._runs = runs
        self._objects = objects
        self._clock = clock

    @property
    def path(self) -> Path:
        """The file that keeps the channels."""
        return self._file.path

    @property
    def mails_pages(self) -> bool:
        """Whether the page of a run may be attached to a mail; so where that cannot be told."""
        try:
            channels = self.channels().values()
        except UsageError:
            return True
        return any(channel.type == "email" and channel.report for channel in channels)

    def channels(self) -> dict[str, Channel]:
        """The channels by name.

        Raises:
            UsageError: the file of the channels is wrong.
        """
        return self._file.read()

    def states(self) -> dict[str, ChannelState]:
        """How the messages of each channel stand; those that never had one are not in it."""
        return self._records.states()

    def get(self, name: str) -> Channel:
        """One channel.

        Raises:
            UnknownNameError: there is none of that name.
        """
        known = self.channels()
        if name not in known:
            raise UnknownNameError(
                "channel", name, known, cure="" if known else "Add one: nbmlops notify add."
            )
        return known[name]

    def add(self, channel: Channel) -> None:
        """Add a channel; it is told of what happens from now on.

        Raises:
            UsageError: there is one of that name.
        """
        self._file.add(channel)

    def remove(self, name: str) -> int:
        """Take a channel out; returns how many messages waited for it, which are given up.

        Raises:
            UnknownNameError: there is none of that name.
        """
        self.get(name)
        self._file.remove(name)
        return self._records.drop(name)

    def test(self, name: str) -> Channel:
        """Send a message to a channel now.

        Raises:
            UnknownNameError: there is none of that name.
            NotSentError: it did not arrive.
            SecretError: a secret of it is not where it is said to be.
        """
        channel = self.get(name)
        notice = Notice(
            id=uuid.uuid4().hex,
            kind=NoticeKind.TEST,
            at=self._clock(),
            pipeline=self._project.name,
            version=0,
            message=f"The channel {name} of {self._project.name} works.",
        )
        self.send(channel, notice)
        return channel

    def send(self, channel: Channel, notice: Notice) -> None:
        """Send a notice to a channel, once.

        Raises:
            NotSentError: it did not arrive.
            SecretError: a secret of it is not where it is said to be.
        """
        letter = Letter(
            notice=notice,
            project=self._project.name,
            report=self._report(notice) if channel.type == "email" and channel.report else None,
            link=_link(channel, notice),
        )
        SENDERS[channel.type](channel, letter)

    def _report(self, notice: Notice) -> bytes | None:
        run = self._runs.by_id(notice.run_id) if notice.run_id else None
        for artifact in run.artifacts if run else ():
            if artifact.media_type == "text/html":
                try:
                    return self._objects.get(artifact.object)
                except (
                    StoreError
                ):  # gc has taken it, or it is damaged: the message goes all the same
                    return None
        return None


def _link(channel: Channel, notice: Notice) -> str:
    if not channel.link or notice.run is None:
        return ""
    pipeline, _, number = notice.run.partition("#")
    words = {"{run}": f"{pipeline}%23{number}", "{pipeline}": pipeline, "{number}": number}
    link = channel.link
    for word, said in words.items():
        link = link.replace(word, said)
    return link
