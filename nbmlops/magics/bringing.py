"""Put stored values into the kernel of a run that did not execute the cells which made them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from nbmlops.capture import randomness
from nbmlops.errors import ValueNotRestorableError
from nbmlops.magics import extension


def bring_back(
    shell: Any, references: Mapping[str, str], generators: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Bind names to stored values; those that were kept together share their parts again.

    Args:
        shell: the kernel's shell, with nbmlops loaded.
        references: name → its stored value.
        generators: the name of a global random generator → its stored state.

    Raises:
        ValueNotRestorableError: one of them cannot be had; nothing was bound then.
    """
    surface = extension.load(shell).surface
    values = surface.workspace.values
    found, states = values.load_all(references), values.load_all(generators)
    missing = {**found.missing, **states.missing}
    if missing:
        name, reason = min(missing.items())
        raise ValueNotRestorableError(f"{name} did not come back: {reason}")
    surface.assign(found.values)
    randomness.bring_back({name: state[name] for name, state in states.values.items()})
