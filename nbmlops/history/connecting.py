"""Connections that a cell opens, which can be opened again without running the whole cell."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

from nbmlops.domain.executions import Execution
from nbmlops.errors import CellSyntaxError
from nbmlops.history.executed import binding_of, code_of
from nbmlops.notebook import syntax

_OPENING = {
    "duckdb.connect": True,
    "sqlalchemy.create_engine": False,
    "sqlalchemy.engine.create_engine": False,
    "sqlite3.connect": True,
}
"""What opens a connection, and whether that opens a file at once."""
_MEMORY = frozenset(["", ":memory:", ":default:"])
_MAKERS = frozenset(["Path", "str"])
"""What may stand around a path, and does nothing else."""
_DATABASES = frozenset([".db", ".db3", ".ddb", ".duckdb", ".sqlite", ".sqlite3"])
_ASKING = frozenset(["execute", "executemany", "executescript", "sql", "query"])
_ENDING = frozenset(["commit", "rollback", "checkpoint"])
_TABLES = frozenset(["read_sql", "read_sql_query", "read_sql_table", "to_sql", "read_database"])
_FILE_ALONE = re.compile(
    r"\s*(alter|begin|commit|copy|create|delete|drop|insert|replace|select|update|with)\b",
    re.IGNORECASE,
)
"""Statements that change what is in the file, or nothing."""
_OWN = re.compile(r"\b(temp|temporary|attach|pragma|secret|macro)\b", re.IGNORECASE)
"""What a statement may set for its connection alone."""


def opens_again(
    name: str,
    done: Execution,
    import_of: Callable[[str], str | None],
    is_there: Callable[[str], bool],
) -> str | None:
    """The statement of a cell that opens the connection which a name held after it.

    Only where nothing else in the cell set anything for that connection, and the files that it
    leads to are still there: opened without, they would be made, and be empty.

    Args:
        name: the name.
        done: the execution that bound it.
        import_of: gives the import that a name came from.
        is_there: whether there is a file at a recorded path.
    """
    record = done.record
    statement = binding_of(name, record.source)
    match statement:
        case ast.Assign(targets=[ast.Name()], value=ast.Call() as call):
            pass
        case _:
            return None
    opens_file = _OPENING.get(_full_name(call.func, import_of))
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if opens_file is None or not all(map(_is_harmless, given)):
        return None
    if opens_file:
        first = call.args[0] if call.args else None
        paths = [access.path for access in record.files]
        found = [path for path in paths if _may_be(path, first)]
        if not found or not all(map(is_there, found)):
            return None
    if not all(_is_for_the_file(use, name) for use in _uses(name, record.source, statement)):
        return None
    return ast.unparse(statement)


def _full_name(function: ast.expr, import_of: Callable[[str], str | None]) -> str:
    """What a call calls, such as ``sqlite3.connect``; empty where that is not known."""
    words: list[str] = []
    while isinstance(function, ast.Attribute):
        words.insert(0, function.attr)
        function = function.value
    if not isinstance(function, ast.Name):
        return ""
    imported = import_of(function.id)
    for part in ast.parse(imported).body if imported else []:
        for alias in part.names if isinstance(part, ast.Import | ast.ImportFrom) else []:
            if (alias.asname or alias.name) == function.id:
                module = f"{part.module}." if isinstance(part, ast.ImportFrom) else ""
                return ".".join([module + alias.name, *words])
    return ""


def _is_harmless(given: ast.expr) -> bool:
    """Whether to take an argument again does nothing: what is written out, or made of a path."""
    match given:
        case ast.Constant() | ast.Name():
            return True
        case ast.JoinedStr(values=parts):
            return all(map(_is_harmless, parts))
        case ast.FormattedValue(value=value):
            return _is_harmless(value)
        case ast.BinOp(left=left, op=ast.Div() | ast.Add(), right=right):
            return _is_harmless(left) and _is_harmless(right)
        case ast.Call(func=ast.Name(id=word), args=args, keywords=[]):
            return word in _MAKERS and all(map(_is_harmless, args))
    return False


def _may_be(path: str, first: ast.expr | None) -> bool:
    """Whether a recorded file may be that to which the first argument leads."""
    if isinstance(first, ast.Constant):
        told = str(first.value)
        return told not in _MEMORY and PurePath(told).name == PurePath(path).name
    return first is not None and PurePath(path).suffix in _DATABASES


def _uses(name: str, source: str, statement: ast.stmt) -> Iterator[ast.stmt]:
    """The other statements of a cell that mention a name."""
    try:
        body = syntax.parse(code_of(source)).tree.body
    except CellSyntaxError:
        return
    opened = ast.unparse(statement)
    for part in body:
        mentions = any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(part))
        if mentions and ast.unparse(part) != opened:
            yield part


def _is_for_the_file(use: ast.stmt, name: str) -> bool:
    """Whether a statement uses a connection without setting anything for it."""
    harmless: set[int] = set()
    for node in ast.walk(use):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=word) as held, attr=attr)) if (
                word == name
            ):
                asked = node.args[0] if node.args else None
                if attr in _ENDING or (attr in _ASKING and _changes_the_file_alone(asked)):
                    harmless.add(id(held))
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in _TABLES:
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                harmless.update(id(one) for one in given if isinstance(one, ast.Name))
    return all(
        id(node) in harmless
        for node in ast.walk(use)
        if isinstance(node, ast.Name) and node.id == name
    )


def _changes_the_file_alone(asked: ast.expr | None) -> bool:
    told = asked.value if isinstance(asked, ast.Constant) else None
    return isinstance(told, str) and bool(_FILE_ALONE.match(told)) and not _OWN.search(told)
