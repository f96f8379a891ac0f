"""The random state of a process: what must be put back to get the same numbers again."""

from __future__ import annotations

import importlib
import random
import sys
from typing import Any

_OTHERS = frozenset(["cupy", "mxnet", "paddle", "tensorflow"])
"""Libraries with global generators of their own, whose states are not taken."""


def state() -> dict[str, Any]:
    """The state of every global generator that is loaded: random, numpy, torch."""
    found: dict[str, Any] = {"random": random.getstate()}
    if "numpy" in sys.modules:
        # numpy loads it, seeded by chance, at its first use: perhaps by the cell that comes now
        found["numpy"] = importlib.import_module("numpy.random").get_state()
    torch = sys.modules.get("torch")
    if torch is not None:
        found["torch"] = torch.get_rng_state().numpy()
    return found


def is_all() -> bool:
    """Whether `state` gives all global generators that the process has loaded."""
    if any(map(sys.modules.__contains__, _OTHERS)):
        return False
    cuda = sys.modules.get("torch.cuda")
    return cuda is None or not cuda.is_initialized()


def bring_back(found: dict[str, Any]) -> None:
    """Put the generators back; those that were loaded then are loaded now."""
    for name, module in (("numpy", "numpy.random"), ("torch", "torch")):
        if name in found:
            importlib.import_module(module)
    restore(found)


def restore(found: dict[str, Any]) -> None:
    """Put back what `state` gave; a generator whose library is not loaded is left alone."""
    if "random" in found:
        random.setstate(found["random"])
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None and "numpy" in found:
        numpy_random.set_state(found["numpy"])
    torch = sys.modules.get("torch")
    if torch is not None and "torch" in found:
        torch.set_rng_state(torch.from_numpy(found["torch"]))
