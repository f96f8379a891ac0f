"""Whether what is asked of pip is installed already, so that it does nothing."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution


def are_installed(requirements: Iterable[str]) -> bool:
    """Whether distributions, and all that these need, are there in versions that are asked for.

    Args:
        requirements: what pip is given: ``pandas``, ``pandas>=2``.
    """
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        return False
    waiting, seen = [*requirements], set[str]()
    while waiting:
        text = waiting.pop()
        if text in seen:
            continue
        seen.add(text)
        try:
            wanted = Requirement(text)
            if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
                continue
            found = distribution(wanted.name)
        except (InvalidRequirement, PackageNotFoundError):
            return False
        if wanted.url or not wanted.specifier.contains(found.version, prereleases=True):
            return False
        waiting += found.requires or []
    return True
