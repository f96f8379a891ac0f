"""The recorder's ledger over the project's store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from nbmlops.capture.parts import Parts
from nbmlops.capture.storing import SMALLEST, BackgroundStoring
from nbmlops.capture.withholding import withheld
from nbmlops.config import GIBIBYTE, MEBIBYTE, Settings
from nbmlops.domain.environments import Environment, GitState
from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.domain.values import NO_ROOM
from nbmlops.errors import (
    NotStorableError,
    StoreError,
    StoreFullError,
    ValueTooLargeError,
)
from nbmlops.store.allowance import StoreAllowance
from nbmlops.store.catalog.recording import Recording
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.values import Prepared, ValueStore, references
from nbmlops.values import literals, secrets
from nbmlops.values.places import Placed
from nbmlops.values.sampling import sample

_OF_ITS_OWN = Parts()
_ALWAYS_KEPT = 64 * 1024
"""Bytes of a value or an output that a full store takes all the same, such as random states."""
_SAMPLE = 8 * MEBIBYTE
_SAMPLED_ROWS = (1000, 100, 10)
"""How many rows of a value are kept that is too large: the most that fit into these bytes."""


class StoreLedger:
    """Keeps executions in the catalog, and values and outputs in the object store."""

    def __init__(
        self,
        *,
        executions: Recording,
        values: ValueStore,
        objects: ObjectStore,
        settings: Settings,
        storing: BackgroundStoring | None = None,
    ) -> None:
        limit = settings.store_limit * GIBIBYTE
        self._allowance = StoreAllowance(objects, limit=limit)
        self._executions = executions
        self._values = values
        self._objects = objects
        self._settings = settings
        self._storing = storing
        self._told_trouble = False
        self._without_room = ""

    def add(self, record: ExecutionRecord) -> Execution:
        """Keep an execution; what is still being stored of it is said in its record."""
        if self._storing is None:
            return self._executions.add(withheld(record))
        announced, pending = self._storing.announce(record)
        added = self._executions.add(withheld(announced))
        self._storing.begin(added.id, pending)
        return added

    def add_commit(self, execution_ids: Collection[int], git: GitState) -> None:
        """Say on which commit executions ran, of which that was not known when they were added."""
        self._executions.add_commit(execution_ids, git)

    def wait(self, may_change: Callable[[Parts], bool]) -> None:
        """Wait until those values are stored that what comes next could change."""
        if self._storing is not None:
            self._storing.wait(may_change)

    def finish(self) -> None:
        """Wait until all values are stored, where other machines find them."""
        if self._storing is not None:
            self._storing.finish()
        with suppress(StoreError):  # `failures` says it
            self._objects.settle()

    def failures(self) -> list[str]:
        """What could not be stored since this was last asked, in sentences."""
        found = [] if self._storing is None else self._storing.failures()
        if self._without_room:
            found.append(self._without_room)
            self._without_room = ""
        trouble = self._objects.trouble
        if trouble is not None and not self._told_trouble:
            found.append(f"values wait on this machine's disk until they can be sent. {trouble}")
        self._told_trouble = trouble is not None
        return found

    def add_environment(self, environment: Environment) -> None:
        """Keep an environment once."""
        self._executions.add_environment(environment)

    @property
    def step_limit(self) -> int:
        """The bytes that the outputs of one execution of a step may take together."""
        return self._settings.step_limit * MEBIBYTE

    def save_value(
        self,
        value: Any,
        *,
        parts: Parts = _OF_ITS_OWN,
        left: int | None = None,
        placed: Placed | None = None,
    ) -> str:
        """Keep a value up to the size that the settings allow, and the step; returns its manifest.

        Args:
            value: anything.
            parts: what it consists of, if a cell may change it meanwhile.
            left: the bytes that the step may still take; ``None`` for a value of no step.
            placed: told which objects the value consists of.
        """
        literal = _literal(value)
        if literal is not None:
            return literal
        with self._limited() as limit:
            if left is None or left >= limit:
                return self._keep(self._values.prepare(value, limit=limit, placed=placed), parts)
            try:
                return self._keep(self._values.prepare(value, limit=left, placed=placed), parts)
            except ValueTooLargeError as error:
                whole = self._settings.step_limit
                reason = f"more than what is left of the step's limit of {whole:,} MiB"
                raise ValueTooLargeError(error.size, left, reason) from error

    def size_of(self, manifest: str) -> int:
        """The bytes of a value that this process saved."""
        token = self._storing and self._storing.token_in(manifest)
        if self._storing is not None and token:
            return self._storing.size_of(token)
        return self._values.size_of(manifest)

    def save_sample(self, value: Any, *, size: int | None) -> tuple[str, Any] | None:
        """Keep evenly spaced rows of a value that is too large; ``None`` where that is no help.

        Args:
            value: anything.
            size: its bytes, if they are known.

        Returns:
            The manifest and the rows.
        """
        most = _ALWAYS_KEPT if self._allowance.is_spent() else _SAMPLE
        for rows in _SAMPLED_ROWS:
            found = sample(value, rows=rows, size=size, most=most)
            if found is None:
                continue
            try:
                return self._values.save(found, limit=most), found
            except (ValueTooLargeError, StoreFullError):
                continue
            except NotStorableError:
                return None
        return None

    def save_group(
        self,
        values: Mapping[str, Any],
        views: Mapping[int, Any],
        *,
        parts: Parts,
        left: int | None = None,
        placed: Placed | None = None,
    ) -> dict[str, str]:
        """Keep values that share parts, up to that size together; returns their references."""
        for name, value in values.items() if len(values) == 1 else ():
            literal = _literal(value)
            if literal is not None:
                return {name: literal}
        with self._limited() as limit:
            most = limit if left is None else min(left, limit)
            prepared = self._values.prepare_group(values, limit=most, views=views, placed=placed)
        return references(self._keep(prepared, parts), values)

    def _keep(self, prepared: Prepared, parts: Parts) -> str:
        """Keep a small value, and one that may find no room; promise to keep a large one."""
        size = len(prepared.stream) + prepared.lent
        if self._storing is None or size < SMALLEST or not self._objects.has_room(size):
            try:
                return self._values.keep(prepared)
            except StoreFullError as error:  # the record is small, and may find room
                self._without_room = f"a value was not stored. {error}"
                raise NotStorableError(f"{NO_ROOM}: {error.message.rstrip('.')}") from error
        is_frozen = all(memory.is_frozen for memory in prepared.beside)
        return self._storing.take(prepared, Parts() if is_frozen else parts)

    @contextmanager
    def _limited(self) -> Iterator[int]:
        """The bytes that a value may take; says why where they are few."""
        if not self._allowance.is_spent():
            yield self._settings.value_limit * MEBIBYTE
            return
        try:
            yield _ALWAYS_KEPT
        except ValueTooLargeError as error:
            most = self._settings.store_limit
            reason = f"too large now: the store has reached its limit of {most} GiB"
            raise ValueTooLargeError(error.size, error.limit, reason) from error

    def renew_value(self, manifest: str) -> bool:
        """Whether a value is still there; a collection then spares it."""
        token = self._storing and self._storing.token_in(manifest)
        if self._storing is not None and token:
            return self._storing.renew(token)
        return self._values.renew(manifest)

    def save_output(self, content: bytes) -> str | None:
        """Keep a displayed output up to the size that the settings allow."""
        limit = self._settings.output_limit * MEBIBYTE
        if len(content) > (_ALWAYS_KEPT if self._allowance.is_spent() else limit):
            return None
        try:
            return self._objects.put(content, durable=False)
        except StoreFullError as error:
            self._without_room = f"an output was not kept. {error}"
            return None


def _literal(value: Any) -> str | None:
    """What says all of a short value in its record, so that nothing is kept beside it."""
    reference = literals.reference_of(value)
    if reference is None or not secrets.known():
        return reference
    told = repr(value)
    is_open = secrets.masked(told) == told and not secrets.exposed_by(value)
    return reference if is_open else None
