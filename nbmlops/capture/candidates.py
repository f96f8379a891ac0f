"""What a cell may read and change, before it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The names whose content a cell may read or change, as its code tells.

    ``mutates`` are changed in place, perhaps; of ``opens`` shallow copies are, with what they
    share; ``rebinds`` are bound anew or deleted, perhaps; ``assigned`` are bound whichever way the
    cell goes. ``everything`` is set where the code does not tell: then every name is a candidate.
    ``unknown`` says what the code does not tell; it ``looks`` where it may read any name. ``uses``
    are all names that it and the functions it calls load; ``draws_on`` those on which it draws, if
    they are figures, ``draws`` says that it does on the current one. ``calls`` is false where it
    calls nothing, ``complete`` where it reads what has no name. ``imports`` are its modules.
    """

    reads: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    opens: frozenset[str] = frozenset()
    rebinds: frozenset[str] = frozenset()
    assigned: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    draws_on: frozenset[str] = frozenset()
    draws: bool = False
    calls: bool = True
    complete: bool = True
    everything: bool = False
    looks: bool = False
    unknown: str | None = None
    imports: frozenset[str] = frozenset()
