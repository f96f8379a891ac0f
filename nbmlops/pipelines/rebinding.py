"""Names that a kernel can be given by their import or definition alone, without the cell; pure."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import Definition, analyze
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.notebook.syntax import parse
from nbmlops.pipelines.plan import PlanCell

_IMPORT = "import "
_KINDS = {
    *("module", "function", "type", "abc.ABCMeta", "enum.EnumType"),
    *("builtin_function_or_method", "numpy._ArrayFunctionDispatcher"),
}
"""Of what an import leaves: what holds something for itself, such as a method, is none of it."""
_LASTS = {"a figure that lasts", "a change of a module"}

_Binding = ast.Import | ast.ImportFrom | ast.FunctionDef


def rebound(
    cells: Sequence[PlanCell], provider: int, name: str, *, by: int, record: ExecutionRecord
) -> str | None:
    """The code that gives a kernel a name as the step that bound it did.

    That are all imports of the step, in their order: one may register something with another. For
    a function, its definition comes after them. An import is repeated only where it stands by
    itself and nothing above uses the module in a way that may leave something in it.

    Args:
        cells: those of the pipeline.
        provider: the position of the step.
        name: what another cell needs.
        by: the position of that cell.
        record: what the step made.

    Returns:
        ``None`` where the step must run for it.
    """
    cell = cells[provider]
    above = [one.flow for one in cells[:by]]
    found = any(one.name == name and is_code(one) for one in record.outputs)
    if not found or cell.step is None or any(name in flow.in_place for flow in above):
        return None
    body = parse(strip_commands(strip_label(cell.flow.cell.source))).tree.body
    binding = _binding(body, name)
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    nested = [node for node in _walk(body) if isinstance(node, ast.Import | ast.ImportFrom)]
    if binding is None or len(nested) > len(imports) or any(map(_changes_syntax, imports)):
        return None
    if isinstance(binding, ast.FunctionDef):
        alone, code = _stands_alone(cell.flow, binding, imports), [*imports, binding]
    else:
        alone, code = _leaves_alone(cell.flow, name, above), [*imports]
    return "\n".join(map(ast.unparse, code)) if alone else None


def bound_by_import(flow: CellFlow, name: str) -> bool:
    """Whether one statement binds a name in a cell, an import that runs whichever way it goes."""
    body = parse(strip_commands(strip_label(flow.cell.source))).tree.body
    return isinstance(_binding(body, name), ast.Import | ast.ImportFrom)


def is_code(value: ValueRecord) -> bool:
    """Whether a value is a module, function or class as an import leaves it."""
    return value.reason == PART_OF_THE_CODE and value.summary.kind in _KINDS


def _binding(body: Sequence[ast.stmt], name: str) -> _Binding | None:
    """The one statement that binds a name, if it runs whichever way the cell goes."""
    found = [node for node in body if isinstance(node, _Binding) and name in _bound(node)]
    every = [node for node in _walk(body) if name in _bound(node)]
    if len(found) == 1 == len(every):
        return found[0]
    # `import a.b` and `import a.c` bind the same module
    same = found and len(found) == len(every) and all(map(_binds_top, found))
    return found[0] if same else None


def _binds_top(node: _Binding) -> bool:
    return isinstance(node, ast.Import) and all(alias.asname is None for alias in node.names)


def _walk(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    for statement in body:
        yield from ast.walk(statement)


def _bound(node: ast.AST) -> set[str]:
    """The names that one node binds or unbinds."""
    found: set[str | None] = set()
    match node:
        case ast.Import(names=names):
            found = {one.asname or one.name.partition(".")[0] for one in names}
        case ast.ImportFrom(names=names):
            found = {one.asname or one.name for one in names}
        case ast.Global(names=words):
            found = set(words)
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            found = {name}
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            found = {node.name}
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
            found = {node.name}
        case ast.MatchMapping():
            found = {node.rest}
    return {name for name in found if name is not None}


def _changes_syntax(node: ast.stmt) -> bool:
    """Whether it is an import after which cells are read otherwise, or that names not all."""
    if not isinstance(node, ast.ImportFrom):
        return False
    return node.module == "__future__" or any(alias.name == "*" for alias in node.names)


def _stands_alone(flow: CellFlow, node: ast.FunctionDef, imports: Sequence[ast.stmt]) -> bool:
    """Whether a function can be defined without the rest of its cell."""
    definition = flow.effects.defines.get(node.name)
    if definition is None or definition.stateful or definition.lasting or node.decorator_list:
        return False
    arguments = node.args
    defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    if not all(isinstance(default, ast.Constant) for default in defaults):
        return False
    known = set(dir(builtins)).union(*map(_bound, imports))
    header = [one.annotation for one in ast.walk(arguments) if isinstance(one, ast.arg)]
    named = (part for one in (*header, node.returns) if one is not None for part in ast.walk(one))
    return all(part.id in known for part in named if isinstance(part, ast.Name))


def _leaves_alone(flow: CellFlow, name: str, above: Iterable[CellFlow]) -> bool:
    """Whether no cell may have left something in the module that a name is imported from."""
    root = flow.effects.imports.get(name, "").partition(".")[0]
    if not root:
        return False
    stateless = _is_stateless(flow, root)
    for other in above:
        if f"pkg:{root}" in other.effects.touched or other.acts & _LASTS:
            return False
        acts = {act for act in other.acts if not act.startswith(_IMPORT)}
        if not stateless and any(act.partition(".")[0] == root for act in acts):
            return False
    return True


def _is_stateless(flow: CellFlow, root: str) -> bool:
    """Whether a module is the project's own and, with all that it uses, keeps nothing."""
    files = {f"{root}.py"} | {file for file in flow.modules if file.startswith(f"{root}/")}
    own = any(file in flow.modules or file.endswith(f"/{root}.py") for file in files)
    return own and all(map(_keeps_nothing, flow.modules.values()))


def _keeps_nothing(source: str) -> bool:
    """Whether a module only imports, defines plain functions and binds constants."""
    try:
        effects, body = analyze(source), ast.parse(source).body
    except (CellSyntaxError, SyntaxError):
        return False
    return all(map(_is_plain, body)) and not any(map(_sets_something, effects.definitions))


def _sets_something(function: Definition) -> bool:
    """Whether a call may set something for the process or in a library, or be remembered."""
    effects = function.effects
    touches = {thing for thing in effects.touched if thing in effects.reads or ":" in thing}
    return function.stateful or effects.seeds or bool(touches) or PROCESS in effects.writes


def _is_plain(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return all(isinstance(part, _CONSTANT) for part in ast.walk(value))
        case ast.FunctionDef(decorator_list=[], args=arguments):
            defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
            if not all(isinstance(default, ast.Constant) for default in defaults):
                return False
            return not any(map(_reaches_out, ast.walk(node)))
    return False


_CONSTANT = (ast.Constant, ast.Tuple, ast.UnaryOp, ast.USub, ast.Load)


def _reaches_out(node: ast.AST) -> bool:
    """Whether a function binds names of its module, or may put attributes on something of it."""
    if isinstance(node, ast.Global):
        return True
    return isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)
