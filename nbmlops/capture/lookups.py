"""What a cell has learned of folders and paths, as its record tells it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nbmlops.capture.files import real_path
from nbmlops.capture.looked_again import LookAgain, base_of
from nbmlops.capture.looks import Asked, Found, Looks, state_of
from nbmlops.capture.native_lists import NativeLists
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.listings import ABSENT, MADE, NOTHING, Form, Listing
from nbmlops.notebook.dataflow.lookups import asks_of_files

_MOST_TOLD = 300
"""Listings, and paths, of one cell that are told."""

_MOST_OF_ONE_FOLDER = 50
"""Paths of one folder; of more, the folder's listing is told in their place."""

_PROGRAMS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/include", "/run")
"""Places of the system in which libraries look for programs."""

_MODES = ("mode", "owner")
_MOST_OWN = 100


@dataclass(frozen=True, slots=True)
class _Deeds:
    """What the cell did to files.

    ``touched`` are paths in order, ``mine`` those of them that it changed, with their places in
    that order; the others are names as they are recorded.
    """

    touched: Sequence[str]
    mine: Sequence[tuple[int, str]]
    changed: Collection[str]
    read: Collection[str]
    natively: Sequence[str]


class Lookups:
    """Tells what the cells of one process have learned.

    - of a tree that was walked whole, one listing; of many paths in one folder, one as well;
    - nothing of temporary folders, and of what the cell itself has made or cleared.

    Args:
        project: the project's folder.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._now = LookAgain(project)
        self._temporary: set[str] = set()
        self._natives = NativeLists(str(project), self._counts)

    def learned(
        self,
        looks: Looks,
        *,
        touched: Iterable[str],
        files: Iterable[FileAccess],
        sources: Sequence[str],
        mentioned: Sequence[Any],
        plans: Callable[[], Iterable[str]] = tuple,
        asks_systems: bool = False,
    ) -> tuple[tuple[ExternalAccess, ...], bool]:
        """What a cell has learned, and whether that is all.

        Args:
            looks: what it asked.
            touched: the files that it touched, in order, as `Found.after` counts them.
            files: what it did to files.
            sources: its code, with that of the functions which it uses.
            mentioned: strings of its code, and values that it reads: what may be a path.
            plans: tells the paths and patterns that lazy values read.
            asks_systems: whether it uses a file system as Arrow and fsspec have them.
        """
        self._temporary |= looks.temporary
        deeds = self._deeds(list(touched), list(files))
        told: list[ExternalAccess] = []
        if looks.are_any:
            told += islice(self._listed(looks, deeds), _MOST_TOLD + 1)
        for form, path in self._natives.found(deeds.natively, sources, mentioned, plans):
            told += self._as_before(form, path, deeds)
        told += self._asked_natively(
            deeds, self._natives.asked(sources, mentioned, asks_systems), looks.paths
        )
        if looks.are_any:
            told += self._asked(looks, deeds)
            told += self._followed(looks.links)
        complete = looks.complete and len(told) <= _MOST_TOLD
        told = [*told[:_MOST_TOLD], *self._links([*deeds.touched, *looks.folders, *looks.paths])]
        if not told and asks_of_files(sources):
            told.append(ExternalAccess(kind="path", name=NOTHING))
        return tuple(dict.fromkeys(told)), complete

    def _deeds(self, touched: list[str], files: list[FileAccess]) -> _Deeds:
        changed = {one.path for one in files if one.mode != "read"}
        known = enumerate(touched if changed else ())
        return _Deeds(
            touched=touched,
            mine=[(at, path) for at, path in known if self._now.name(real_path(path)) in changed],
            changed=changed,
            read={one.path for one in files if one.mode == "read"},
            natively=[one.path for one in files if one.mode == "read" and one.known_by == "watch"],
        )

    # Listings

    def _listed(self, looks: Looks, deeds: _Deeds) -> Iterator[ExternalAccess]:
        for (pattern, deep), found in looks.patterns.items():
            form: Form = "deep pattern" if deep else "pattern"
            base = base_of(form, pattern)
            if self._counts(base):
                names = (name.removeprefix(base) for name in found.names)
                yield self._listing(form, pattern, names, self._own(base, found.after, deeds))
        folders = {path: found for path, found in looks.folders.items() if self._counts(path)}
        for root in [path for path in folders if os.path.dirname(path) not in folders]:
            whole = self._whole_tree(root, folders)
            if whole is None:
                continue
            own = self._own(root, folders[root].after, deeds)
            yield self._listing("tree", root, whole, own)
            for folder in [path for path in folders if _is_below(path, root)]:
                del folders[folder]
        for folder, found in folders.items():
            yield self._listing(
                "folder", folder, found.names, self._own(folder, found.after, deeds, deep=False)
            )

    def _whole_tree(self, root: str, folders: Mapping[str, Found]) -> list[str] | None:
        """The names in a tree; ``None`` where it has no folders, or not all of them were listed."""
        names: list[str] = []
        waiting = [""]
        while waiting:
            below = waiting.pop()
            found = folders.get(os.path.join(root, below).rstrip(os.sep))
            if found is None:
                return None
            inside = [below + name for name in found.names]
            names += inside
            folders_in = [name for name in inside if name.endswith(os.sep)]
            waiting += [name for name in folders_in if self._now.counts(os.path.join(root, name))]
        return names if any(name.endswith(os.sep) for name in names) else None

    def _asked_natively(
        self, deeds: _Deeds, named: Iterable[tuple[str, bool]], paths: Container[str]
    ) -> Iterator[ExternalAccess]:
        """The paths of which a library was asked without Python, but for what the cell changed."""
        for path, simple in named:
            name = self._now.name(real_path(path))
            asked = state_of(path)
            if path in paths or name in deeds.changed or asked.state == "folder":
                continue
            if self._counts(os.path.dirname(path)) and (not simple or name not in deeds.read):
                detail = asked.told(() if simple else ("size", "time"))
                yield ExternalAccess(kind="path", name=self._now.name(path), detail=detail)

    def _as_before(self, form: Form, path: str, deeds: _Deeds) -> Iterator[ExternalAccess]:
        """A listing as it was before the cell: that of now, without what the cell has changed."""
        try:
            names = self._now.names(form, path)
        except OSError:
            return
        base = base_of(form, path)
        own = {
            full.removeprefix(base)
            for name in deeds.changed
            if (full := os.path.join(self._project, name)).startswith(base)
        }
        yield self._listing(form, path, names, own)

    def _listing(
        self, form: Form, path: str, names: Iterable[str], own: Collection[str]
    ) -> ExternalAccess:
        kept = self._now.kept(form, path, names)
        left = own if len(own) <= _MOST_OWN else ()
        listing = Listing.made(form, kept, left)
        detail = listing.detail if left or not own else ""  # it cannot be compared then
        return ExternalAccess(kind="listing", name=self._now.name(path), detail=detail)

    def _own(self, base: str, after: int, deeds: _Deeds, *, deep: bool = True) -> Collection[str]:
        """Names below a folder that the cell had written or removed before it looked."""
        base = base.rstrip(os.sep) + os.sep
        names = {
            path.removeprefix(base)
            for at, path in deeds.mine
            if at < after and path.startswith(base)
        }
        return names if deep else {name for name in names if os.sep not in name}

    # Paths

    def _asked(self, looks: Looks, deeds: _Deeds) -> Iterator[ExternalAccess]:
        groups: dict[str, dict[str, Asked]] = {}
        for path, asked in looks.paths.items():
            if self._says_something(path, asked, deeds):
                groups.setdefault(os.path.dirname(path), {})[path] = asked
        for folder, paths in groups.items():
            plain = not any(one.wants for one in paths.values())
            if plain and len(paths) > _MOST_OF_ONE_FOLDER and os.path.isdir(folder):
                yield from self._as_before("folder", folder, deeds)
                continue
            for path, asked in paths.items():
                detail = asked.told(asked.wants)
                if detail == ABSENT and path in looks.made:
                    detail = MADE
                yield ExternalAccess(kind="path", name=self._now.name(path), detail=detail)
        for path in sorted(looks.modes):
            if self._counts(os.path.dirname(path)):  # as the cell has left it
                detail = state_of(path).told(_MODES)
                yield ExternalAccess(kind="path", name=self._now.name(path), detail=detail)

    def _says_something(self, path: str, asked: Asked, deeds: _Deeds) -> bool:
        """Whether it counts, and what the files tell that were read does not say as much."""
        if not self._counts(os.path.dirname(path)) or not self._now.counts(path):
            return False
        if _is_below(str(self._project), path):
            return False
        name = self._now.name(real_path(path))
        if asked.by_library and name in deeds.changed and name not in deeds.read:
            return False  # libraries look before they write
        read = asked.state == "file" and name in deeds.read
        return not read or bool(asked.wants - {"size"})

    def _counts(self, folder: str) -> bool:
        folder = folder.rstrip(os.sep) or os.sep
        if not self._now.counts(folder) or folder == tempfile.gettempdir():
            return False
        inside = _is_below(folder, str(self._project))
        if not inside and folder.startswith(_PROGRAMS):
            return False
        home = os.path.expanduser("~").rstrip(os.sep) + os.sep + "."
        lent = any(_is_below(folder, one) for one in self._temporary)
        return inside or not (lent or folder.startswith(home))

    # Links

    def _followed(self, links: Mapping[str, str]) -> Iterator[ExternalAccess]:
        """Where paths led of which it was asked."""
        groups: dict[str, dict[str, str]] = {}
        for path, real in links.items():
            folder = os.path.dirname(path)
            if self._counts(folder) and not _is_below(str(self._project), path):
                groups.setdefault(folder, {})[path] = real
        for folder, paths in groups.items():
            told = paths
            if len(paths) > _MOST_OF_ONE_FOLDER and os.path.isdir(folder):
                yield self._listing("links", folder, self._now.names("links", folder), ())
                told = {folder: os.path.realpath(folder)}
            for path, real in told.items():
                yield ExternalAccess(
                    kind="link", name=self._now.name(path), detail=self._now.name(real)
                )

    def _links(self, paths: Iterable[str]) -> Iterator[ExternalAccess]:
        """The links to folders through which something was found."""
        above = {os.path.dirname(path) for path in paths}
        for folder in sorted(above):
            while real_path(folder) != folder or os.path.islink(folder):
                if os.path.islink(folder) and self._counts(os.path.dirname(folder)):
                    leads = self._now.name(os.path.realpath(folder))
                    yield ExternalAccess(kind="link", name=self._now.name(folder), detail=leads)
                folder = os.path.dirname(folder)  # noqa: PLW2901 (up to where there are no links)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
