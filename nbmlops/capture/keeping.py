"""Keep values so that what shares parts shares them when it comes back, each content once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from nbmlops.capture.parts import Parts
from nbmlops.capture.parts import together as of_several
from nbmlops.capture.prints import Print
from nbmlops.capture.views import views_in
from nbmlops.capture.witnesses import Witnesses
from nbmlops.domain.values import ValueRecord, shares_parts
from nbmlops.errors import NotStorableError, ValueTooLargeError

if TYPE_CHECKING:
    from nbmlops.capture.writer import Ledger


class Namespace(Protocol):
    """What is known of the values of a kernel's names."""

    def parts(self, name: str) -> Parts:
        """What a name's value consists of."""

    def labelled_with(self, name: str) -> tuple[str, ...]:
        """The other names whose tables have an index that is the very same object."""

    def print_of(self, name: str) -> Print:
        """The fingerprint of what a name holds."""

    def record(self, name: str, value: Any, found: Print) -> ValueRecord:
        """A value with its fingerprint, as the ledger keeps it."""

    def families(
        self, names: Collection[str], values: Mapping[str, Any] | None = None
    ) -> Sequence[tuple[str, ...]]:
        """Names, each with all of these values' names that share parts of their own with it."""


class ValueKeeper:
    """Keeps values in a ledger, alone or several as one, and remembers which objects they were.

    Args:
        witnesses: remembers them.
        namespace: tells what values consist of.
        binds: whether values are parts of a namespace, which find the functions and classes that
            are there when they come back.
    """

    def __init__(self, witnesses: Witnesses, namespace: Namespace, *, binds: bool) -> None:
        self._witnesses = witnesses
        self._namespace = namespace
        self._binds = binds
        self._known: dict[tuple[str, str, str], str] = {}

    def forget(self) -> None:
        """The ledger is another one, or the namespace."""
        self._known.clear()

    def alone(
        self, ledger: Ledger, name: str, value: Any, found: Print, *, left: int | None = None
    ) -> str:
        """Keep a value for itself; returns its reference.

        Args:
            ledger: where it is kept.
            name: its name.
            value: what the name holds.
            found: its fingerprint; content that is there already is not kept again.
            left: the bytes that it may take; ``None`` for as many as any value.

        Raises:
            NotStorableError, ValueTooLargeError: it cannot be kept.
        """
        placed = self._witnesses.watch({name: value}, self._own)
        parts = self._namespace.parts(name)
        known = self._known.get(found.key)
        if (
            known is None
            or (left is not None and ledger.size_of(known) > left)
            or not ledger.renew_value(known)
        ):
            views = {} if parts.is_single else views_in([value])
            if views or self._binds:
                own = {name: value}
                known = ledger.save_group(own, views, parts=parts, left=left, placed=placed)[name]
            else:
                known = ledger.save_value(value, parts=parts, left=left, placed=placed)
        # equal fingerprints may differ in what is shared inside, where that is not known
        if found.text is not None and (parts.is_single or found.holding is not None):
            self._known[found.key] = known
        self._witnesses.stored(name, value, known)
        return known

    def together(
        self, ledger: Ledger, values: Mapping[str, Any], *, left: int | None = None
    ) -> dict[str, str]:
        """Keep values that share parts as one; returns their references.

        Raises:
            NotStorableError, ValueTooLargeError: they cannot be kept so.
        """
        placed = self._witnesses.watch(values, self._own)
        parts = of_several([*map(self._namespace.parts, values)])
        views = views_in(values.values())
        return ledger.save_group(values, views, parts=parts, left=left, placed=placed)

    def one_by_one(
        self,
        ledger: Ledger,
        values: Mapping[str, Any],
        records: Mapping[str, ValueRecord],
        prints: Mapping[str, Print],
        *,
        reason: str,
        besides: Collection[str] = (),
        left: int | None = None,
    ) -> dict[str, ValueRecord]:
        """Keep values that cannot be kept together, as far as they can be; each says so.

        Those that can be kept are kept together where that is possible without the others.

        Args:
            ledger: where they are kept.
            values: what the names hold.
            records: what is recorded of them.
            prints: their fingerprints.
            reason: why they are not kept together.
            besides: others that share parts with them.
            left: the bytes that they may take.
        """
        found: dict[str, ValueRecord] = {}
        room = left
        for name, value in values.items():
            try:
                manifest = self.alone(ledger, name, value, prints[name], left=room)
            except (NotStorableError, ValueTooLargeError) as error:
                found[name] = replace(records[name], reason=self.said(error))
                continue
            room = None if room is None else room - ledger.size_of(manifest)
            said = shares_parts({*values, *besides} - {name}, reason)
            found[name] = replace(records[name], manifest=manifest, reason=said)
        kept = {name: values[name] for name, record in found.items() if record.manifest}
        if 1 < len(kept) < len(values):
            with suppress(NotStorableError, ValueTooLargeError):
                for name, reference in self.together(ledger, kept, left=left).items():
                    found[name] = replace(found[name], manifest=reference)
        return found

    def said(self, error: NotStorableError | ValueTooLargeError) -> str:
        """Why a value is not kept; in short where a list of names says it."""
        return error.reason if self._binds else error.message

    def _own(self, name: str) -> AbstractSet[int]:
        return self._namespace.parts(name).own
