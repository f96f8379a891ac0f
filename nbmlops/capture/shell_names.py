"""The names that IPython keeps for itself in the namespace of the notebook."""

from __future__ import annotations

import re
from functools import lru_cache

_SHELL_NAME = re.compile(r"_+|_i+|_i?\d+|_[dio]h|__\w+__")
_DISPLAYED = re.compile(r"_{1,3}|_\d+")


def is_displayed(name: str) -> bool:
    """Whether the shell keeps earlier outputs under a name: ``_``, ``__``, ``_4``, ``Out``."""
    return name in ("Out", "_oh") or _DISPLAYED.fullmatch(name) is not None


@lru_cache(maxsize=16_384)  # asked of all names where one was deleted
def is_shell_name(name: str) -> bool:
    """Whether a name belongs to the shell, not to the notebook: its outputs, inputs, dunders."""
    return name in ("In", "Out") or _SHELL_NAME.fullmatch(name) is not None
