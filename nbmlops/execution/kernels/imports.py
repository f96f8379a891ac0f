"""What the cells of a notebook import before they change what an import does."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax

_SETTING = re.compile(
    r"\b(environ|putenv|unsetenv|\w*dotenv|\w*warnings?|simplefilter|sys\.(path|modules|flags|set\w+)"
    r"|meta_path|path_hooks|chdir|set_start_method|setrlimit|setlocale|tzset|umask|sched_setaffinity"
    r"|signal|logging|loguru|gevent|eventlet|faulthandler|importlib|__import__|exec|eval"
    r"|import_module|reload|rcParams|rc_context|matplotlib\.use|site|pkg_resources|system|addaudithook"
    r"|import_hook|install|patch_\w+|monkey\w*)\b"
)
"""Words of statements after which an import may do something else than in a new process."""

_INERT_MAGICS = frozenset(["matplotlib", "mlops", "time"])
_MAGIC = re.compile(r"run_line_magic\('(?P<name>\w+)'")


def imports_of(sources: Iterable[str]) -> tuple[str, ...]:
    """The modules, dotted, in the order in which the cells name them.

    ``from a import b`` gives ``a.b``, which may be a module or a name in one. Left out is what
    may never be imported, in a condition or a function; what comes after something that may
    change what an import does, such as a variable for the number of threads or a filter of
    warnings; and the standard library, which is imported soon.
    """
    found: dict[str, None] = {}
    for statement in _certain(_statements(sources)):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            found.update(dict.fromkeys(_named(statement)))
        elif _may_set(statement):
            break
    return tuple(name for name in found if name.partition(".")[0] not in sys.stdlib_module_names)


def _statements(sources: Iterable[str]) -> Iterator[ast.stmt]:
    for source in sources:
        try:
            parsed = syntax.parse(source)
        except CellSyntaxError:
            return
        if parsed.foreign is not None or parsed.unknown is not None:
            return
        yield from parsed.tree.body


def _certain(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in statements:
        if isinstance(statement, (ast.Try, ast.With)):
            yield from (ast.Expr(item.context_expr) for item in getattr(statement, "items", ()))
            yield from _certain(statement.body)
        else:
            yield statement


def _named(statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    elif statement.module and not statement.level:
        for alias in statement.names:
            yield statement.module if alias.name == "*" else f"{statement.module}.{alias.name}"


def _may_set(statement: ast.stmt) -> bool:
    """Whether running a statement may change what a later import does.

    A function may too, when it is called: where its text says so, its definition counts.
    """
    text = ast.unparse(statement)
    magics = {match["name"] for match in _MAGIC.finditer(text)}
    if magics - _INERT_MAGICS or "getoutput" in text:
        return True
    return not magics and _SETTING.search(text) is not None
