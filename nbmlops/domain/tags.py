"""Names that people give to versions of steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionTag:
    """A name of one version of a step, such as ``best``; ``reference`` is ``train@2``.

    A step has at most one version of that name: to give the name to another one moves it.
    """

    name: str
    reference: str
    step: str
    notebook: str
    version_id: int
    author: str
    tagged_at: datetime
