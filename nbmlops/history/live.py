"""The port to the kernel whose namespace is put back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from nbmlops.capture.witnesses import Witnesses
from nbmlops.domain.executions import Execution


class LiveNamespace(Protocol):
    """The kernel whose namespace is put back."""

    @property
    def session(self) -> str:
        """The kernel's session."""

    @property
    def notebook(self) -> str:
        """The key of its notebook."""

    @property
    def stands_at(self) -> int | None:
        """Where a journey led that could not be recorded, until the next one or the next record.

        The execution after which the namespace was like that; 0 for before the first.
        """

    @property
    def is_recording_this_cell(self) -> bool:
        """Whether the cell that is running is being recorded."""

    @property
    def is_tracked(self) -> bool:
        """Whether what runs next is recorded, named or not."""

    @property
    def folder(self) -> Path:
        """The folder in which its working directory begins."""

    @property
    def found(self) -> Mapping[int, frozenset[str]]:
        """By execution, those of the names that it changed which were there before it."""

    def names(self) -> Mapping[str, Any]:
        """What the notebook's names hold."""

    def print_of(self, name: str) -> str | None:
        """The fingerprint of what a name holds; ``None`` where it has none."""

    def families(self, names: Collection[str]) -> Iterable[Sequence[str]]:
        """Names, each with those that share parts with it."""

    def going_on(self) -> Sequence[tuple[int, str]]:
        """The threads and tasks that cells have started and that go on: execution and kind."""

    @property
    def witnesses(self) -> Witnesses:
        """Which objects the kept values of this session were."""

    def put(self, values: Mapping[str, Any], removed: Collection[str]) -> None:
        """Bind names, and remove names."""

    def refuses(self, source: str) -> str:
        """What keeps code from running as a cell within the one that runs; empty if nothing does.

        A clause about that code, such as "awaits at its top level".
        """

    def run(self, source: str) -> str:
        """Run code without recording it; returns why it failed, empty where it did not.

        Raises:
            KeyboardInterrupt: a person interrupted it.
        """

    def travelled(
        self,
        source: str,
        *,
        to: int,
        lost: tuple[str, ...],
        prints: Mapping[str, str | None],
        ran: Iterable[tuple[str, Collection[str] | None]],
    ) -> Execution:
        """Record that an earlier state was put back."""
