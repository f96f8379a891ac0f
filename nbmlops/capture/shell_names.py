"""The names that IPython keeps for itself in the namespace of the notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import filterfalse
from typing import Any

_SHELL_NAME = re.compile(r"_+|_i+|_i?\d+|_[dio]h|__\w+__")
_GONE = object()
_DISPLAYED = re.compile(r"_{1,3}|_\d+")


def is_displayed(name: str) -> bool:
    """Whether the shell keeps earlier outputs under a name: ``_``, ``__``, ``_4``, ``Out``."""
    return name in ("Out", "_oh") or _DISPLAYED.fullmatch(name) is not None


@lru_cache(maxsize=16_384)  # asked of all names where one was deleted
def is_shell_name(name: str) -> bool:
    """Whether a name belongs to the shell, not to the notebook: its outputs, inputs, dunders."""
    return name in ("In", "Out") or _SHELL_NAME.fullmatch(name) is not None


class OwnNames:
    """Tells the notebook's own names from those of the shell.

    Names keep their order while cells bind them anew and add others: only those at the end are
    looked at, unless one was deleted.

    Args:
        namespace: the kernel's namespace.
        hidden: the names that the shell put there itself.
    """

    def __init__(self, namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._hidden = hidden
        self._known: list[str] = []
        self._own: list[str] = []
        self._of_shell: list[str] = []

    def held(self) -> dict[str, Any]:
        """What the notebook's names hold now."""
        names, known = list(self._namespace), len(self._known)
        if names[:known] != self._known:
            self._own, self._of_shell, known = [], [], 0
        if len(names) > known:
            self._own += filterfalse(is_shell_name, names[known:])
            self._of_shell += filter(is_shell_name, names[known:])
        self._known = names
        if len(self._own) < len(self._of_shell):  # it has some for each cell that ever ran
            held = self._namespace.get
            found = {name: value for name in self._own if (value := held(name, _GONE)) is not _GONE}
        else:
            found = dict(self._namespace)
            for name in self._of_shell:
                found.pop(name, None)
        for name in found.keys() & self._hidden.keys():
            if self._hidden[name] is found[name]:
                del found[name]
        return found
