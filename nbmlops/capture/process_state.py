"""What a cell leaves in its process that no name of the notebook holds: settings, hooks, figures.

Each probe asks one thing as a value that can be compared, and keeps nothing alive: what is no
plain value stands for itself by its identity. Of libraries only those are asked that are loaded.
All of it is asked twice per cell: a probe takes a few microseconds, and what takes more is asked
again only where one of the objects behind it is another one.
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
import types
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, partial
from itertools import chain
from typing import Any

from nbmlops.capture import variable_reads
from nbmlops.capture.kept_answers import KeptAnswer
from nbmlops.values.kinds import identity

Token = Any
"""A value that is compared and holds nothing of the notebook's."""

VARIABLES = "environment variables"

_ABSENT: Token = object()
"""Stands for what a library would set that is not loaded."""

_PLAIN = frozenset((bool, int, float, str, bytes, type(None)))
_SIGNALS = range(1, _signal.NSIG)
_SHOWING = ("matplotlib", "ipykernel", "comm", "nbmlops")
"""Whose hooks come and go by themselves, with the first figure that is shown."""


def token(value: Any) -> Token:
    """A value that can be compared later, without keeping it."""
    kind = type(value)
    try:
        if kind in _PLAIN:
            return value
        if (kind is tuple or kind is list) and _PLAIN.issuperset(map(type, value)):
            return tuple(value)
    except Exception:  # noqa: BLE001 (a metaclass may not let its classes be hashed)
        return identity(value)
    return identity(value)


def tokens(values: Iterable[Any]) -> Token:
    """The same of several values, in their order."""
    return tuple(map(token, values))


def attributes(values: Mapping[str, Any]) -> Token:
    """The same of named values."""
    return {name: token(value) for name, value in values.items()}


def identities(values: Mapping[str, Any]) -> Token:
    """Names, and which objects they hold: two tuples, which are made and compared fastest."""
    return tuple(values), tuple(map(identity, values.values()))


_IPYTHON = "IPython."
_OF_PLAIN_TEXT = ("float_format", "max_seq_length", "max_width", "pprint", "verbose")
"""Options of how IPython shows a value as text."""

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
    found: dict[str, Token] = {
        name: _logger(one)
        for name, one in list(known.items())
        if not isinstance(one, logging.PlaceHolder)
        and (one.level or one.handlers or one.filters or one.disabled or not one.propagate)
    }
    found[""] = _logger(logging.root), logging.root.manager.disable
    return found


def _logger(logger: logging.Logger) -> Token:
    handlers = [(identity(one), one.level, identity(one.formatter)) for one in logger.handlers]
    return logger.level, logger.disabled, logger.propagate, handlers, tokens(logger.filters)


def _warnings() -> Token:
    return tuple(map(repr, warnings.filters)), tokens(
        (warnings.showwarning, warnings.formatwarning)
    )


def _objects_of_warnings() -> list[Any]:
    return [*warnings.filters, warnings.showwarning, warnings.formatwarning]


def _imports() -> Token:
    return tokens(sys.meta_path), tokens(sys.path_hooks)


_OF_MESSAGES = frozenset({"parent_header", "shell_parent", "shell_parent_ident"})
"""Variables that a kernel sets for each message: which cell it answers."""


def _context() -> Token:
    decimals = decimal.getcontext()
    found = {
        identity(variable): token(value)
        for variable, value in contextvars.copy_context().items()
        if variable.name not in _OF_MESSAGES
    }
    return found, decimals.prec, decimals.rounding, tokens(decimals.traps.values())


def _sockets() -> Token:
    socket = sys.modules.get("socket")
    return socket.getdefaulttimeout() if socket is not None else _ABSENT


def _limits() -> Token:
    resource = sys.modules.get("resource")
    if resource is None:
        return _ABSENT
    return tuple(map(resource.getrlimit, _kinds_of_limits(resource)))


@cache
def _kinds_of_limits(resource: Any) -> tuple[int, ...]:
    named = vars(resource).items()
    return tuple({number for name, number in named if name.startswith("RLIMIT_")})


def _numpy() -> Token:
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "geterr"):
        return _ABSENT
    return attributes(numpy.geterr()), attributes(numpy.get_printoptions())


def _pandas() -> Token:
    config = sys.modules.get("pandas._config.config")
    return _flat(config._global_config) if config is not None else _ABSENT  # noqa: SLF001 (no other)


def _objects_of_pandas() -> list[Any]:
    config = sys.modules.get("pandas._config.config")
    return _leaves(config._global_config) if config is not None else []  # noqa: SLF001 (no other)


def _leaves(options: Mapping[str, Any]) -> list[Any]:
    """The values of options; their names are known by the dictionary that has them."""
    found: list[Any] = [*options.values()]
    for value in found[:]:
        if type(value) is dict:
            found += _leaves(value)
        elif type(value) is list:
            found += value
    return found


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
    found = dict(zip(dict.keys(settings), map(identity, dict.values(settings)), strict=True))
    for name in _BACKENDS:
        found.pop(name, None)
    return found


def _objects_of_styles() -> list[Any]:
    settings = getattr(sys.modules.get("matplotlib"), "rcParams", None)
    return [] if settings is None else [*dict.values(settings)]


def figures_are_in_use() -> bool:
    """Whether pyplot has a figure of an earlier cell to draw on."""
    pyplot = sys.modules.get("matplotlib._pylab_helpers")
    return pyplot is not None and bool(pyplot.Gcf.figs)


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


def _polars() -> Token:
    """Those that it does not keep in variables of the environment."""
    config = sys.modules.get("polars.config")
    known = getattr(config, "_POLARS_CFG_DIRECT_VARS", None)
    return _ABSENT if known is None else tokens(ask() for ask in known.values())


def _torch() -> Token:
    torch: Any = sys.modules.get("torch")
    if not hasattr(torch, "get_default_dtype"):
        return _ABSENT
    asked = (torch.get_default_dtype, torch.is_grad_enabled, torch.get_num_threads)
    more = torch.are_deterministic_algorithms_enabled, torch.is_inference_mode_enabled
    return tokens(ask() for ask in (*asked, *more))


def _builtins() -> Token:
    found = dict(vars(builtins))
    found.pop("input", None)  # a kernel binds it anew for each cell
    return identities(found)


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
    "options of polars": _polars,
    "rcParams of matplotlib": _styles,
    "figures of pyplot": _figures,
    "the configuration of sklearn": _sklearn,
    "settings of torch": _torch,
}

_ASKED_UNLESS_IMPORTED: dict[str, Callable[[], Token]] = {
    "exit handlers": atexit._ncallbacks,  # noqa: SLF001 (nothing else tells)
    "filters of warnings": _warnings,
    "hooks of imports": _imports,
    VARIABLES: variable_reads.now,
}
"""What the first import of a library may set as well: whoever needs that imports it too."""


class ProcessStates:
    """Asks this process and the shell in it for all of this.

    Args:
        shell: the IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        of_shell = {name: partial(ask, shell) for name, ask in _ASKED_OF_SHELLS.items()}
        asked: dict[str, Callable[[], Token]] = {**_ASKED, **_ASKED_UNLESS_IMPORTED, **of_shell}
        for name, find in _OBJECTS.items():
            asked[name] = KeptAnswer(find, asked[name])
        for name, find_in in _OBJECTS_OF_SHELLS.items():
            asked[name] = KeptAnswer(partial(find_in, shell), asked[name])
        self._asked = asked

    def now(self) -> dict[str, Token]:
        """What was asked → how it is now."""
        return {name: _answer(ask) for name, ask in self._asked.items()}


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


def variables_changed(before: Mapping[str, Token], after: Mapping[str, Token]) -> list[str]:
    """The environment variables that were set, changed or removed between two states."""
    one, other = before[VARIABLES], after[VARIABLES]
    if one == other or not (isinstance(one, dict) and isinstance(other, dict)):
        return []
    names = one.keys() | other.keys()
    return sorted(os.fsdecode(name) for name in names if one.get(name) != other.get(name))


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


def _objects_of_hooks(shell: Any) -> list[Any]:
    lists = (
        *shell.events.callbacks.values(),
        shell.input_transformers_cleanup,
        shell.input_transformers_post,
        shell.ast_transformers,
    )
    return [*map(len, lists), *chain.from_iterable(lists)]


def _counts(hook: Any) -> bool:
    return not str(getattr(hook, "__module__", "")).startswith(_SHOWING)


def _magics(shell: Any) -> Token:
    """The magics; whether one of IPython's own is loaded already, does not count."""
    return {
        kind: (tuple(named), tuple(map(_magic, named.values())))
        for kind, named in shell.magics_manager.magics.items()
    }


def _magic(one: Any) -> Token:
    kind = type(one)
    lazy = kind.__name__ == "LazyMagic" and kind.__module__.startswith(_IPYTHON)
    code = kind in (types.FunctionType, types.MethodType)
    own = lazy or (code and str(one.__module__).startswith(_IPYTHON))
    return _IPYTHON if own else identity(one)


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
    return found, tuple(shell.display_formatter.active_types), _plain_options(shell)


def _objects_of_formatters(shell: Any) -> list[Any]:
    display = shell.display_formatter
    found = [*display.active_types, *_plain_options(shell)]
    for one in display.formatters.values():
        enabled, *both = _held(one, ("enabled", "type_printers", "deferred_printers"))
        found += one, enabled
        for printers in both:
            found += len(printers), *printers.values(), *printers
    return found


def _plain_options(shell: Any) -> list[Any]:
    """How texts and numbers are written: ``%precision``, ``%pprint``."""
    plain = shell.display_formatter.formatters.get("text/plain")
    return [] if plain is None else _held(plain, _OF_PLAIN_TEXT)


def _held(of: Any, names: Iterable[str]) -> list[Any]:
    """What traits hold; where they were asked for before, in a tenth of the time."""
    known = of._trait_values  # noqa: SLF001 (no other place)
    return [known[name] if name in known else getattr(of, name) for name in names]


def _objects_of_magics(shell: Any) -> list[Any]:
    named = shell.magics_manager.magics.values()
    return [*chain.from_iterable(named), *chain.from_iterable(map(dict.values, named))]


def _traits(shell: Any) -> Token:
    kind: Any = type(shell)
    return tuple(map(token, _held(shell, _options_of(kind))))


def _objects_of_traits(shell: Any) -> list[Any]:
    """Plain values, which do not change in place; ``None`` for one that was never asked for."""
    kind: Any = type(shell)
    return [*map(shell._trait_values.get, _options_of(kind))]  # noqa: SLF001 (no other place)


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

_OBJECTS: dict[str, Callable[[], list[Any]]] = {
    "filters of warnings": _objects_of_warnings,
    "options of pandas": _objects_of_pandas,
    "rcParams of matplotlib": _objects_of_styles,
}
"""The objects of which longer answers are made."""

_OBJECTS_OF_SHELLS: dict[str, Callable[[Any], list[Any]]] = {
    "hooks of IPython": _objects_of_hooks,
    "magics": _objects_of_magics,
    "how values are shown": _objects_of_formatters,
    "settings of IPython": _objects_of_traits,
}
