"""The global random generators in the course of a run, as names whose values are followed; pure.

Behind the first seed, each generator stands for a value that cells read and change: a recorded
result holds where the generators that it drew from stood then where they stand now, and a cell
that runs is given them as the cell above has left them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.generators import Generators, generators_of
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.dataflow.known import RANDOM, SEEDS
from nbmlops.pipelines.judgement import Held, Names

_MORE_THAN_SEEDS = re.compile(
    r"\b(seed_all|seed_everything|set_random_seed|set_seed|manual_seed_all)\b"
)
"""Calls that set variables of the environment or devices along with the generators."""

_READS_STATE = re.compile(r"\b(get_?state|get_rng_state|initial_seed|bit_generator|fork_rng)\b")
"""What may read the state of a generator and leave it as it is."""


_KEY = f"{RANDOM} "


def key_of(generator: str) -> str:
    """The name under which a generator is followed; no variable's."""
    return f"{_KEY}{generator}"


def is_key(name: str) -> bool:
    """Whether a name stands for a generator."""
    return name.startswith(_KEY)


def generator_of(key: str) -> str:
    """The generator that a name stands for."""
    return key.removeprefix(_KEY)


def followed(names: Iterable[str]) -> frozenset[str]:
    """The generators among names."""
    return frozenset(generator_of(name) for name in names if is_key(name))


def only_seeds(flow: CellFlow) -> bool:
    """Whether all that a cell sets by its seeds are generators whose states are recorded."""
    sources = (flow.cell.source, *flow.definitions.values())
    return flow.seeds and not any(map(sets_more, sources))


def sets_more(source: str) -> bool:
    """Whether code that seeds may set something beside the generators."""
    return _MORE_THAN_SEEDS.search(source) is not None


def drawn(flow: CellFlow, record: ExecutionRecord) -> frozenset[str] | None:
    """The generators that decide about what a cell did; ``None`` where that is not known.

    One that a cell with a seed has left where it was may have been set to that all the same.
    """
    seen = generators_of(record)
    if seen is None:
        return None
    if flow.seeds:
        everything = frozenset(seen.before) | frozenset(seen.after)
        return everything - seen.moved if _does_nothing_but_seed(flow) else everything
    if looks_at_states(record):
        return frozenset(seen.before) | frozenset(seen.after)
    return seen.moved


def looks_at_states(record: ExecutionRecord) -> bool:
    """Whether a cell, or a function that it uses, asks where a generator stands."""
    return any(map(_READS_STATE.search, (record.source, *record.definitions.values())))


def _does_nothing_but_seed(flow: CellFlow) -> bool:
    calls = {call.rpartition(".")[2] for call in flow.effects.calls}
    return calls <= SEEDS and not (flow.definitions or flow.dynamic)


def draws_nothing(flow: CellFlow, past: Iterable[ExecutionRecord]) -> bool:
    """Whether no execution of a cell with this code has used a generator; a forecast."""
    found = [drawn(flow, record) for record in past if record.digest == flow.digest]
    free = not flow.seeds and not any(construct.writes for construct in flow.dynamic)
    return free and bool(found) and all(one == frozenset() for one in found)


def is_settled(flow: CellFlow, record: ExecutionRecord, names: Iterable[str]) -> bool:
    """Whether the generators that are followed say all of how seeds bear upon a recorded result."""
    needed = drawn(flow, record)
    return needed is not None and needed <= followed(names)


def stood(record: ExecutionRecord) -> Mapping[str, str | None]:
    """The fingerprints of the generators before a recorded cell."""
    seen = generators_of(record)
    return {} if seen is None else seen.before


def left(flow: CellFlow, seen: Generators, names: Iterable[str]) -> frozenset[str]:
    """The generators that are followed behind a cell from where it left them."""
    known = followed(names)
    return seen.moved | (frozenset(seen.after) - known) if flow.seeds else seen.moved & known


def open_generators(
    position: int, names: Iterable[str], seeded: Iterable[str] = ()
) -> dict[str, Held]:
    """The generators that are followed, left by a cell of which it is not known yet how."""
    keys = {*filter(is_key, names), *seeded}
    return {name: Held(provider=position, known=False) for name in keys}


def without_generators(names: Names) -> dict[str, Held]:
    """Names behind a cell of which nobody knows what it draws."""
    return {name: held for name, held in names.items() if not is_key(name)}
