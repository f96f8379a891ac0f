"""How a person names a step, one of its versions, a pipeline version or a run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nbmlops.errors import UsageError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?")
_VERSION = re.compile(r"v?(?P<number>[1-9][0-9]*)|(?P<word>latest|approved)")
_BELOW = re.compile(r"v?0+|-[0-9]+")
_STEP = re.compile(r"(?:(?P<notebook>[^:@]+):)?(?P<name>[^:@]+)(?:@(?P<version>.+))?")
_RUN = re.compile(r"(?P<pipeline>[^#@]+)#(?P<number>[1-9][0-9]*|latest)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time that selects what was current then: ``at`` in UTC, ``text`` as it was typed."""

    text: str
    at: datetime

    @classmethod
    def parse(cls, text: str) -> Moment:
        """Read a day, which means its end, or a time; without an offset in the local zone.

        >>> Moment.parse("2026-11-01T12:00+00:00").at.hour
        12

        Raises:
            UsageError: there is no such day or time.
        """
        try:
            time = datetime.fromisoformat(text)
            if len(text) == len("2026-11-01"):
                time += timedelta(days=1, microseconds=-1)
            return cls(text=text, at=time.astimezone(UTC))
        except (ValueError, OverflowError) as error:
            raise UsageError(
                f"{text!r} is no day or time.",
                cure="Write a day or a time: 2026-11-01, 2026-11-01T12:00.",
            ) from error

    def is_to_come(self, now: datetime) -> bool:
        """Whether nothing of it has come yet: of a day, not even its beginning."""
        return datetime.fromisoformat(self.text).astimezone(UTC) > now

    def __str__(self) -> str:
        return self.text


NOT_COME = "That time has not come yet. The latest is {}."
"""What to say of a version at a time that is to come; with the reference of the latest one."""

Selector = int | str | Moment
"""A version number, ``"latest"``, ``"approved"`` or a tag, or the time at which it was current."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReference:
    """``train``, ``train@2``, ``train@latest``, ``train@2026-11-01``, or by its tag ``train@best``.

    Where several notebooks have such a step: ``flights:train@2``.
    """

    name: str
    version: Selector = "latest"
    notebook: str | None = None

    @classmethod
    def parse(cls, text: str) -> StepReference:
        """Read a reference.

        >>> StepReference.parse("train@2").version
        2

        Raises:
            UsageError: the text is not a reference.
        """
        match = _STEP.fullmatch(text.strip())
        if match is None or not NAME.fullmatch(match["name"]):
            raise UsageError(
                f"{text!r} does not name a step.",
                cure="Write a step name, with a version if you like: train, train@2, train@latest.",
            )
        return cls(
            name=match["name"],
            version=parse_selector(match["version"], tags=True),
            notebook=match["notebook"],
        )

    def __str__(self) -> str:
        prefix = f"{self.notebook}:" if self.notebook else ""
        return f"{prefix}{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineReference:
    """``flights``, ``flights@2``, ``flights@approved`` or ``flights@2026-11-01``."""

    name: str
    version: Selector = "latest"

    @classmethod
    def parse(cls, text: str) -> PipelineReference:
        """Read a reference.

        Raises:
            UsageError: the text is not a reference.
        """
        name, _, version = text.strip().partition("@")
        if not NAME.fullmatch(name):
            raise UsageError(
                f"{text!r} does not name a pipeline.",
                cure="Write its name, with a version if you like: flights, flights@2.",
            )
        return cls(name=name, version=parse_selector(version or None))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReference:
    """``flights#3``: the third run of the pipeline ``flights``; ``flights#latest``."""

    pipeline: str
    number: int | None

    @classmethod
    def matches(cls, text: str) -> bool:
        """Whether the text looks like a run rather than a step or pipeline."""
        return _RUN.fullmatch(text.strip()) is not None

    @classmethod
    def parse(cls, text: str) -> RunReference:
        """Read a reference; ``number`` is ``None`` for the latest.

        Raises:
            UsageError: the text is not a reference.
        """
        match = _RUN.fullmatch(text.strip())
        if match is None:
            raise UsageError(
                f"{text!r} does not name a run.",
                cure="Write the pipeline and the number: flights#3, or flights#latest.",
            )
        number = match["number"]
        return cls(pipeline=match["pipeline"], number=None if number == "latest" else int(number))


def parse_selector(text: str | None, *, tags: bool = False) -> Selector:
    """Read what follows the ``@``.

    Args:
        text: what follows it; ``None`` where there is none.
        tags: whether it may be a tag.

    Raises:
        UsageError: neither a number, ``latest``, ``approved``, a tag, nor a day or time.
    """
    if text is None:
        return "latest"
    if _MOMENT.fullmatch(text):
        return Moment.parse(text)
    match = _VERSION.fullmatch(text)
    if match is None and tags and NAME.fullmatch(text):
        return text
    if match is None:
        counts = ": versions count from 1" if _BELOW.fullmatch(text) else ""
        raise UsageError(
            f"{text!r} is not a version{counts}.",
            cure="Write a number, 'latest', 'approved' or a day (2026-11-01) after the @.",
        )
    return int(match["number"]) if match["number"] else text
