"""By which seed Python hashes texts, and so in which order a process has the items of a set."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

VARIABLE = "PYTHONHASHSEED"

RANDOM = "random"
"""What Python takes where the variable is not set: another seed for each process."""

OF_RUNS = "20203"
"""The seed of all kernels that runs start; Dask sets another where there is none, or 0."""

_STARTED_WITH = Path("/proc/self/environ")


def seed_in(environment: Mapping[str, str]) -> str:
    """The seed of a process that is started with these variables.

    >>> seed_in({"PYTHONHASHSEED": "007"}), seed_in({})
    ('7', 'random')
    """
    text = environment.get(VARIABLE, "")
    return str(int(text)) if text.isascii() and text.isdigit() else RANDOM


def seed_for_runs(environment: Mapping[str, str]) -> str:
    """The seed of the kernels that a run starts: that of its own process, where it is set.

    >>> seed_for_runs({"PYTHONHASHSEED": "0"}), seed_for_runs({}) == OF_RUNS
    ('0', True)
    """
    given = seed_in(environment)
    return OF_RUNS if given == RANDOM else given


@cache
def own_seed() -> str:
    """The seed of this process, whatever its variables are by now."""
    if sys.flags.ignore_environment:
        return RANDOM
    return seed_in(_started_with())


def _started_with() -> Mapping[str, str]:
    """The variables with which the interpreter was started; a fork has those of its parent."""
    try:
        entries = _STARTED_WITH.read_bytes().split(b"\0")
    except OSError:
        return dict(os.environ)
    pairs = (entry.partition(b"=") for entry in entries)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
