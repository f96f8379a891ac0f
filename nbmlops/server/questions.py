"""What the REST endpoints ask of a request: its arguments, and the bodies that it may send.

The OpenAPI document describes them as they stand here, and a request is read by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.domain.pages import RunSort, SortBy
from nbmlops.domain.runs import RunStatus

LARGEST = 2**31 - 1
"""The largest number that may be asked for."""

LARGEST_PAGE = 500
"""Rows of the largest page."""

Path = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=4096,
        description="A notebook, relative to the server's root folder; it need not be there.",
    ),
]

Place = Annotated[
    str,
    Meta(
        max_length=4096,
        description="A notebook or folder, relative to the server's root folder; "
        "that folder itself where it is left out.",
    ),
]

Name = Annotated[str, Meta(min_length=1, max_length=1024)]

Number = Annotated[int, Meta(ge=1, le=LARGEST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """A question without arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfNotebook:
    """A question about a notebook."""

    notebook: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class OfVersions(OfNotebook):
    """A question about two versions of a step."""

    step: Name
    before: Number
    after: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class OfDifference(OfVersions):
    """A question about two versions of a step; ``inside`` also of what their values hold."""

    inside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfFigure(OfVersions):
    """A question about a figure of two versions that differs, such as ``figure 1``."""

    figure: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class OfVersion(OfNotebook):
    """A question about one version of a step."""

    step: Name
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPipeline(OfNotebook):
    """A question about a pipeline, its latest version or one such as ``flights@2``."""

    pipeline: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSchedule(OfNotebook):
    """A question about a schedule of a notebook's project."""

    schedule: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class OfExecutions:
    """A question about the executions of steps in a project, for a page of them.

    ``only`` keeps those of the notebook ``at``; what is left out chooses all. ``upto`` is
    ``newest`` of the first page, ``after`` that of the page before, and ``skip`` how many rows to
    pass over from there.
    """

    at: Place = ""
    only: bool = False
    sort: SortBy = SortBy.RECORDED
    descending: bool = True
    text: Name | None = None
    status: ExecutionStatus | None = None
    author: Name | None = None
    metric: Name | None = None
    upto: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    after: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    skip: Annotated[int, Meta(ge=0, le=LARGEST)] = 0
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE)] = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRuns:
    """A question about the runs of pipelines in a project, for a page; see `OfExecutions`."""

    at: Place = ""
    only: bool = False
    sort: RunSort = RunSort.RECORDED
    descending: bool = True
    text: Name | None = None
    status: RunStatus | None = None
    author: Name | None = None
    metric: Name | None = None
    upto: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    after: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    skip: Annotated[int, Meta(ge=0, le=LARGEST)] = 0
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE)] = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTwoRuns:
    """A question about two runs of a project, such as ``flights#2`` and ``flights#3``."""

    at: Place = ""
    before: Name
    after: Name
