"""What changed between two sources."""

from __future__ import annotations

import difflib
from functools import lru_cache


def unified(before: str, after: str, *, before_name: str, after_name: str) -> str:
    """A unified diff, empty where the sources are equal but for the last newline."""
    lines = difflib.unified_diff(
        before.splitlines(),
        after.splitlines(),
        fromfile=before_name,
        tofile=after_name,
        lineterm="",
    )
    return "".join(f"{line}\n" for line in lines)


@lru_cache(maxsize=2048)  # the panel asks again for the versions of a whole notebook
def lines_changed(before: str, after: str) -> tuple[int, int]:
    r"""How many lines were added and removed.

    >>> lines_changed("a = 1", "a = 2\nb = 3")
    (2, 1)
    """
    lines = unified(before, after, before_name="", after_name="").splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    return added, removed
