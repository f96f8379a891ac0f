"""Values of which a pickle leaves something out: whether they come back as they were is tried."""

from __future__ import annotations

from nbmlops.capture.prints import take_print
from nbmlops.domain.timeline import KeptName
from nbmlops.history.place import Place
from nbmlops.history.timetravel_plan import Plan, is_partial
from nbmlops.store.values import ValueStore

_TRIED = 16 * 2**20
"""Bytes of a value up to which it is tried."""


class PartlyStored:
    """Tries once whether values that were stored in part come back as they were.

    A class may make again what its pickle leaves out. Where it does not, such a value is made
    again by running cells.

    Args:
        values: loads what was kept.

    Attributes:
        whole: the references of those that come back as they were.
    """

    def __init__(self, values: ValueStore) -> None:
        self._values = values
        self._tried: set[str] = set()
        self.whole: set[str] = set()

    def learn(self, plan: Plan, now: Place, then: Place) -> bool:
        """Try what a plan takes for stored in part; whether it is another plan then."""
        going = [now.state[name] for name in plan.left_behind if name in now.state]
        coming = {*plan.rebuilt, *plan.lost, *(kept.name for kept in plan.loaded)}
        wanted = [*going, *(then.state[name] for name in sorted(coming))]
        found = {
            str(kept.reference)
            for kept in wanted
            if is_partial(kept) and kept.reference not in self._tried and self._comes_back(kept)
        }
        self._tried.update(str(kept.reference) for kept in wanted if is_partial(kept))
        self.whole |= found
        return bool(found)

    def _comes_back(self, kept: KeptName) -> bool:
        if kept.fingerprint is None or (kept.size or 0) > _TRIED:
            return False
        found = self._values.load_all({kept.name: str(kept.reference)}).values
        return bool(found) and take_print(found[kept.name]).text == kept.fingerprint
