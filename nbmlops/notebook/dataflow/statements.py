"""What executing a statement does: bindings, branches, loops and definitions."""

from __future__ import annotations

import ast
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow import known
from nbmlops.notebook.dataflow.calls import Calls
from nbmlops.notebook.dataflow.effects import (
    CODE,
    PART,
    SAME,
    Analysis,
    Definition,
    Dynamic,
    Harmless,
    Holds,
)
from nbmlops.notebook.dataflow.expressions import dotted, is_fixed, is_plain, may_name_shell
from nbmlops.notebook.dataflow.lasting import goes_on, has_state, makes_live
from nbmlops.notebook.dataflow.scopes import own_names, parameters
from nbmlops.notebook.dataflow.state import Found, Point, freeze, join, union, weaker
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.notebook.tree import children, walk

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_LOOPS_WALKED_TWICE = 3
_SEVERAL = (ast.Tuple, ast.List)
_DOING = {kind: f"_do_{kind.__name__.lower()}" for kind in ast.stmt.__subclasses__()}
"""Kinds of statements → the method that walks them, where there is one."""


def analysis_of(
    source: str, imported: Mapping[str, str], harmless: Mapping[str, Harmless]
) -> Analysis:
    """What a cell does; see `effects.analyze`.

    Raises:
        CellSyntaxError: the cell is not Python.
    """
    parsed = syntax.parse(strip_commands(strip_label(source)))
    cell = Statements(imported, parsed.text, harmless)
    cell.may_name_shell = may_name_shell(source) or may_name_shell(parsed.text)
    try:
        cell.body(parsed.tree.body)
    except RecursionError:
        cell.unknown("code nested too deeply to analyse")
    cell.foreign(parsed)
    return Analysis(
        effects=freeze(cell.found, cell.point),
        imported=cell.imported.answers(),
        harmless=cell.harmless.answers(),
    )


class Statements(Calls):
    """Walks the statements of a cell, in the order in which they run."""

    def __init__(
        self, imported: Mapping[str, str], text: str, harmless: Mapping[str, Harmless]
    ) -> None:
        super().__init__(imported, harmless)
        self._lines = text.splitlines()
        self._class: Found | None = None
        self._loops = 0

    def foreign(self, parsed: syntax.Parsed) -> None:
        """The options of a cell magic, and the names that foreign text mentions."""
        for name in parsed.inputs:
            self.load(name)
        for name in parsed.outputs:
            self.store(name, {})
        if parsed.foreign is not None:
            name = parsed.foreign.split(maxsplit=1)[0].lstrip("%")
            self._magic("!", parsed.foreign, acts=name not in known.INERT_CELL_MAGICS)
            if name == "sql":
                self._sql_magic(parsed.foreign)
        if parsed.unknown is not None:
            self.unknown(parsed.unknown)

    def body(self, statements: Sequence[ast.stmt]) -> None:
        """Statements in a row."""
        for statement in statements:
            self.line = statement.lineno
            visit: Callable[[ast.stmt], None] = getattr(
                self, _DOING.get(type(statement), ""), self._do_any
            )
            visit(statement)

    def _do_any(self, node: ast.AST) -> None:
        """Evaluate the expressions of a statement that binds nothing: assert, raise."""
        for part in children(node):
            if isinstance(part, ast.expr):
                self.value(part)

    def _do_expr(self, node: ast.Expr) -> None:
        self.statement(node.value)

    def _do_return(self, node: ast.Return) -> None:
        holds = self.value(node.value)
        self.found.returns = union([self.found.returns, weaker(holds)])
        live = node.value is not None and self.liveness(node.value) is not None
        self.found.returns_live |= live or any(thing in self.found.live for thing in holds)

    def _do_assign(self, node: ast.Assign) -> None:
        self.bind(node.value, lambda: self._assign(node))

    def _assign(self, node: ast.Assign) -> None:
        if isinstance(node.value, ast.Lambda) and isinstance(node.targets[0], ast.Name):
            self._bind_lambda(node, node.value)
        elif isinstance(node.value, _SEVERAL) and self._pairs(node):
            self._unpack(node)
        else:
            holds = self.value(node.value)
            for target in node.targets:
                if isinstance(target, _SEVERAL) and self._may_share(node.value):
                    holds = {**holds, self.make(): PART}
                self.assign(target, holds, constant=is_fixed(node.value))
                holds = self._shared(target, holds)

    def _shared(self, target: ast.expr, holds: Holds) -> Holds:
        """Bind one object in ``a = b = []``: what the first name got, the second gets too."""
        if isinstance(target, ast.Name):
            return dict(self.point.holds[self.scope.find(target.id)])
        return holds

    @staticmethod
    def _may_share(node: ast.expr) -> bool:
        """Whether the parts of a value may belong together: a figure and its axes do."""
        if not isinstance(node, ast.Call):
            return False
        name = node.func.attr if isinstance(node.func, ast.Attribute) else None
        name = node.func.id if isinstance(node.func, ast.Name) else name
        return name not in known.UNSHARED

    @staticmethod
    def _pairs(node: ast.Assign) -> bool:
        """Whether ``a, b = x, y`` can be read pair by pair."""
        assert isinstance(node.value, _SEVERAL)  # noqa: S101  # narrows the type
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, _SEVERAL):
            return False
        starred = [*target.elts, *node.value.elts]
        return len(target.elts) == len(node.value.elts) and not any(
            isinstance(element, ast.Starred) for element in starred
        )

    def _unpack(self, node: ast.Assign) -> None:
        value, target = node.value, node.targets[0]
        assert isinstance(value, _SEVERAL)  # noqa: S101  # narrows the type
        assert isinstance(target, _SEVERAL)  # noqa: S101  # narrows the type
        holds = [self.value(element) for element in value.elts]
        for inner, held, element in zip(target.elts, holds, value.elts, strict=True):
            self.assign(inner, held, constant=is_fixed(element))

    def _do_annassign(self, node: ast.AnnAssign) -> None:
        holds = self.value(node.value)
        if self.scope.kind != "function":
            self.value(node.annotation)
        if node.value is not None:
            constant = is_fixed(node.value, node.annotation)
            self.bind(node.value, lambda: self.assign(node.target, holds, constant=constant))

    def _do_augassign(self, node: ast.AugAssign) -> None:
        if not isinstance(node.target, ast.Name):
            owner = self.change(node.target)
            added = self.value(node.value)
            self.put(added, into=owner)
            self.leave(node.target, added)
            return
        before = self.load(node.target.id)
        added = self.value(node.value)
        self.touch(before)
        self.put(added, into=before)
        constant = not before and is_plain(node.value)
        self.store(node.target.id, union([before, weaker(added)]), constant=constant)

    def _do_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._unbind(target)

    def _unbind(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.load(target.id)
            self.delete(target.id)
        elif isinstance(target, _SEVERAL):
            for element in target.elts:
                self._unbind(element)
        else:
            self.change(target)

    def _do_import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._bind_import(name, alias.name if alias.asname else name)
            self._load_module(alias.name)

    def _do_importfrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        self._load_module(module)
        for alias in node.names:
            if alias.name == "*":
                reason = f"from {module} import *"
                star = Dynamic(reason=reason, reads=False, star=True, line=self.line)
                self.found.dynamic[reason] = star
            else:
                self._bind_import(alias.asname or alias.name, f"{module}.{alias.name}")

    def _load_module(self, module: str) -> None:
        """The first import of a module runs it, and adds it to its package."""
        self.imports_main(module)
        root = module.partition(".")[0]
        if root != module or not (root in sys.stdlib_module_names or root in known.STILL_MODULES):
            self.act(f"import {module}")

    def _bind_import(self, name: str, origin: str) -> None:
        self.store(name, {f"pkg:{origin}": SAME})
        if self.scope.find(name) == name:
            self.imported.learn(name, origin)
            self.found.imports[name] = origin

    def _do_if(self, node: ast.If) -> None:
        self.value(node.test)
        self._branches([node.body, node.orelse])

    def _branches(self, bodies: Sequence[Sequence[ast.stmt]]) -> None:
        """Ways of which one is taken; a way that ends in ``raise`` goes nowhere."""
        start, ends = self.point, []
        for body in bodies:
            self.point = start.copy()
            self.body(body)
            if not (body and isinstance(body[-1], ast.Raise)):
                ends.append(self.point)
        self.point = join(ends or [start])

    def _do_for(self, node: ast.For | ast.AsyncFor) -> None:
        items = self.elements(node.iter)
        start = self.point.copy()

        def turn() -> None:
            self.assign(node.target, items)
            self.body(node.body)

        self._loop(turn)
        self.point = join([start, self.point])
        self.body(node.orelse)

    _do_asyncfor = _do_for

    def _do_while(self, node: ast.While) -> None:
        self.value(node.test)
        start = self.point.copy()
        self._loop(lambda: self.body(node.body))
        self.value(node.test)
        self.point = join([start, self.point])
        self.body(node.orelse)

    def _loop(self, turn: Callable[[], None]) -> None:
        """Twice, so that what a turn leaves behind meets the next one."""
        start = self.point.copy()
        self._loops += 1
        turn()
        if self._loops <= _LOOPS_WALKED_TWICE:
            self.point = join([start, self.point])
            turn()
        self._loops -= 1

    def _do_raise(self, node: ast.Raise) -> None:
        self.raised = union([self.raised, weaker(self.value(node.exc)), self.value(node.cause)])

    def _do_try(self, node: ast.Try) -> None:
        start = self.point.copy()
        self.body(node.body)
        broken = join([start, self.point])
        self.body(node.orelse)
        ends = [self.point]
        for handler in node.handlers:
            self.point = broken.copy()
            self._handler(handler)
            if not isinstance(handler.body[-1], ast.Raise):
                ends.append(self.point)
        self.point = join(ends)
        self.body(node.finalbody)

    _do_trystar = _do_try

    def _handler(self, node: ast.ExceptHandler) -> None:
        self.value(node.type)
        if node.name:
            self.store(node.name, weaker(self.raised))
        self.body(node.body)
        if node.name:
            self.delete(node.name)

    def _do_with(self, node: ast.With | ast.AsyncWith) -> None:
        suppressing = False
        for item in node.items:
            holds = self.value(item.context_expr)
            suppressing |= any(
                isinstance(part, ast.Name | ast.Attribute) and _suppresses(part)
                for part in walk(item.context_expr)
            )
            known_to_pass = not isinstance(item.context_expr, ast.Call | ast.Name)
            suppressing |= not (known_to_pass or self.passes_errors(item.context_expr))
            target, given = item.optional_vars, weaker(holds)
            if target is not None:
                self.bind(item.context_expr, partial(self.assign, target, given))
        start = self.point.copy()
        self.body(node.body)
        if suppressing:
            self.point = join([start, self.point])

    _do_asyncwith = _do_with

    def _do_match(self, node: ast.Match) -> None:
        subject = self.value(node.subject)
        start, ends = self.point, []
        for case in node.cases:
            self.point = start.copy()
            self._pattern(case.pattern, subject)
            self.value(case.guard)
            self.body(case.body)
            ends.append(self.point)
        last = node.cases[-1]
        catches_all = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        if not catches_all or last.guard is not None:
            ends.append(start)
        self.point = join(ends)

    def _pattern(self, pattern: ast.pattern, subject: Holds) -> None:
        for part in walk(pattern):
            match part:
                case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    self.store(name, dict(subject))
                case ast.MatchMapping(rest=str(name)):
                    self.store(name, weaker(subject))
                case ast.MatchValue(value=value) | ast.MatchClass(cls=value):
                    self.value(value)
                case _:
                    pass

    def _do_functiondef(self, node: _Function) -> None:
        if node.name == syntax.TIMED_FUNCTION:
            self._timed(node)
            return
        made = union(self._decorated(decorator) for decorator in node.decorator_list)
        defaults = self._signature(node.args, node.returns)
        thing = self.make()
        self.store(node.name, {thing: SAME, **dict.fromkeys(made, CODE)})
        self.decorate(node.decorator_list, thing, made)
        own, declared = own_names(node.body)
        own |= frozenset(parameters(node.args))
        self._define(node, thing, own, declared, lambda: self.body(node.body), defaults=defaults)

    _do_asyncfunctiondef = _do_functiondef

    def _timed(self, node: _Function) -> None:
        """What ``timeit`` runs: at once, with names of its own."""
        outer = self.scope
        self.enter("function", own_names(node.body)[0])
        self.body(node.body)
        self.scope = outer

    def _decorated(self, decorator: ast.expr) -> Holds:
        """Evaluate a decorator, which is called with what it decorates."""
        holds = self.value(decorator)
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        words = dotted(called)
        full = self.origin(words)
        if isinstance(called, ast.Name) and not full and called.id not in known.BUILTINS:
            self.found.called.add(called.id)
        if isinstance(decorator, ast.Name) and not full:
            return holds
        if full.partition(".")[0] not in known.INERT_DECORATORS:
            self.act(".".join(words) or "a decorator")
            if full and full.rpartition(".")[2].startswith(known.SETTING_WORDS):
                self.shift(known.PROCESS, reads=False)
            if isinstance(called, ast.Attribute):
                self.touch(weaker(self.place(called)), PART)
        return holds

    def _defaults(self, arguments: ast.arguments) -> dict[str, Holds]:
        """Evaluate the defaults; returns what the parameters hold where nothing is passed."""
        every = [*arguments.posonlyargs, *arguments.args]
        given = zip(every[len(every) - len(arguments.defaults) :], arguments.defaults, strict=True)
        pairs = [*given, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
        return {argument.arg: weaker(self.value(default)) for argument, default in pairs}

    def _signature(self, arguments: ast.arguments, returns: ast.expr | None) -> dict[str, Holds]:
        """Defaults and annotations: evaluated where the function is defined."""
        defaults = self._defaults(arguments)
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
        for argument in every:
            self.value(argument.annotation)
        self.value(returns)
        return defaults

    def _bind_lambda(self, node: ast.Assign, function: ast.Lambda) -> None:
        defaults = self._defaults(function.args)
        thing = self.make()
        for target in node.targets:
            self.assign(target, {thing: SAME})
        own = frozenset(parameters(function.args))

        def body() -> None:
            self.found.returns = weaker(self.value(function.body))
            self.found.returns_live = self.liveness(function.body) is not None

        self._define(node, thing, own, frozenset(), body, defaults=defaults)

    def _do_classdef(self, node: ast.ClassDef) -> None:
        made = union(self._decorated(part) for part in node.decorator_list)
        bases = union(
            self.value(part) for part in [*node.bases, *(word.value for word in node.keywords)]
        )
        self.found.subclassed |= {t for t, sure in bases.items() if sure > CODE}
        made = union([made, bases])
        thing = self.make()
        outer, outer_class = self.scope, self._class
        own, declared = own_names(node.body)
        nested = outer_class is not None or self.scope.in_function
        if not nested:
            self._class, self.made_by = Found(), thing
        methods = self._class
        bound = set(self.point.bound)
        self.enter("class", own, declared)
        self.body(node.body)
        self.scope, self._class, self.point.bound = outer, outer_class, bound
        self.made_by = self.made_by if nested else ""
        self.store(node.name, {thing: SAME, **dict.fromkeys(made, CODE)})
        self.decorate(node.decorator_list, thing, made)
        self.inherit([*node.bases, *(word.value for word in node.keywords)], thing)
        if not nested and methods is not None and self.scope.find(node.name) == node.name:
            self._record(node, node.name, thing, methods)

    def _define(
        self,
        node: _Function | ast.Assign,
        thing: str,
        own: frozenset[str],
        declared: frozenset[str],
        walk_body: Callable[[], None],
        *,
        defaults: Mapping[str, Holds],
    ) -> None:
        """Walk a body that runs later: its effects belong to the definition, not to the cell."""
        outer, point, found = self.scope, self.point, self.found
        inside = self.scope.in_function
        deferred = found if inside else self._class
        if deferred is None:
            deferred = Found()
        self.found = deferred
        self.point = Point(holds=dict(point.holds) if inside else {})
        loops, self._loops = self._loops, 0
        self.enter("function", own, declared)
        for name, holds in defaults.items():
            self.point.holds[self.scope.find(name)] = holds
        live, self.making_live = self.making_live, None
        walk_body()
        self.making_live = live
        self.scope, self.point, self.found, self._loops = outer, point, found, loops
        if not inside and self._class is None:
            for name in _names(node):
                self._record(node, name, thing, deferred)

    def _record(self, node: ast.stmt, name: str, thing: str, body: Found) -> None:
        self.found.definitions[thing + name] = Definition(
            name=name,
            source=self._source(node),
            object=thing,
            effects=freeze(body, Point()),
            is_class=isinstance(node, ast.ClassDef),
            lasting=isinstance(node, ast.ClassDef) or goes_on(node),
            stateful=has_state(node),
            returns_live=body.returns_live or makes_live(node),
            decorated=bool(getattr(node, "decorator_list", [])),
            returns=dict(body.returns),
        )

    def _source(self, node: ast.stmt) -> str:
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        lines = self._lines[first - 1 : node.end_lineno]
        return textwrap.dedent("\n".join(lines)).strip()


def _names(node: _Function | ast.Assign) -> list[str]:
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [node.name]


def _suppresses(part: ast.Name | ast.Attribute) -> bool:
    return (part.id if isinstance(part, ast.Name) else part.attr) in ("suppress", "raises")
