"""The port behind which a way of sending stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from nbmlops.domain.notices import Notice
from nbmlops.notifying.channels import Channel

PATIENCE = 10.0
"""Seconds that a server may take to connect, and for each further sign of life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent.

    Attributes:
        notice: what happened.
        project: the name of the project's folder.
        report: the page of the run as HTML; ``None`` where there is none.
        link: where people find the run; empty where nothing was said.
    """

    notice: Notice
    project: str
    report: bytes | None = None
    link: str = ""


class Sender(Protocol):
    """Sends a letter to a channel, once."""

    def __call__(self, channel: Channel, letter: Letter) -> None:
        """Send it, and return when the other side has taken it.

        Raises:
            NotSentError: it has not; says why, without any secret.
            SecretError: a secret is not where it is said to be.
        """
