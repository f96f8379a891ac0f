"""The user's last exception, which ``%debug`` opens: a refused ``%mlops`` line is none."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

_NAMES = ("last_type", "last_value", "last_traceback", "last_exc")


class LastException:
    """Keeps what Python remembers of the last exception over one of ours.

    IPython writes down every exception that ends a cell, also one that it shows as a sentence.

    Args:
        shell: the IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._kept: dict[str, Any] | None = None

    def keep(self) -> None:
        """Put back what is remembered now when the cell that is running has ended."""
        if self._kept is None:
            self._kept = {name: getattr(sys, name) for name in _NAMES if hasattr(sys, name)}
            self._shell.events.register("post_execute", self._put_back)

    def _put_back(self) -> None:
        with suppress(ValueError):  # it was taken out meanwhile
            self._shell.events.unregister("post_execute", self._put_back)
        kept, self._kept = self._kept or {}, None
        for name in _NAMES:
            if name in kept:
                setattr(sys, name, kept[name])
            elif hasattr(sys, name):
                delattr(sys, name)
