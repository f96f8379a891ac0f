"""Keep what a step made, so that what shares parts shares them when it comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nbmlops.capture.keeping import Namespace, ValueKeeper
from nbmlops.capture.namespace import Changes, is_code
from nbmlops.capture.prints import Print
from nbmlops.capture.witnesses import Witnesses
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord, in_part, kept_apart, key_of
from nbmlops.errors import NotStorableError, ValueTooLargeError

if TYPE_CHECKING:
    from nbmlops.capture.writer import Ledger

_MOST_PARTS = 20_000
_MOST_BYTES = 64 * 2**20
"""What values of unnamed cells may have and take to be kept with one of a step."""


@dataclass(slots=True)
class _Cell:
    """What a cell did, and what becomes of it.

    ``everything`` is what all names hold that is looked at, ``prints`` what is known of it;
    ``records`` are those of the outputs, ``beside`` those of others that are kept with them;
    ``left`` are the bytes that may still be kept.
    """

    ledger: Ledger
    everything: Mapping[str, Any]
    prints: dict[str, Print]
    records: dict[str, ValueRecord]
    left: int
    beside: dict[str, ValueRecord] = field(default_factory=dict)

    def settle(self, found: Mapping[str, ValueRecord]) -> None:
        """These are the records of some names."""
        for name, record in found.items():
            partly = in_part(self.prints[name].left_out) if record.manifest else None
            among = self.records if name in self.records else self.beside
            among[name] = replace(record, reason=partly) if partly else record
        manifests = {key_of(one.manifest) for one in found.values() if one.manifest}
        self.left -= sum(map(self.ledger.size_of, manifests))


class StepWriter:
    """Keeps the outputs of steps, the smallest first, each content once.

    - those that share parts are kept as one, where that fits; else each is kept alone, and says
      so;
    - what else shares parts with them is kept with them, up to a limit, by whichever cell it was
      made; what a cell without a name does to such values is kept likewise;
    - beyond the limit the record says what a value will not share any more.

    Args:
        witnesses: remembers which objects were kept.
        namespace: tells which values share parts.
    """

    def __init__(self, witnesses: Witnesses, namespace: Namespace) -> None:
        self._namespace = namespace
        self._keeper = ValueKeeper(witnesses, namespace, binds=False)
        self._kept: set[str] | None = set()

    def forget(self) -> None:
        """The ledger is another one."""
        self._keeper.forget()
        self._kept = set()

    def came_back(self) -> None:
        """Values were brought back: any name may hold what is kept."""
        self._kept = None

    def write(
        self, ledger: Ledger, changes: Changes, wanted: Collection[str]
    ) -> tuple[tuple[ValueRecord, ...], tuple[ValueRecord, ...]]:
        """The outputs of a cell as records, and what is kept beside them.

        Args:
            ledger: where they are kept.
            changes: what the cell did.
            wanted: the names whose values are kept.
        """
        prints = dict(changes.prints)
        record = self._namespace.record
        records = {
            name: record(name, value, prints[name]) for name, value in changes.outputs.items()
        }
        values: dict[str, Any] = {}
        for name in sorted(records, key=lambda name: records[name].summary.size or 0):
            if is_code(changes.outputs[name]):
                records[name] = replace(records[name], reason=PART_OF_THE_CODE)
            else:
                values[name] = changes.outputs[name]
                records[name] = _labelled(records[name], self._namespace.labelled_with(name))
        mine = {name: value for name, value in values.items() if name in wanted}
        others: set[str] = set()
        if self._kept != set():
            others = {n for n in values.keys() - mine.keys() if self._namespace.parts(n).own}
        looks = bool(mine or others)
        parts = map(self._namespace.parts, (*mine, *others))
        may_share = any(each.own or each.lies for each in parts)  # a number has nothing to share
        everything = _data({**changes.values, **values}) if may_share else mine
        cell = _Cell(ledger, everything, prints, records, ledger.step_limit)
        for family in self._in_order(mine, everything):
            self._keep(cell, [name for name in mine if name in family], family)
        if looks:
            for family in self._in_order(dict.fromkeys(sorted(others)), everything):
                if not mine.keys() & set(family):
                    self._keep_changed(cell, family)
        self._note(cell, changes.deleted)
        return tuple(records.values()), tuple(cell.beside.values())

    def _in_order(
        self, values: Mapping[str, Any], everything: Mapping[str, Any]
    ) -> Iterator[tuple[str, ...]]:
        """The families of some names, each as soon as the first of its names comes."""
        families = self._namespace.families(values, everything) if values else ()
        found = {name: family for family in families for name in family}
        for name in values:
            family = found.pop(name, None)
            if family is not None:
                for other in family:
                    found.pop(other, None)
                yield family

    def _keep(self, cell: _Cell, mine: list[str], family: Collection[str]) -> None:
        """Keep outputs that share parts, with those of the family that are none, if that fits."""
        others = sorted(set(family) - set(mine))
        if others and self._is_kept_whole(cell, mine, others):
            return
        values = {name: cell.everything[name] for name in mine}
        for part in self._in_order(values, values) if others else [tuple(mine)]:
            found = self._kept_of(cell, [name for name in mine if name in part], others)
            for name, record in found.items():
                if others and record.manifest is not None and record.reason is None:
                    found[name] = replace(record, reason=kept_apart(others))
            cell.settle(found)

    def _keep_changed(self, cell: _Cell, family: Collection[str]) -> None:
        """Keep what a cell without a name did to values that share parts with what is kept."""
        kept = set(family) if self._kept is None else self._kept & set(family)
        if len(family) > 1 and kept and not self._is_kept_whole(cell, [], sorted(family)):
            for name in cell.records.keys() & set(family):
                others = sorted(kept - {name})
                if others and cell.records[name].reason is None:
                    cell.records[name] = replace(cell.records[name], reason=kept_apart(others))

    def _is_kept_whole(self, cell: _Cell, mine: list[str], others: list[str]) -> bool:
        """Whether outputs were kept as one with others, which nobody had asked for."""
        found = dict(cell.records)
        size = 0
        for name in others:
            if len(self._namespace.parts(name).own) > _MOST_PARTS:
                return False
            if name not in found:
                cell.prints[name] = self._namespace.print_of(name)
                value, known = cell.everything[name], cell.prints[name]
                found[name] = self._namespace.record(name, value, known)
            size += found[name].summary.size or 0
        if size > _MOST_BYTES:
            return False
        values = {name: cell.everything[name] for name in (*mine, *others)}
        try:
            references = self._keeper.together(cell.ledger, values, left=cell.left)
        except (NotStorableError, ValueTooLargeError):
            return False
        cell.settle(
            {name: replace(found[name], manifest=references[name], reason=None) for name in values}
        )
        return True

    def _kept_of(self, cell: _Cell, names: list[str], others: list[str]) -> dict[str, ValueRecord]:
        """Outputs kept as one, or each alone; the others are not kept with them."""
        values = {name: cell.everything[name] for name in names}
        try:
            if len(values) == 1:
                [(name, value)] = values.items()
                found = cell.prints[name]
                reference = self._keeper.alone(cell.ledger, name, value, found, left=cell.left)
                references = {name: reference}
            else:
                references = self._keeper.together(cell.ledger, values, left=cell.left)
        except (NotStorableError, ValueTooLargeError) as error:
            if len(values) == 1:
                return {names[0]: replace(cell.records[names[0]], reason=self._keeper.said(error))}
            return self._keeper.one_by_one(
                cell.ledger,
                values,
                cell.records,
                cell.prints,
                reason=error.reason,
                besides=others,
                left=cell.left,
            )
        return {
            name: replace(cell.records[name], manifest=references[name], reason=None)
            for name in names
        }

    def _note(self, cell: _Cell, deleted: Collection[str]) -> None:
        """Remember which names hold what is kept."""
        if self._kept is not None:
            written = {**cell.records, **cell.beside}
            self._kept -= {*written, *deleted}
            self._kept |= {name for name, record in written.items() if record.manifest}


def _labelled(record: ValueRecord, others: tuple[str, ...]) -> ValueRecord:
    """A record that says which tables have an index of this one."""
    if not others:
        return record
    return replace(record, summary=replace(record.summary, labelled_with=others))


def _data(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are no code; every name is asked, so in a hurry: once for each type."""
    seen: dict[int, bool] = {}
    found = {}
    for name, value in values.items():
        kind = id(type(value))  # a metaclass may refuse to be hashed
        is_data = seen.get(kind)
        if is_data is None:
            is_data = seen[kind] = not is_code(value)
        if is_data:
            found[name] = value
    return found
