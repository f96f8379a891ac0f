"""What libraries list that look into folders without Python: Arrow, DuckDB, Polars.

Nothing tells of it. It is known by the files that they read, by what the code names, and by the
plans of lazy frames.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from glob import has_magic
from itertools import repeat
from typing import Any

from nbmlops.capture.files import is_whole_disk, real_path
from nbmlops.capture.looked_again import base_of
from nbmlops.domain.listings import Form

Place = tuple[Form, str]
"""A folder, or pattern, by its absolute path."""

_MOST_MENTIONED = 200
_MOST_KEPT = 2_000
"""Folders and patterns, and names of files, that are kept of the cells above."""

_LONGEST = 1_000
_STRING = re.compile(r"""['"]([^'"\n]{1,200})['"]""")
_QUOTED = re.compile(r"""['"]([^'"\n]*[*?][^'"\n]*)['"]""")
"""A pattern in the text of a query."""

_TAKE_PATTERNS = re.compile(
    r"\b(scan_\w+|read_\w+|FileSelector|get_file_info|dataset|ParquetDataset|sql|query|execute"
    r"|from_\w+)\s*\("
)
"""Functions that may be given a pattern, and of which some only list what matches it."""

_TAKE_FOLDERS = re.compile(r"\b(scan_\w+|FileSelector|get_file_info|dataset|ParquetDataset)\s*\(")
_ASK = re.compile(r"\b(get_file_info|info|modified|created|sizes?|exists|isfile|isdir)\s*\(")
"""Functions of file systems that are not Python's, or go past what is listened to."""

_SYSTEMS = re.compile(r"[fF]ile_?[sS]ystem|\bfsspec\b|\bget_file_info\b")
_PATTERN = re.compile(r"[^\s()|^$\\]*(/|\.\w+$)[^\s()|^$\\]*")
_PATH = re.compile(r"[^\s*?]*(/|\.\w{1,8}$)[^\s*?]*")
_QUERY = re.compile(
    r"select\s|(with|from)\s.*\bselect\s|(insert|update|delete|create|pragma|explain)\s[^/]*$",
    re.IGNORECASE,
)
"""How the text of a query begins; its star and question mark are no pattern's."""

_DATABASES = (".db", ".duckdb", ".h5", ".hdf5", ".sqlite", ".sqlite3", ".wal", "-journal", "-shm",
              "-wal")  # fmt: skip
"""Ends of files that are opened alone, and read again and again."""


class _Meant:
    """A text, and what it may stand for.

    Args:
        text: of a cell.
        folder: the one in which the process works.
    """

    __slots__ = ("is_file", "is_folder", "is_pattern", "path", "text")

    def __init__(self, text: str, folder: str) -> None:
        self.text = text
        path = os.path.expanduser(text) if text.startswith("~") else text
        self.path = os.path.normpath(os.path.join(folder, path))
        self.is_pattern = has_magic(text)
        mode = 0
        with suppress(OSError, ValueError):
            mode = os.stat(self.path).st_mode
        self.is_folder, self.is_file = stat.S_ISDIR(mode), stat.S_ISREG(mode)


class NativeLists:
    """Finds the folders and patterns that a library may have listed for a cell.

    It remembers what the cells above have named: a lazy value reads what another cell named.

    Args:
        project: where relative paths begin.
        counts: whether what is in a folder is the user's.
    """

    def __init__(self, project: str, counts: Callable[[str], bool]) -> None:
        self._project = project
        self._counts = counts
        self._places: dict[Place, None] = {}
        self._files: dict[str, None] = {}

    def found(
        self,
        natively: Collection[str],
        sources: Sequence[str],
        mentioned: Iterable[Any],
        plans: Callable[[], Iterable[str]],
    ) -> tuple[Place, ...]:
        """What was listed, as far as it can be known.

        Args:
            natively: files, relative to the project, that something else than Python read.
            sources: the cell's code, with that of the functions which it uses.
            mentioned: strings of it, and values that it reads.
            plans: tells the paths and patterns that lazy values read.
        """
        texts = list(dict.fromkeys(_texts([*mentioned, *_strings(sources)])))
        if not (texts or natively):
            return ()
        here = _working_folder()
        meant = list(map(_Meant, texts, repeat(here)))
        read = [os.path.join(self._project, path) for path in natively]
        unnamed = [path for path in read if not _is_named(path, texts)]
        found = {
            place: None
            for place, text in self._named(meant)
            if _covers(place, unnamed) or _may_be_listed(place, text, sources)
        }
        left = [path for path in unnamed if not any(_covers(one, [path]) for one in found)]
        if left:
            planned = list(dict.fromkeys(plans()))
            places = self._named(map(_Meant, planned, repeat(here)))
            found |= dict.fromkeys(place for place, _ in places)
            left = [path for path in left if not _is_named(path, planned)]
        found |= dict.fromkeys(self._behind(left, found))
        self._remember(meant)
        return tuple(found)

    def asked(
        self,
        sources: Sequence[str],
        mentioned: Collection[Any],
        has: bool,  # noqa: FBT001 (as it is found)
    ) -> Iterator[tuple[str, bool]]:
        """Paths that the cell names where it asks a file system of paths, and which is not seen.

        Args:
            sources: the cell's code, with that of the functions which it uses.
            mentioned: strings of it, and values that it reads.
            has: whether it uses such a file system.

        Yields:
            The absolute path, and whether only its being there is asked.
        """
        if not mentioned:
            return
        asks = {found for source in sources for found in _ASK.findall(source)}
        has = has or any(_SYSTEMS.search(source) is not None for source in sources)
        if asks and has:
            simple = asks <= {"exists", "isfile", "isdir"}
            for text in _texts(mentioned):
                if _PATH.fullmatch(text) is not None and "://" not in text:
                    yield os.path.abspath(os.path.expanduser(text)), simple

    def _named(self, meant: Iterable[_Meant]) -> Iterator[tuple[Place, str]]:
        for one in meant:
            if not (one.is_pattern or one.is_folder):
                continue
            form: Form = "deep pattern" if one.is_pattern else "tree"
            base = base_of(form, one.path)
            if not is_whole_disk(base) and self._counts(base):
                yield (form, one.path), one.text

    def _behind(self, left: list[str], found: Iterable[Place]) -> Iterator[Place]:
        """What stands for files that nothing names in this cell.

        That is what the cells above have named, or else the folders that they are in.
        """
        known = [*found, *self._places]
        for path in left:
            covering = [place for place in known if _covers(place, [path])]
            beyond = f"{self._project}{os.sep}"
            yield from [one for one in covering if not beyond.startswith(base_of(*one))] or covering
            folder = os.path.dirname(path)
            alone = path in self._files or path.endswith(_DATABASES)
            if not covering and not alone and self._counts(folder):
                yield "folder", folder

    def _remember(self, meant: Collection[_Meant]) -> None:
        for place, text in self._named(meant):
            if place[0] == "tree" or _PATTERN.fullmatch(text) is not None:
                self._places[place] = None
        for one in meant:
            if one.is_file:
                self._files[real_path(one.path)] = None
        for kept in (self._places, self._files):
            while len(kept) > _MOST_KEPT:
                del kept[next(iter(kept))]  # type: ignore[arg-type]  # a key of its own


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed: what is relative to it stands for nothing
        return os.sep


def _may_be_listed(place: Place, text: str, sources: Iterable[str]) -> bool:
    """Whether code may list a place without reading a file in it."""
    if place[0] == "tree":
        return any(_TAKE_FOLDERS.search(source) is not None for source in sources)
    takes = any(_TAKE_PATTERNS.search(source) is not None for source in sources)
    return takes and _PATTERN.fullmatch(text) is not None and os.path.isdir(base_of(*place))


def _covers(place: Place, paths: Iterable[str]) -> bool:
    base = real_path(base_of(*place).rstrip(os.sep) or os.sep)
    return any(f"{path}{os.sep}".startswith(f"{base.rstrip(os.sep)}{os.sep}") for path in paths)


def _is_named(path: str, texts: Iterable[str]) -> bool:
    return any(text.endswith(os.path.basename(path)) for text in texts)


def _strings(sources: Iterable[str]) -> Iterator[str]:
    for source in sources:
        yield from _STRING.findall(source)


def _texts(mentioned: Iterable[Any]) -> Iterator[str]:
    for thing in list(mentioned)[:_MOST_MENTIONED]:
        try:
            text = os.fspath(thing)
        except Exception:  # noqa: BLE001, S112 (a path of the notebook may raise anything)
            continue
        if isinstance(text, str) and text:
            quoted = _QUOTED.findall(text)
            is_query = text != text.strip() or " * " in text or "\n" in text
            is_query = is_query or _QUERY.match(text) is not None
            if not quoted and not is_query and len(text) < _LONGEST:
                yield text
            yield from quoted
