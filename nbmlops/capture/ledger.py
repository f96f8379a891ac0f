"""The recorder's ledger over the project's store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nbmlops.capture.withholding import withheld
from nbmlops.config import GIBIBYTE, MEBIBYTE, Settings
from nbmlops.domain.environments import Environment
from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.errors import NotStorableError, ValueTooLargeError
from nbmlops.store.allowance import StoreAllowance
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.values import ValueStore

_ALWAYS_KEPT = 64 * 1024
"""Bytes of a value or an output that a full store takes all the same, such as random states."""


class StoreLedger:
    """Keeps executions in the catalog, and values and outputs in the object store."""

    def __init__(
        self,
        *,
        executions: ExecutionRecords,
        values: ValueStore,
        objects: ObjectStore,
        settings: Settings,
    ) -> None:
        limit = settings.store_limit * GIBIBYTE
        self._allowance = StoreAllowance(objects, limit=limit)
        self._executions = executions
        self._values = values
        self._objects = objects
        self._settings = settings

    def add(self, record: ExecutionRecord) -> Execution:
        """Keep an execution."""
        return self._executions.add(withheld(record))

    def add_environment(self, environment: Environment) -> None:
        """Keep an environment once."""
        self._executions.add_environment(environment)

    def save_value(self, value: Any) -> str:
        """Keep a value up to the size that the settings allow; returns its manifest."""
        with self._limited() as limit:
            return self._values.save(value, limit=limit)

    def save_group(self, values: Mapping[str, Any], views: Mapping[int, Any]) -> dict[str, str]:
        """Keep values that share parts, up to that size together; returns their references."""
        with self._limited() as limit:
            return self._values.save_group(values, limit=limit, views=views)

    @contextmanager
    def _limited(self) -> Iterator[int]:
        """The bytes that a value may take; says why where they are few."""
        if not self._allowance.is_spent():
            yield self._settings.value_limit * MEBIBYTE
            return
        try:
            yield _ALWAYS_KEPT
        except ValueTooLargeError as error:
            reason = f"the store has reached its limit of {self._settings.store_limit} GiB"
            raise NotStorableError(reason) from error

    def renew_value(self, manifest: str) -> bool:
        """Whether a value is still there; a collection then spares it."""
        return self._values.renew(manifest)

    def save_output(self, content: bytes) -> str | None:
        """Keep a displayed output up to the size that the settings allow."""
        limit = self._settings.output_limit * MEBIBYTE
        if len(content) > (_ALWAYS_KEPT if self._allowance.is_spent() else limit):
            return None
        return self._objects.put(content, durable=False)
