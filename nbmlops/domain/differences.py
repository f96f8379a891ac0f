"""What differs between two versions of a step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One named thing that differs; ``None`` where it is absent on that side."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDiff:
    """Two versions side by side; only what changed is listed.

    ``source`` is a unified diff, empty where the source is the same. Inputs, outputs, metrics,
    parameters, files, other accesses and environment are those of the latest execution of each
    version.
    """

    before: str
    after: str
    source: str
    before_source: str
    after_source: str
    definitions: tuple[Change, ...] = ()
    inputs: tuple[Change, ...] = ()
    outputs: tuple[Change, ...] = ()
    metrics: tuple[Change, ...] = ()
    parameters: tuple[Change, ...] = ()
    files: tuple[Change, ...] = ()
    externals: tuple[Change, ...] = ()
    environment: tuple[Change, ...] = ()
