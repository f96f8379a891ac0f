"""Commands in messages, as they are typed where the message is shown."""

from __future__ import annotations

import re

VERBS = (
    "approve",
    "backfill",
    "build",
    "cancel",
    "checkout",
    "data",
    "debug",
    "deploy",
    "diff",
    "env",
    "fsck",
    "gc",
    "kernels",
    "lineage",
    "log",
    "next",
    "notify",
    "panel",
    "pause",
    "pipelines",
    "plan",
    "pools",
    "refresh",
    "report",
    "request-changes",
    "restore",
    "resume",
    "run",
    "runs",
    "schedule",
    "schedules",
    "show",
    "slice",
    "status",
    "store",
    "tag",
    "test",
    "track",
    "trigger",
    "undo",
    "unschedule",
    "verify",
    "versions",
    "why",
    "withdraw",
)
"""Those that are typed in a notebook as well; a test keeps the list complete."""

_COMMAND = re.compile(rf"\bnbmlops (?=(?:{'|'.join(VERBS)})\b(?!-))")


def as_typed(text: str, prefix: str) -> str:
    """A message in which commands read as they are typed where it is shown.

    Services know of no surface: in their messages a command reads ``nbmlops build``.

    >>> as_typed("Build it: nbmlops build flights.ipynb.", "%mlops")
    'Build it: %mlops build flights.ipynb.'

    Args:
        text: the message.
        prefix: what is typed before a verb: ``%mlops`` or ``nbmlops``.
    """
    return _COMMAND.sub(f"{prefix} ", text)
