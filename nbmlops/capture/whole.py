"""Keep the whole namespace of a notebook, cell by cell, so that it can be put back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nbmlops.capture.generators import GeneratorStates
from nbmlops.capture.keeping import Namespace, ValueKeeper
from nbmlops.capture.namespace import Changes, is_code
from nbmlops.capture.prints import Print, take_print
from nbmlops.capture.witnesses import Witnesses
from nbmlops.domain.executions import RANDOM_STATE
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord, ValueSummary, in_part
from nbmlops.errors import NotStorableError, ValueTooLargeError

if TYPE_CHECKING:
    from nbmlops.capture.writer import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The whole namespace after a cell; ``random_state`` is that after the cell."""

    values: Mapping[str, Any]
    random_state: GeneratorStates


class NamespaceWriter:
    """Keeps what a cell changed of the namespace, with the names that share parts with it.

    - values that hold parts in common are kept as one, so that they share them again;
    - an unchanged name that shares parts with an output is kept anew, together with it;
    - a value that cannot be kept takes those along that share parts with it: alone they would
      come back as something else;
    - the random state is kept when it has changed.

    Args:
        witnesses: remembers which objects were kept.
        namespace: tells which values share parts.
    """

    def __init__(self, witnesses: Witnesses, namespace: Namespace) -> None:
        self._namespace = namespace
        self._keeper = ValueKeeper(witnesses, namespace, binds=True)
        self._state: Mapping[str, str] | None = None
        self._keeps_everything = False

    def begin_anew(self) -> None:
        """The store was deleted: the next record keeps what unchanged names hold as well."""
        self._keeps_everything = True

    def forget(self) -> None:
        """The namespace or the ledger is another one."""
        self._keeper.forget()
        self._state = None

    def write(
        self, ledger: Ledger, changes: Changes, whole: Whole
    ) -> tuple[tuple[ValueRecord, ...], tuple[ValueRecord, ...]]:
        """Keep the outputs of a cell, and what must be kept beside them."""
        records: dict[str, ValueRecord] = {}
        wanted = whole.values.keys() if self._keeps_everything else changes.outputs.keys()
        self._keeps_everything = False
        for names in self._namespace.families(wanted, whole.values):
            values = {name: whole.values[name] for name in names}
            prints = {
                name: changes.prints.get(name) or self._namespace.print_of(name) for name in names
            }
            records |= self._kept(ledger, values, prints)
        outputs = tuple(records[name] for name in changes.outputs)
        left = tuple(record for name, record in records.items() if name not in changes.outputs)
        return outputs, (*left, *self._random(ledger, whole.random_state))

    def _kept(
        self, ledger: Ledger, values: Mapping[str, Any], prints: Mapping[str, Print]
    ) -> dict[str, ValueRecord]:
        record = self._namespace.record
        records = {name: record(name, value, prints[name]) for name, value in values.items()}
        try:
            if len(values) == 1:
                [(name, value)] = values.items()
                references = {name: self._keeper.alone(ledger, name, value, prints[name])}
            else:
                references = self._keeper.together(ledger, values)
        except (NotStorableError, ValueTooLargeError) as error:
            if len(values) == 1:
                reason = self._keeper.said(error)
                return {name: replace(record, reason=reason) for name, record in records.items()}
            # alone they would come back as something else, and say so
            return self._keeper.one_by_one(ledger, values, records, prints, reason=error.reason)
        left_out = ", ".join(sorted({found.left_out for found in prints.values()} - {""}))
        return {
            name: ValueRecord(
                name=name,
                fingerprint=record.fingerprint,
                summary=record.summary,
                manifest=references[name],
                reason=_said(values[name], left_out),
            )
            for name, record in records.items()
        }

    def _random(self, ledger: Ledger, state: GeneratorStates) -> Collection[ValueRecord]:
        known = self._state
        if known is not None and known == state.prints:
            return ()
        record = ValueRecord(
            name=RANDOM_STATE,
            fingerprint=take_print(state.states).text,
            summary=ValueSummary(kind="dict", text=", ".join(state.states)),
        )
        try:
            manifest = ledger.save_value(state.states)
        except (NotStorableError, ValueTooLargeError) as error:
            return (replace(record, reason=self._keeper.said(error)),)
        self._state = state.prints
        return (replace(record, manifest=manifest),)


def _said(value: Any, left_out: str) -> str | None:
    return PART_OF_THE_CODE if is_code(value) else in_part(left_out)
