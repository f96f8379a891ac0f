"""Values that are tied to the running process: files, connections, threads; pure."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.labels import strip_commands, strip_label

_LIVE = {
    "builtins.open": "an open file",
    "io.open": "an open file",
    "tempfile.TemporaryFile": "an open file",
    "tempfile.NamedTemporaryFile": "an open file",
    "threading.Lock": "a lock",
    "threading.RLock": "a lock",
    "threading.Condition": "a lock",
    "threading.Event": "a lock",
    "threading.Semaphore": "a lock",
    "threading.Thread": "a thread",
    "multiprocessing.Pool": "a pool of processes",
    "concurrent.futures.ThreadPoolExecutor": "a pool of threads",
    "concurrent.futures.ProcessPoolExecutor": "a pool of processes",
    "sqlite3.connect": "a database connection",
    "duckdb.connect": "a database connection",
    "psycopg2.connect": "a database connection",
    "psycopg.connect": "a database connection",
    "socket.socket": "a network connection",
    "subprocess.Popen": "a running process",
}


def live_values(
    flows: Sequence[CellFlow], wanted: Container[int]
) -> Iterator[tuple[int, str, str]]:
    """Position, name and what it is, for values that are tied to the running process.

    Args:
        flows: the cells of a notebook.
        wanted: the positions of those that are looked at.
    """
    imported: dict[str, str] = {"open": "builtins.open"}
    for position, flow in enumerate(flows):
        imported = {n: o for n, o in imported.items() if n not in flow.writes}
        imported |= flow.effects.imports
        if position not in wanted or flow.problem is not None:
            continue
        for name, value in _last_values(flow.cell.source).items():
            what = _live(value, imported)
            if what is not None:
                yield position, name, what


def _last_values(source: str) -> dict[str, ast.expr]:
    """The expression that each name of a cell is bound to last, as far as it is a plain one."""
    try:
        body = syntax.parse(strip_commands(strip_label(source))).tree.body
    except CellSyntaxError:
        return {}
    values: dict[str, ast.expr] = {}
    for node in body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    values[target.id] = node.value
        else:
            for name in _stored(node):
                values.pop(name, None)
    return values


def _stored(node: ast.AST) -> Iterable[str]:
    return [
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
    ]


def _live(value: ast.expr, imported: Mapping[str, str]) -> str | None:
    if isinstance(value, ast.GeneratorExp):
        return "a generator"
    if not isinstance(value, ast.Call):
        return None
    words: list[str] = []
    callee = value.func
    while isinstance(callee, ast.Attribute):
        words.append(callee.attr)
        callee = callee.value
    if not isinstance(callee, ast.Name) or callee.id not in imported:
        return None
    return _LIVE.get(".".join([imported[callee.id], *reversed(words)]))
