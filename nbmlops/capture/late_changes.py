"""What threads, tasks and callbacks change after the cells that had started them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from nbmlops.capture.callbacks import Callbacks, called_comm
from nbmlops.capture.late import LateWriters, Suspects
from nbmlops.capture.namespace import Changes, NamespaceWatch
from nbmlops.config import Settings
from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import STILL_CHANGING

if TYPE_CHECKING:
    from nbmlops.capture.whole import Whole
    from nbmlops.capture.writer import RecordWriter


class LateChanges:
    """Finds changes that no cell made, and records each as a late write of those that may have.

    - looks for them before each recorded cell, and before a command asks what there is;
    - where code of the notebook ran, compares everything; libraries often have threads, so that
      after those only what is read next is compared; after what only waited, nothing;
    - says of a cell that it read what may change while it runs.

    Args:
        watch: compares the namespace.
        writer: keeps what is found.
        clock: gives the present.
        settings: gives what the project sets now.
        whole: gives the namespace, where the values of all cells are kept.
        shell: the IPython shell.
    """

    def __init__(
        self,
        watch: NamespaceWatch,
        *,
        writer: RecordWriter,
        clock: Clock,
        settings: Callable[[], Settings],
        whole: Callable[[], Whole | None],
        shell: Any,
    ) -> None:
        self._watch = watch
        self._writer = writer
        self._clock = clock
        self._settings = settings
        self._whole = whole
        self._events = shell.events
        self._writers = LateWriters(Callbacks(shell))
        self._suspects: Suspects | None = None  # the latest: what is not read is not looked at
        self._restless = {True: frozenset[str](), False: frozenset[str]()}  # by `is_ours`

    def attach(self) -> None:
        """Hear of the messages that widgets get."""
        self._events.register("pre_execute", self._hear)

    def detach(self) -> None:
        """Hear of them no longer."""
        with suppress(ValueError):  # it was detached before
            self._events.unregister("pre_execute", self._hear)

    def notice(self) -> None:
        """Record what was changed since the last cell ended.

        Raises:
            StoreError: the store cannot be written.
        """
        self._notice(self._writers.running())

    def _notice(self, running: set[Any]) -> None:
        found = self._writers.since(running)
        for ours, names in self._restless.items():
            if names and not self._writers.go_on(ours=ours):
                self._restless[ours] = frozenset()
        if found is None:
            return
        self._suspects = found
        self._watch.forget(between=True)
        if found.is_ours:
            allowed = self._settings().fingerprint_limit / 1000
            self._add(self._watch.changed_meanwhile(None, allowed=allowed), found)

    def begin(self) -> None:
        """A cell that is recorded begins.

        Raises:
            StoreError: the store cannot be written.
        """
        running = self._writers.running()
        self._notice(running)
        self._writers.begin(running)

    def note(self) -> str | None:
        """What the cell reads and may find changed while it runs; the namespace was looked at.

        Raises:
            StoreError: the store cannot be written.
        """
        between = self._watch.changed_between
        if self._suspects is not None and between:
            self._add(self._watch.changed_meanwhile(between), self._suspects)
        if not any(self._restless.values()):
            return None
        names = ", ".join(sorted(self._watch.read.intersection(chain(*self._restless.values()))))
        return f"{STILL_CHANGING} {names}" if names else None

    def end(self, *, starts: bool = True) -> str | None:
        """The cell has ended; what of the notebook's own code goes on, in words.

        Args:
            starts: whether the cell may have started anything.
        """
        return self._writers.end(starts=starts)

    def go_on(self) -> bool:
        """Whether something may change values at any moment."""
        return self._writers.go_on()

    def going_on(self) -> list[tuple[int, str]]:
        """The threads and tasks of the notebook's code: execution and kind of each."""
        return self._writers.going_on()

    def recorded(self, execution: int, *, is_step: bool) -> None:
        """The cell that ended last was recorded."""
        self._writers.recorded(execution, is_step=is_step)

    def _hear(self) -> None:
        """The callbacks of a widget may change what is being stored."""
        comm = called_comm()
        if comm is not None:
            self._writer.finish()
            self._writers.called(comm)

    def _add(self, changes: Changes, suspects: Suspects) -> None:
        if not (changes.outputs or changes.deleted):
            return
        if suspects.runs:
            self._restless[suspects.is_ours] |= changes.outputs.keys()
        self._writer.write_late(changes, suspects, whole=self._whole(), started_at=self._clock())
