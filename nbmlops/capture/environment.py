"""What a kernel runs in: interpreter, platform, machine and installed distributions."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from nbmlops.capture import machine
from nbmlops.capture.direct_packages import SETTLED, EditableSources, ReadText, direct_package
from nbmlops.domain.environments import DirectPackage, Environment
from nbmlops.domain.wire import encode

_HEADER = re.compile(r"^(Name|Version):[ \t]*(\S+)", re.MULTILINE)
_Distribution = tuple[str, str, ReadText | None]
"""Its name, its version, and what reads its metadata where no index gave it."""
_Stamp = tuple[str, int, int]
_Stamps = tuple[_Stamp, ...]
_OF_WHEELS = ("/METADATA", "/direct_url.json")
_OF_OTHERS = ("/PKG-INFO", "/EGG-INFO/PKG-INFO", "")
_SOON = 5.0
"""Seconds after a fork in which a process need not look for itself at what is installed."""
_METADATA = (".dist-info", ".egg-info", ".egg", ".egg-link")
_LIBRARY = Path(os.__file__).parent
_ZIPPED = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
_STANDARD = frozenset(map(str, (_LIBRARY, _LIBRARY / "lib-dynload", _LIBRARY.parent / _ZIPPED)))
"""Where the standard library lies, to which nobody installs anything while a process lives."""


class EnvironmentProbe:
    """Describes this process, again only after something was installed, removed or set.

    - is asked to look by cells that call something: another one installs nothing, and uses
      nothing of what was installed beside it;
    - looks into a folder of the path only when something was made or removed in it: a cell that
      writes a file beside the notebook, or a notebook that is saved, installs nothing.
    """

    def __init__(self) -> None:
        self._folders: dict[str, tuple[int, frozenset[str]]] = {}
        self._sources = _SOURCES
        self._seen: tuple[object, ...] = ()
        self._environment: Environment | None = None

    def take(self, *, again: bool = True) -> Environment:
        """The environment of this process now.

        Args:
            again: whether to look for what was installed or set since it was taken last.
        """
        if self._environment is None or (again and self._look() != self._seen):
            self._environment = describe(self._sources)
            self._seen = self._look()
        return self._environment

    def _look(self) -> tuple[object, ...]:
        """What tells cheaply whether the environment is another one."""
        installed = [self._installed(entry) for entry in sys.path if entry not in _STANDARD]
        described = machine.threads(), machine.gpus(), self._sources.current()
        return tuple(sys.path), installed, *described

    def _installed(self, entry: str) -> frozenset[str]:
        """The names of what is installed in a folder of the path, with versions."""
        try:
            changed = os.stat(entry or ".").st_mtime_ns  # noqa: PTH116 (a third of the time)
        except OSError:
            return frozenset()
        known = self._folders.get(entry)
        if known is None or known[0] != changed:
            known = self._folders[entry] = changed, _metadata_in(Path(entry or "."), changed)
        return known[1]


_SOURCES = EditableSources()


def describe(sources: EditableSources | None = None) -> Environment:
    """Look at the interpreter, the machine and every distribution on the path.

    Args:
        sources: remembers the content of editable packages from one time to the next; those of
            this process by default.
    """
    distributions, direct = _distributions(sources or _SOURCES)
    found = Environment(
        digest="",
        python=platform.python_version(),
        implementation=platform.python_implementation(),
        platform=platform.platform(),
        machine=platform.machine(),
        executable=sys.executable,
        distributions=dict(sorted(distributions.items())),
        direct=dict(sorted(direct.items())),
        cpus=machine.cpus(),
        gpus=machine.gpus(),
        threads=machine.threads(),
    )
    return replace(found, digest=hashlib.sha256(encode(found)).hexdigest())


def _distributions(sources: EditableSources) -> tuple[dict[str, str], dict[str, DirectPackage]]:
    """The versions of all distributions, and where those came from that no index gave."""
    found: dict[str, str] = {}
    direct: dict[str, DirectPackage] = {}
    for entry in sys.path:
        for name, version, read_text in _IN_FOLDERS.of(entry):
            if name in found:  # one before it on the path is the one that is imported
                continue
            found[name] = version
            package = direct_package(read_text, sources) if read_text is not None else None
            if package is not None:
                direct[name] = package
    return found, direct


class _Distributions:
    """The distributions in each folder of the path, read again where one of them has changed.

    A process that was forked from one that has read them knows them.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Stamps, tuple[_Distribution, ...]]] = {}
        self._files: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._ahead: dict[str, tuple[_Stamp, float]] = {}

    def of(self, entry: str) -> tuple[_Distribution, ...]:
        """Those in one folder."""
        path = os.path.abspath(entry)  # noqa: PTH100 (a third of the time)
        stamp = _stamp(path)
        before, until = self._ahead.pop(path, (None, 0.0))
        if stamp == before and time.monotonic() < until:
            return self._known[path][1]
        stamps = tuple(_stamp(file) for file in self._files_of(path, stamp[1]))
        known = self._known.get(path)
        if known is None or known[0] != stamps:
            known = self._known[path] = stamps, _distributions_in(path)
        return known[1]

    def look_ahead(self, until: float) -> None:
        """Look at all of them on behalf of a process that is forked next.

        Args:
            until: the moment up to which it need not look by itself the first time that it asks,
                unless something was made or removed in a folder.
        """
        self._ahead.clear()
        for path in list(self._known):
            stamp = _stamp(path)
            self.of(path)
            self._ahead[path] = stamp, until

    def _files_of(self, folder: str, changed: int) -> tuple[str, ...]:
        """What tells whether distributions in a folder, or in a zip file, are others than before.

        Args:
            folder: the folder, or the zip file.
            changed: when something was made or removed in it.
        """
        known = self._files.get(folder)
        if known is not None and known[0] == changed:
            return known[1]
        found = _files_in(folder)
        if time.time_ns() - changed > SETTLED:
            self._files[folder] = changed, found
        return found


_IN_FOLDERS = _Distributions()


def look_ahead() -> None:
    """Look at what is installed on behalf of a process that is forked next.

    Its first `describe`, if that comes soon, takes what was found.
    """
    until = time.monotonic() + _SOON
    _IN_FOLDERS.look_ahead(until)
    _SOURCES.look_ahead(until)


def _files_in(folder: str) -> tuple[str, ...]:
    found = []
    with suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.endswith(_METADATA):
                names = _OF_WHEELS if entry.name.endswith(".dist-info") else _OF_OTHERS
                found += [f"{entry.path}{name}" for name in names]
        return tuple(sorted(found))
    return (folder,)


def _stamp(path: str) -> _Stamp:
    try:
        status = os.stat(path)  # noqa: PTH116 (hundreds of them)
    except OSError:
        return path, 0, 0
    return path, status.st_mtime_ns, status.st_size


def _distributions_in(path: str) -> tuple[_Distribution, ...]:
    from importlib import metadata  # loads the mail parser

    found = []
    for distribution in metadata.distributions(path=[path]):
        # the mail parser takes a millisecond for each, most of it for the long description
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        header = dict(reversed(_HEADER.findall(text.partition("\n\n")[0])))
        if header.keys() == {"Name", "Version"}:
            name = re.sub(r"[-_.]+", "-", header["Name"]).lower()
            origin = distribution.read_text("direct_url.json")
            found.append((name, header["Version"], distribution.read_text if origin else None))
    return tuple(found)


def _metadata_in(entry: Path, changed: int) -> frozenset[str]:
    try:
        names = os.listdir(entry)  # noqa: PTH208 (a third of the time)
        return frozenset(name for name in names if name.endswith(_METADATA))
    except OSError:  # a zip file, of which only its time tells
        return frozenset({str(changed)})
