"""A forked process becomes the kernel that was asked for."""

from __future__ import annotations

import os
import random
import signal
import socket
import sys
import threading
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from nbmlops.capture.variable_reads import note_preloaded
from nbmlops.values.homes import file_of, not_foreign

_LAUNCHER = "ipykernel_launcher"

_NAMES_FILE = "-f"
_KEEPS_NO_HISTORY = "--HistoryManager.hist_file=:memory:"

_files: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The kernel that was asked for.

    Attributes:
        arguments: what follows the module's name on the command line.
        environment: its variables, all of them.
        preloaded: those of them that libraries have set which are imported already.
        folder: its working directory.
        streams: descriptors of its standard input, output and error.
        command: the words of the command line that a cold start would have.
    """

    arguments: tuple[str, ...]
    environment: dict[str, str]
    preloaded: tuple[str, ...]
    folder: str
    streams: tuple[int, int, int]
    command: tuple[str, ...]


def become_kernel(order: Order, owner: socket.socket) -> None:
    """Run an IPython kernel in this process; returns when it has ended.

    Args:
        order: what was asked for.
        owner: the connection of the process that asked; the kernel ends when it does.
    """
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order.folder)
    _take_environment(order.environment)
    note_preloaded(order.preloaded)
    _take_streams(order.streams)
    sys.orig_argv[:] = order.command
    reseed()
    sys.argv[:] = [_launcher(), *order.arguments]
    from ipykernel import kernelapp

    # where the kernel looks for it; ipykernel's would end it with the fork server
    setattr(kernelapp, "ParentPollerUnix", lambda **_: _OwnerPoller(owner))  # noqa: B010
    parent = int(order.environment["JPY_PARENT_PID"])
    app: Any = kernelapp.IPKernelApp.instance(parent_handle=parent)
    if names_connection_file(order.arguments):
        app.parse_command_line = lambda _=None: take_connection_file(app, order.arguments)
    with _nothing_loaded():
        app.initialize()
    _hide_from_debugger(app.kernel)
    app.start()
    _end_control(app)


def names_connection_file(arguments: Sequence[str]) -> bool:
    """Whether a command line says no more than where the connection file is, as that of a run."""
    option, path, *others = [*arguments, "", ""][: max(2, len(arguments))]
    named = option == _NAMES_FILE and path.startswith("/")
    return named and others in ([], [_KEEPS_NO_HISTORY])


def take_connection_file(app: Any, arguments: Sequence[str]) -> None:
    """Have the application of a kernel what it would read of such a command line.

    It would make a parser for every option of every class of it first: a tenth of its start.
    """
    app.argv, app.extra_args = list(arguments), []
    app.cli_config = type(app.config)(IPKernelApp={"connection_file": arguments[1]})
    if _KEEPS_NO_HISTORY in arguments:
        app.cli_config.HistoryManager.hist_file = ":memory:"
    app.update_config(app.cli_config)


def note_files() -> None:
    """Note the files of the modules that are loaded: debuggers of forked kernels leave them out."""
    _files[:] = [path for module in list(sys.modules.values()) if (path := file_of(module))]


class _NothingLoaded(types.ModuleType):
    """Stands in for `sys` where a kernel asks each of thousands of modules for its file.

    The page of each module would be copied, for a list that is known.
    """

    modules: ClassVar[dict[str, types.ModuleType]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


@contextmanager
def _nothing_loaded() -> Iterator[None]:
    from ipykernel import ipkernel

    setattr(ipkernel, "sys", _NothingLoaded("sys"))  # noqa: B010
    try:
        yield
    finally:
        setattr(ipkernel, "sys", sys)  # noqa: B010


def _hide_from_debugger(kernel: Any) -> None:
    """Give a kernel the list that it has not made."""
    _files.extend(path for name in not_foreign() if (path := file_of(sys.modules.get(name))))
    kernel._kernel_modules = _files  # noqa: SLF001 (as the debugger has it)
    if hasattr(kernel, "debugger"):
        kernel.debugger.kernel_modules = _files


def _take_environment(variables: Mapping[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    for name, value in variables.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _end_control(app: Any) -> None:
    """Have the thread that is told to shut down end before the one that it writes through.

    The exit handlers of ipykernel end the latter first: where the former is about to flush what
    was printed, it waits for nobody, until the client loses patience some seconds later and kills
    the kernel.
    """
    control = app.control_thread
    if control is not None and control.is_alive():
        control.stop()
        control.join()


def _launcher() -> str:
    from importlib.util import find_spec

    spec = find_spec(_LAUNCHER)
    return spec.origin if spec is not None and spec.origin else _LAUNCHER


def _take_streams(streams: tuple[int, int, int]) -> None:
    for target, given in enumerate(streams):
        os.dup2(given, target)
        os.close(given)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=os.isatty(stream.fileno()) or stream is sys.stderr)  # type: ignore[union-attr] # both are text files here


def reseed() -> None:
    """Give the generators that a new process seeds by chance a chance of their own."""
    random.seed()
    generators: Any = sys.modules.get("numpy.random")
    if generators is not None:
        generators.seed()


class _OwnerPoller(threading.Thread):
    """Ends this process when the one that asked for it has ended, as ipykernel's poller does.

    The connection carries nothing more in this direction, so that reading it waits for its end.
    That the fork server has ended, which is this process's parent, means nothing.
    """

    def __init__(self, owner: socket.socket) -> None:
        super().__init__(daemon=True)
        self._owner = owner

    def run(self) -> None:
        """Wait, in a thread."""
        self._owner.setblocking(True)
        try:
            while self._owner.recv(64):
                pass
        except OSError:
            pass
        os._exit(1)
