"""The typed parameters of a pipeline: found in the notebook, checked before a run."""

from __future__ import annotations

import ast
import difflib
import io
import json
import math
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbmlops.domain.parameters import Parameter, ParameterType
from nbmlops.errors import CellSyntaxError, ParameterError
from nbmlops.notebook import syntax
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import strip_commands, strip_label

TAG = "parameters"

_KINDS: dict[str, ParameterType] = {
    **{name: name for name in ("int", "float", "bool", "str", "list", "dict")},
    **dict.fromkeys(("List", "Sequence", "tuple", "Tuple"), "list"),
    **dict.fromkeys(("Dict", "Mapping"), "dict"),
}
_SCHEMA: dict[ParameterType, dict[str, Any]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "list": {"type": "array"},
    "dict": {"type": "object"},
    "any": {},
}
_WORDS: dict[ParameterType, tuple[str, str]] = {
    "int": ("a whole number", "3"),
    "float": ("a number", "0.5"),
    "bool": ("true or false", "true"),
    "str": ("a text", "abc"),
    "list": ("a list", "[1, 2]"),
    "dict": ("a mapping", '{"a": 1}'),
    "any": ("a value", "1"),
}
_TRUE, _FALSE = frozenset(["true", "yes", "1", "on"]), frozenset(["false", "no", "0", "off"])
_NONE = frozenset(["null", "none"])
_TYPE_COMMENT = re.compile(r"type:\s*(?P<type>[^\s,;]+)\s*(?P<help>.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """What the parameters cell says, and what is odd about it; ``problems`` stop a build."""

    parameters: tuple[Parameter, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class _UnfitError(ValueError):
    """A value does not fit a parameter; caught in this module."""


def infer(document: Document) -> tuple[Parameter, ...]:
    """The parameters of a notebook: the simple assignments in the cell tagged ``parameters``.

    A type comes from the annotation, else from the default; a trailing comment is the help. A
    parameter that is annotated but not assigned is required.
    """
    cell = parameter_cell(document)
    return inspect(cell).parameters if cell is not None else ()


def parameter_cell(document: Document) -> Cell | None:
    """The first cell tagged ``parameters``."""
    return next((cell for cell in document.code_cells if TAG in cell.tags), None)


def inspect(cell: Cell) -> Inferred:
    """Read a parameters cell."""
    try:
        parsed = syntax.parse(strip_commands(strip_label(cell.source)))
    except CellSyntaxError:
        return Inferred()  # the build refuses the cell with its line
    comments = _comments(parsed.text)
    found: dict[str, Parameter] = {}
    odd: list[str] = []
    for node in parsed.tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        comment = comments.get(node.end_lineno or node.lineno, "")
        for parameter, warning in _assigned(node, comment):
            if isinstance(parameter, Parameter):
                found[parameter.name] = parameter
            else:
                found.pop(parameter, None)
            odd += [warning] if warning else []
    return Inferred(
        parameters=tuple(found.values()),
        warnings=tuple(text for text in odd if not text.startswith("!")),
        problems=tuple(text[1:] for text in odd if text.startswith("!")),
    )


def parse(schema: Sequence[Parameter], items: Iterable[str]) -> dict[str, Any]:
    """Read ``NAME=VALUE`` texts, and check them as `check` does.

    Raises:
        ParameterError: a text is not ``NAME=VALUE``, or `check` refuses it.
    """
    known = {parameter.name: parameter for parameter in schema}
    given: dict[str, Any] = {}
    for item in items:
        name, equals, text = item.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ParameterError(f"{item!r} is not a parameter.", cure="Write NAME=VALUE.")
        if name not in known:
            raise _unknown(name, known)
        try:
            given[name] = _from_text(known[name], text)
        except _UnfitError as error:
            raise _wrong(known[name], text) from error
    return check(schema, given)


def check(schema: Sequence[Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values for a run: those given, strictly typed, and the defaults of the others.

    A whole number is fine where a number is asked for; true and false are no numbers.

    Raises:
        ParameterError: a name is unknown, a value is of the wrong type, or one is missing.
    """
    known = {parameter.name: parameter for parameter in schema}
    for name in values:
        if name not in known:
            raise _unknown(name, known)
    checked: dict[str, Any] = {}
    for parameter in schema:
        if parameter.name not in values:
            if parameter.required:
                raise _missing(parameter)
            checked[parameter.name] = parameter.default
            continue
        try:
            checked[parameter.name] = _fit(parameter, values[parameter.name])
        except _UnfitError as error:
            raise _wrong(parameter, values[parameter.name]) from error
    return checked


def json_schema(schema: Sequence[Parameter]) -> dict[str, Any]:
    """The parameters as JSON Schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {parameter.name: _property(parameter) for parameter in schema},
        "required": [parameter.name for parameter in schema if parameter.required],
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, Any]:
    result = dict(_SCHEMA[parameter.type])
    if parameter.optional and "type" in result:
        result["type"] = [result["type"], "null"]
    if parameter.help:
        result["description"] = parameter.help
    if not parameter.required:
        result["default"] = parameter.default
    return result


def _assigned(
    node: ast.Assign | ast.AnnAssign, comment: str
) -> Iterator[tuple[Parameter | str, str]]:
    """Each name that an assignment binds: its parameter or, if it is none, its name and why."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    hint = node.annotation if isinstance(node, ast.AnnAssign) else None
    commented = _TYPE_COMMENT.match(comment)
    if hint is None and commented is not None:
        hint, comment = _hint(commented["type"]), commented["help"]
    for target in targets:
        if isinstance(target, ast.Name):
            yield _parameter(target.id, node.value, hint, comment)
        else:
            names = [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
            for name in names:
                why = "is assigned together with others"
                yield name, _no_parameter(name, f"{why}; assign it on a line of its own")


def _parameter(
    name: str, value: ast.expr | None, hint: ast.expr | None, comment: str
) -> tuple[Parameter | str, str]:
    kind, optional = _annotated(hint)
    if value is None:
        return Parameter(name=name, type=kind, required=True, optional=optional, help=comment), ""
    try:
        default = _plain(ast.literal_eval(value))
    except (ValueError, TypeError, MemoryError, RecursionError):
        return name, _no_parameter(name, "is computed; give it a literal value to make it one")
    if hint is None:
        kind = _kind_of(default)
    optional = optional or default is None
    parameter = Parameter(name=name, type=kind, default=default, optional=optional, help=comment)
    try:
        fitting = _fit(parameter, default)
    except _UnfitError:
        what = _WORDS[kind][0]
        return name, f"!the parameter {name!r} is annotated as {what}, but its default is not one"
    return Parameter(name=name, type=kind, default=fitting, optional=optional, help=comment), ""


def _no_parameter(name: str, why: str) -> str:
    return f"{name!r} in the parameters cell is no parameter: it {why}."


def _hint(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def _annotated(hint: ast.expr | None) -> tuple[ParameterType, bool]:
    """The type that an annotation says, and whether it allows ``None``."""
    match hint:
        case ast.Constant(value=str(text)):
            return _annotated(_hint(text))
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _KINDS.get(name, "any"), False
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either([left, right])
        case ast.Subscript(value=outer, slice=inner):
            return _generic(outer, inner)
        case _:
            return "any", False


def _generic(outer: ast.expr, inner: ast.expr) -> tuple[ParameterType, bool]:
    name = getattr(outer, "id", getattr(outer, "attr", ""))
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Optional":
        return _annotated(inner)[0], True
    if name == "Union":
        return _either(parts)
    if name in ("Annotated", "Final"):
        return _annotated(parts[0])
    if name == "Literal":
        kinds = {_kind_of(part.value) for part in parts if isinstance(part, ast.Constant)}
        return (kinds.pop() if len(kinds) == 1 else "any"), False
    return _KINDS.get(name, "any"), False


def _either(parts: Sequence[ast.expr]) -> tuple[ParameterType, bool]:
    none = [part for part in parts if isinstance(part, ast.Constant) and part.value is None]
    read = [_annotated(part) for part in parts if part not in none]
    kinds = {kind for kind, _ in read}
    optional = bool(none) or any(inner for _, inner in read)
    return (kinds.pop() if len(kinds) == 1 else "any"), optional


def _plain(value: Any) -> Any:
    """A literal as JSON knows it.

    Raises:
        TypeError: JSON has no such value.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    raise TypeError(type(value).__name__)


def _kind_of(value: Any) -> ParameterType:
    return _KINDS.get(type(value).__name__, "any")


def _comments(text: str) -> dict[int, str]:
    """Line → the comment at its end."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _from_text(parameter: Parameter, text: str) -> Any:
    word = text.strip().lower()
    if parameter.optional and word in _NONE:
        return None
    match parameter.type:
        case "str":
            return text
        case "bool":
            return _truth(word)
        case "int" | "float":
            return _number(parameter.type, text)
        case kind:
            return _json(text, or_text=kind == "any")


def _truth(word: str) -> bool:
    if word not in _TRUE | _FALSE:
        raise _UnfitError(word)
    return word in _TRUE


def _number(kind: ParameterType, text: str) -> float:
    try:
        return int(text) if kind == "int" else float(text)
    except ValueError as error:
        raise _UnfitError(text) from error


def _json(text: str, *, or_text: bool) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        if or_text:
            return text
        raise _UnfitError(text) from error


def _fit(parameter: Parameter, value: Any) -> Any:
    """The value as the parameter's type.

    Raises:
        _UnfitError: it is of another type.
    """
    if value is None and parameter.optional:
        return None
    match parameter.type:
        case "bool":
            fits = isinstance(value, bool)
        case "int":
            fits = isinstance(value, int) and not isinstance(value, bool)
        case "float":
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            fits = fits and math.isfinite(value)
        case "list":
            fits = isinstance(value, list | tuple)
        case "any":
            fits = True
        case kind:
            fits = type(value).__name__ == kind
    if not fits:
        raise _UnfitError(value)
    if parameter.type == "float":
        return float(value)
    return list(value) if parameter.type == "list" else value


def _unknown(name: str, known: Iterable[str]) -> ParameterError:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        cure = f"Did you mean {near[0]!r}?"
    elif names:
        cure = f"It has: {', '.join(names)}."
    else:
        cure = "It has none: tag a cell of the notebook 'parameters' to give it some."
    return ParameterError(f"The pipeline has no parameter {name!r}.", cure=cure)


def _missing(parameter: Parameter) -> ParameterError:
    what, example = _WORDS[parameter.type]
    return ParameterError(
        f"The parameter {parameter.name!r} needs a value.",
        cure=f"Give {what}: {parameter.name}={example}.",
    )


def _wrong(parameter: Parameter, value: Any) -> ParameterError:
    what, example = _WORDS[parameter.type]
    shown = value if isinstance(value, str) else repr(value)
    return ParameterError(
        f"The parameter {parameter.name!r} is {what}, not {shown[:60]!r}.",
        cure=f"Write for example {parameter.name}={example}.",
    )
