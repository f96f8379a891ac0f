"""What changed between two sources."""

from __future__ import annotations

import difflib


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
