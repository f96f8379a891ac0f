"""The projects below the root of a Jupyter server, and names for what is in them."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nbmlops.config import STORE
from nbmlops.errors import UnknownNameError
from nbmlops.server.projects import Projects
from nbmlops.workspace import Workspace

Kind = Literal["job", "definition"]

DEPTH = 4
"""How many folders below the root are looked into."""

LOOKED_AT_FOR = 10.0
"""Seconds for which the projects that were found are not looked for again."""

_PASSED_OVER = frozenset({"node_modules", "__pycache__", "site-packages"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What names a job, or a definition, among all projects: ``job-1a2b3c4d-17``."""

    kind: Kind
    project: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.project}-{self.number}"

    @classmethod
    def parse(cls, kind: Kind, text: str) -> Name:
        """The inverse of ``str``.

        Raises:
            UnknownNameError: it names nothing of the kind.
        """
        said, _, rest = text.partition("-")
        project, _, number = rest.partition("-")
        if said != kind or not number.isdecimal():
            raise UnknownNameError(kind, text)
        return cls(kind=kind, project=project, number=int(number))


class ProjectFinder:
    """Finds every project that a server serves: above its root, or up to `DEPTH` below.

    Args:
        projects: opens them.
        root: the server's root folder.
        clock: seconds that only grow.
    """

    def __init__(
        self, projects: Projects, root: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._projects = projects
        self._root = root.resolve()
        self._clock = clock
        self._lock = threading.Lock()
        self._folders: tuple[Path, ...] = ()
        self._looked_at: float | None = None

    def key(self, workspace: Workspace) -> str:
        """What names a project, as long as it stays where it is below the root."""
        place = os.path.relpath(workspace.project, self._root)
        return hashlib.sha256(place.encode()).hexdigest()[:8]

    def all(self) -> list[Workspace]:
        """The workspaces of all projects, by their folders."""
        found = (self._projects.workspace(folder) for folder in self._known())
        by_folder = {one.project: one for one in found if one is not None}
        return [by_folder[folder] for folder in sorted(by_folder)]

    def named(self, name: Name) -> Workspace:
        """The workspace that a name is of.

        Raises:
            UnknownNameError: there is no such project any more.
        """
        for again in (False, True):
            if again:
                self.forget()
            for workspace in self.all():
                if self.key(workspace) == name.project:
                    return workspace
        raise UnknownNameError(name.kind, str(name), cure="Its project is gone.")

    def forget(self) -> None:
        """Look for projects again, the next time that they are asked for."""
        with self._lock:
            self._looked_at = None

    def _known(self) -> tuple[Path, ...]:
        with self._lock:
            now = self._clock()
            if self._looked_at is None or now - self._looked_at > LOOKED_AT_FOR:
                self._folders = (self._root, *_with_stores(self._root))
                self._looked_at = now
            return self._folders


def _with_stores(root: Path) -> Iterator[Path]:
    """The folders below one that have a store, without those inside hidden folders."""
    for folder, names, _ in os.walk(root):
        path = Path(folder)
        if STORE in names:
            yield path
        deep = len(path.relative_to(root).parts) >= DEPTH
        names[:] = [] if deep else [name for name in names if _looked_into(name)]


def _looked_into(name: str) -> bool:
    return not name.startswith(".") and name not in _PASSED_OVER
