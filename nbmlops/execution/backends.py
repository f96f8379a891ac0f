"""Keep papermill from importing clouds that no run of ours reads from."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_TAKEN = {"boto3.session": ("Session",), "pyarrow.fs": ("FileSelector", "HadoopFileSystem")}
"""Modules that papermill imports for S3 and HDFS, and what it takes of each."""


@contextmanager
def deferred_backends() -> Iterator[None]:
    """Import papermill in here, and what it needs for S3 and HDFS is imported when it is used.

    They take half of the time of papermill's import where they are installed. A path of theirs is
    read by the real ones all the same. Without effect on what is missing or was imported before,
    and beside other threads, which could meet what stands in for them.
    """
    stand_ins = {
        name: _stand_in(name, taken)
        for name, taken in _TAKEN.items()
        if threading.active_count() == 1 and _is_new(name)
    }
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


def _is_new(name: str) -> bool:
    """Whether the package is installed, and nothing has imported it."""
    package = name.partition(".")[0]
    return package not in sys.modules and find_spec(package) is not None


def _stand_in(name: str, taken: tuple[str, ...]) -> ModuleType:
    module = ModuleType(name)
    for attribute in taken:
        setattr(module, attribute, _made_late(name, attribute))
    return module


def _made_late(name: str, attribute: str) -> Callable[..., Any]:
    def make(*arguments: Any, **options: Any) -> Any:
        return getattr(import_module(name), attribute)(*arguments, **options)

    return make
