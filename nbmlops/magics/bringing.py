"""Put stored values into the kernel of a run that did not execute the cells which made them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbmlops.errors import ValueNotRestorableError
from nbmlops.magics import extension


def bring_back(shell: Any, references: Mapping[str, str]) -> None:
    """Bind names to stored values; those that were kept together share their parts again.

    Args:
        shell: the kernel's shell, with nbmlops loaded.
        references: name → its stored value.

    Raises:
        ValueNotRestorableError: one of them cannot be had; nothing was bound then.
    """
    surface = extension.load(shell).surface
    found = surface.workspace.values.load_all(references)
    if found.missing:
        name, reason = min(found.missing.items())
        raise ValueNotRestorableError(f"{name} did not come back: {reason}")
    surface.assign(found.values)
