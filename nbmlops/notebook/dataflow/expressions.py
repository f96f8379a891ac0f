"""What evaluating an expression does, and what its value holds."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import ClassVar, TypeVar

from nbmlops.notebook.dataflow import known
from nbmlops.notebook.dataflow.effects import PART, Definition, Holds
from nbmlops.notebook.dataflow.scopes import Scope, ScopeKind, bound_by, parameters
from nbmlops.notebook.dataflow.state import Found, Point, State, freeze, union, weaker
from nbmlops.notebook.tree import children, walk

_PATH = re.compile(r"[^\n\0]{0,200}[./\\][^\n\0]{0,200}")
_ESCAPED = re.compile(r"\\[xuUN0-7\r\n]")
_CONTAINING = (ast.Add, ast.Mult, ast.BitOr)
_SUMMED: Mapping[type, tuple[type, ...]] = {
    ast.Add: (int, float, complex), ast.Mult: (float, complex)
}  # fmt: skip
"""Numbers that go with no list, whose operator may mean another one for that."""
_PARTS_OF_TIME = frozenset([
    "date", "day", "day_of_week", "day_of_year", "dayofweek", "dayofyear", "days",
    "days_in_month", "daysinmonth", "hour", "is_leap_year", "is_month_end", "is_month_start",
    "is_quarter_end", "is_quarter_start", "is_year_end", "is_year_start", "microsecond",
    "microseconds", "minute", "month", "nanosecond", "nanoseconds", "quarter", "second",
    "seconds", "time", "weekday", "year",
])  # fmt: skip
"""What ``.dt`` of a column makes new columns of."""
_LAZY = (ast.GeneratorExp, ast.Await, ast.Yield, ast.YieldFrom)
_PLAIN = (ast.Constant, ast.JoinedStr)
_DECLARING = (ast.Name, ast.Subscript, ast.Tuple)
_CONTAINED = (ast.In, ast.NotIn)
_CONTAINERS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_WRITTEN_OUT = (ast.Tuple, ast.List, ast.Set)
BELONGING = (ast.Attribute, ast.Subscript, ast.Starred)
"""What belongs to something else, or is all that is in it."""

_ASKING = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
_MADE_OF_PLAIN = frozenset([ast.BinOp, ast.Compare, ast.Tuple, ast.UnaryOp])
_HOLDING = frozenset([
    ast.BoolOp, ast.Dict, ast.IfExp, ast.List, ast.ListComp, ast.NamedExpr, ast.Set, ast.SetComp,
    ast.Starred, ast.Tuple,
])  # fmt: skip
_OF_NUMPY = known.UNARY | known.BINARY | known.REDUCTIONS

SHELL = "get_ipython"
"""What code names the shell of IPython by."""


def dotted(node: ast.expr) -> list[str]:
    """``a.b.c`` as its words; empty for anything else."""
    if isinstance(node, ast.Name):
        return [node.id]
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return []
    return [node.id, *reversed(words)]


def _mentions(node: ast.expr, word: str) -> bool:
    """Whether a word is part of a name or a text in an expression."""
    for part in walk(node):
        if isinstance(part, ast.Constant):
            if word in repr(part.value):
                return True
        elif any(word in (getattr(part, field, None) or "") for field in ("id", "attr", "arg")):
            return True
    return False


def may_name_shell(text: str) -> bool:
    """Whether code may mention the shell; in a text, a letter may be written by its number."""
    if SHELL in text or _ESCAPED.search(text) is not None:
        return True
    return not text.isascii() and SHELL in unicodedata.normalize("NFKC", text)


def is_plain(node: ast.expr) -> bool:
    """Whether a value cannot be changed in place, as far as its expression tells."""
    if type(node) not in _MADE_OF_PLAIN:
        return isinstance(node, _PLAIN)
    match node:
        case ast.UnaryOp(op=how, operand=operand):
            return isinstance(how, ast.Not) or is_plain(operand)
        case ast.BinOp(left=left, right=right):
            return is_plain(left) and is_plain(right)
        case ast.Tuple(elts=elements):
            return all(map(is_plain, elements))
        case ast.Compare(left=left, ops=asked, comparators=others):  # of columns: a new column
            asks = all(isinstance(one, _ASKING) for one in asked)
            return asks or all(map(is_plain, [left, *others]))
    return False


def is_fixed(node: ast.expr, annotation: ast.expr | None = None) -> bool:
    """Whether a name that is bound to it only ever holds what cannot be changed in place.

    A run may give a parameter a list in the place of ``None``, or where it is declared so.
    """
    is_none = isinstance(node, ast.Constant) and node.value is None
    if is_none or not is_plain(node):
        return False
    declared = walk(annotation) if annotation is not None else ()
    return all(isinstance(part, _DECLARING) and _names_plain(part) for part in declared)


def _is_attribute(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def _is_of_number(node: ast.BinOp) -> bool:
    """Whether a number is summed, or multiplied, with what can be no list then."""
    numbers = _SUMMED.get(type(node.op), ())
    both = (node.left, node.right)
    return any(isinstance(part, ast.Constant) and type(part.value) in numbers for part in both)


def _names_plain(part: ast.AST) -> bool:
    return not isinstance(part, ast.Name) or part.id in known.PLAIN_TYPES


def _parts(node: ast.expr) -> list[ast.expr]:
    """The expressions that are, or are inside, the value of another."""
    if type(node) not in _HOLDING:
        return []
    match node:
        case (
            ast.ListComp(elt=inner)
            | ast.SetComp(elt=inner)
            | ast.NamedExpr(value=inner)
            | ast.Starred(value=inner)
        ):
            return [inner]
        case ast.IfExp(body=one, orelse=other):
            return [one, other]
        case ast.BoolOp(values=parts) | ast.Dict(values=parts):
            return parts
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return parts
    return []


def _is_container(node: ast.expr) -> bool:
    """Whether a value is a list, dict or set, of which a copy shares what is inside."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("dict", "list", "set", "defaultdict", "OrderedDict", "deque")
    return isinstance(node, _CONTAINERS)


_Result = TypeVar("_Result")


class Expressions(State):
    """Walks expressions; each is visited once, in the order in which Python evaluates it."""

    _visits: ClassVar[Mapping[type, Callable[..., Holds]]] = {}
    """Kinds of expressions → what visits them."""

    def __init_subclass__(cls) -> None:
        kinds = ast.expr.__subclasses__()
        cls._visits = {k: getattr(cls, f"_{k.__name__.lower()}", cls._any) for k in kinds}

    def value(self, node: ast.expr | None) -> Holds:
        """Evaluate an expression: record what it does, return what its value holds."""
        if node is None:
            return {}
        return self._visits[type(node)](self, node)

    def place(self, node: ast.expr) -> Holds:
        """Evaluate what an attribute or item belongs to: the object that a change changes."""
        while isinstance(node, BELONGING):
            if isinstance(node, ast.Subscript):
                self.value(node.slice)
            if isinstance(node, ast.Attribute):
                self._refer(node)
            node = node.value
        return self.value(node)

    def assign(self, target: ast.expr, holds: Holds, *, constant: bool = False) -> None:
        """Bind a target of any form."""
        match target:
            case ast.Name(id=name):
                self.store(name, holds, constant=constant)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for element in elements:
                    self.assign(element, weaker(holds), constant=constant)
            case ast.Starred(value=inner):
                self.assign(inner, weaker(holds))
            case _:
                self.put(holds, into=self.change(target))

    def change(self, target: ast.expr) -> Holds:
        """An attribute or item is bound or unbound: its owner, which is returned, changes."""
        owner = self.place(target)
        self.touch(owner)
        if not owner:
            self.act("a change of what a call returned")
        if any(isinstance(p, ast.Attribute) and p.attr == "__class__" for p in walk(target)):
            self.act("a change of a class")
        full = self.origin(dotted(self._without_items(target)))
        shell = not owner and self.names_shell(target)
        if full.startswith(known.PLACES_OF_CODE) and isinstance(target, ast.Attribute):
            self.act(f"a new {full}")
        if shell or (full and isinstance(target, ast.Attribute | ast.Subscript)):
            self.shift(known.PROCESS, reads=False)  # whoever else has imported it sees it too
        return owner

    def origin(self, words: list[str]) -> str:
        """What ``np.random.rand`` is, dotted; empty where its root is not an import."""
        root = self.imported.get(words[0]) if words else None
        if not root or self.scope.find(words[0]) != words[0]:
            return ""
        return ".".join([root, *words[1:]]) if len(words) > 1 else root

    def names_shell(self, node: ast.expr) -> bool:
        """Whether an expression mentions the shell, be it in a text."""
        return self.may_name_shell and _mentions(node, SHELL)

    @staticmethod
    def _without_items(node: ast.expr) -> ast.expr:
        while isinstance(node, ast.Subscript):
            node = node.value
        return node

    @staticmethod
    @lru_cache(maxsize=1024)
    def is_inert(full: str) -> bool:
        """Whether a library function, dotted, leaves the world outside of its arguments alone."""
        return bool(full) and (
            full.partition(".")[0] in known.INERT_PACKAGES
            or full.startswith(("os.path.", "nbmlops."))
            or full in known.INERT_FUNCTIONS
        )

    def passes_errors(self, node: ast.expr) -> bool:
        """Whether a context manager is known to let errors pass."""
        called = node.func if isinstance(node, ast.Call) else node
        words = dotted(called)
        full = self.origin(words)
        return words == ["open"] or bool(full) or not words

    def bind(self, node: ast.expr, binds: Callable[[], _Result]) -> _Result:
        """Bind the value of an expression, knowing what kind of object that makes."""
        before = self.making_live, self.making_container
        self.making_live, self.making_container = self.liveness(node), _is_container(node)
        result = binds()
        self.making_live, self.making_container = before
        return result

    def liveness(self, node: ast.expr) -> frozenset[str] | None:
        """Whether reading a value may change it, as an iterator does; ``None`` if not.

        Names are those of the functions of the notebook that it depends on.
        """
        if isinstance(node, ast.Call):
            return self._liveness_of_call(node)
        if isinstance(node, _LAZY):
            return frozenset()
        return self._any_live(_parts(node))

    def _any_live(self, parts: Iterable[ast.expr]) -> frozenset[str] | None:
        found = [live for part in parts if (live := self.liveness(part)) is not None]
        if not found:
            return None
        return frozenset() if frozenset() in found else frozenset[str]().union(*found)

    def _liveness_of_call(self, node: ast.Call) -> frozenset[str] | None:
        words = dotted(node.func)
        full = self.origin(words)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else (words or [""])[-1]
        if any(word.arg in ("chunksize", "iterator", "batch_size") for word in node.keywords):
            return frozenset()
        if not words and not isinstance(node.func, ast.Attribute):
            return frozenset()
        if full:
            known_still = full.partition(".")[0] in known.STILL_PACKAGES
            still = known_still or full in known.INERT_FUNCTIONS
            return None if still and name not in known.LIVE_MAKERS else frozenset()
        if isinstance(node.func, ast.Attribute):
            still = name in known.QUIET_RESULTS and name not in known.LIVE_METHODS
            return None if still else frozenset()
        return self._liveness_by_name(name)

    def _liveness_by_name(self, name: str) -> frozenset[str] | None:
        """The same of what a function of the notebook, or a builtin, returns."""
        if name in known.BUILTINS and name not in self.point.holds:
            return frozenset([name]) if name in known.LIVE_BUILTINS else None
        return frozenset([name] if self.scope.find(name) == name else [])

    def _any(self, node: ast.AST) -> Holds:
        """An expression without a rule of its own holds what its parts hold."""
        return union(
            [
                self.value(part) if isinstance(part, ast.expr) else self._any(part)
                for part in children(node)
            ]
        )

    def _name(self, node: ast.Name) -> Holds:
        self._refer(node)
        return self.load(node.id)

    def _refer(self, node: ast.Name | ast.Attribute) -> str:
        """What a mention of a function or of the shell's names may lead to; returns its origin."""
        words = dotted(node)
        full = self.origin(words)
        self.mention(node, words, full)
        return full

    def mention(self, node: ast.Name | ast.Attribute, words: list[str], full: str) -> None:
        """The same, where its words and its origin are known."""
        del node, words
        self._refer_to(full)

    def _constant(self, node: ast.Constant) -> Holds:
        if isinstance(node.value, str) and _PATH.fullmatch(node.value):
            self.found.literals.add(node.value)
        return {}

    def _joinedstr(self, node: ast.JoinedStr) -> Holds:
        self._any(node)
        return {}

    def _formattedvalue(self, node: ast.FormattedValue) -> Holds:
        """The text of a format, such as ``.2f``, names no file."""
        parts = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else []
        for part in (node.value, *parts):
            if not isinstance(part, ast.Constant):
                self.value(part)
        return {}

    def _refer_to(self, full: str) -> None:
        """A function of `random` may be called wherever its mention leads to."""
        if not full.startswith(("random.", "numpy.random.")):
            return
        name = full.rpartition(".")[2]
        if name not in known.GENERATORS:
            self.shift(known.RANDOM, reads=name not in known.SEEDS)

    def _attribute(self, node: ast.Attribute) -> Holds:
        package, _, member = self._refer(node).partition(".")
        holds = weaker(self.value(node.value))
        if package == "numpy" and member in _OF_NUMPY:
            return {}  # a function that nothing can change
        if node.attr in _PARTS_OF_TIME and _is_attribute(node.value, "dt"):
            return {}
        if node.attr in known.HANDED_ON:  # to be called somewhere else
            self.touch({t: sure for t, sure in holds.items() if not self.is_import(t)}, PART)
        return holds

    def _subscript(self, node: ast.Subscript) -> Holds:
        holds = weaker(self.value(node.value))
        self.value(node.slice)
        return holds

    def _binop(self, node: ast.BinOp) -> Holds:
        both = union([self.value(node.left), self.value(node.right)])
        holds = isinstance(node.op, _CONTAINING) and not _is_of_number(node)
        return weaker(both) if holds else {}

    def _compare(self, node: ast.Compare) -> Holds:
        if isinstance(node.ops[0], _CONTAINED) and _is_namespace(node.comparators[0]):
            self.value(node.left)
            self.unknown("globals()", writes=False)  # only asks whether a name is there
            return {}
        self._any(node)
        return {}

    def _display(self, node: ast.AST) -> Holds:
        return weaker(self._any(node))

    _tuple = _list = _set = _dict = _display

    def _ifexp(self, node: ast.IfExp) -> Holds:
        self.value(node.test)
        return self._either([node.body, node.orelse])

    def _boolop(self, node: ast.BoolOp) -> Holds:
        first = self.value(node.values[0])
        return union([first, self._either(node.values[1:])])

    def _either(self, nodes: list[ast.expr]) -> Holds:
        """Expressions that may not be evaluated: what they bind is not sure to be bound."""
        bound = set(self.point.bound)
        holds = union(self.value(node) for node in nodes)
        self.point.bound = bound
        return holds

    def _namedexpr(self, node: ast.NamedExpr) -> Holds:
        return self.bind(node.value, lambda: self._walrus(node))

    def _walrus(self, node: ast.NamedExpr) -> Holds:
        holds = self.value(node.value)
        scope = inner = self.scope
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        self.scope = scope
        self.assign(node.target, holds, constant=is_fixed(node.value))
        self.scope = inner
        return holds

    def _lambda(self, node: ast.Lambda) -> Holds:
        """A lambda that is not bound to a name is called sooner or later: as if it were now."""
        every = [*node.args.posonlyargs, *node.args.args]
        named = zip(reversed(every), reversed(node.args.defaults), strict=False)
        pairs = [*named, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]
        defaults = {argument.arg: weaker(self.value(default)) for argument, default in pairs}
        outer, bound = self.scope, set(self.point.bound)
        self.enter("function", frozenset(parameters(node.args)))
        given = self.make()
        for name in parameters(node.args):
            self.point.holds[self.scope.find(name)] = {given: PART, **defaults.get(name, {})}
        holds = weaker(self.value(node.body))
        holds.pop(given, None)
        if given in self.found.touched:
            self.changed_by_lambda[id(node)] = given
        if not self.scope.parent_in_function:
            holds = {**holds, self._keep_lambda(node, defaults): PART}
        self.scope, self.point.bound = outer, bound
        return holds

    def _keep_lambda(self, node: ast.Lambda, defaults: Mapping[str, Holds]) -> str:
        """It may be kept, and called by a later cell: then its body runs once more."""
        thing = self.make()
        found, point = self.found, self.point
        self.found, self.point = Found(), Point()
        for name, held in defaults.items():
            self.point.holds[self.scope.find(name)] = held
        returns = weaker(self.value(node.body))
        body = freeze(self.found, Point())
        self.found, self.point = found, point
        self.found.definitions[thing] = Definition(
            name="<lambda>", source="", object=thing, effects=body, returns=returns
        )
        return thing

    def enter(
        self, kind: ScopeKind, own: frozenset[str], declared: frozenset[str] = frozenset()
    ) -> None:
        """Step into a scope of the cell."""
        self.scope = Scope(
            kind=kind,
            own=own,
            globals=declared,
            serial=int(self.make()[1:]),
            parent=self.scope,
        )

    def _comprehension(self, node: ast.AST) -> Holds:
        assert isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp)  # noqa: S101  # narrows the type
        outer, bound = self.scope, set(self.point.bound)
        first = self.elements(node.generators[0].iter)
        targets = [part for loop in node.generators for part in walk(loop.target)]
        self.enter("comprehension", frozenset(n for part in targets for n in bound_by(part)))
        for position, loop in enumerate(node.generators):
            self.assign(loop.target, first if position == 0 else self.elements(loop.iter))
            for condition in loop.ifs:
                self.value(condition)
        if isinstance(node, ast.DictComp):
            holds = union([self.value(node.key), self.value(node.value)])
        else:
            holds = self.value(node.elt)
        self.scope, self.point.bound = outer, bound
        return weaker(holds)

    _listcomp = _setcomp = _dictcomp = _generatorexp = _comprehension

    def elements(self, node: ast.expr) -> Holds:
        """What iterating over an expression gives: for ``[a, b]``, surely ``a`` and ``b``."""
        if isinstance(node, _WRITTEN_OUT):
            return union(self.value(element) for element in node.elts)
        return weaker(self.value(node))

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Holds:
        holds = self.value(node.value)
        self.found.returns = union([self.found.returns, weaker(holds)])
        return {}

    _yieldfrom = _yield


def _is_namespace(node: ast.expr) -> bool:
    """Whether an expression is ``globals()`` itself."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    return node.func.id == "globals" and not (node.args or node.keywords)
