"""Whether the order in which a process has its sets may reach what code makes; pure.

``names = list(words)`` has the order of that process, and so has whatever goes through a set one
by one. A test of membership, ``len(words)`` and ``sorted(words)`` have none of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.tree import children, walk
from nbmlops.notebook.words import words_in

_MAKERS = frozenset(["set", "frozenset"])
_COUNTING = frozenset(["all", "any", "bool", "frozenset", "len", "set"])
_SORTING = frozenset(["max", "min", "sorted"])
_KINDS = frozenset(["isinstance", "issubclass"])
_MAKING = frozenset(["copy", "difference", "intersection", "symmetric_difference", "union"])
_CHANGING = frozenset([
    "add", "clear", "difference_update", "discard", "intersection_update", "remove",
    "symmetric_difference_update", "update",
])  # fmt: skip
_ASKING = frozenset(["isdisjoint", "isin", "issubset", "issuperset"])
_METHODS = _MAKING | _CHANGING | _ASKING
_VIEWS = frozenset(["items", "keys"])
_OPERATORS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub)
_NUMBERS = frozenset(["abs", "float", "int", "len", "ord", "round"])
_QUIET = frozenset([*dir(str), *_NUMBERS, "bool", "get", "isinstance", "match", "search", "str"])
"""What is called on each item and leaves nothing behind, in whichever order."""

_MAKING_WORDS = re.compile(r"\b(?:set|frozenset|hash|keys|items)\b")
_WORTH_A_LOOK = re.compile(rf"{_MAKING_WORDS.pattern}|\{{")
_DISPLAYS = frozenset([ast.Set, ast.SetComp])
_ASKS_OR_LOOKED_AT = (
    *(ast.Assert, ast.Compare, ast.If, ast.UnaryOp, ast.While, ast.Set),
    *(ast.BoolOp, ast.IfExp, ast.NamedExpr),
)
"""Asks of a set what has no order, or is a set itself and looked at by itself."""

_BINDING = frozenset([
    ast.AnnAssign, ast.Assign, ast.AugAssign, ast.ImportFrom, ast.NamedExpr,
])  # fmt: skip
_MAY_BE_SETS = frozenset([
    ast.Attribute, ast.BinOp, ast.BoolOp, ast.Call, ast.IfExp, ast.Name, ast.NamedExpr,
    ast.Set, ast.SetComp,
])  # fmt: skip
_SAYING = frozenset([ast.AnnAssign, ast.AsyncFunctionDef, ast.FunctionDef, ast.arg])
"""What may say of which type something is."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def reaches_results(sources: Mapping[str, str], unsteady: Collection[str]) -> bool:
    """Whether the order of a set may reach what a cell makes, or the hash of a text.

    In doubt it does: an argument of a function is. Sets that libraries make and never hand out
    are not seen.

    Args:
        sources: the cell, the functions and classes that it uses, and modules by file (``lib.py``).
        unsteady: the names that hold, or whose values hold, sets of texts and the like.
    """
    if not (unsteady or any(map(_is_worth_a_look, sources.values()))):
        return False
    # by names that it does not have it is not read anew, which takes long for a module
    codes = [_Code(text, name.endswith(".py")) for name, text in sources.items()]
    worth = [one for one in codes if _is_worth_a_look(one.text)]
    held = frozenset[str]().union(*map(_attributes, worth))
    names = frozenset(unsteady)
    return any(
        _reaches(one, names & words_in(one.text), held & words_in(one.text))
        for one in codes
        if one in worth or not (names | held).isdisjoint(words_in(one.text))
    )


@lru_cache(maxsize=512)
def _is_worth_a_look(text: str) -> bool:
    return _WORTH_A_LOOK.search(text) is not None


class _Code(NamedTuple):
    text: str
    is_module: bool

    def parsed(self) -> ast.Module | None:
        """The tree of a cell or a module; ``None`` where it is not Python."""
        try:
            return _module(self.text) if self.is_module else syntax.parse(self.text).tree
        except (CellSyntaxError, SyntaxError, ValueError):
            return None


@lru_cache(maxsize=4)  # it is looked at twice
def _module(text: str) -> ast.Module:
    return ast.parse(text)


@lru_cache(maxsize=512)
def _reaches(code: _Code, names: frozenset[str], held: frozenset[str]) -> bool:
    tree = code.parsed()
    if tree is None or not (names or held or _may_make_sets(code.text, tree)):
        return False
    return _Reader(tree, names, held, is_module=code.is_module).reaches()


@lru_cache(maxsize=512)
def _attributes(code: _Code) -> frozenset[str]:
    """The attributes of modules, classes and objects to which code binds sets."""
    tree = code.parsed()
    if tree is None or not _may_make_sets(code.text, tree):
        return frozenset()
    return _Reader(tree, frozenset(), frozenset(), is_module=code.is_module).attributes


def _may_make_sets(text: str, tree: ast.Module) -> bool:
    """Whether code makes sets itself, or takes a hash; most brackets are those of dicts."""
    found = _MAKING_WORDS.search(text) is not None
    return found or any(type(node) in _DISPLAYS for node in walk(tree))


class _Reader:
    """Follows the sets of one cell, function or module.

    Names count wherever they are bound: one that is a set in one function and a list in another
    is taken for a set in both.

    Args:
        tree: the code.
        names: those that hold sets as it begins.
        attributes: those by which sets are found.
        is_module: whether names are attributes for who imports it.
    """

    def __init__(
        self,
        tree: ast.Module,
        names: frozenset[str],
        attributes: frozenset[str],
        *,
        is_module: bool,
    ) -> None:
        nodes = walk(tree)
        self._around = {child: node for node in nodes for child in children(node)}
        said = {part for node in nodes if type(node) in _SAYING for part in _annotations(node)}
        found = (node for node in nodes if type(node) in _MAY_BE_SETS)
        self._looked_at = [node for node in found if node not in said]
        self._names = set(names)
        self.attributes = attributes
        self._is_module = is_module
        binding = [node for node in nodes if type(node) in _BINDING]
        known = -1
        while known != len(self._names) + len(self.attributes):
            known = len(self._names) + len(self.attributes)
            for node in binding:
                self._follow(node)

    def reaches(self) -> bool:
        """Whether the order of one of its sets may reach anything else."""
        return any(
            self._asks_for_a_hash(node)
            or self._hands_on_a_maker(node)
            or (self._is_set(node) and not self._is_free(node))
            for node in self._looked_at
        )

    def _follow(self, node: ast.AST) -> None:
        """Know the names to which a set is bound."""
        if isinstance(node, ast.ImportFrom):
            taken = (alias for alias in node.names if alias.name in self.attributes)
            self._names.update(alias.asname or alias.name for alias in taken)
        targets = _targets(node)
        if not targets or not self._is_set(getattr(node, "value", None)):
            return
        for target in targets:
            if isinstance(target, ast.Name):
                self._names.add(target.id)
                if self._is_an_attribute(node):
                    self.attributes |= {target.id}
            elif isinstance(target, ast.Attribute):
                self.attributes |= {target.attr}

    def _is_an_attribute(self, node: ast.AST) -> bool:
        """Whether what is bound there is found as an attribute of a module or class."""
        around = self._around.get(node)
        while around is not None and not isinstance(around, (*_FUNCTIONS, ast.ClassDef)):
            around = self._around.get(around)
        return isinstance(around, ast.ClassDef) or (around is None and self._is_module)

    def _is_set(self, node: ast.AST | None) -> bool:
        """Whether an expression gives a set whose order may be that of the process."""
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                return name in self._names
            case ast.Attribute(attr=name, ctx=ast.Load()):
                return name in self.attributes
            case ast.Set(elts=items) | ast.Call(args=items):
                return self._makes_set(node, items)
            case ast.SetComp(elt=item):
                return not _is_number(item)
        return any(map(self._is_set, _handed_on(node))) or any(map(_is_view, _combined(node)))

    def _makes_set(self, node: ast.AST, items: list[ast.expr]) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name)):
                return name in _MAKERS and not (items and _gives_numbers(items[0]))
            case ast.Call(func=ast.Attribute(value=of, attr=name)):
                return name in _MAKING and self._is_set(of)
        return isinstance(node, ast.Set) and not all(map(_is_number, items))

    def _is_free(self, node: ast.AST) -> bool:
        """Whether what becomes of a set there has none of its order."""
        around = self._around.get(node)
        match around:
            case ast.Call(func=called):
                return self._is_free_call(node, around, called)
            case ast.Attribute(attr=name):
                calls = isinstance(self._around.get(around), ast.Call)
                return name in self.attributes or (calls and name in _METHODS)
            case ast.comprehension():
                return self._is_free_loop(node, around)
        if targets := _targets(around):
            return all(isinstance(one, (ast.Name, ast.Attribute)) for one in targets)
        return isinstance(around, _ASKS_OR_LOOKED_AT) or node in [
            *_combined(around),
            *_keys(around),
        ]

    def _is_free_call(self, node: ast.AST, call: ast.Call, called: ast.expr) -> bool:
        """Whether a function that is given a set has none of its order in what it gives back."""
        match called:
            case ast.Name(id=name):
                return name in _COUNTING or (name in _SORTING and not _keyed(call.keywords))
            case ast.Attribute(value=of, attr=name):
                of_a_set = name in _MAKING | _CHANGING and self._is_set(of)
                return node in call.args and (name in _ASKING or of_a_set)
        return False

    def _is_free_loop(self, node: ast.AST, loop: ast.comprehension) -> bool:
        """Whether what goes through a set makes the same of it in each order."""
        if loop.iter is not node:
            return True
        made = self._around[loop]
        quiet = all(map(_is_quiet, walk(made)))
        match self._around.get(made):
            case ast.Call(func=ast.Name(id=name), keywords=keywords) if quiet:
                counted = name == "sum" and _is_whole(getattr(made, "elt", None))
                free = counted or name in _COUNTING or (name in _SORTING and not _keyed(keywords))
                return free and not isinstance(made, ast.DictComp)
        return quiet and isinstance(made, ast.SetComp)

    def _asks_for_a_hash(self, node: ast.AST) -> bool:
        """Whether it takes the hash of something, and not to say how its own objects hash."""
        match node:
            case ast.Call(func=ast.Name(id="hash")):
                around: ast.AST | None = node
                while around is not None and not isinstance(around, _FUNCTIONS):
                    around = self._around.get(around)
                return getattr(around, "name", "") != "__hash__"
        return False

    def _hands_on_a_maker(self, node: ast.AST) -> bool:
        """Whether it has something else make sets: ``defaultdict(set)``, ``map(set, rows)``."""
        if not (isinstance(node, ast.Name) and node.id in _MAKERS):
            return False
        around = self._around.get(node)
        match around:
            case ast.Call(func=held) | ast.Subscript(value=held) if held is node:
                return False
        while isinstance(around, ast.expr):
            match around:
                case ast.Call(func=ast.Name(id=name)) if name in _KINDS:
                    return False
                case ast.Compare():
                    return False
            around = self._around.get(around)
        return True


def _targets(node: ast.AST | None) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets):
            return targets
        case ast.AugAssign(target=target, op=op):
            return [target] if isinstance(op, _OPERATORS) else [ast.Constant(None)]
        case ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
            return [target]
    return []


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    """All that is written to say of which type something is."""
    for field in ("annotation", "returns"):
        said = getattr(node, field, None)
        if isinstance(said, ast.AST):
            yield from walk(said)


def _combined(node: ast.AST | None) -> list[ast.expr]:
    """What an operator of sets combines."""
    match node:
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATORS):
            return [left, right]
    return []


def _keys(node: ast.AST | None) -> list[ast.expr | None]:
    """By what something is found."""
    match node:
        case ast.Subscript(slice=key) | ast.DictComp(key=key):
            return [key]
        case ast.Dict(keys=keys):
            return keys
    return []


def _handed_on(node: ast.AST | None) -> list[ast.expr]:
    """The expressions that another gives back, or combines."""
    match node:
        case ast.BoolOp(values=values):
            return values
        case ast.IfExp(body=one, orelse=other):
            return [one, other]
        case ast.NamedExpr(value=value):
            return [value]
    return _combined(node)


def _is_number(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, (int, float, complex))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _is_number(operand)
        case ast.Call(func=ast.Name(id=name)):
            return name in _NUMBERS
        case ast.Compare():
            return True
    return False


def _gives_numbers(node: ast.expr) -> bool:
    """Whether all that comes of an expression, one by one, are numbers."""
    match node:
        case ast.Call(func=ast.Name(id="range")):
            return True
        case ast.Call(func=ast.Name(id="map"), args=[ast.Name(id=name), *_]):
            return name in _NUMBERS
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return all(map(_is_number, items))
        case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item) | ast.SetComp(elt=item):
            return _is_number(item)
    return False


def _is_view(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name), args=[]):
            return name in _VIEWS
    return False


def _is_whole(node: ast.expr | None) -> bool:
    """Whether an expression gives a whole number, so that a sum is the same in each order."""
    match node:
        case ast.Call(func=ast.Name(id="len" | "int" | "ord" | "bool")) | ast.Compare():
            return True
        case ast.Constant(value=int()):
            return True
    return False


def _keyed(keywords: Collection[ast.keyword]) -> bool:
    """Whether items may be equal to what sorts them, so that they stay as they came."""
    return any(keyword.arg in {"key", None} for keyword in keywords)


def _is_quiet(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _QUIET | _MAKERS | _COUNTING | _MAKING
        case ast.Call() | ast.Await() | ast.NamedExpr() | ast.Yield() | ast.YieldFrom():
            return False
    return True
