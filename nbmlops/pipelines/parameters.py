"""The typed parameters of a pipeline, as its notebook declares them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from nbmlops.domain.parameters import Parameter, Shape
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.pipelines.typed import declared, describe, hints, literals
from nbmlops.pipelines.typed.aliases import Aliases, aliases_in, resolved, used_in
from nbmlops.pipelines.typed.defaults import alike, refined
from nbmlops.pipelines.typed.fit import fit
from nbmlops.pipelines.typed.hints import Hint
from nbmlops.pipelines.typed.limits import Subject, limited
from nbmlops.pipelines.typed.literals import ComputedError, Enums
from nbmlops.pipelines.typed.scalars import UnfitError

TAG = "parameters"

_PLACES = 'write it as nbmlops.Secret("env:NAME"), "keyring:SERVICE/NAME" or "file:PATH"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """What the parameters cell says, and what is odd about it; ``problems`` stop a build."""

    parameters: tuple[Parameter, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one name of the cell is: a parameter, or not and why."""

    name: str
    parameter: Parameter | None = None
    warnings: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """One name with what is assigned to it, its annotation and its comment."""

    name: str
    value: ast.expr | None
    annotation: ast.expr | None
    hint: Hint


def infer(document: Document) -> tuple[Parameter, ...]:
    """The parameters of a notebook: the simple assignments in the cell tagged ``parameters``.

    A type comes from the annotation, else from the default; a comment behind the assignment, or
    right above it, is the help. A parameter that is annotated but not assigned is required.
    """
    cell = parameter_cell(document)
    return inspect(cell, document.code_cells).parameters if cell is not None else ()


def parameter_cell(document: Document) -> Cell | None:
    """The first cell tagged ``parameters``."""
    return next((cell for cell in document.code_cells if TAG in cell.tags), None)


def inspect(cell: Cell, cells: Sequence[Cell] = ()) -> Inferred:
    """Read a parameters cell.

    Args:
        cell: the cell.
        cells: the cells of its notebook; those above it may define enumerations, and name types.
    """
    parsed = _parsed(cell)
    if parsed is None:
        return Inferred()  # the build refuses the cell with its line
    above = [_parsed(other) for other in cells if other.index < cell.index]
    trees = [found.tree for found in (*above, parsed) if found is not None]
    enums, aliases = literals.enums_in(trees), aliases_in(trees)
    comments = hints.comments_of(parsed.text)
    found: dict[str, Parameter] = {}
    findings: list[_Finding] = []
    for node in parsed.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            comment = hints.comment_of(comments, node.lineno, node.end_lineno or node.lineno)
            for line in _assigned(node, hints.read(comment), aliases):
                finding = _finding(line, enums, found) if isinstance(line, _Line) else line
                findings.append(finding)
                found.pop(finding.name, None)
                if finding.parameter is not None:
                    found[finding.name] = finding.parameter
    types = used_in(_annotations(parsed.tree), aliases)
    return Inferred(
        parameters=tuple(found.values()),
        warnings=tuple(
            warning for one in findings if one.name not in types for warning in one.warnings
        ),
        problems=tuple(finding.problem for finding in findings if finding.problem),
    )


def identity(parameter: Parameter) -> dict[str, Any]:
    """What of a parameter makes a pipeline's version.

    What it does not use of a `Shape` is left out, so that a pipeline keeps its digest when
    parameters learn to say more.
    """
    always = {"name", "type", "default", "required", "optional", "help"}
    return {
        field.name: getattr(parameter, field.name)
        for field in fields(parameter)
        if field.name in always or getattr(parameter, field.name) != field.default
    }


def _parsed(cell: Cell) -> syntax.Parsed | None:
    try:
        return syntax.parse(strip_commands(strip_label(cell.source)))
    except CellSyntaxError:
        return None


def _annotations(tree: ast.Module) -> list[ast.expr]:
    return [node.annotation for node in tree.body if isinstance(node, ast.AnnAssign)]


def _assigned(
    node: ast.Assign | ast.AnnAssign, hint: Hint, aliases: Aliases
) -> Iterator[_Line | _Finding]:
    """Each name that an assignment binds: as a line of its own, or why it is no parameter."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
    if annotation is None and hint.type:
        annotation = declared.expression(hint.type)
    for target in targets:
        if isinstance(target, ast.Name):
            yield _Line(target.id, node.value, resolved(annotation, aliases), hint)
        else:
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    why = "is assigned together with others; assign it on a line of its own"
                    yield _Finding(part.id, warnings=(_no_parameter(part.id, why),))


def _finding(line: _Line, enums: Enums, known: dict[str, Parameter]) -> _Finding:
    name, value = line.name, line.value
    shape = declared.shape_of(line.annotation, enums)
    if line.hint.secret or shape.type == "secret" or (value and literals.secret(value)):
        return _secret(line, replace(shape, type="secret"))
    if value is None:
        return _worded(line, shape, Subject(name=name, known=False), enums)
    try:
        own, default = literals.value_of(value, enums)
    except ComputedError:
        return _Finding(name, warnings=(_no_parameter(name, _computed(value, known)),))
    if line.annotation is None:
        shape = own
    shape = refined(replace(shape, optional=shape.optional or default is None), own)
    try:
        fitting = fit(shape, default)
    except UnfitError:
        fitting = None
    if default is not None and (fitting is None or not alike(shape, fitting, own, default)):
        said = f"the parameter {name!r} is declared as {describe.words(shape)}"
        return _Finding(name, problem=f"{said}, but its default is not")
    return _worded(line, shape, Subject(name=name, known=True, default=fitting), enums)


def _worded(line: _Line, shape: Shape, subject: Subject, enums: Enums) -> _Finding:
    """The parameter, with what the texts of its annotation and its comment say of it."""
    remarks = declared.remarks(line.annotation, enums)
    noted = limited(shape, remarks.help, subject)
    commented = limited(noted.shape, line.hint.help, subject)
    helps = dict.fromkeys(" ".join(one.help.split()) for one in (noted, commented))
    parameter = _made(
        commented.shape,
        name=subject.name,
        default=subject.default,
        required=not subject.known,
        help="; ".join(filter(None, helps)),
    )
    said = [
        f"{name} of the parameter {subject.name!r} {note}."
        for name, note in (("the annotation", noted.note), ("the comment", commented.note))
        if note
    ]
    said += [
        f"{unknown} in the annotation of the parameter {subject.name!r} is not understood: it "
        "limits nothing."
        for unknown in remarks.unknown
    ]
    return _Finding(subject.name, parameter, tuple(said))


def _secret(line: _Line, shape: Shape) -> _Finding:
    """A secret; its default is the place that the notebook takes it from."""
    name, value = line.name, line.value
    help_ = " ".join(line.hint.help.split())
    if value is None:
        return _Finding(name, _made(shape, name=name, required=True, help=help_))
    called = literals.secret(value)
    place = called[1] if called is not None else literals.place_of(value)
    if place is None:
        return _Finding(
            name,
            problem=f"the secret {name!r} is not taken from where secrets are kept: {_PLACES}",
        )
    try:
        default = fit(shape, place)
    except UnfitError:
        problem = f"the place of the secret {name!r} is not one: {_PLACES}"
        return _Finding(name, problem=problem)
    return _Finding(name, _made(shape, name=name, default=default, help=help_))


def _made(shape: Shape, **content: Any) -> Parameter:
    return Parameter(
        **{field.name: getattr(shape, field.name) for field in fields(Shape)}, **content
    )


def _computed(value: ast.expr, known: dict[str, Parameter]) -> str:
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    used = sorted(names & known.keys())
    if not used:
        return "is computed; give it a literal value to make it one"
    return (
        f"is computed from the default of {used[0]!r}, and stays so when a run gives it another "
        "value; compute it in a cell below"
    )


def _no_parameter(name: str, why: str) -> str:
    return f"{name!r} in the parameters cell is no parameter: it {why}."
