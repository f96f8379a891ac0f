"""Who may keep the code that a notebook hands out, and which cells may call it from there."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow import known
from nbmlops.notebook.dataflow.scopes import own_names, parameters
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.notebook.tree import walk

_WORD = re.compile(r"\w+")
_BY_NAME = frozenset(["__dict__", "attrgetter", "eval", "exec", "getattr", "methodcaller", "vars"])
"""Words of code that may name an attribute without writing it."""

SUBCLASSES = "__subclasses__"
"""By which a class is asked for those that inherit from it."""

_IMPORTING = frozenset(["__import__", "import_module"])
_REGISTERING = ("for_type", "register")
_QUIET = known.INERT_PACKAGES | known.PURE_PACKAGES | known.STILL_PACKAGES | sys.stdlib_module_names
_CALLING = frozenset(
    _WORD.findall(
        """
    altair attr attrs backoff beartype bokeh cachetools catboost cytoolz dask datasets decorator
    funcy holoviews hyperopt ipywidgets jax joblib keras keras_tuner lightgbm more_itertools numba
    optuna pandera plotly polars pyarrow pydantic pyspark retry retrying shap statsmodels sympy
    tenacity tensorflow toolz torch tqdm transformers typeguard wrapt xgboost
    """
    )
)
"""Libraries that call what they are given, and keep it in no place but their result."""

_KEEPING_NOTHING = _QUIET | _CALLING
_SIMPLE = (
    *(ast.Constant, ast.Name, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp),
    ast.Starred,
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Taker:
    """What is handed code: a call, a base class, an attribute of a module or of its classes.

    ``full`` is its dotted name; ``everywhere`` says that any code may get to what it keeps, not
    only what uses its package. Where there is an ``attribute``, that is by this name only.
    ``gives`` says that it is there for what it gives, and keeps something beside that at most.
    """

    full: str
    everywhere: bool = False
    attribute: str = ""
    gives: bool = False

    @property
    def package(self) -> str:
        """The top-level package."""
        return self.full.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a cell may get to.

    ``texts`` are its source and those of the functions and modules that it uses; ``packages``
    those of what its names hold.
    """

    source: str
    texts: Collection[str]
    packages: Collection[str]

    def gets_to(self, taker: Taker) -> bool:
        """Whether the cell may call what a taker keeps."""
        if is_idle(self.source):
            return False
        words = frozenset[str]().union(*map(_words, self.texts))
        if taker.attribute:
            return taker.attribute in words or bool(words & _BY_NAME)
        known_by_name = words & {taker.package, *_IMPORTING}
        others = (package not in _KEEPING_NOTHING for package in self.packages)
        return taker.everywhere or bool(known_by_name) or any(others)


def taker_of(full: str, *, method: bool = False, first: ast.expr | None = None) -> Taker | None:
    """What a call of this name is for the code that it is given; ``None`` if it keeps nothing.

    Args:
        full: dotted; of a method of a value, as it is written.
        method: whether it is one.
        first: its first argument, which may be the name that it gives to what it is given.
    """
    package, name = full.partition(".")[0], full.rpartition(".")[2]
    registers = name.startswith(_REGISTERING) or name in known.SETTING_METHODS
    if method:
        return Taker(full, everywhere=True) if registers else None
    if registers or name in known.SETTINGS or _sets_up(full, package, name):
        named = "accessor" in name or "namespace" in name
        text = first.value if isinstance(first, ast.Constant) and named else ""
        return Taker(full, everywhere=True, attribute=_offered(text))
    return taker_by_name(full)


def _sets_up(full: str, package: str, name: str) -> bool:
    """Whether a function of a library is there for what others do later."""
    if package in known.SETTING_PACKAGES:
        return full not in known.INERT_FUNCTIONS and not name[:1].isupper()
    if package in _KEEPING_NOTHING:
        return full.startswith(known.CALLING_BACK)
    return name.startswith(known.SETTING_WORDS)


def taker_by_attribute(full: str, attribute: str) -> Taker:
    """What an attribute of a module, or of a class of one, is for what is set there."""
    of_table = full.partition(".")[0] in known.OF_TABLES and full.rpartition(".")[2][:1].isupper()
    return Taker(full, everywhere=True, attribute=_offered(attribute) if of_table else "")


def taker_by_name(full: str) -> Taker | None:
    """What a member of a module is, of which no more is known: a base class, or one of its own."""
    package = full.partition(".")[0]
    return None if package in _KEEPING_NOTHING else Taker(full)


def in_project(taker: Taker, modules: Mapping[str, str]) -> Taker | None:
    """The same, where its source is known: ``None`` if that keeps nothing.

    Args:
        taker: what is handed code.
        modules: the project's own modules, file → source.
    """
    words = taker.full.split(".")
    for end in range(len(words), 0, -1):
        files = (f"{'/'.join(words[:end])}.py", f"{'/'.join(words[:end])}/__init__.py")
        for file, source in modules.items():
            if f"/{file}".endswith(tuple(f"/{name}" for name in files)):
                return _judged(taker.full, source, words[end:])
    return taker


def _judged(full: str, source: str, inner: list[str]) -> Taker | None:
    kept = len(inner) != 1 or _keeps(source, inner[0])
    if kept is None:  # a class that is not told of its subclasses may be asked for them
        return Taker(full, attribute=SUBCLASSES, gives=True)
    return Taker(full) if kept else None


def _offered(name: object) -> str:
    """The name by which values offer something, if nothing else has the same name."""
    text = name if isinstance(name, str) else ""
    other = known.KNOWN_METHODS | known.FILE_WRITERS | known.FILE_READERS
    return "" if text.startswith("_") or text in other else text


@lru_cache(maxsize=4096)
def _words(source: str) -> frozenset[str]:
    return frozenset(_WORD.findall(source))


@lru_cache(maxsize=1024)
def is_idle(source: str) -> bool:
    """Whether a cell does no more than bind names to constants, other names and functions."""
    try:
        parsed = syntax.parse(strip_commands(strip_label(source)))
    except CellSyntaxError:
        return False
    plain = parsed.foreign is None and parsed.unknown is None
    return plain and all(map(_does_nothing, parsed.tree.body))


@lru_cache(maxsize=1024)
def only_calls(source: str, names: frozenset[str]) -> bool:
    """Whether a cell does no more with names than to call them, and takes nothing of that.

    >>> [only_calls(text, frozenset("f")) for text in ("f(x)", "y = f(x)", "g(f)")]
    [True, False, False]
    """
    try:
        nodes = walk(syntax.parse(strip_commands(strip_label(source))).tree)
    except CellSyntaxError:
        return False
    calls = (node.value for node in nodes if isinstance(node, ast.Expr))
    called = {call.func for call in calls if isinstance(call, ast.Call)}
    named = (node for node in nodes if isinstance(node, ast.Name) and node.id in names)
    return called.issuperset(named)


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef):
        inside = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        return not inside
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return all(isinstance(part, _SIMPLE) for part in walk(node)[1:])
    return isinstance(node, ast.Pass)


@lru_cache(maxsize=256)
def _keeps(source: str, name: str) -> bool | None:
    """Whether a function of a module may keep what it is given; ``None`` for a plain class."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    found = [node for node in body if getattr(node, "name", "") == name]
    if len(found) != 1:
        return True
    if isinstance(found[0], ast.ClassDef):
        told = found[0].bases or found[0].keywords or found[0].decorator_list
        names = {getattr(part, "name", "") for part in found[0].body}
        return True if told or "__init_subclass__" in names else None
    return not isinstance(found[0], ast.FunctionDef) or _function_keeps(found[0])


def _function_keeps(node: ast.FunctionDef) -> bool:
    inside = [part for part in walk(node) if isinstance(part, _FUNCTIONS)]
    own = {name for part in inside for name in parameters(part.args)}
    own |= {part.name for part in inside if not isinstance(part, ast.Lambda)} - {node.name}
    made = own.union(*(own_names(_body(part))[0] for part in inside))
    defaults = [one for part in inside for one in (*part.args.defaults, *part.args.kw_defaults)]
    lasts = any(one is not None and not isinstance(one, ast.Constant) for one in defaults)
    lasts = lasts or bool(node.decorator_list)
    return lasts or any(_puts_away(part, own, made) for part in walk(node))


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.AST]:
    return [node.body] if isinstance(node, ast.Lambda) else [*node.body]


def _puts_away(node: ast.AST, own: Collection[str], made: Collection[str]) -> bool:
    """Whether a part of a function may leave something that it was given outside of it.

    Args:
        node: the part.
        own: what it is given, and the functions that it makes.
        made: these, and all other names that it binds.
    """
    match node:
        case ast.Global() | ast.ClassDef():
            return True
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            return _root(node) not in own
        case ast.Call(func=called, args=args, keywords=words):
            given = [*args, *(word.value for word in words)]
            calm = _root(called) in {*own, "functools", "wraps"} | known.PURE_BUILTINS
            return not calm and any(_mentions(part, made) for part in given)
        case _:
            return False


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _mentions(node: ast.AST, names: Iterable[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in walk(node))
