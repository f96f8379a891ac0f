"""Pipelines that another tool has described: of Elyra, and of Ploomber."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbmlops.building.source import Source
from nbmlops.capture.modules import module_digests
from nbmlops.errors import BuildRefusedError, NotebookFormatError
from nbmlops.notebook.document import Document
from nbmlops.pipelines.importing.elyra import is_elyra, read_elyra
from nbmlops.pipelines.importing.nodes import Imported, Node
from nbmlops.pipelines.importing.ploomber import is_ploomber, read_ploomber
from nbmlops.pipelines.importing.writing import document_of
from nbmlops.pipelines.novelties import novelties
from nbmlops.pipelines.purity import new_in_each_run

_JSON = frozenset([".pipeline", ".json"])
_YAML = frozenset([".yaml", ".yml"])


def read_imported(path: Path, *, project: Path) -> Source | None:
    """Read an Elyra pipeline or a Ploomber pipeline, by what is in the file.

    Returns:
        ``None`` where it is neither, and not named like one.

    Raises:
        NotebookFormatError: it is named like one of these.
        BuildRefusedError: it cannot be imported; says why.
    """
    content = _content(path)
    if is_elyra(content):
        found = read_elyra(content, path.parent)
    elif is_ploomber(content):
        found = read_ploomber(_composed(content, path.parent), path.parent, _env(path))
    elif path.suffix in _YAML | {".pipeline"}:
        raise NotebookFormatError(
            f"{path} is neither a pipeline of Elyra nor one of Ploomber.",
            cure="Give a notebook, a .pipeline file of Elyra 3, or a pipeline.yaml with tasks.",
        )
    else:
        return None
    if found.problems:
        raise BuildRefusedError(str(path), found.problems)
    nodes = tuple(_judged(node) for node in found.nodes)
    found = replace(found, nodes=nodes, notes=(*found.notes, *_clock_notes(nodes)))
    return Source(document=_document(found, path, project), notes=found.notes, imported=True)


def _composed(content: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """A pipeline of Ploomber with the tasks of the file that ``meta.import_tasks_from`` names.

    Raises:
        NotebookFormatError: there is no such file, or it is no list of tasks.
    """
    named = (content.get("meta") or {}).get("import_tasks_from")
    if not named:
        return content
    file = folder / str(named)
    tasks = _content(file)
    if not isinstance(tasks, list):
        said = "holds no list of tasks" if file.is_file() else "is not there"
        raise NotebookFormatError(
            f"{named}, from which the pipeline imports tasks, {said}.",
            cure="Name a YAML file with a list of tasks in meta.import_tasks_from, its path "
            "relative to the pipeline's file.",
        )
    return {**content, "tasks": [*content["tasks"], *tasks]}


def _document(imported: Imported, path: Path, project: Path) -> Document:
    def modules(node: Node) -> Mapping[str, str]:
        sources = list(node.code)
        if node.kind == "function":
            sources = [f"import {node.code[0].rpartition('.')[0]}"]
        return module_digests(
            sources, project=str(project), folder=str(path.resolve().parent / node.folder)
        )

    return document_of(imported, modules)


def _judged(node: Node) -> Node:
    if node.kind == "function":
        return node
    found = {name: kind for code in node.code for name, kind in novelties(code).items()}
    why = new_in_each_run(found)
    return node if why is None else replace(node, always=f"it {why}")


def _clock_notes(nodes: tuple[Node, ...]) -> list[str]:
    return [f"{node.name} runs each time: {node.always}." for node in nodes if node.always]


def _content(path: Path) -> Any:
    """What a file holds that may be a pipeline of another tool; ``None`` for every other one."""
    if path.suffix not in _JSON | _YAML or not path.is_file():
        return None
    import yaml

    try:
        text = path.read_text("utf-8")
        return json.loads(text) if path.suffix in _JSON else yaml.safe_load(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise NotebookFormatError(
            f"{path} cannot be read: {error}.", cure="Mend it, or restore it."
        ) from error


def _env(path: Path) -> Mapping[str, Any]:
    """What fills in placeholders: ``env.X.yaml`` beside ``pipeline.X.yaml``, or ``env.yaml``."""
    own = path.with_name(path.name.replace("pipeline", "env", 1))
    for file in dict.fromkeys((own, path.with_name("env.yaml"))):
        if file.is_file() and file != path:
            found = _content(file)
            return found if isinstance(found, dict) else {}
    return {}
