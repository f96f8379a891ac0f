"""What a kernel runs in: interpreter, platform, machine and installed distributions."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from dataclasses import replace
from pathlib import Path

from nbmlops.capture import machine
from nbmlops.capture.direct_packages import EditableSources, direct_package
from nbmlops.domain.environments import DirectPackage, Environment
from nbmlops.domain.wire import encode

_HEADER = re.compile(r"^(Name|Version):[ \t]*(\S+)", re.MULTILINE)
_METADATA = (".dist-info", ".egg-info", ".egg", ".egg-link")


class EnvironmentProbe:
    """Describes this process, again only after something was installed, removed or set.

    - looks into a folder of the path only when something was made or removed in it: a cell that
      writes a file beside the notebook, or a notebook that is saved, installs nothing.
    """

    def __init__(self) -> None:
        self._folders: dict[str, tuple[int, frozenset[str]]] = {}
        self._sources = EditableSources()
        self._seen: tuple[object, ...] = ()
        self._environment: Environment | None = None

    def take(self) -> Environment:
        """The environment of this process now."""
        seen = self._look()
        if self._environment is None or seen != self._seen:
            self._environment = describe(self._sources)
            self._seen = self._look()
        return self._environment

    def _look(self) -> tuple[object, ...]:
        """What tells cheaply whether the environment is another one."""
        installed = tuple((entry, self._installed(entry)) for entry in sys.path)
        return installed, machine.threads(), machine.gpus(), self._sources.current()

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


def describe(sources: EditableSources | None = None) -> Environment:
    """Look at the interpreter, the machine and every distribution on the path.

    Args:
        sources: remembers the content of editable packages from one time to the next.
    """
    distributions, direct = _distributions(sources or EditableSources())
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
    from importlib import metadata  # loads the mail parser

    found: dict[str, str] = {}
    direct: dict[str, DirectPackage] = {}
    for distribution in metadata.distributions():
        # the mail parser takes a millisecond for each, most of it for the long description
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        header = dict(reversed(_HEADER.findall(text.partition("\n\n")[0])))
        if header.keys() != {"Name", "Version"}:
            continue
        name = re.sub(r"[-_.]+", "-", header["Name"]).lower()
        if name in found:  # one before it on the path is the one that is imported
            continue
        found[name] = header["Version"]
        package = direct_package(distribution.read_text, sources)
        if package is not None:
            direct[name] = package
    return found, direct


def _metadata_in(entry: Path, changed: int) -> frozenset[str]:
    try:
        return frozenset(path.name for path in entry.iterdir() if path.name.endswith(_METADATA))
    except OSError:  # a zip file, of which only its time tells
        return frozenset({str(changed)})
