"""What an execution ran in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Interpreter, platform and installed distributions; stored once per distinct digest.

    ``distributions`` maps a normalized distribution name to its version.
    """

    digest: str
    python: str
    implementation: str
    platform: str
    machine: str
    executable: str
    distributions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitState:
    """The commit of the working tree, and whether it had uncommitted changes."""

    commit: str
    dirty: bool
