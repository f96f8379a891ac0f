"""Which kernels have run a notebook, as far as a journey to the latest state asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nbmlops.domain.executions import Execution
from nbmlops.errors import UsageError
from nbmlops.history.live import LiveNamespace
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.timelines import TimelineRecords

_MOST = 3
"""Other kernels that are named, the latest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelState:
    """The latest state of a kernel of the notebook.

    ``execution`` is the one after which its namespace was like that, ``ran_at`` when its last
    cell ran, ``is_own`` whether it is the asking kernel.
    """

    execution: int
    ran_at: datetime
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The kernel from which a state comes, and those from which another would.

    ``cut_off`` is the execution that was running when that kernel ended: nothing is known of what
    it did, and nothing of it comes back.
    """

    kernel: KernelState
    others: tuple[KernelState, ...]
    cut_off: int | None


class NotebookKernels:
    """Tells from which kernel a state comes.

    Args:
        records: the lines of sessions.
        executions: what they ran.
        target_of: gives the cell after which the namespace is as after an execution.
    """

    def __init__(
        self,
        records: TimelineRecords,
        executions: ExecutionRecords,
        target_of: Callable[[int], int],
    ) -> None:
        self._records = records
        self._executions = executions
        self._target_of = target_of

    def origin(self, target: int, live: LiveNamespace) -> Origin | None:
        """Of which kernel a state is the latest; ``None`` where it is none's.

        Args:
            target: the execution after which it was so.
            live: the asking kernel.
        """
        last = self._records.last_of_sessions(live.notebook)
        found = self._executions.by_ids(last.values())
        states = {
            session: KernelState(
                execution=self._target_of(number),
                ran_at=found[number].record.started_at,
                is_own=session == live.session,
            )
            for session, number in last.items()
        }
        taken = self._session_of(target, states)
        if taken is None:
            return None
        others = [
            state
            for session, state in states.items()
            if session != taken and state.execution not in (0, states[taken].execution)
        ]
        return Origin(
            kernel=states[taken],
            others=tuple(others[:_MOST]),
            cut_off=self._records.cut_off(session=taken),
        )

    def before_cut_off(self, execution: Execution) -> int:
        """The cell after which the namespace was as when a cell began that did not end; 0 for none.

        Args:
            execution: that cell's.
        """
        before = self._records.last_of_session(execution.record.session, before=execution.id)
        return self._target_of(before) if before is not None else 0

    def nothing_recorded(self, notebook: str) -> UsageError:
        """Why there is no latest state of a notebook."""
        ended = self._records.cut_off(notebook=notebook)
        if ended is None:
            told = f"Nothing of {notebook} was recorded yet."
        else:
            told = f"Nothing of {notebook} comes back: @{ended} was running when its kernel ended."
        return UsageError(told, cure="Turn recording on with %mlops track --values.")

    def _session_of(self, target: int, states: dict[str, KernelState]) -> str | None:
        """The session whose state it is: the one that made it, else one that went there."""
        at = [session for session, state in states.items() if state.execution == target]
        found = self._executions.by_ids([target] if target else [])
        made = [session for session in at if target and found[target].record.session == session]
        return next(iter((*made, *at)), None)
