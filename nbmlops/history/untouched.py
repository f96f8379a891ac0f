"""Variables that stay as they are while cells run again for the sake of others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from nbmlops.capture.parts import parts_of
from nbmlops.values.kinds import identity


def bound_anew(
    before: Mapping[str, Any], now: Mapping[str, Any], *, made: Collection[str]
) -> dict[str, Any]:
    """The objects that names held before cells ran again, which bound them anew.

    Whatever else refers to these goes on sharing them. Not of a name whose new object is a part of
    what was made again, or has parts in common with it: these belong together.

    Args:
        before: what the names that stay held.
        now: what all names hold.
        made: the names that cells made again.
    """
    waiting = {name for name, value in before.items() if now.get(name, before) is not value}
    again = [now[name] for name in made if name in now]
    while True:
        parts = parts_of(again)
        taken = {
            name
            for name in waiting & now.keys()
            if identity(now[name]) in parts.classes or parts.meet(parts_of(now[name]))
        }
        if not taken:
            return {name: before[name] for name in waiting}
        waiting -= taken
        again += [now[name] for name in taken]
