"""What gives something new each time it is asked, and no seed repeats: clocks, and chance; pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow.calls import OF_WHAT
from nbmlops.notebook.dataflow.effects import Effects, analyze
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.notebook.tree import children, statements
from nbmlops.notebook.words import words_in

Kind = Literal["clock", "chance"]

_OF_TIME = frozenset([
    "time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns",
    "process_time", "process_time_ns", "thread_time", "clock_gettime", "asctime", "ctime", "gmtime",
    "localtime", "strftime",
])  # fmt: skip
_OF_DAYS = frozenset(["now", "today", "utcnow"])
_OF_LOAD = frozenset([
    "cpu_percent", "cpu_times", "cpu_times_percent", "disk_usage", "getloadavg", "getrusage",
    "get_traced_memory", "memory_full_info", "memory_info", "memory_percent", "net_io_counters",
    "swap_memory", "virtual_memory",
])  # fmt: skip
"""How busy the machine is, and how much of it is free."""

_KNOWN: Mapping[str, tuple[Kind, frozenset[str]]] = {
    "time": ("clock", _OF_TIME),
    "datetime": ("clock", _OF_DAYS),
    "date": ("clock", _OF_DAYS),
    "Timestamp": ("clock", _OF_DAYS),
    "Period": ("clock", _OF_DAYS),
    "DateTime": ("clock", _OF_DAYS),
    "pendulum": ("clock", _OF_DAYS),
    "arrow": ("clock", _OF_DAYS),
    "timezone": ("clock", frozenset(["now", "localtime"])),
    "utils": ("clock", frozenset(["formatdate", "localtime"])),
    "os": ("chance", frozenset([
        "urandom", "getrandom", "getpid", "getppid", "getloadavg", "times",
    ])),
    "psutil": ("chance", _OF_LOAD | {"Process"}),
    "resource": ("chance", _OF_LOAD),
    "shutil": ("chance", _OF_LOAD),
    "tracemalloc": ("chance", _OF_LOAD),
    "random": ("chance", frozenset(["SystemRandom"])),
    "secrets": ("chance", frozenset([
        "choice", "randbelow", "randbits", "token_bytes", "token_hex", "token_urlsafe",
        "SystemRandom",
    ])),
}  # fmt: skip
"""A module or class → which of its functions give something new each time."""

OWNERS = {**_KNOWN, "posix": _KNOWN["os"], "nt": _KNOWN["os"]}
_OF_UUID: Mapping[str, Kind] = {
    **dict.fromkeys(("uuid1", "uuid6", "uuid7"), "clock"),
    **dict.fromkeys(("uuid4", "uuid8"), "chance"),
}
_OWNING = frozenset([*OWNERS, "uuid"])
_NEW_EACH_TIME = frozenset(_OF_UUID).union(*(names for _, names in OWNERS.values()))

_CLOCKS = frozenset({"now", "today", "utcnow", "time", "time_ns", "perf_counter", "monotonic"})
_CLOCKS |= {"process_time", "asctime", "ctime", "gmtime", "localtime", "formatdate"}
_CLOCKS_IN_FULL = frozenset({"time.strftime"})
"""Of a time that is given, ``strftime`` says nothing new."""

_CHANCE = frozenset(["getpid", "getppid", "getrandom", "token_bytes", "token_hex", "token_urlsafe",
                     "urandom", "SystemRandom", *_OF_LOAD])  # fmt: skip

_KEEPING = (["partial"], ["field"], ["Field"], ["Factory"])
"""Calls that keep a function for later."""

_WORDS = re.compile(
    r"""(Timestamp|to_datetime|datetime64|b?date_range|Period|DatetimeIndex)\s*\(\s*\[?[^][()]*["'](now|today)["']"""
    r"""|\b(current_(date|time|timestamp)\b|now\s*\(\s*\)|(date|datetime|julianday|time|unixepoch)\s*\(\s*["']now["'])"""
    r"""|\bparse\s*\(\s*["']\d{1,2}:\d\d(:\d\d)?["']"""
    r"""|\b(getattr\s*\(\s*[\w.]+\s*,|methodcaller\s*\(|attrgetter\s*\()\s*["']([\w.]+\.)?(now|today|utcnow|time|time_ns|perf_counter|monotonic)["']""",
    re.IGNORECASE,
)
"""The present time as a word that a library understands: pandas, numpy and databases."""

_HINTS = ("attrgetter", "current_", "getattr", "methodcaller", "now", "parse", "today")
"""One of these is in whatever that finds, which is far slower to look for."""


WORDS = frozenset(["now", "today"])
"""What pandas, numpy and databases take for the present time, in small letters."""

PARSERS = frozenset([
    "DatetimeIndex", "Period", "PeriodIndex", "Timestamp", "attrgetter", "bdate_range",
    "date_parser", "date_range", "datetime64", "getattr", "interval_range", "methodcaller",
    "parse_dates", "period_range", "to_datetime",
])  # fmt: skip
"""Names of what makes a time of such a word, or a function of its name."""

_PARSER = re.compile(rf"\b({'|'.join(sorted(PARSERS))}|M8\[|dateparser|pendulum|\.sql|execute)\b")
_LITERAL = re.compile(r"""(?<![\w\])]\[)["'](now|today)["']""", re.IGNORECASE)
"""Such a word, where it does not name a column."""

_COMPARED = re.compile(
    r"""[<>]=?\s*["'](now|today)["']|:\s*["'](now|today)["']\s*\]|\[\s*["'](now|today)["']\s*:"""
)


@lru_cache(maxsize=2048)
def parsers_in(source: str) -> int:
    """How often code names what may take a word for the present time.

    >>> parsers_in("day = pd.Timestamp(day)"), parsers_in("day = df.day")
    (1, 0)
    """
    return sum(1 for _ in _PARSER.finditer(source))


def of_uuid(name: str) -> Kind | None:
    """What a function of the module ``uuid`` makes its result of."""
    return _OF_UUID.get(name)


def is_of_a_clock(name: str) -> bool:
    """Whether a method of that name gives the present time.

    >>> is_of_a_clock("now"), is_of_a_clock("strip")
    (True, False)
    """
    return name in _CLOCKS


def kind_of(owner: str, name: str) -> Kind | None:
    """Whether a function of a module or class gives something new each time.

    >>> kind_of("time", "time"), kind_of("uuid", "uuid4"), kind_of("math", "sqrt")
    ('clock', 'chance', None)
    """
    if owner == "uuid":
        return of_uuid(name)
    kind, names = OWNERS.get(owner, (None, frozenset()))
    return kind if name in names else None


@lru_cache(maxsize=2048)  # of a notebook that is judged again, one cell has changed
def novelties(source: str) -> Mapping[str, Kind]:
    """What code asks for, the functions in it included, that is new each time → its kind."""
    told = None
    if any(word in source.casefold() for word in WORDS):
        told = (parsers_in(source) and _LITERAL.search(source)) or _COMPARED.search(source)
    words: Mapping[str, Kind] = {told[0]: "clock"} if told else {}
    return {**dict(_handed_on(source)), **words, **asked_for(source)}


@lru_cache(maxsize=2048)
def asked_for(source: str) -> Mapping[str, Kind]:
    """The same without functions that are given to calls, and words that a call may parse."""
    try:
        effects = analyze(source)
    except CellSyntaxError:
        return {}
    parts = (effects, *(inner.effects for inner in effects.definitions))
    found = {call: kind for part in parts for call, kind in _called(part)}
    folded = source.casefold()
    told = _WORDS.search(source) if any(word in folded for word in _HINTS) else None
    if told is not None:
        found[told[0]] = "clock"
    return found


def _called(effects: Effects) -> Iterator[tuple[str, Kind]]:
    for call in effects.calls:
        owner, _, name = call.rpartition(".")
        if owner.endswith(OF_WHAT):
            continue  # a method of some value
        if name in _CLOCKS or call in _CLOCKS_IN_FULL:
            yield call, "clock"
        elif name in _CHANCE:
            yield call, "chance"
        elif (kind := of_uuid(name) or kind_of(owner.rpartition(".")[2], name)) is not None:
            yield call, kind


def _handed_on(source: str) -> Iterator[tuple[str, Kind]]:
    """Functions that are given to a call which may ask them: ``sorted(rows, key=time.time)``.

    Not those that are only kept, as ``tick = time.time`` and a default factory are.
    """
    words = words_in(source)
    if words.isdisjoint(_NEW_EACH_TIME) or words.isdisjoint(_OWNING):
        return
    try:
        tree = syntax.parse(strip_label(strip_commands(source))).tree
    except CellSyntaxError:
        return
    known = dict(_imported(tree))
    for given in _given(tree):
        path = _dotted(given)
        full = [*known.get(path[0], path[0]).split("."), *path[1:]] if path else []
        kind = kind_of(full[-2], full[-1]) if len(full) > 1 else None
        if kind is not None:
            yield ".".join(path), kind


def _given(node: ast.AST) -> Iterator[ast.expr]:
    """What calls are given that run with the cell itself."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return
    if isinstance(node, ast.Call) and _dotted(node.func)[-1:] not in _KEEPING:
        yield from (*node.args, *(word.value for word in node.keywords))
    for inner in children(node):
        yield from _given(inner)


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in statements(tree):
        if isinstance(node, ast.Import):
            yield from ((name.asname, name.name) for name in node.names if name.asname)
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield name.asname or name.name, f"{node.module or ''}.{name.name}"


def _dotted(node: ast.expr) -> list[str]:
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return [node.id, *reversed(words)] if isinstance(node, ast.Name) else []
