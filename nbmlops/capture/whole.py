"""Keep the whole namespace of a notebook, cell by cell, so that it can be put back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nbmlops.capture.namespace import Changes, is_code, record_of
from nbmlops.capture.prints import Print, take_print
from nbmlops.capture.sharing import views_in
from nbmlops.capture.witnesses import Own, Witnesses
from nbmlops.domain.executions import RANDOM_STATE
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord, ValueSummary, in_part
from nbmlops.errors import NotStorableError, ValueTooLargeError

if TYPE_CHECKING:
    from nbmlops.capture.writer import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The whole namespace after a cell.

    ``families`` gives names, each with those that share parts with it; ``is_one_part`` tells
    whether nothing can be shared within a value, ``own`` gives the identities of its parts.
    ``random_state`` is that after the cell.
    """

    values: Mapping[str, Any]
    print_of: Callable[[str], Print]
    families: Callable[[Collection[str]], Iterable[Sequence[str]]]
    is_one_part: Callable[[str], bool]
    own: Own
    random_state: dict[str, Any]


class NamespaceWriter:
    """Keeps what a cell changed of the namespace, with the names that share parts with it.

    - values that hold parts in common are kept as one, so that they share them again;
    - an unchanged name that shares parts with an output is kept anew, together with it;
    - a value that cannot be kept takes those along that share parts with it: alone they would
      come back as something else;
    - the random state is kept when it has changed.

    Args:
        witnesses: remembers which objects were kept.
    """

    def __init__(self, witnesses: Witnesses) -> None:
        self._witnesses = witnesses
        self._alone: dict[tuple[str, str], str] = {}
        self._state: tuple[str | None, str] | None = None
        self._keeps_everything = False

    def begin_anew(self) -> None:
        """The store was deleted: the next record keeps what unchanged names hold as well."""
        self._keeps_everything = True

    def forget(self) -> None:
        """The namespace or the ledger is another one."""
        self._alone.clear()
        self._state = None

    def write(
        self, ledger: Ledger, changes: Changes, whole: Whole
    ) -> tuple[tuple[ValueRecord, ...], tuple[ValueRecord, ...]]:
        """Keep the outputs of a cell, and what must be kept beside them."""
        records: dict[str, ValueRecord] = {}
        wanted = whole.values.keys() if self._keeps_everything else changes.outputs.keys()
        self._keeps_everything = False
        for names in whole.families(wanted):
            values = {name: whole.values[name] for name in names}
            prints = {name: changes.prints.get(name) or whole.print_of(name) for name in names}
            is_one_part = len(names) == 1 and whole.is_one_part(names[0])
            records |= self._kept(ledger, values, prints, whole.own, is_one_part=is_one_part)
        outputs = tuple(records[name] for name in changes.outputs)
        left = tuple(record for name, record in records.items() if name not in changes.outputs)
        return outputs, (*left, *self._random(ledger, whole.random_state))

    def _kept(
        self,
        ledger: Ledger,
        values: Mapping[str, Any],
        prints: Mapping[str, Print],
        own: Own,
        *,
        is_one_part: bool,
    ) -> dict[str, ValueRecord]:
        records = {name: record_of(name, value, prints[name]) for name, value in values.items()}
        try:
            references = self._references(ledger, values, prints, own, is_one_part=is_one_part)
        except (NotStorableError, ValueTooLargeError) as error:
            return self._apart(ledger, values, records, error.reason)
        left_out = ", ".join(sorted({found.left_out for found in prints.values()} - {""}))
        return {
            name: replace(record, manifest=references[name], reason=_said(values[name], left_out))
            for name, record in records.items()
        }

    def _references(
        self,
        ledger: Ledger,
        values: Mapping[str, Any],
        prints: Mapping[str, Print],
        own: Own,
        *,
        is_one_part: bool,
    ) -> dict[str, str]:
        placed = self._witnesses.watch(values, own)
        if len(values) > 1:
            return ledger.save_group(values, views_in(values.values()), placed=placed)
        [name] = values
        # equal fingerprints may differ in what is shared inside
        found = prints[name] if is_one_part else Print(None)
        known = self._alone.get(found.key)
        if known is not None and ledger.renew_value(known):
            self._witnesses.stored(name, values[name], known)
            return {name: known}
        references = ledger.save_group(values, {}, placed=placed)
        self._witnesses.stored(name, values[name], references[name])
        if found.text is not None:
            self._alone[found.key] = references[name]
        return references

    def _apart(
        self,
        ledger: Ledger,
        values: Mapping[str, Any],
        records: Mapping[str, ValueRecord],
        reason: str,
    ) -> dict[str, ValueRecord]:
        """Values that cannot be kept together; what can be kept alone is, but says so."""
        if len(values) == 1:
            return {name: replace(record, reason=reason) for name, record in records.items()}
        found = {}
        for name, value in values.items():
            others = ", ".join(sorted(values.keys() - {name}))
            said = f"shares parts with {others}: {reason}"
            try:
                manifest = ledger.save_value(value)
            except (NotStorableError, ValueTooLargeError) as error:
                found[name] = replace(records[name], reason=error.reason)
            else:
                found[name] = replace(records[name], manifest=manifest, reason=said)
        return found

    def _random(self, ledger: Ledger, state: dict[str, Any]) -> Collection[ValueRecord]:
        text = take_print(state).text
        known = self._state
        if known is not None and known[0] == text:
            return ()
        manifest = ledger.save_value(state)
        self._state = (text, manifest)
        summary = ValueSummary(kind="dict", text=", ".join(state))
        return (
            ValueRecord(name=RANDOM_STATE, fingerprint=text, summary=summary, manifest=manifest),
        )


def _said(value: Any, left_out: str) -> str | None:
    return PART_OF_THE_CODE if is_code(value) else in_part(left_out)
