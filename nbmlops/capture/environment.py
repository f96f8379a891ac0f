"""What a kernel runs in: interpreter, platform and installed distributions."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from pathlib import Path

from nbmlops.domain.environments import Environment
from nbmlops.domain.wire import encode

_HEADER = re.compile(r"^(Name|Version):[ \t]*(\S+)", re.MULTILINE)
_METADATA = (".dist-info", ".egg-info", ".egg", ".egg-link")


class EnvironmentProbe:
    """Describes this process, again only after something was installed or removed.

    - looks into a folder of the path only when something was made or removed in it: a cell that
      writes a file beside the notebook, or a notebook that is saved, installs nothing.
    """

    def __init__(self) -> None:
        self._folders: dict[str, tuple[int, frozenset[str]]] = {}
        self._seen: tuple[tuple[str, frozenset[str]], ...] = ()
        self._environment: Environment | None = None

    def take(self) -> Environment:
        """The environment of this process now."""
        installed = tuple((entry, self._installed(entry)) for entry in sys.path)
        if self._environment is None or installed != self._seen:
            self._environment, self._seen = describe(), installed
        return self._environment

    def _installed(self, entry: str) -> frozenset[str]:
        """The names of what is installed in a folder of the path, with versions."""
        try:
            changed = Path(entry or ".").stat().st_mtime_ns
        except OSError:
            return frozenset()
        known = self._folders.get(entry)
        if known is None or known[0] != changed:
            known = self._folders[entry] = changed, _metadata_in(Path(entry or "."), changed)
        return known[1]


def describe() -> Environment:
    """Look at the interpreter and every distribution on its path."""
    facts = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "executable": sys.executable,
    }
    distributions = dict(sorted(_distributions().items()))
    digest = hashlib.sha256(encode([facts, distributions])).hexdigest()
    return Environment(digest=digest, distributions=distributions, **facts)


def _distributions() -> dict[str, str]:
    from importlib import metadata  # loads the mail parser

    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        # the mail parser takes a millisecond for each, most of it for the long description
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        header = dict(reversed(_HEADER.findall(text.partition("\n\n")[0])))
        if header.keys() == {"Name", "Version"}:
            found.setdefault(re.sub(r"[-_.]+", "-", header["Name"]).lower(), header["Version"])
    return found


def _metadata_in(entry: Path, changed: int) -> frozenset[str]:
    try:
        return frozenset(path.name for path in entry.iterdir() if path.name.endswith(_METADATA))
    except OSError:  # a zip file, of which only its time tells
        return frozenset({str(changed)})
