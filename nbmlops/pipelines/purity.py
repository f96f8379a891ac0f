"""What a cell takes from outside, so that running it again may give another result."""

from __future__ import annotations

import ast

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import Effects, analyze
from nbmlops.notebook.labels import strip_commands

_CLOCKS = {"now", "today", "utcnow", "time", "perf_counter", "time_ns", "monotonic", "process_time"}

_ALWAYS_NEW = {"uuid1", "uuid4", "urandom", "token_hex", "token_bytes", "token_urlsafe"}

_NEW_UNLESS_SEEDED = {"default_rng", "RandomState", "SeedSequence", "Random"}

_PROBES = {"gcc", "ldconfig", "lscpu", "nvidia-smi", "sysctl", "uname", "wmic"}
"""Programs with which libraries look at the machine, which is part of the environment."""


def reads_a_clock(record: ExecutionRecord) -> bool:
    """Whether a cell, or a function of the notebook that it uses, calls what tells the time."""
    try:
        effects = [analyze(source) for source in (record.source, *record.definitions.values())]
    except CellSyntaxError:
        return False
    bodies = [inner.effects for outer in effects for inner in outer.definitions]
    return any(names_a_clock(part) for part in (*effects, *bodies))


def draws_anew(record: ExecutionRecord) -> bool:
    """Whether a cell, or a function of the notebook that it uses, draws what no seed repeats."""
    try:
        trees = [ast.parse(strip_commands(source)) for source in _sources(record)]
    except SyntaxError:
        return False
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(_is_new(call) for call in calls)


def _sources(record: ExecutionRecord) -> tuple[str, ...]:
    return (record.source, *record.definitions.values())


def _is_new(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    seeded = call.args or call.keywords
    return name in _ALWAYS_NEW or (name in _NEW_UNLESS_SEEDED and not seeded)


def from_outside(record: ExecutionRecord) -> str | None:
    """What an execution took from outside that may be another thing now; ``None`` for nothing."""
    for access in record.externals:
        if access.kind == "url":
            return f"reads the network ({access.name})"
        if access.kind == "database":
            return f"uses the database {access.name}"
        if access.kind == "process" and not _is_probe(access.name, record):
            return f"starts the program {access.name}"
    if reads_a_clock(record):
        return "reads the clock"
    return None


def _is_probe(program: str, record: ExecutionRecord) -> bool:
    """Whether a library started a program to look at the machine; the code does not name it."""
    sources = (record.source, *record.definitions.values())
    return program in _PROBES and not any(program in source for source in sources)


def names_a_clock(effects: Effects) -> bool:
    """Whether code calls, outside of the functions in it, what tells the time."""
    return any(call.rpartition(".")[2] in _CLOCKS for call in effects.calls)
