"""Cells that set something for the process, and what they set when others ran; pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Self

from nbmlops.domain.executions import CellRun, Execution
from nbmlops.domain.sentences import said
from nbmlops.domain.staleness import Reason
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.notebook.dataflow.written_out import settings_are_written_out, settings_in
from nbmlops.pipelines.given import gets_to


def setting_cells(flows: Sequence[CellFlow]) -> dict[int, str]:
    """The ids of the cells whose code sets an option, a variable or another thing, by position."""
    return {
        at: flow.cell.id
        for at, flow in enumerate(flows)
        if PROCESS in flow.writes and flow.problem is None
    }


class Settings:
    """Tells which cells above another one set something else when that ran.

    A cell of which that kernel has no record, as it ran before recording began, tells nothing.

    Args:
        cells: the cells that set something, as they are now, by position.
        runs: when they ran, oldest first.
        execution: finds one of these runs by its number.
    """

    def __init__(
        self,
        cells: Mapping[int, CellFlow],
        runs: Iterable[CellRun],
        execution: Callable[[int], Execution | None],
    ) -> None:
        self._cells = cells
        self._execution = cache(execution)
        self._runs: dict[tuple[str, str], list[CellRun]] = {}
        for run in runs:
            self._runs.setdefault((run.session, run.cell_id), []).append(run)

    @classmethod
    def none(cls) -> Self:
        """Those of a notebook where nothing is set."""
        return cls({}, (), lambda _: None)

    def reasons(
        self,
        position: int,
        execution: Execution,
        *,
        latest: Mapping[int, Execution],
        stale: Collection[int],
        title: Callable[[int], str],
    ) -> Iterator[Reason]:
        """Why a cell has another setting than it would have now, for each cell that is the cause.

        Args:
            position: where the cell is.
            execution: its latest execution.
            latest: the latest executions of all cells.
            stale: those that would be given other values.
            title: how a cell is called.
        """
        for at, run in self._before(position, execution):
            cause = title(at)
            name = self._given_since(run, execution, latest.get(at))
            if _sets_otherwise(run.source, self._cells[at].cell.source):
                detail = said(
                    "%1 sets something (an option, a variable), and was edited since", cause
                )
            elif name is not None:
                detail = said(
                    "%1 sets something (an option, a variable), and was given another %2 since",
                    cause,
                    name,
                )
            elif at in stale and _may_reach(latest.get(at), execution):
                detail = said("%1 sets something (an option, a variable), and is stale", cause)
            else:
                continue
            yield Reason(kind="upstream", detail=detail, cause=cause)

    def _given_since(self, run: CellRun, execution: Execution, now: Execution | None) -> str | None:
        """The name of what a cell was given since, in another run; ``None`` where it was not."""
        if now is None or now.id == run.id or not _may_reach(now, execution):
            return None
        then = self._execution(run.id)
        if then is None:
            return None
        before = {value.name: value.fingerprint for value in then.record.inputs}
        others = (
            value.name
            for value in now.record.inputs
            if value.fingerprint is None or before.get(value.name) != value.fingerprint
        )
        return next(others, None)

    def above(self, position: int) -> list[int]:
        """The positions of all that are above a cell."""
        return [at for at in self._cells if at < position]

    def _before(self, position: int, execution: Execution) -> Iterator[tuple[int, CellRun]]:
        """The positions of those above a cell, with how each had run last in its kernel then."""
        for at, flow in self._cells.items():
            if at >= position:
                continue
            runs = self._runs.get((execution.record.session, flow.cell.id), ())
            before = bisect_left(runs, execution.id, key=attrgetter("id"))
            if before:
                yield at, runs[before - 1]


def _may_reach(setting: Execution | None, execution: Execution) -> bool:
    """Whether what a cell is given that sets something may reach another one below it."""
    if setting is None or settings_are_written_out(setting.record.source):
        return False
    if _only_registers(setting):
        return False
    left = [access.name for access in setting.record.externals if access.kind == "state"]
    return gets_to(execution.record, setting.record.source, left)


def _only_registers(setting: Execution) -> bool:
    """Whether a cell sets nothing but code to be called, which is given no value at once."""
    sources = settings_in(setting.record.source) or ()
    found = [analyze(source) for source in sources]
    defines = all(
        effects.defines and effects.writes <= {PROCESS, *effects.defines} for effects in found
    )
    given = {value.name for value in setting.record.inputs}
    return (
        bool(found)
        and defines
        and not any(given & (effects.reads | effects.soft_reads) for effects in found)
    )


def _sets_otherwise(then: str, now: str) -> bool:
    """Whether code sets something else, or in another order; imports beside that do not count."""
    before, after = settings_in(then), settings_in(now)
    return before != after if before is not None or after is not None else then != now
