"""Processes that keep kernels ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkServerState:
    """A process that has imported what notebooks import, and forks their kernels.

    Attributes:
        key: its name; equal for kernels that it can stand in for.
        process: its process id.
        folder: the working directory that it serves.
        imports: the modules that its notebooks import.
        left_out: those of them that each kernel imports by itself, with the reason.
        kernels: the process ids of the kernels that run now.
        served: how many kernels it has forked.
        idle: seconds since its last kernel ended; zero while one runs.
    """

    key: str
    process: int
    folder: str
    imports: tuple[str, ...]
    left_out: Mapping[str, str]
    kernels: tuple[int, ...]
    served: int
    idle: float
