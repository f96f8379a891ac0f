"""Whether a cell sets for the process what a clock, chance or a network gives it; pure."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.known import PURE_BUILTINS
from nbmlops.notebook.dataflow.written_out import not_written_out
from nbmlops.pipelines.novelties import novelties

_SHOWING = frozenset([*PURE_BUILTINS, "print", "display"])


@dataclass(frozen=True, slots=True)
class _Statement:
    names: frozenset[str]
    """Those that it uses or binds."""

    binds: frozenset[str]
    asks: frozenset[str]
    calls: bool
    is_idle: bool
    """Whether it only shows something, or only takes the time."""


@lru_cache(maxsize=1024)
def sets_anew(source: str, asked: frozenset[str]) -> bool:
    r"""Whether something that a cell sets may be made of what is new each time.

    Args:
        source: the cell.
        asked: what it was found to ask, beside what its code shows: a host, a clock behind a name.

    >>> sets_anew("pd.set_option('display.width', int(time.time()) % 90)", frozenset())
    True
    >>> sets_anew("start = time.time()\npd.set_option('display.width', w)", frozenset())
    False
    """
    shown = novelties(source).keys()
    if not (shown or asked):
        return False
    try:
        statements, setting = not_written_out(source)
        looked_at = [_look(node) for node in statements]
        setters = None if setting is None else [_look(node) for node in setting]
    except CellSyntaxError:
        return True
    if not statements:
        return True  # a shell, or another language
    if setters is None:
        setters = [one for one in looked_at if one.calls and not one.is_idle]
    told = frozenset[str]().union(*(one.asks for one in looked_at))
    anywhere = bool((asked | shown) - told)
    tainted = _tainted(looked_at, anywhere=anywhere)
    return any(one.asks or (anywhere and one.calls) or one.names & tainted for one in setters)


def _tainted(statements: Collection[_Statement], *, anywhere: bool) -> frozenset[str]:
    """The names that may hold what is new each time."""
    found = frozenset[str]()
    known = -1
    while known != len(found):
        known = len(found)
        for one in statements:
            if one.asks or (anywhere and one.calls) or one.names & found:
                found |= one.binds
    return found


def _look(node: ast.stmt) -> _Statement:
    source = ast.unparse(node)
    effects = analyze(source)
    made = {definition.name for definition in effects.definitions}
    binds = effects.writes.union(effects.touched, made)
    asks = frozenset(novelties(source))
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    shows = isinstance(node, ast.Expr) and next(_called(node), "") in _SHOWING
    return _Statement(
        names=frozenset(effects.reads | effects.uses | binds),
        binds=frozenset(binds),
        asks=asks,
        calls=any(name not in _SHOWING for name in _called(node)),
        is_idle=shows or (bool(asks) and not any(one.args or one.keywords for one in calls)),
    )


def _called(node: ast.stmt) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            yield part.func.id if isinstance(part.func, ast.Name) else ""
