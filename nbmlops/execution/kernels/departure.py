"""The end of a forked process, which leaves to the system what it has inherited."""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import logging
import os
import sys
from typing import Any

_FOR_LONG = 3600.0
"""Seconds: no other thread goes on in between, as none does when Python ends."""

_FILE: Any = io.IOBase.__base__
"""What every file is made of; `io.IOBase` itself asks a registry about each object."""


class Departure:
    """Ends a process in place of Python, once all that it has to do at its end is done.

    Python takes every module and object apart. In a forked process each page of them is shared
    with the one that it was forked from, and is copied first: that takes longer than a small run.
    What the process has made itself is let go all the same, and files that are open are written.

    Made before anything that is forked has exit handlers of its own, it comes after all of them.
    """

    def __init__(self) -> None:
        self._inherited: frozenset[str] | None = None
        atexit.register(self._leave)

    def allow(self, inherited: frozenset[str]) -> None:
        """Nothing has failed, so that the exit code is 0.

        Args:
            inherited: the modules that were there when the process was forked.
        """
        self._inherited = inherited

    def _leave(self) -> None:
        if self._inherited is None:
            return
        logging.shutdown()  # whose handler was there before this one
        sys.setswitchinterval(_FOR_LONG)
        _let_go(sys.modules.keys() - self._inherited)
        _write_files()
        os._exit(0)


def _let_go(modules: set[str]) -> None:
    """Take apart what was made since the fork: what was there before, the collector leaves alone.

    In the order in which Python does so: what nobody refers to, then what the modules' names do.
    """
    gc.collect()
    for name in modules | {"__main__"}:
        names = vars(sys.modules[name]) if name in sys.modules else {}
        for held in [one for one in names if not one.startswith("__")]:
            with contextlib.suppress(Exception):
                names[held] = None
    gc.collect()


def _write_files() -> None:
    """Write what files have in their buffers, as far as anything is open by now."""
    files = [one for one in gc.get_objects() if isinstance(one, _FILE)]
    for file in (*files, sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # nobody reads it any more, or it cannot be written
            file.flush()
    ctypes = sys.modules.get("ctypes")
    if ctypes is not None:
        with contextlib.suppress(AttributeError, OSError):
            ctypes.PyDLL(None).fflush(None)  # what libraries have printed
