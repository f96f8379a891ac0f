"""Which call made a result another one each time: its cell, and the seed that it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.pipelines.unseeded import Draw, draws_in, seeded_in

_SHOWN = 3


def unseeded_among(
    record: ExecutionRecord, before: Sequence[ExecutionRecord], numbers: Mapping[str, int]
) -> str:
    """What is not seeded of that which made a cell differ first.

    An estimator that was made in a cell above is the same until it is fitted here.

    Args:
        record: the cell.
        before: those that ran before it, in order.
        numbers: the numbers of cells, from 1, by id.
    """
    seeded = set[str]().union(*(seeded_in(one) for one in (*before, record)))
    read = {value.name for value in record.inputs}
    makers = [one for one in reversed(before) if read & {value.name for value in one.outputs}]
    for one in (record, *makers):
        draws = [draw for draw in draws_in(one) if draw.generator not in seeded]
        if draws:
            return named(draws, f"cell {numbers[str(one.cell_id)]}")
    return (
        f"something is not seeded in cell {numbers[str(record.cell_id)]}, or in what it uses: "
        "give a seed to what draws numbers there"
    )


def named(draws: Sequence[Draw], place: str) -> str:
    """Calls with their cures in a few words; ``place`` is the cell that has them."""
    told = [
        f"{f'{draw.node} in ' if draw.node else ''}{place} calls {draw.call} without a seed: "
        f"{draw.cure}"
        for draw in draws[:_SHOWN]
    ]
    more = len(draws) - _SHOWN
    return "; ".join(told) + (f"; and {more} more there" if more > 0 else "")
