"""What a cell leaves in its process that no name of the notebook holds: settings, hooks, figures.

Each probe asks one thing as a value that can be compared, and keeps nothing alive: what is no
plain value stands for itself by its identity. Of libraries only those are asked that are loaded.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # typeshed has none; `signal` makes enums
import atexit
import builtins
import contextvars
import decimal
import gc
import locale
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, partial
from typing import Any

from nbmlops.values.kinds import identity

Token = Any
"""A value that is compared and holds nothing of the notebook's."""

_ABSENT: Token = object()
"""Stands for what a library would set that is not loaded."""

_PLAIN = (bool, int, float, str, bytes, type(None))
_SIGNALS = range(1, _signal.NSIG)
_SHOWING = ("matplotlib", "ipykernel", "comm", "nbmlops")
"""Whose hooks come and go by themselves, with the first figure that is shown."""


def token(value: Any) -> Token:
    """A value that can be compared later, without keeping it."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in (tuple, list) and all(type(part) in _PLAIN for part in value):
        return tuple(value)
    return identity(value)


def tokens(values: Iterable[Any]) -> Token:
    """The same of several values, in their order."""
    return tuple(map(token, values))


def attributes(values: Mapping[str, Any]) -> Token:
    """The same of named values."""
    return {name: token(value) for name, value in values.items()}


def _identities(values: Mapping[str, Any]) -> Token:
    return dict(zip(values, map(identity, values.values()), strict=True))


_BACKENDS = ("backend", "backend_fallback", "interactive")
"""What matplotlib looks for when the first figure is made."""


def _interpreter() -> Token:
    hooks = (sys.excepthook, sys.breakpointhook, sys.unraisablehook, threading.excepthook)
    streams = (sys.stdout, sys.stderr, sys.stdin)
    traced = (sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile())
    limits = (sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits())
    return tokens((*hooks, *streams, *traced, *limits, sys.dont_write_bytecode))


def _signals() -> Token:
    return tuple(map(identity, map(_signal.getsignal, _SIGNALS)))


def _collector() -> Token:
    return gc.isenabled(), gc.get_threshold(), gc.get_debug(), tokens(gc.callbacks)


def _places() -> Token:
    return tuple(sys.path), getattr(sys.modules.get("time"), "tzname", None)


def _loggers() -> Token:
    """Each logger that is set up; those of libraries that are being imported are told by name."""
    known = logging.root.manager.loggerDict
    named = {name: one for name, one in list(known.items()) if isinstance(one, logging.Logger)}
    found = {name: _logger(one) for name, one in named.items() if _is_set_up(one)}
    return found | {"": (_logger(logging.root), logging.root.manager.disable)}


def _is_set_up(logger: logging.Logger) -> bool:
    touched = logger.level or logger.handlers or logger.filters or logger.disabled
    return bool(touched) or not logger.propagate


def _logger(logger: logging.Logger) -> Token:
    handlers = [(identity(one), one.level, identity(one.formatter)) for one in logger.handlers]
    return logger.level, logger.disabled, logger.propagate, handlers, tokens(logger.filters)


def _warnings() -> Token:
    return tuple(map(repr, warnings.filters)), tokens(
        (warnings.showwarning, warnings.formatwarning)
    )


def _imports() -> Token:
    return tokens(sys.meta_path), tokens(sys.path_hooks)


def _context() -> Token:
    decimals = decimal.getcontext()
    found = {identity(name): token(value) for name, value in contextvars.copy_context().items()}
    return found, decimals.prec, decimals.rounding, tokens(decimals.traps.values())


def _environment() -> Token:
    return dict(os.environ)


def _sockets() -> Token:
    socket = sys.modules.get("socket")
    return socket.getdefaulttimeout() if socket is not None else _ABSENT


def _limits() -> Token:
    resource = sys.modules.get("resource")
    if resource is None:
        return _ABSENT
    kinds = {number for name, number in vars(resource).items() if name.startswith("RLIMIT_")}
    return {kind: resource.getrlimit(kind) for kind in kinds}


def _numpy() -> Token:
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "geterr"):
        return _ABSENT
    return attributes(numpy.geterr()), attributes(numpy.get_printoptions())


def _pandas() -> Token:
    config = sys.modules.get("pandas._config.config")
    return _flat(config._global_config) if config is not None else _ABSENT  # noqa: SLF001 (no other)


def _flat(options: Mapping[str, Any]) -> Token:
    return {
        name: _flat(value) if isinstance(value, dict) else token(value)
        for name, value in options.items()
    }


def _styles() -> Token:
    matplotlib = sys.modules.get("matplotlib")
    settings = getattr(matplotlib, "rcParams", None)
    if settings is None:
        return _ABSENT
    found = _identities(dict(dict.items(settings)))
    for name in _BACKENDS:
        found.pop(name, None)
    return found


def _figures() -> Token:
    pyplot = sys.modules.get("matplotlib._pylab_helpers")
    figures = getattr(getattr(pyplot, "Gcf", None), "figs", {})
    return [(number, _figure(manager.canvas.figure)) for number, manager in figures.items()]


def _figure(figure: Any) -> Token:
    axes = [
        (tokens(one.get_children()), one.get_xlim(), one.get_ylim(), one.get_title())
        for one in figure.axes
    ]
    return identity(figure), figure.stale, tokens(figure.get_children()), axes


def _sklearn() -> Token:
    sklearn: Any = sys.modules.get("sklearn")
    return attributes(sklearn.get_config()) if hasattr(sklearn, "get_config") else _ABSENT


def _torch() -> Token:
    torch: Any = sys.modules.get("torch")
    if not hasattr(torch, "get_default_dtype"):
        return _ABSENT
    asked = (torch.get_default_dtype, torch.is_grad_enabled, torch.get_num_threads)
    more = torch.are_deterministic_algorithms_enabled, torch.is_inference_mode_enabled
    return tokens(ask() for ask in (*asked, *more))


def _builtins() -> Token:
    return _identities(vars(builtins))


_ASKED: dict[str, Callable[[], Token]] = {
    "the interpreter": _interpreter,
    "signal handlers": _signals,
    "the garbage collector": _collector,
    "the places of imports": _places,
    "logging": _loggers,
    "the context of decimals and variables": _context,
    "the locale": lambda: locale.setlocale(locale.LC_ALL),
    "timeouts of sockets": _sockets,
    "limits of the process": _limits,
    "builtins": _builtins,
    "settings of numpy": _numpy,
    "options of pandas": _pandas,
    "rcParams of matplotlib": _styles,
    "figures of pyplot": _figures,
    "the configuration of sklearn": _sklearn,
    "settings of torch": _torch,
}

_ASKED_UNLESS_IMPORTED: dict[str, Callable[[], Token]] = {
    "exit handlers": atexit._ncallbacks,  # noqa: SLF001 (nothing else tells)
    "filters of warnings": _warnings,
    "hooks of imports": _imports,
    "environment variables": _environment,
}
"""What the first import of a library may set as well: whoever needs that imports it too."""


def state_of(shell: Any) -> dict[str, Token]:
    """All that is asked of this process and of the shell in it: what → how it is now."""
    asked = {**_ASKED, **_ASKED_UNLESS_IMPORTED}
    found = {name: _answer(ask) for name, ask in asked.items()}
    return found | {name: _answer(partial(ask, shell)) for name, ask in _ASKED_OF_SHELLS.items()}


def changed(
    before: Mapping[str, Token], after: Mapping[str, Token], *, imported: Collection[str]
) -> set[str]:
    """What differs, in words.

    Args:
        before: a state.
        after: a later one.
        imported: the modules that were imported in between.
    """
    found = {n for n in before if before[n] is not _ABSENT and before[n] != after[n]}
    if imported:
        found -= _ASKED_UNLESS_IMPORTED.keys()
        if "logging" in found and _without(before["logging"], imported) == _without(
            after["logging"], imported
        ):
            found.remove("logging")
    return found


def _without(loggers: Token, packages: Collection[str]) -> Token:
    return {n: one for n, one in loggers.items() if n.partition(".")[0] not in packages}


def _answer(ask: Callable[[], Token]) -> Token:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 (a notebook may have put anything there)
        return type(error).__name__


def _hooks(shell: Any) -> Token:
    callbacks = {
        event: tokens(filter(_counts, all_)) for event, all_ in shell.events.callbacks.items()
    }
    transformers = (
        *(shell.input_transformers_cleanup, shell.input_transformers_post),
        shell.ast_transformers,
    )
    return callbacks, [tokens(filter(_counts, part)) for part in transformers]


def _counts(hook: Any) -> bool:
    return not str(getattr(hook, "__module__", "")).startswith(_SHOWING)


def _magics(shell: Any) -> Token:
    return {kind: _identities(named) for kind, named in shell.magics_manager.magics.items()}


def _formatters(shell: Any) -> Token:
    """How values are shown: by class or by the name of a class that is not loaded yet."""
    found = {}
    for name, formatter in shell.display_formatter.formatters.items():
        shown = {
            f"{kind.__module__}.{kind.__name__}": one
            for kind, one in formatter.type_printers.items()
        }
        shown |= {".".join(key): one for key, one in formatter.deferred_printers.items()}
        found[name] = (
            formatter.enabled,
            {key: identity(one) for key, one in shown.items() if not key.startswith(_SHOWING)},
        )
    return found, tuple(shell.display_formatter.active_types)


def _traits(shell: Any) -> Token:
    kind: Any = type(shell)
    return {name: token(getattr(shell, name)) for name in _options_of(kind)}


@cache
def _options_of(kind: Any) -> tuple[str, ...]:
    """The options of a kind of shell that are plain values."""
    options = kind.class_traits(config=True).items()
    return tuple(name for name, trait in options if type(trait.default_value) in _PLAIN)


_ASKED_OF_SHELLS: dict[str, Callable[[Any], Token]] = {
    "hooks of IPython": _hooks,
    "magics": _magics,
    "how values are shown": _formatters,
    "settings of IPython": _traits,
}
