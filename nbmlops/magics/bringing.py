"""Put stored values into the kernel of a run that did not execute the cells which made them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from nbmlops.capture import randomness
from nbmlops.errors import ValueNotRestorableError
from nbmlops.magics import extension

_NOTHING: Mapping[str, str] = MappingProxyType({})


def bring_back(
    shell: Any,
    references: Mapping[str, str],
    generators: Mapping[str, str] = _NOTHING,
    binds: Mapping[str, str] = _NOTHING,
) -> None:
    """Bind names to stored values; those that were kept together share their parts again.

    Args:
        shell: the kernel's shell, with nbmlops loaded.
        references: name → its stored value.
        generators: the name of a global random generator → its stored state.
        binds: name → the imports, and perhaps the definition, that bind it.

    Raises:
        ValueNotRestorableError: one of them cannot be had; nothing was bound then.
    """
    surface = extension.load(shell).surface
    again = {name: bound(shell, name, code) for name, code in binds.items()}
    values = surface.workspace.values
    found, states = values.load_all(references), values.load_all(generators)
    missing = {**found.missing, **states.missing}
    if missing:
        name, reason = min(missing.items())
        raise ValueNotRestorableError(f"{name} did not come back: {reason}")
    surface.assign({**found.values, **again})
    randomness.bring_back({name: state[name] for name, state in states.values.items()})


def bound(shell: Any, name: str, code: str) -> Any:
    """What code binds a name to; its other names stay within, its functions see the notebook's."""
    there: dict[str, Any] = {}
    place = shell.compile.cache(code)  # where a traceback finds it
    exec(shell.compile(code, place, "exec"), shell.user_ns, there)  # noqa: S102 (the notebook's)
    return there[name]
