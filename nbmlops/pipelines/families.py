"""Values that shared parts when their cell ended, as its records tell; a forecast; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.values import MEMBER, ValueRecord, apart_from, key_of
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.pipelines.evidence import Evidence
from nbmlops.pipelines.past import past_of

_DRAWN = "matplotlib."
"""Where kinds come from that hold functions of their library, and no classes of the notebook."""


class Families:
    """What executions of one cell have shown of the values that it leaves.

    Values that share parts are kept as one, and one that is kept by itself shares none, whatever
    its code makes possible. That counts where all of it is known: the value was kept, and what it
    may share parts with was there. What shares parts with that was there as well if the cell has
    changed it, see `sharing.changed_alone`.

    Args:
        records: those of its executions that ended well; after an edit, of the one before it.
        not_kept: says why a stored value cannot be brought back, as one cannot that has classes of
            the notebook, whose attributes all instances share; ``None`` where it can.
    """

    def __init__(
        self, records: Iterable[ExecutionRecord] = (), not_kept: Callable[[str], str | None] = str
    ) -> None:
        self._records = tuple(records)
        self._not_kept = not_kept
        self._known: dict[str, frozenset[str] | None] = {}
        self._told: set[tuple[str, str, bool]] = set()

    @classmethod
    def foreseen(cls, flow: CellFlow, step: str | None, evidence: Evidence) -> Families:
        """Those of a cell, as far as its executions tell."""
        past = past_of(flow, step, evidence)
        return cls((one.record for one in past), evidence.not_kept)

    def together(self) -> Iterator[frozenset[str]]:
        """The names that shared parts."""
        for record in self._records:
            for value in (*record.outputs, *record.left):
                if len(family := _family(value, record)) > 1:
                    yield family

    def labelled(self) -> Iterator[frozenset[str]]:
        """The names whose tables had an index that was the very same object."""
        for record in self._records:
            for value in record.outputs:
                if value.summary.labelled_with:
                    yield frozenset({value.name, *value.summary.labelled_with})

    def are_apart(self, one: str, other: str) -> bool:
        """Whether two names that the cell leaves share no parts."""
        found = self._is_apart(one, other) or self._is_apart(other, one)
        return self._said(found, one, other, read=False)

    def are_apart_from(self, made: str, read: str) -> bool:
        """Whether what the cell leaves under a name shares no part with what it read of another."""
        found = self._is_apart(made, read) and all(_looked_at(read, one) for one in self._records)
        return self._said(found, made, read, read=True)

    def and_now(self, record: ExecutionRecord) -> Families:
        """These, with what one more execution has shown."""
        return Families((*self._records, record), self._not_kept)

    def hold_in(self, others: Families) -> bool:
        """Whether all that was asked of these and said to be apart is so by others as well."""
        if not {*others.together()} <= {*self.together()}:
            return False
        if not {*others.labelled()} <= {*self.labelled()}:
            return False
        return all(
            others.are_apart_from(one, other) if read else others.are_apart(one, other)
            for one, other, read in self._told
        )

    def _said(self, found: bool, one: str, other: str, *, read: bool) -> bool:  # noqa: FBT001
        if found:
            self._told.add((one, other, read))
        return found

    def _is_apart(self, name: str, other: str) -> bool:
        family = self.of(name)
        return family is not None and other not in family

    def of(self, name: str) -> frozenset[str] | None:
        """The names with which one shared parts; ``None`` where that is not known."""
        if name not in self._known:
            self._known[name] = self._of(name)
        return self._known[name]

    def _of(self, name: str) -> frozenset[str] | None:
        found: set[str] = set()
        for record in self._records:
            value = next((one for one in record.outputs if one.name == name), None)
            if value is None or not value.comes_back or not record.inputs_complete:
                return None
            drawn = value.summary.kind.startswith(_DRAWN)
            if not drawn and self._not_kept(value.manifest or "") is not None:
                return None
            found |= _family(value, record)
        return frozenset(found) if self._records else None


def _looked_at(name: str, record: ExecutionRecord) -> bool:
    """Whether a name had a value when the cell began that was looked at, or was changed."""
    return any(value.name == name for value in (*record.inputs, *record.outputs))


def _family(value: ValueRecord, record: ExecutionRecord) -> frozenset[str]:
    manifest = value.manifest or ""
    others = {
        one.name
        for one in ((*record.outputs, *record.left) if MEMBER in manifest else ())
        if key_of(one.manifest or "") == key_of(manifest)
    }
    return frozenset({value.name, *apart_from(value.reason), *others})
