"""An imported pipeline as a notebook: one cell for each node, which starts its process."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nbmlops.notebook.document import Document, from_sources
from nbmlops.pipelines.importing.nodes import (
    GivenParameter,
    Imported,
    Node,
    Reference,
    Text,
    unique,
    variable_name,
)
from nbmlops.pipelines.parameters import TAG

ModuleDigests = Callable[[Node], Mapping[str, str]]
"""The digests of the project's own modules that a node uses, by their file."""


def document_of(imported: Imported, modules: ModuleDigests) -> Document:
    """The notebook of an imported pipeline.

    Each result has the name of its node, and those that need it are given it: so the graph of
    this notebook is that of the pipeline.
    """
    names: dict[str, str] = {}
    given = [parameter.name for parameter in imported.parameters]
    for node in imported.nodes:
        names[node.name] = variable_name(node.name, [*given, *names.values()])
    cells: dict[str, tuple[str, tuple[str, ...]]] = {"import": ("import nbmlops", ())}
    if imported.parameters:
        cells["parameters"] = "\n".join(map(_assignment, imported.parameters)), (TAG,)
    for node in imported.nodes:
        cell_id = unique(_cell_id(node.name), cells)
        cells[cell_id] = _source(node, names, modules(node)), ()
    return from_sources(cells.values(), ids=cells)


def written(value: Any) -> str:
    """A value as Python source, on one line; references are variables."""
    if isinstance(value, Reference):
        return value.name
    if isinstance(value, Text):
        return "f" + repr("".join(map(_part, value.parts)))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return repr(value)


def quoted(text: str, indent: str) -> str:
    """A text as one literal per line, so that versions can be compared line by line."""
    lines = text.splitlines(keepends=True) or [""]
    return f"\n{indent}".join(map(repr, lines))


def _part(part: str | Reference) -> str:
    if isinstance(part, Reference):
        return f"{{{part.name}}}"
    return part.replace("{", "{{").replace("}", "}}")


def _assignment(parameter: GivenParameter) -> str:
    annotation = f": {parameter.annotation}" if parameter.annotation else ""
    value = "" if parameter.required else f" = {written(parameter.default)}"
    said = " ".join(parameter.help.split())
    return f"{parameter.name}{annotation}{value}{f'  # {said}' if said else ''}"


def _cell_id(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"node-{name}")[:60]


def _source(node: Node, names: Mapping[str, str], modules: Mapping[str, str]) -> str:
    label = f"%mlops track {node.name}{' --no-cache' if node.always else ''}"
    arguments = ",\n    ".join(_arguments(node, names, modules))
    return f"{label}\n{names[node.name]} = nbmlops.node(\n    {arguments},\n)"


def _arguments(node: Node, names: Mapping[str, str], modules: Mapping[str, str]) -> Iterator[str]:
    yield repr(node.path)
    yield from _code(node)
    if node.kind == "notebook" and node.kernel != "python3":
        yield f"kernel={node.kernel!r}"
    if node.allowed:
        yield f"allowed={list(node.allowed)!r}"
    for word in ("folder", "parameters", "environment"):
        if value := getattr(node, word):
            yield f"{word}={written(value)}"
    for word in ("product", "report"):
        if (value := getattr(node, word)) is not None:
            yield f"{word}={written(value)}"
    if node.upstream is not None:
        yield f"upstream={_upstream(node.upstream, names)}"
    elif node.needs:
        yield f"after=[{', '.join(names[name] for name in node.needs)}]"
    if modules:
        yield f"modules={written(dict(modules))}"


def _code(node: Node) -> Iterator[str]:
    if node.kind == "function":
        yield f"function={node.code[0]!r}"
    elif node.kind == "script":
        yield f"script=(\n        {quoted(node.code[0], ' ' * 8)}\n    )"
    else:
        cells = ",\n        ".join(quoted(cell, " " * 8) for cell in node.code)
        yield f"cells=[\n        {cells},\n    ]" if node.code else "cells=[]"
        if node.at:
            yield f"at={node.at}"


def _upstream(upstream: Mapping[str, str | tuple[str, ...]], names: Mapping[str, str]) -> str:
    parts = []
    for key, value in upstream.items():
        if isinstance(value, str):
            parts.append(f"{key!r}: {names[value]}")
        else:
            group = ", ".join(f"{one!r}: {names[one]}" for one in value)
            parts.append(f"{key!r}: {{{group}}}")
    return "{" + ", ".join(parts) + "}"
