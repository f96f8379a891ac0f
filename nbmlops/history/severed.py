"""What values that come back do not share any more, though they did when they were kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from nbmlops.domain.values import apart_from, key_of

Families = Callable[[Collection[str]], Iterable[Sequence[str]]]
"""Gives names, each with those that share parts with it now."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What a name was kept as; ``reason`` may say what it was not kept together with."""

    name: str
    reference: str | None
    reason: str | None


def announced(
    loaded: Collection[str], rebuilt: Collection[str], kept: Iterable[Shared]
) -> dict[str, tuple[str, ...]]:
    """What names will not share, as their values were not kept together with it.

    Args:
        loaded: those that come from the store.
        rebuilt: those that cells make again, sharing what they shared.
        kept: what all names of that state were kept as.
    """
    known = {one.name: apart_from(one.reason) for one in kept}
    there = {name: known.keys() - ({*rebuilt} if name in rebuilt else {}) for name in known}
    return {
        name: others
        for name in sorted({*loaded, *rebuilt} & known.keys())
        if (others := tuple(other for other in known[name] if other in there[name]))
    }


def found(
    names: Collection[str], kept: Iterable[Shared], there: Collection[str], families: Families
) -> dict[str, tuple[str, ...]]:
    """What names that came back do not share with others that are there.

    Args:
        names: those that came back.
        kept: what names were kept as.
        there: the names that are there.
        families: tells what shares parts now.
    """
    known = {one.name: one for one in kept}
    groups: dict[str, set[str]] = {}
    for one in known.values():
        if one.reference is not None and key_of(one.reference) != one.reference:
            groups.setdefault(key_of(one.reference), set()).add(one.name)
    wanted = {
        name: ({*groups.get(key_of(one.reference or ""), ()), *apart_from(one.reason)} - {name})
        & set(there)
        for name, one in known.items()
        if name in names and name in there
    }
    wanted = {name: others for name, others in wanted.items() if others}
    if not wanted:
        return {}
    now = {name: set(family) for family in families(wanted) for name in family}
    return {
        name: tuple(sorted(missing))
        for name, others in sorted(wanted.items())
        if (missing := others - now.get(name, set()))
    }


def told(severed: Mapping[str, Sequence[str]]) -> str:
    """What is not shared any more, in words: ``q with log, rng; x with log``."""
    return "; ".join(f"{name} with {', '.join(others)}" for name, others in severed.items())
