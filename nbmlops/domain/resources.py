"""Resources that machines announce by a name of their own, such as GPUs, as people ask for them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from nbmlops.errors import UsageError

GPU = "GPU"
"""What GPUs are called, by workers of Dask as well."""

_OF_OPTIONS = {"memory", "cpu", "cpus"}
_NAME = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)
ALL_OF_IT = "NAME=AMOUNT, such as GPU=1; memory and processors by --memory and --cpus"
"""How they are written."""


def resources_of(text: str) -> dict[str, float]:
    """Read amounts by name, as Dask does: ``GPU=1`` or ``GPU=1,licence=0.5``.

    Raises:
        UsageError: they are none.
    """
    found: dict[str, float] = {}
    for part in text.replace(",", " ").split():
        name, _, amount = part.partition("=")
        if not _NAME.fullmatch(name) or name.lower() in _OF_OPTIONS or _number(amount) <= 0:
            break
        found[name] = _number(amount)
    else:
        if found:
            return found
    raise UsageError(f"{text!r} is no resource of a worker.", cure=f"Write {ALL_OF_IT}.")


def in_words(resources: Mapping[str, float]) -> str:
    """``2 GPUs, licence=0.5``; empty where there are none."""
    return ", ".join(
        (f"{amount:g} GPU" if amount == 1 else f"{amount:g} GPUs")
        if name == GPU
        else f"{name}={amount:g}"
        for name, amount in resources.items()
    )


def _number(text: str) -> float:
    """The number, or 0 where it is none that one can ask for."""
    try:
        found = float(text)
    except ValueError:
        return 0
    return found if math.isfinite(found) else 0
