"""Large values are stored in the background, as they were when their cell ended."""

from __future__ import annotations

import _thread
import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic

from nbmlops.capture.parts import Parts
from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.values import NO_ROOM, ValueRecord, key_of
from nbmlops.errors import NbmlopsError, NotStorableError, StoreError, StoreFullError
from nbmlops.store.catalog import storing
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.storing import Direction, PendingValue, StoringRecords
from nbmlops.store.endings import at_the_end
from nbmlops.store.values import Prepared, ValueStore

log = logging.getLogger(__name__)

SMALLEST = 64 * 2**10
"""Bytes from which on a value is stored in the background."""

_MOST = 512 * 2**20
"""Bytes of values that may wait at once: their pickles, and what is kept alive for them."""

_COPIED = 64 * 2**20
"""Bytes of waiting values that are copied rather than that a cell waits which may change them."""

_PATIENCE = 5.0
"""Seconds for which a value waits for cells that run to end, so as not to slow them down."""

_PAUSE = 0.1
"""Seconds after a cell in which the next one begins where cells follow each other."""

_PROMISE = "storing:"
_ATTEMPTS = 3
_LOOK_AGAIN = 1.0
"""Seconds after which whoever waits asks whether the thread is still there."""


@dataclass(slots=True, eq=False)
class _Job:
    """A value on its way: promised by its token, then wanted by records, then done."""

    prepared: Prepared | None
    parts: Parts
    size: int
    lent: int
    """Bytes of memory beside its pickle that are still to be read."""
    wanted: list[PendingValue] = field(default_factory=list)
    is_begun: bool = False
    copied: int | None = None
    patience: float = 0.0
    key: str | None = None
    reason: str | None = None

    @property
    def is_done(self) -> bool:
        return self.key is not None or self.reason is not None

    @property
    def held(self) -> int:
        """Bytes that it takes while it waits."""
        return self.lent if self.prepared is None else len(self.prepared.stream) + self.lent


class BackgroundStoring:
    """Stores values in one thread, and says in their records when they are there.

    - the pickle is made by whoever hands a value over, so that it is of that moment; the memory
      beside it stays where it is, with a digest: what the thread has read is kept only if it is
      still the same;
    - until then the record says that the value is being stored, and by which process;
    - before a cell that could change such memory, or let go of what a weak reference or a
      finalizer waits for, what the thread has still to read of it is copied, up to a limit;
      beyond that the cell waits, and so does one that ends while too much is waiting;
    - while a cell runs, or the next one may begin at once, the thread does nothing, unless it was
      for some seconds or is waited for;
    - the thread ends when nothing waits, and the process does not end before; `threading` does
      not know it, so that a cell which asks for its threads is told of its own.

    Args:
        values: where values are kept.
        records: where it is said what became of them.
        most: the bytes of values that may wait at once; one that is larger waits alone.
        copies: the bytes of those that may be copied so that no cell waits for them.
    """

    def __init__(
        self,
        values: ValueStore,
        records: StoringRecords,
        *,
        most: int = _MOST,
        copies: int = _COPIED,
    ) -> None:
        self._values = values
        self._records = records
        self._most = most
        self._copies = copies
        self._jobs: dict[str, _Job] = {}
        self._queue: list[_Job] = []
        self._unsaid: list[_Job] = []
        self._failures: list[str] = []
        self._changed = threading.Condition()
        self._cell_runs = False
        self._cell_ended = 0.0
        self._waited_for = 0
        self._has_thread = False
        self._process = os.getpid()

    @classmethod
    def over(cls, values: ValueStore, database: Database) -> BackgroundStoring | None:
        """One for a project; ``None`` where a process that was killed cannot be told from others.

        Records would say for ever of its values that they are being stored.
        """
        return cls(values, StoringRecords(database)) if storing.can_be_told() else None

    def take(self, prepared: Prepared, parts: Parts) -> str:
        """Promise to store a value once a record wants it.

        Args:
            prepared: the value.
            parts: what it consists of, so that it can be told which cells may change it.

        Returns:
            What stands for its manifest until then.
        """
        token = f"{_PROMISE}{len(self._jobs) + 1}"
        self._jobs[token] = _Job(prepared, parts, prepared.size, prepared.lent)
        return token

    def token_in(self, reference: str) -> str | None:
        """The token in a reference, which may name one of several values; ``None`` of others."""
        token = key_of(reference)
        return token if token.startswith(_PROMISE) else None

    def size_of(self, token: str) -> int:
        """The bytes of a value before compression."""
        return self._jobs[token].size

    def renew(self, token: str) -> bool:
        """Whether a value is still promised, or there."""
        job = self._jobs[token]
        if job.key is not None:
            return self._values.renew(job.key)
        return job.reason is None and job.prepared is not None

    def announce(self, record: ExecutionRecord) -> tuple[ExecutionRecord, list[PendingValue]]:
        """A record that says which of its values are still being stored, and these."""
        pending: list[PendingValue] = []
        if not self._jobs:
            return record, pending
        outputs = tuple(self._announced(value, "out", pending) for value in record.outputs)
        left = tuple(self._announced(value, "left", pending) for value in record.left)
        wanted = {key_of(value.reference) for value in pending}
        for token, job in self._jobs.items():
            if not job.is_begun and token not in wanted:
                job.prepared = None  # the record for which it was promised was never written
        return replace(record, outputs=outputs, left=left), pending

    def begin(self, execution_id: int, pending: Collection[PendingValue]) -> None:
        """The record is written: store what it wants; waits while too much is waiting."""
        if not (pending or self._cell_runs or self._unsaid):
            return  # as after most cells
        with self._changed:
            self._cell_runs, self._cell_ended = False, monotonic()
            self._changed.notify_all()
        for value in pending:
            job = self._jobs[key_of(value.reference)]
            with self._changed:
                job.wanted.append(replace(value, execution_id=execution_id))
                if job.is_done:
                    self._unsaid.append(job)
                elif not job.is_begun:
                    self._make_room(job)
                    job.is_begun, job.patience = True, monotonic() + _PATIENCE
                    self._queue.append(job)
                    self._start()
        self._say()

    def wait(self, may_change: Callable[[Parts], bool] | None = None) -> None:
        """Wait until values are stored, or may change.

        Args:
            may_change: tells of the parts of a value whether the cell that begins could change
                them; all values are waited for where it is not given.
        """
        if not self._queue or self._process != os.getpid():  # a forked process has no thread
            return
        with self._changed:
            waited = [job for job in self._queue if self._is_waited_for(job, may_change)]
            first = self._queue[:1]
            rest = [job for job in self._queue[1:] if job not in waited]
            self._queue[:] = [*first, *(job for job in waited if job not in first), *rest]
            with self._in_a_hurry():
                while self._works():
                    waited = [job for job in waited if job in self._queue]
                    if may_change is not None:
                        waited = [job for job in waited if not self._is_detached(job)]
                    if not waited:
                        break
                    self._changed.wait(_LOOK_AGAIN)
            self._cell_runs = may_change is not None

    def _is_waited_for(self, job: _Job, may_change: Callable[[Parts], bool] | None) -> bool:
        if may_change is None or may_change(job.parts):
            return True
        beside = () if job.prepared is None else job.prepared.beside
        return any(memory.is_watched for memory in beside)

    def _is_detached(self, job: _Job) -> bool:
        """Whether the memory of a value may change, as what is still to be read was copied."""
        if job.copied is None and job.prepared is not None:
            room = self._copies - sum(other.copied or 0 for other in self._queue)
            job.copied = self._values.detach(job.prepared, most=room)
            job.lent = job.lent if job.copied is None else job.copied
        return job.copied is not None

    def finish(self) -> None:
        """Wait until everything is stored and said."""
        if self._process != os.getpid():
            return
        self.wait()
        with self._changed:
            while self._has_thread:
                self._changed.wait(_LOOK_AGAIN)
        self._say()

    def failures(self) -> list[str]:
        """What was not stored since this was last asked, in sentences."""
        found, self._failures = self._failures, []
        return found

    @contextmanager
    def _in_a_hurry(self) -> Iterator[None]:
        """While somebody waits for the thread; the lock is held, but for the waiting."""
        self._waited_for += 1
        self._changed.notify_all()
        try:
            yield
        finally:
            self._waited_for -= 1

    def _give_way(self, job: _Job) -> None:
        """Let cells have the processors, as long as nobody waits for the value."""
        with self._changed:
            while not self._waited_for:
                now = monotonic()
                until = job.patience
                if not self._cell_runs:
                    until = min(until, self._cell_ended + _PAUSE)
                if until <= now:
                    return
                self._changed.wait(until - now)

    def _make_room(self, job: _Job) -> None:
        """Wait while too much is waiting; what the store has already does not count."""
        if job.prepared is not None and self._waiting() + job.held > self._most:
            job.lent = self._values.release(job.prepared)
        with self._in_a_hurry():
            while self._waiting() + job.held > self._most and self._works():
                self._changed.wait(_LOOK_AGAIN)

    def _announced(
        self, value: ValueRecord, direction: Direction, pending: list[PendingValue]
    ) -> ValueRecord:
        token = self.token_in(value.manifest or "")
        if token is None or value.manifest is None:
            return value
        job = self._jobs[token]
        with self._changed:
            if job.key is not None:
                return replace(value, manifest=value.manifest.replace(token, job.key, 1))
            if job.reason is not None:
                return replace(value, manifest=None, reason=job.reason)
        pending.append(
            PendingValue(
                direction=direction, name=value.name, reference=value.manifest, reason=value.reason
            )
        )
        return replace(value, manifest=None, reason=storing.note())

    def _works(self) -> bool:
        """Whether something waits, and is worked on."""
        return bool(self._queue) and self._has_own_thread()

    def _has_own_thread(self) -> bool:
        """Whether the thread is there; a process that was forked has none."""
        return self._has_thread and self._process == os.getpid()

    def _waiting(self) -> int:
        return sum(job.held for job in self._queue)

    def _start(self) -> None:
        if not self._has_own_thread():
            _thread.start_new_thread(self._work, ())
            self._process, self._has_thread = os.getpid(), True
            at_the_end(self.finish)

    def _work(self) -> None:
        try:
            while (job := self._next()) is not None:
                self._do(job)
        except BaseException:  # else whoever waits for the thread would do so for ever
            with self._changed:
                self._has_thread = False
                self._changed.notify_all()
            raise

    def _next(self) -> _Job | None:
        """What has waited longest; the thread that is told of none ends."""
        with self._changed:
            if self._queue:
                return self._queue[0]
            self._has_thread = False
            self._changed.notify_all()
            return None

    def _do(self, job: _Job) -> None:
        key, reason, cure = self._stored(job)
        with self._changed:
            job.key, job.reason, job.prepared = key, reason, None
            self._unsaid.append(job)
            if reason is not None:
                told = reason if cure is None else f"{reason} {cure}"
                self._failures += [f"{value.name} {told}" for value in job.wanted]
        self._say()
        with self._changed:
            self._queue.remove(job)
            self._changed.notify_all()

    def _stored(self, job: _Job) -> tuple[str | None, str | None, str | None]:
        """The manifest of a value, or why there is none and what can be done about that."""
        if job.prepared is None:
            return None, "was not stored: it was given up", None
        try:
            key = self._values.keep(job.prepared, before_each=lambda: self._give_way(job))
        except NotStorableError as error:
            return None, f"was not stored: {error.reason}", None
        except StoreFullError as error:
            return None, f"was not stored: {NO_ROOM}: {error.message}", error.cure
        except NbmlopsError as error:
            return None, f"was not stored: {error.message}", error.cure
        except Exception as error:
            # The edge of the thread: whatever went wrong, the record says it, and others go on.
            log.debug("a value was not stored", exc_info=error)
            return None, f"was not stored: {type(error).__name__}: {error}", None
        return key, None, None

    def _say(self) -> None:
        """Write into records what became of their values; what fails is said the next time."""
        with self._changed:
            jobs, self._unsaid = self._unsaid, []
            told = [(job, job.wanted) for job in jobs]
            for job in jobs:
                job.wanted = []
        for job, wanted in told:
            if wanted and not self._settled(job, wanted):
                with self._changed:
                    job.wanted += wanted
                    self._unsaid.append(job)

    def _settled(self, job: _Job, wanted: list[PendingValue]) -> bool:
        for _ in range(_ATTEMPTS):
            try:
                self._records.settle(wanted, key=job.key, reason=job.reason)
            except StoreError as error:  # locked, or on a full disk: it may be better later
                log.debug("a record does not say yet that its value is stored", exc_info=error)
            except Exception as error:
                # The edge of the thread: were it to end, every cell after would wait for it.
                log.debug("a record cannot say that its value is stored", exc_info=error)
                return False
            else:
                return True
        return False
