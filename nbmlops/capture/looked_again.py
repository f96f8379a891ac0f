"""Whether folders and paths are still what a record tells of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from glob import escape, has_magic
from pathlib import Path

from nbmlops.capture.looks import matches, state_of
from nbmlops.capture.places import Places
from nbmlops.domain.accesses import ExternalAccess
from nbmlops.domain.listings import ABSENT, MADE, NOTHING, Form, Listing, fact_of, facts_in

_HERE = "."
_UNSAVED = ".~"
"""What the files begin with into which front ends write before they rename them."""


class LookAgain:
    """Looks at folders and paths as a record names them.

    Args:
        project: where relative paths begin.
    """

    def __init__(self, project: Path) -> None:
        self._places = Places(project, None)
        self._project = str(project)
        self._escaped = escape(self._project).rstrip(os.sep) + os.sep

    def name(self, path: str) -> str:
        """A path, or a pattern, as a record names it."""
        if path.rstrip(os.sep) == self._project:
            return _HERE
        return self._places.name(path.removeprefix(self._escaped))

    def counts(self, path: str) -> bool:
        """Whether what is in a folder is the user's."""
        return self._places.counts(os.path.join(path, "x"))

    def kept(self, form: Form, path: str, names: Iterable[str]) -> list[str]:
        """The names of a listing that count."""
        base = base_of(form, path)
        counts = self._places.counts
        return [
            name
            for name in names
            if counts(base + name) and not name.rpartition(os.sep)[2].startswith(_UNSAVED)
        ]

    def names(self, form: Form, path: str) -> list[str]:
        """The names of a listing as it would be now.

        Args:
            form: what is listed.
            path: the absolute path, or pattern.

        Raises:
            OSError: the folder cannot be listed.
        """
        if form in ("pattern", "deep pattern"):
            base = base_of(form, path)
            found: Iterable[str] = (
                one.removeprefix(base) for one in matches(path, form == "deep pattern")
            )
        elif form == "links":
            with os.scandir(path) as entries:
                found = [f"{one.name} → {os.readlink(one)}" for one in entries if one.is_symlink()]
        else:
            found = self._below(path, deep=form == "tree")
        return self.kept(form, path, found)

    def differs(self, access: ExternalAccess, left: Mapping[str, bool]) -> str | None:
        """How what a cell has learned is another thing now, in a few words; ``None``: it is not.

        Args:
            access: what it learned.
            left: files that cells above have written, or removed, as `FileAccess` names them:
                whatever is on the disk, it finds these, or does not.
        """
        if access.name == NOTHING:
            return None
        if access.kind == "listing":
            return self._other_listing(access, left)
        if access.kind == "link":
            now = self.name(os.path.realpath(self._path(access.name)))
            return (
                None if now == access.detail else f"leads to {now} now, and led to {access.detail}"
            )
        return self._other_path(access, left)

    def differs_but_for(self, access: ExternalAccess, own: Collection[str]) -> str | None:
        """The same, where it does not count whether these files are there.

        Args:
            access: what a cell learned.
            own: files that cells of its notebook have written, or removed.
        """
        said = self.differs(access, {})
        if said is None or not own or access.kind == "link":
            return said
        if access.kind == "path":
            inside = access.name.rstrip("/") + "/"
            return None if any(f"{one}/".startswith(inside) for one in own) else said
        listing = Listing.read(access.detail)
        path = self._place(listing.of, access.name)
        base = base_of(listing.of, path)
        mine = {self._path(one).removeprefix(base) for one in own}
        mine |= {f"{name[:at]}/" for name in mine for at in range(len(name)) if name[at] == "/"}
        mine = {name for name in mine if not name.startswith("/")}
        now = {*self.names(listing.of, path)} - mine
        return None if listing.differs_from(now | ({*listing.names} & mine)) is None else said

    def _place(self, form: Form, name: str) -> str:
        if form.endswith("pattern"):
            return os.path.join(self._escaped, name)
        return self._path(name)

    def _path(self, name: str) -> str:
        return os.path.normpath(os.path.join(self._project, name))

    def _other_listing(self, access: ExternalAccess, left: Mapping[str, bool]) -> str | None:
        try:
            listing = Listing.read(access.detail)
        except (ValueError, KeyError, TypeError):
            return "cannot be compared: its list of files is not known"
        path = self._place(listing.of, access.name)
        try:
            names = set(self.names(listing.of, path))
        except FileNotFoundError:
            return "is not there any more"
        except OSError as error:
            return f"cannot be listed: {error.strerror}"
        for name, there in self._left_below(listing.of, base_of(listing.of, path), left):
            if there and name not in names and listing.of != "tree":
                if os.sep in name or listing.of != "folder":
                    return "cannot be compared: cells above make other files there in between"
                names.add(name)
            elif there:
                names.add(name)
            else:
                names.discard(name)
        return listing.differs_from(names)

    def _left_below(
        self, form: Form, base: str, left: Mapping[str, bool]
    ) -> Iterator[tuple[str, bool]]:
        if form == "links":  # cells write files
            return
        for name, there in left.items():
            path = self._path(name)
            if path.startswith(base) and there != os.path.lexists(path):
                yield path.removeprefix(base), there

    def _other_path(self, access: ExternalAccess, left: Mapping[str, bool]) -> str | None:
        before = access.detail
        now = state_of(self._path(access.name))
        state = fact_of(before)
        wants = facts_in(before)
        found = now.told(wants)
        if access.name in left and left[access.name] != (now.state != ABSENT):
            if wants or not left[access.name]:
                found = ABSENT if not left[access.name] else ""
            else:
                found = "file"
        if found == before or (before == MADE and now.state in (ABSENT, "folder")):
            return None
        return _said(state, fact_of(found), found)

    def _below(self, folder: str, *, deep: bool) -> Iterator[str]:
        waiting = [""]
        while waiting:
            below = waiting.pop()
            with os.scandir(os.path.join(folder, below)) as entries:
                for entry in entries:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    name = os.path.join(below, entry.name) + (os.sep if is_folder else "")
                    yield name
                    if deep and is_folder and self.counts(os.path.join(folder, name)):
                        waiting.append(name)


def base_of(form: Form, path: str) -> str:
    """The folder to which the names of a listing are relative, with ``/`` at the end."""
    parts = path.split(os.sep)
    if form.endswith("pattern"):
        first = next((at for at, part in enumerate(parts) if has_magic(part)), len(parts) - 1)
        parts = parts[:first]
    return os.sep.join(parts).rstrip(os.sep) + os.sep


def _said(before: str, now: str, found: str) -> str:
    if before == now:
        return f"is another one now: {found}" if found else "is another one by then"
    if before == ABSENT:
        return "is there now, and was not then"
    if now == ABSENT:
        return "is not there any more"
    return f"is a {now} now, and was a {before}"
