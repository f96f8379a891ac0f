"""The namespace of the running kernel, for going back to what it was."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmlops.magics import rerun

if TYPE_CHECKING:
    from nbmlops.capture.recorder import Recorder
    from nbmlops.capture.witnesses import Witnesses
    from nbmlops.domain.executions import Execution


class LiveKernel:
    """A `LiveNamespace` over IPython and the recorder."""

    def __init__(self, shell: Any, recorder: Recorder) -> None:
        self._shell = shell
        self._recorder = recorder

    @property
    def session(self) -> str:
        """The kernel's session."""
        return self._recorder.session.id

    @property
    def notebook(self) -> str:
        """The key of its notebook."""
        return self._recorder.session.notebook

    @property
    def folder(self) -> Path:
        """The notebook's folder; in a plain IPython session, the project's."""
        path = self._recorder.session.path
        return path.parent if path is not None else self._recorder.session.project

    @property
    def stands_at(self) -> int | None:
        """Where a journey led that could not be recorded."""
        return self._recorder.unwritten.to

    @property
    def is_recording_this_cell(self) -> bool:
        """Whether the cell that is running is being recorded."""
        return self._recorder.records_current

    @property
    def is_tracked(self) -> bool:
        """Whether what runs next is recorded."""
        return self._recorder.tracking

    @property
    def found(self) -> Mapping[int, frozenset[str]]:
        """By execution, those of the names that it changed which were there before it."""
        return self._recorder.found

    def names(self) -> Mapping[str, Any]:
        """What the notebook's names hold."""
        return self._recorder.live()

    def print_of(self, name: str) -> str | None:
        """The fingerprint of what a name holds."""
        return self._recorder.print_of(name)

    def families(self, names: Collection[str]) -> Iterable[Sequence[str]]:
        """Names, each with those that share parts with it."""
        return self._recorder.families(names)

    def going_on(self) -> Sequence[tuple[int, str]]:
        """The threads and tasks that go on."""
        return self._recorder.going_on()

    @property
    def witnesses(self) -> Witnesses:
        """Which objects the kept values of this session were."""
        return self._recorder.witnesses

    def put(self, values: Mapping[str, Any], removed: Collection[str]) -> None:
        """Bind names, and remove names; IPython's own records of them as well."""
        for name in removed:
            self._shell.user_ns.pop(name, None)
        self._shell.user_ns.update(values)

    def refuses(self, source: str) -> str:
        """Why code cannot run as a cell within the one that runs; empty where it can."""
        if not rerun.awaits(self._shell, source):
            return ""
        return "awaits at its top level, and cannot run from within another cell: run it yourself"

    def run(self, source: str) -> str:
        """Run code as a cell that nobody records.

        Raises:
            KeyboardInterrupt: a person interrupted it.
        """
        result = self._shell.run_cell(source, store_history=False, silent=True)
        self._recorder.forget()
        error = result.error_in_exec or result.error_before_exec
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt
        return "" if error is None else f"{type(error).__name__}: {error}"

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
        return self._recorder.travelled(source, to=to, lost=lost, prints=prints, ran=ran)
