"""The population stability index: how far two distributions are from each other.

The sum of ``(p - q) * ln(p / q)`` over bins, ``p`` and ``q`` being the shares of today and of the
reference. Without any drift it is about ``1/n + 1/m`` times a chi-square of one degree less than
there are bins, ``n`` and ``m`` being the rows (Yurdakul, *Statistical properties of population
stability index*, 2018): in few rows chance alone makes it large.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from nbmlops.monitoring.cells import Cells

BINS = 10
"""Equally full bins of the numbers of a reference; as many values at most are bins themselves."""

CATEGORIES = 50
"""Categories of a reference that are bins of their own, the most frequent ones."""

_LEAST = 1e-4
"""The share that an empty bin is taken for at least."""
_HALF = 0.5
"""The cells that an empty bin is taken for: fewer than one, and not none."""
_SURE = 3.09
"""Standard deviations that chance exceeds once in a thousand times."""
_FEW = 5
"""Rows per value, below which a reference does not say which values there are."""
_MOSTLY = 0.5
"""The share of categories among its cells, above which a column names its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index, and what it would hardly exceed by chance."""

    psi: float
    by_chance: float
    note: str = ""


def index_of(today: Cells, reference: Cells) -> Index:
    """The index of a column whose cells are of one kind, with the missing ones as a bin."""
    note = ""
    if reference.numbers is not None and today.numbers is not None:
        counts = _of_numbers(today.numbers, reference.numbers)
    elif _names_rows(reference):
        counts = [(today.size - today.lost, reference.size - reference.lost)]
        note = "nearly every cell is another: only how many are missing is compared"
    else:
        counts = _of_categories(today.counts or Counter(), reference.counts or Counter())
    counts.append((today.lost, reference.lost))
    return _index([pair for pair in counts if any(pair)], note)


def _index(counts: list[tuple[int, int]], note: str) -> Index:
    size = sum(count for count, _ in counts)
    reference_size = sum(count for _, count in counts)
    psi = 0.0
    for count, reference_count in counts:
        share, expected = _share(count, size), _share(reference_count, reference_size)
        psi += (share - expected) * math.log(share / expected)
    spread = 1 / size + 1 / reference_size
    return Index(psi=psi, by_chance=spread * _chi_square(len(counts) - 1), note=note)


def _share(count: int, size: int) -> float:
    return max(max(count, _HALF) / size, _LEAST)


def _chi_square(freedom: int) -> float:
    """What a chi-square exceeds once in a thousand times (Wilson and Hilferty, 1931)."""
    if freedom == 0:
        return 0.0
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + _SURE * math.sqrt(part)) ** 3)


def _of_numbers(today: Any, reference: Any) -> list[tuple[int, int]]:
    """Counts by bin: the values themselves where they are few, else bins that are equally full."""
    import numpy as np

    known = np.sort(reference[np.isfinite(reference)])
    values = known[np.concatenate(([True], known[1:] != known[:-1]))] if known.size else known
    if 0 < values.size <= BINS and known.size >= _FEW * values.size:
        return list(zip(_by_value(today, values), _by_value(reference, values), strict=True))
    edges = np.unique(known[_places(known.size)])
    return list(zip(_by_edge(today, edges), _by_edge(reference, edges), strict=True))


def _places(size: int) -> list[int]:
    """Where the bins of sorted numbers end, but for the last."""
    return [max(0, math.ceil(size * part / BINS) - 1) for part in range(1, BINS)] if size else []


def _by_value(numbers: Any, values: Any) -> list[int]:
    """How often each of these values is there, and any other."""
    import numpy as np

    present = numbers[~np.isnan(numbers)]
    places = np.minimum(np.searchsorted(values, present), values.size - 1)
    same = values[places] == present
    counts = np.bincount(places[same], minlength=values.size)
    return [*counts.tolist(), int(present.size - same.sum())]


def _by_edge(numbers: Any, edges: Any) -> list[int]:
    """How many are in each bin; infinite numbers are in the outermost ones."""
    import numpy as np

    present = numbers[~np.isnan(numbers)]
    counted = np.bincount(np.searchsorted(edges, present), minlength=edges.size + 1)
    found: list[int] = counted.tolist()
    return found


def _of_categories(today: Counter[str], reference: Counter[str]) -> list[tuple[int, int]]:
    """Counts by category, of the rest of the reference's together, and of those that are new."""
    ordered = sorted(reference, key=lambda label: (-reference[label], label))
    own, rest = ordered[:CATEGORIES], ordered[CATEGORIES:]
    new = sum(count for label, count in today.items() if label not in reference)
    return [
        *((today[label], reference[label]) for label in own),
        (sum(today[label] for label in rest), sum(reference[label] for label in rest)),
        (new, 0),
    ]


def _names_rows(reference: Cells) -> bool:
    """Whether a column has a category for nearly each row, as names and free texts have."""
    counts = reference.counts or Counter()
    return len(counts) > CATEGORIES and len(counts) > _MOSTLY * counts.total()
