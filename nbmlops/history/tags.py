"""Give versions of steps names by which they are found and kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import StepVersion
from nbmlops.domain.references import NAME, StepReference
from nbmlops.domain.tags import VersionTag
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.history.versions import HistoryService
from nbmlops.store.catalog.tags import TagRecords

_LIKE_A_NUMBER = re.compile(r"v?\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """What became of a name: whose it is now, ``None`` for nobody's, and whose it was before."""

    name: str
    now: StepVersion | None
    before: str | None


class TagService:
    """Names versions of steps.

    - a name belongs to one version of a step, and can be moved to another;
    - `gc` keeps the content of all executions of a version that has one.
    """

    def __init__(
        self, *, tags: TagRecords, history: HistoryService, clock: Clock, author: str
    ) -> None:
        self._tags = tags
        self._history = history
        self._clock = clock
        self._author = author

    def all(self, reference: StepReference | None = None) -> list[VersionTag]:
        """The names of all versions, or of those of one step.

        Raises:
            UnknownNameError: there is no such step.
        """
        if reference is None:
            return self._tags.of(self._history.steps())
        return self._tags.of([self._history.step(reference.name, reference.notebook)])

    def give(self, reference: StepReference, name: str) -> Tagging:
        """Give a version a name; the version that had it loses it.

        Raises:
            UsageError: it cannot be a name.
            UnknownNameError: there is no such version.
        """
        _check(name)
        version = self._history.version(reference)
        before = self._owner(version, name)
        if before is None or before.version_id != version.id:
            self._tags.give(version, name, author=self._author, at=self._clock())
        return Tagging(name=name, now=version, before=before.reference if before else None)

    def take(self, reference: StepReference, name: str) -> Tagging:
        """Take a name away from a version of a step.

        Args:
            reference: the step; with a version, the name has to be that version's.
            name: the name.

        Raises:
            UnknownNameError: no version has it.
            UsageError: another version has it.
        """
        version = self._history.version(reference)
        found = self._owner(version, name)
        if found is None:
            known = [one.name for one in self._tags.of([version.step])]
            raise UnknownNameError(f"tag of {version.step.name}", name, known)
        if reference.version != "latest" and found.version_id != version.id:
            raise UsageError(
                f"{name} is a tag of {found.reference}, not of {version.reference}.",
                cure=f"Name that one: nbmlops tag {found.reference} {name} --remove.",
            )
        self._tags.take(version.step, name)
        return Tagging(name=name, now=None, before=found.reference)

    def _owner(self, version: StepVersion, name: str) -> VersionTag | None:
        return next((one for one in self._tags.of([version.step]) if one.name == name), None)


def _check(name: str) -> None:
    cure = "Begin with a letter or '_' and use letters, digits, '_', '-' and '.': best, v2-signed."
    if not NAME.fullmatch(name) or _LIKE_A_NUMBER.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a tag.", cure=cure)
    if name in ("latest", "approved"):
        raise UsageError(f"{name!r} has a meaning of its own behind the @.", cure=cure)
