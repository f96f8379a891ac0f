"""A pipeline: steps of a notebook, what each needs, and the versions in which it was built."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from nbmlops.domain.approvals import Approval
from nbmlops.domain.parameters import Parameter
from nbmlops.domain.rules import StepRules

CellRole = Literal["parameters", "step", "support"]

FILE_SEEN = "file: "
"""What the name begins with of a file that recorded executions of two steps were seen at."""

StepsFrom = Literal["named", "headings", "cells", "all"]
"""What makes the steps of a build: names, the sections of the notebook, or its cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineCell:
    """A cell that goes along, in notebook order.

    ``role`` is ``support`` for what steps need from unnamed cells: imports, functions, constants.
    ``index`` is the 0-based position in the notebook it came from.
    """

    cell_id: str
    index: int
    role: CellRole
    step: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineStep:
    """A node of the DAG.

    ``parts`` are the digests of its cells, in order, which equal those of the versions that the
    notebook records. ``digest`` is that of its cell; of several, a hash over their digests.
    ``rules`` are what its label says of its runs.
    """

    name: str
    digest: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    parts: tuple[str, ...] = ()
    rules: StepRules = field(default_factory=StepRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineEdge:
    """``target`` needs ``names`` from ``source``.

    ``known_by`` is ``static`` (the code says so), ``observed`` (a recorded execution did so) or
    ``possible`` (a call might have changed the value, so the order is kept).
    """

    source: str
    target: str
    names: tuple[str, ...]
    known_by: Literal["static", "observed", "possible"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSpec:
    """What a build found out; immutable, and identified by ``digest``.

    The digest covers the normalized code of every cell that goes along, their roles and order,
    the parameter schema and the kernel name.
    """

    name: str
    notebook: str
    kernel: str
    digest: str
    cells: tuple[PipelineCell, ...]
    steps: tuple[PipelineStep, ...]
    edges: tuple[PipelineEdge, ...]
    parameters: tuple[Parameter, ...] = ()
    warnings: tuple[str, ...] = ()
    steps_from: StepsFrom = "named"

    @property
    def numbers(self) -> dict[str, int]:
        """The numbers of its cells in the notebook that people edit, from 1, by their ids."""
        return {cell.cell_id: cell.index + 1 for cell in self.cells}

    def among(self, names: Collection[str]) -> tuple[str, ...]:
        """The steps among some names, in the order of the pipeline."""
        return tuple(step.name for step in self.steps if step.name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineVersion:
    """A built pipeline. ``notebook_object`` is the hash of the stored ``.ipynb`` of the steps."""

    id: int
    number: int
    spec: PipelineSpec
    notebook_object: str
    environment: str | None
    author: str
    created_at: datetime
    approval: Approval | None = None

    @property
    def reference(self) -> str:
        """``flights@2``."""
        return f"{self.spec.name}@{self.number}"

    @property
    def approved(self) -> bool:
        """Whether the latest decision on this version is an approval."""
        return self.approval is not None and self.approval.approved


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """A build: the version, and whether this build made it or found it unchanged.

    ``went_back`` tells that it is an earlier version, which is the latest again. ``left_out`` are
    the numbers, counted from 1, of the cells that no step needs, ``skipped`` those of the cells
    that a tag such as ``skip`` keeps out.
    """

    version: PipelineVersion
    created: bool
    went_back: bool = False
    warnings: tuple[str, ...] = field(default=())
    left_out: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
