"""Import modules so that processes that are forked afterwards are as if they had done it."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from types import FrameType
from typing import Any

from nbmlops.values.homes import is_local

OF_KERNELS = (
    "ipykernel.kernelapp", "ipykernel.debugger", "ipykernel.zmqshell", "IPython.core.debugger",
    "IPython.core.completerlib", "IPython.core.magics", "IPython.core.magics.extension",
    "IPython.core.oinspect", "IPython.core.logger", "IPython.extensions.storemagic", "sqlite3",
    "tornado.platform.asyncio", "faulthandler", "psutil", "ctypes",
)  # fmt: skip
"""What every kernel imports by itself while it starts."""

OF_RECORDER = (
    "nbmlops.magics.extension", "nbmlops.magics.completion", "nbmlops.magics.ending",
    "nbmlops.capture.recorder",
    "nbmlops.capture.ledger", "nbmlops.workspace", "nbmlops.store.values", "nbmlops.values.codec",
    "nbmlops.store.catalog.recording", "nbmlops.store.catalog.notebooks",
    "nbmlops.store.catalog.sqlite", "nbmlops.store.catalog.sqlite_texts",
    "nbmlops.store.objects.folder", "nbmlops.store.objects.compression",
    "nbmlops.notebook.dataflow.calls", "nbmlops.domain.wire",
    "xxhash", "zstandard", "msgspec.json", "tomllib",
)  # fmt: skip
"""What nbmlops imports in a kernel that records a run."""

SAFE_THREADS = frozenset(["jemalloc_bg_thd"])
"""Threads whose library starts them anew after a fork (jemalloc's, which pyarrow brings)."""

_UNSAFE_FILES = ("socket:", "anon_inode:[eventpoll]", "anon_inode:[io_uring]", "/dev/nvidia")
_UNSAFE_LIBRARIES = ("libcuda.so", "libamdhip", "libze_intel")
_OWN = "is not an installed package"
_PATIENCE = 60
"""Seconds that one import may take."""


@dataclass(slots=True)
class Preloaded:
    """What came of it.

    ``left_out`` says why a module was not imported; ``read`` holds the files that were read while
    others were, other than code; ``variables`` those that imports have set.
    """

    modules: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    variables: dict[str, str] = field(default_factory=dict)


def preload(names: Iterable[str], done: Preloaded | None = None) -> Preloaded:
    """Import modules, each after a trial in a forked process that is thrown away.

    Left out is what could not be the same after a fork: what starts threads that a fork ends,
    opens sockets, uses a GPU, or asks which shell it is in, which is none yet. A module that is
    not installed, or that is the user's own, is left for the kernel.

    Args:
        names: dotted; ``a.b`` may be a module or a name in one.
        done: what was preloaded before, to which this is added.
    """
    done = done or Preloaded()
    before = dict(os.environ)
    own = ""
    for name in names:
        reason = _reason_to_skip(name) or _trial(name, done)
        if reason == _OWN:
            own = own or name
        elif own and not name.startswith("nbmlops."):
            reason = f"stands behind {own}, which may change what it does"
        if reason:
            done.left_out[name] = reason
        elif _imports(name):
            done.modules.append(name)
    done.variables.update(
        (name, value) for name, value in os.environ.items() if before.get(name) != value
    )
    return done


def _reason_to_skip(name: str) -> str | None:
    try:
        spec = find_spec(name.partition(".")[0])
    except (ImportError, ValueError):
        return "cannot be found"
    if spec is None:
        return "is not installed"
    places = [spec.origin or "", *(spec.submodule_search_locations or ())]
    if any(os.path.isabs(place) and is_local(place) for place in places):  # noqa: PTH117
        return None if name.startswith("nbmlops.") else _OWN
    return None


def _imports(name: str) -> bool:
    """Import a module; also one that is said as ``from package import name`` says it."""
    parent, _, last = name.rpartition(".")
    try:
        if parent:
            found = importlib.import_module(parent)
            if hasattr(found, last):  # a class, a function, or a module that is there
                return True
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 (any module may fail in any way: the kernel will say how)
        return False
    return True


def _trial(name: str, done: Preloaded) -> str | None:
    """Why a module must be left out; ``None`` where it may be imported."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with os.fdopen(write, "w") as answer:
            json.dump(_tried(name), answer)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer, _killed_late(child):
        content = answer.read()
    os.waitpid(child, 0)
    if not content:
        return "crashes or hangs while it is imported"
    found = json.loads(content)
    done.read.update(found["read"])
    return found["reason"] or None


@contextlib.contextmanager
def _killed_late(child: int) -> Iterator[None]:
    def kill(number: int, frame: FrameType | None) -> None:
        del number, frame
        os.kill(child, signal.SIGKILL)

    previous = signal.signal(signal.SIGALRM, kill)
    signal.alarm(_PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def _tried(name: str) -> dict[str, Any]:
    """Import a module in a process that ends afterwards, and look at what that did."""
    read: set[str] = set()
    asked: list[str] = []
    files = _open_files()
    folder = os.getcwd()  # noqa: PTH109

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str):
            read.add(os.path.abspath(arguments[0]))  # noqa: PTH100

    sys.addaudithook(note)
    _listen_for_shell(asked.append)
    if not _imports(name):
        return {"reason": "cannot be imported", "read": []}
    found = {path for path in read if not path.endswith((".py", ".pyc", ".so"))}
    return {
        "reason": _unsafe(files, asked, folder),
        "read": sorted(path for path in found if not path.startswith(("/proc/", "/sys/", "/dev/"))),
    }


def _unsafe(files: Sequence[str], asked: Sequence[str], folder: str) -> str:
    if asked:
        return "asks which shell it is imported in"
    if threading.active_count() > 1:
        return "starts threads"
    opened = [path for path in _open_files() if path not in files]
    if any(path.startswith(_UNSAFE_FILES) for path in opened):
        return "opens sockets or a GPU"
    if uses_gpu():
        return "uses a GPU"
    if os.getcwd() != folder:  # noqa: PTH109
        return "changes the working directory"
    left = threads_after_fork() - SAFE_THREADS
    return f"starts threads that a fork would end: {', '.join(sorted(left))}" if left else ""


def threads_after_fork() -> set[str]:
    """The threads of this process that it still has when it forks, by name.

    Libraries such as OpenBLAS end theirs before a fork and start them anew when they need them.
    """
    return {name for task, name in tasks_after_fork().items() if task != os.getpid()}


def tasks_after_fork() -> dict[int, str]:
    """The same by the number of the thread, the main one included."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    names = {}
    for task in os.listdir("/proc/self/task"):  # noqa: PTH208
        with (
            contextlib.suppress(OSError),
            open(f"/proc/self/task/{task}/comm", encoding="utf-8") as name,  # noqa: PTH123
        ):
            names[int(task)] = name.read().strip()
    os.waitpid(child, 0)
    return names


def uses_gpu() -> bool:
    """Whether this process has loaded what drives a GPU, which does not survive a fork."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:  # noqa: PTH123
        content = maps.read()
    return any(library in content for library in _UNSAFE_LIBRARIES)


def _open_files() -> list[str]:
    found = []
    for descriptor in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115
    return found


def _listen_for_shell(tell: Callable[[str], object]) -> None:
    """Hear of each question for the running IPython shell or application."""
    module: Any = sys.modules.get("traitlets.config.configurable")
    if module is not None:
        module.SingletonConfigurable.initialized = classmethod(lambda cls: tell(cls.__name__))
