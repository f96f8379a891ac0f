"""What a kernel runs in: interpreter, platform and installed distributions."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from pathlib import Path

from nbmlops.domain.environments import Environment
from nbmlops.domain.wire import encode


class EnvironmentProbe:
    """Describes this process, again only after something was installed or removed."""

    def __init__(self) -> None:
        self._seen: tuple[tuple[str, int], ...] = ()
        self._environment: Environment | None = None

    def take(self) -> Environment:
        """The environment of this process now."""
        stamps = _stamps()
        if self._environment is None or stamps != self._seen:
            self._environment, self._seen = describe(), stamps
        return self._environment


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
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), distribution.version)
    return found


def _stamps() -> tuple[tuple[str, int], ...]:
    stamps = []
    for entry in sys.path:
        try:
            stamps.append((entry, Path(entry or ".").stat().st_mtime_ns))
        except OSError:
            continue
    return tuple(stamps)
