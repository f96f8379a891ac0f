"""How a person names a step, one of its versions, a pipeline version or a run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbmlops.errors import UsageError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_VERSION = re.compile(r"v?(?P<number>[1-9][0-9]*)|(?P<word>latest|approved)")
_STEP = re.compile(r"(?:(?P<notebook>[^:@]+):)?(?P<name>[^:@]+)(?:@(?P<version>.+))?")
_RUN = re.compile(r"(?P<pipeline>[^#@]+)#(?P<number>[1-9][0-9]*|latest)")

Selector = int | str
"""A version number, or ``"latest"`` or ``"approved"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReference:
    """``train``, ``train@2``, ``train@latest`` or, over several notebooks, ``flights:train@2``."""

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
            version=parse_selector(match["version"]),
            notebook=match["notebook"],
        )

    def __str__(self) -> str:
        prefix = f"{self.notebook}:" if self.notebook else ""
        return f"{prefix}{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineReference:
    """``flights``, ``flights@2``, ``flights@latest`` or ``flights@approved``."""

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


def parse_selector(text: str | None) -> Selector:
    """Read what follows the ``@``.

    Raises:
        UsageError: neither a number nor ``latest`` nor ``approved``.
    """
    if text is None:
        return "latest"
    match = _VERSION.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{text!r} is not a version.",
            cure="Write a number, or 'latest' or 'approved' after the @.",
        )
    return int(match["number"]) if match["number"] else text
