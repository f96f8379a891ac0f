"""Outputs that a later cell replaces: who shows them and who may do that; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbmlops.notebook.dataflow.graph import CellFlow

_MAKES = "display_id"
_UPDATES = re.compile(r"\bupdate(_display)?\s*\(")


def shown_together(flows: Sequence[CellFlow]) -> frozenset[int]:
    """The cells that show something under an id, and those below that may replace it.

    All of them run, in one kernel, or none: an output that is taken from a record has lost its
    id, and one that is shown anew waits for what replaced it. By position; empty where no cell
    may replace what another one shows.
    """
    makers = [at for at, flow in enumerate(flows) if any(_MAKES in text for text in _texts(flow))]
    if not makers:
        return frozenset()
    updating = {
        at
        for at in range(makers[0] + 1, len(flows))
        if any(_UPDATES.search(text) for text in _texts(flows[at]))
    }
    return frozenset({*makers, *updating}) if updating else frozenset()


def _texts(flow: CellFlow) -> tuple[str, ...]:
    return (flow.cell.source, *flow.definitions.values())
