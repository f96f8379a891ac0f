"""Threads, tasks and callbacks that outlive the cell that started them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any
from weakref import ref

from nbmlops.capture.callbacks import Callbacks, comms, listeners
from nbmlops.capture.local_code import is_local_code, local_function
from nbmlops.capture.pools import has_work, is_pooled
from nbmlops.capture.standstill import progress_of
from nbmlops.domain.executions import STILL_RUNNING
from nbmlops.domain.late import CALLBACK

Writer = ref[Any]
"""A thread, task or callback, which is not kept alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspects:
    """What may have changed values while no cell ran.

    ``executions`` had started it, the earliest first; 0 stands for cells that were not recorded.
    ``kinds`` are ``a thread``, ``a task``, ``a callback``. ``is_ours`` says that it runs code of
    the notebook, not only of libraries; ``runs`` that it may run beside a cell; ``of_step`` that
    a step had started it.
    """

    executions: tuple[int, ...]
    kinds: tuple[str, ...]
    is_ours: bool
    runs: bool
    of_step: bool


@dataclass(slots=True, eq=False)
class _Cell:
    """A cell that left something running; ``execution`` is 0 until it is recorded."""

    execution: int = 0
    is_step: bool = False


@dataclass(slots=True, eq=False)
class _Left:
    """What is known of a thread, task or callback; holds nothing that would keep it alive."""

    cells: list[_Cell]
    kind: str
    is_ours: bool
    runs: bool = True
    progress: Any = None


@dataclass(slots=True)
class _Widget:
    """The cells that made a widget, or asked to hear of it, and how many functions it calls."""

    cells: list[_Cell]
    listeners: int


@dataclass(slots=True)
class _Ended:
    """How it was when the last cell ended; ``suspected`` ran then, or while the cell did."""

    there: set[Writer] = field(default_factory=set)
    suspected: tuple[_Left, ...] = ()
    waiting: dict[Writer, Any] = field(default_factory=dict)
    """Threads of pools → how far they were: they may be about to do what the cell gave them."""


class LateWriters:
    """Knows what may have changed values since the last cell ended, and who had started it.

    A pool belongs to the cell that made it, and to each that gave it work later. What has only
    waited since it was asked about last, such as a pool without work, changed nothing. What a
    widget calls belongs to the cells that made it, or that asked to hear of it.

    Args:
        callbacks: knows what may be called while no cell runs.
    """

    def __init__(self, callbacks: Callbacks | None = None) -> None:
        self._callbacks = callbacks or Callbacks()
        self._threads = _Threads()
        self._called: list[_Left] = []
        self._widgets: dict[str, _Widget] = {}
        self._before: set[Writer] = set()
        self._goes_on: tuple[_Left, ...] = ()
        self._left: dict[Writer, _Left] = {}
        self._idle: tuple[Writer, ...] = ()
        self._ended = _Ended()
        self._cell = _Cell()

    def running(self) -> set[Writer]:
        """The threads, tasks and callbacks that there are now."""
        return self._threads.there() | _tasks() | {*map(ref, self._callbacks.there())}

    def since(self, running: set[Writer] | None = None) -> Suspects | None:
        """What ran since this was asked last, while cells ran or not; ``None`` for nothing.

        Args:
            running: what there is now, where that was asked for.
        """
        self._take_unseen(self.running() if running is None else running)
        if self._called:
            self._ended.suspected += tuple(self._called)
            self._called.clear()
        if not (self._left or self._ended.suspected):
            return None  # as after most cells
        self._give_to_woken()
        alive, waited = self._alive(), self._waited()
        suspected = self._ended.suspected
        self._ended.suspected = tuple(left for left in suspected if left.runs)
        return _suspects([left for left in suspected if left not in waited], alive=alive)

    def _take_unseen(self, running: set[Writer]) -> None:
        """What was started since the last cell ended, which no cell has done itself."""
        heirs: list[_Cell] = []
        for one in running - self._ended.there:
            writer = one()
            if writer is not None and one not in self._left and self._is_ours(writer):
                heirs = heirs or self._heirs()
                self._take(one, writer, heirs)
                self._ended.suspected += (self._left[one],)

    def _heirs(self) -> list[_Cell]:
        """The cells to which that belongs which was started between cells."""
        found = dict.fromkeys(cell for left in self._ended.suspected for cell in left.cells)
        return [*found] or [_Cell()]

    def begin(self, running: set[Writer] | None = None) -> None:
        """A cell begins.

        Args:
            running: what there is now, where that was asked for.
        """
        self._goes_on = tuple(self._alive())  # it may end, and be gone, before the cell does
        self._before = self.running() if running is None else running
        self._take_widgets(comms(), _Cell())
        for one in self._before - self._ended.there:
            writer = one()
            if one not in self._left and is_pooled(writer):
                self._take(one, writer, [_Cell()])  # made before cells were recorded
        self._idle = tuple(one for one, writer in self._there() if not self._is_ours(writer))

    def end(self, *, starts: bool = True) -> str | None:
        """The cell has ended: what it left running may still write.

        Args:
            starts: whether it may have started anything; what is new all the same is found later.

        Returns:
            What of the notebook's own code goes on, in words; ``None`` where nothing does.
        """
        self._cell = _Cell()
        now = self.running() if starts else self._before
        there = comms()
        self._take_widgets(there, self._cell)
        self._look_who_listens(there, self._cell)
        mine = []
        for one in now - self._before:
            writer = one()
            if writer is not None:
                self._take(one, writer, [self._cell])
                mine.append(self._left[one])
        self._ended = _Ended(now)
        for one in self._idle:
            writer = one()
            if writer is None:
                continue
            if self._runs(writer) and (
                self._is_ours(writer) or (is_pooled(writer) and has_work(writer))
            ):
                mine.append(self._given(one))
            elif is_pooled(writer):
                self._ended.waiting[one] = progress_of(writer)
        self._ended.suspected = tuple(dict.fromkeys((*self._goes_on, *self._left.values())))
        self._before, self._idle, self._goes_on = set(), (), ()
        self._alive()
        mine = [left for left in mine if left.kind != CALLBACK]  # it runs when no cell does
        kinds = sorted({left.kind for left in mine if left.runs and left.is_ours})
        return f"{' and '.join(kinds)} that it started {STILL_RUNNING}" if kinds else None

    def called(self, comm: Any) -> None:
        """A front end has sent something to a widget, whose callbacks are about to run."""
        widget = self._widgets.get(comm.comm_id)
        cells = [_Cell()] if widget is None else widget.cells
        self._called.append(_Left(cells, CALLBACK, is_ours=True, runs=False))

    def go_on(self, *, ours: bool = True) -> bool:
        """Whether there are threads or tasks that a cell left.

        Args:
            ours: whether only those count that run code of the notebook.
        """
        return any(left.is_ours or not ours for left in self._alive())

    def going_on(self) -> list[tuple[int, str]]:
        """The threads and tasks that run code of the notebook now: execution and kind of each.

        Not the threads of a pool that wait for work.
        """
        self._alive()
        return sorted(
            {
                (cell.execution, left.kind)
                for one, writer in self._there()
                if (left := self._left[one]).kind != CALLBACK
                and (_is_ours(writer) or (left.is_ours and not is_pooled(writer)))
                for cell in left.cells
            }
        )

    def recorded(self, execution: int, *, is_step: bool) -> None:
        """The cell that ended last was recorded."""
        self._cell.execution, self._cell.is_step = execution, is_step

    def _take_widgets(self, there: Mapping[str, Any], cell: _Cell) -> None:
        """The widgets that are new are this cell's."""
        if not (there or self._widgets):
            return
        for gone in self._widgets.keys() - there.keys():
            del self._widgets[gone]
        for new in there.keys() - self._widgets.keys():
            self._widgets[new] = _Widget([cell], listeners(there[new]))

    def _look_who_listens(self, there: Mapping[str, Any], cell: _Cell) -> None:
        """Widgets to which more functions listen than before are this cell's as well."""
        for key, known in self._widgets.items():
            heard = listeners(there[key])
            if heard > known.listeners:
                known.cells.append(cell)
            known.listeners = heard

    def _is_ours(self, writer: Any) -> bool:
        return _kind_of(writer) == CALLBACK or _is_ours(writer)

    def _runs(self, writer: Any) -> bool:
        if _kind_of(writer) == CALLBACK:
            return self._callbacks.stays(writer)
        return writer.is_alive() if isinstance(writer, threading.Thread) else not writer.done()

    def _take(self, one: Writer, writer: Any, cells: list[_Cell]) -> None:
        self._left[one] = _Left(cells, _kind_of(writer), self._is_ours(writer), self._runs(writer))

    def _given(self, one: Writer) -> _Left:
        """The cell that ended last gave it work, which may be code of the notebook."""
        left = self._left[one]
        left.cells, left.is_ours = [*left.cells, self._cell], True
        return left

    def _give_to_woken(self) -> None:
        """A pool that took its work within a library, or late, was not seen to run it."""
        for one, before in list(self._ended.waiting.items()):
            writer = one()
            if None not in (before, writer) and one in self._left and progress_of(writer) != before:
                self._given(one)
                del self._ended.waiting[one]

    def _waited(self) -> list[_Left]:
        """What has not run since this was asked last."""
        found = []
        for one, writer in self._there():
            left = self._left[one]
            before, left.progress = left.progress, progress_of(writer)
            if before is not None and before == left.progress:
                found.append(left)
        return found

    def _there(self) -> list[tuple[Writer, Any]]:
        """What cells left and nothing has let go; where there is nothing, as mostly, at once."""
        if not self._left:
            return []
        return [(one, writer) for one in self._left if (writer := one()) is not None]

    def _alive(self) -> list[_Left]:
        """What still runs; the rest is let go."""
        if not self._left:
            return []
        running = {one: self._left[one] for one, writer in self._there() if self._runs(writer)}
        for one, left in self._left.items():
            left.runs = one in running
        self._left = running
        return [*running.values()]


def _suspects(suspected: Iterable[_Left], *, alive: list[_Left]) -> Suspects | None:
    """Code of the notebook is suspected before that of libraries."""
    every = list(suspected)
    chosen = [left for left in every if left.is_ours] or every
    if not chosen:
        return None
    cells = [cell for left in chosen for cell in left.cells]
    return Suspects(
        executions=tuple(sorted({cell.execution for cell in cells})),
        kinds=tuple(sorted({left.kind for left in chosen})),
        is_ours=chosen[0].is_ours,
        runs=any(left in alive for left in chosen if left.kind != CALLBACK),
        of_step=any(cell.is_step for cell in cells),
    )


OWN_THREADS = "nbmlops-"
"""What the names of the recorder's own threads begin with: they change no value."""

_HARMLESS = {"TMonitor": "tqdm._monitor", "HistorySavingThread": "IPython.core.history"}
"""Threads of libraries that wake up again and again, and never run code of a notebook."""


def late_source(executions: Iterable[int], kind: str) -> str:
    """What stands in a record in the place of a cell's code: a comment, which does nothing.

    >>> late_source([3, 4], "a thread")
    '# a thread of @3 or @4 went on'
    >>> late_source([0], "a task")
    '# a task of a cell that was not recorded went on'
    >>> late_source([3], "a callback")
    '# a callback of @3 ran'
    """
    named = (f"@{number}" if number else "a cell that was not recorded" for number in executions)
    return f"# {kind} of {' or '.join(named)} {'ran' if kind == CALLBACK else 'went on'}"


def _kind_of(writer: Any) -> str:
    if isinstance(writer, threading.Thread):
        return "a thread"
    return "a task" if hasattr(writer, "get_coro") else CALLBACK


class _Threads:
    """The threads of the process that may change values; each is looked at once."""

    def __init__(self) -> None:
        self._seen: set[Writer] = set()
        self._harmless: set[Writer] = set()

    def there(self) -> set[Writer]:
        """Those that there are now, but for the one that asks."""
        found = {*map(ref, threading.enumerate())}
        if found != self._seen:
            self._harmless &= found
            self._harmless |= set(filter(_is_harmless, found - self._seen))
            self._seen = found
        return found - self._harmless - {ref(threading.current_thread())}


def _tasks() -> set[Writer]:
    asyncio = sys.modules.get("asyncio")  # without it there is no task
    if asyncio is None:
        return set()
    try:
        return {*map(ref, asyncio.all_tasks())}
    except RuntimeError:  # no event loop runs here
        return set()


def _is_harmless(one: Writer) -> bool:
    thread = one()
    if thread is None:
        return True
    kind = type(thread)
    is_known = _HARMLESS.get(kind.__qualname__) == kind.__module__
    return is_known or thread.name.startswith(OWN_THREADS)


def _is_ours(writer: Any) -> bool:
    """Whether it runs code of the notebook or of the project; libraries have threads as well."""
    if not isinstance(writer, threading.Thread):
        return is_local_code(getattr(writer.get_coro(), "cr_code", None))
    # that of a timer is its function
    target: Any = getattr(writer, "_target", None) or getattr(writer, "function", None)
    if local_function(target or type(writer).run) is not None:
        return True
    return any(map(is_local_code, _codes_of(writer.ident)))


def _codes_of(thread: int | None) -> list[CodeType]:
    """What a thread runs now; keeps no frame, as a frame keeps the values of its cell alive."""
    frame = sys._current_frames().pop(thread or 0, None)  # noqa: SLF001 (nothing else tells)
    found = []
    while frame is not None:
        found.append(frame.f_code)
        frame = frame.f_back
    return found
