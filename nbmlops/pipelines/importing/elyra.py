"""Elyra's ``.pipeline`` files: notebooks and Python scripts, linked by their ports.

Source: the pipeline-flow JSON, version 3, as Elyra's editor writes it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbmlops.pipelines.importing.files import FileProblemError, notebook_node
from nbmlops.pipelines.importing.nodes import (
    GivenParameter,
    Imported,
    Node,
    Reference,
    ordered,
    step_name,
    unique,
)

_KINDS = {"execute-notebook-node": "notebook", "execute-python-node": "script"}
_TYPES = {
    "string": "str", "str": "str", "integer": "int", "int": "int", "float": "float",
    "bool": "bool", "boolean": "bool", "list": "list", "dict": "dict", "number": "float",
}  # fmt: skip
_ELSEWHERE = {
    "runtime_image": "runtime image",
    "cpu": "CPU request",
    "cpu_limit": "CPU limit",
    "gpu": "GPU request",
    "gpu_vendor": "GPU vendor",
    "memory": "memory request",
    "memory_limit": "memory limit",
    "kubernetes_tolerations": "Kubernetes tolerations",
    "kubernetes_pod_annotations": "Kubernetes annotations",
    "kubernetes_pod_labels": "Kubernetes labels",
    "kubernetes_shared_mem_size": "shared memory",
    "include_subdirectories": "subdirectories to copy",
    "disable_node_caching": "",
}
"""What says where a node runs, not what it does."""

_NEEDED = {
    "mounted_volumes": "mounts volumes of Kubernetes",
    "kubernetes_secrets": "takes variables from secrets of Kubernetes",
}
_HANDLED = frozenset(["filename", "dependencies", "outputs", "env_vars", "pipeline_parameters"])


@dataclass(slots=True)
class _Found:
    """What was read so far; ``sources`` maps the ids of nodes to the ids that they need."""

    folder: Path
    defaults: Mapping[str, Any]
    declared: Mapping[str, GivenParameter]
    nodes: dict[str, Node] = field(default_factory=dict)
    sources: dict[str, list[str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def is_elyra(content: Any) -> bool:
    """Whether JSON is a pipeline of Elyra's editor."""
    return isinstance(content, dict) and content.get("doc_type") == "pipeline"


def read_elyra(content: Mapping[str, Any], folder: Path) -> Imported:
    """Read a pipeline.

    Args:
        content: the file's JSON.
        folder: where the file is, to which its paths are relative.
    """
    try:
        return _read(content, folder)
    except (AttributeError, KeyError, TypeError) as error:
        return Imported(problems=(f"it is not the JSON of an Elyra pipeline ({error!r}).",))


def _read(content: Mapping[str, Any], folder: Path) -> Imported:
    pipelines = content.get("pipelines") or []
    chosen = [one for one in pipelines if one.get("id") == content.get("primary_pipeline")]
    if len(chosen) != 1 or not str(content.get("version", "")).startswith("3"):
        said = "it has no primary pipeline in version 3 of the format; open and save it in Elyra 3."
        return Imported(problems=(said,))
    properties = chosen[0].get("app_data", {}).get("properties", {})
    found = _Found(
        folder=folder,
        defaults=properties.get("pipeline_defaults") or {},
        declared={
            one.name: one for one in map(_parameter, properties.get("pipeline_parameters") or [])
        },
    )
    for node in chosen[0].get("nodes", []):
        _node(node, found)
    nodes = _linked(found)
    return Imported(
        nodes=nodes,
        parameters=tuple(one for name, one in found.declared.items() if name in found.used),
        notes=tuple(_notes(found, properties)),
        problems=tuple(found.problems),
    )


def _node(node: Mapping[str, Any], found: _Found) -> None:
    data = node.get("app_data") or {}
    given = {**(data.get("component_parameters") or {})}
    label = data.get("label") or (data.get("ui_data") or {}).get("label") or ""
    title = str(label or given.get("filename") or node["id"])
    operation = str(node.get("op", ""))
    if node.get("type") != "execution_node" or operation not in _KINDS:
        found.problems.append(_unsupported(title, node))
        return
    filename = str(given.get("filename") or "")
    path = posixpath.normpath(filename.replace("\\", "/"))
    stem = posixpath.splitext(posixpath.basename(path))[0]
    is_named = label and label != posixpath.basename(path)
    name = step_name(str(label) if is_named else stem)
    name = unique(name, [one.name for one in found.nodes.values()])
    found.problems += _refusals(title, given, found)
    try:
        made = _of_file(operation, path, found.folder)
    except FileProblemError as problem:
        found.problems.append(f"node {title!r}: {problem}.")
        made = Node(name=name, path=path, kind="script", code=("",))
    found.left_out[name] = [
        said
        for key, said in _ELSEWHERE.items()
        if said and (given.get(key) or found.defaults.get(key))
    ]
    variables = _environment(given, found)
    code = "\n".join(made.code)
    if "ELYRA_RUN_NAME" in code:
        found.problems.append(
            f"node {title!r} reads ELYRA_RUN_NAME, which is another one for each run; "
            "take a parameter in its place."
        )
    if "ELYRA_RUNTIME_ENV" in code:
        variables.setdefault("ELYRA_RUNTIME_ENV", "local")
    found.nodes[str(node["id"])] = replace(
        made, name=name, folder=posixpath.dirname(path), environment=variables
    )
    found.sources[str(node["id"])] = list(_links(title, node, found))


def _of_file(operation: str, path: str, folder: Path) -> Node:
    if _KINDS[operation] == "script":
        file = folder / path
        if not file.is_file():
            raise FileProblemError(f"there is no file {path}")
        return Node(name="", path=path, kind="script", code=(file.read_text("utf-8"),))
    return notebook_node(folder, path).node


def _unsupported(title: str, node: Mapping[str, Any]) -> str:
    if node.get("op") == "execute-r-node":
        return f"node {title!r} is an R script; only Python runs here."
    if node.get("type") == "execution_node":
        return (
            f"node {title!r} is a component of a runtime ({node.get('op')}); only notebooks and "
            "Python scripts run here: put what it does into one of them."
        )
    return (
        f"node {title!r} is a {node.get('type')}; only nodes with a notebook or a Python script "
        "run here: take the nodes out of it."
    )


def _refusals(title: str, given: Mapping[str, Any], found: _Found) -> Iterator[str]:
    for key, said in _NEEDED.items():
        if given.get(key) or found.defaults.get(key):
            yield f"node {title!r} {said}, which are not here; take them out of the node."
    for key in sorted(given.keys() - _ELSEWHERE.keys() - _NEEDED.keys() - _HANDLED):
        if given[key]:
            yield f"node {title!r} has the property {key!r}, which is not known here."
    for name in given.get("pipeline_parameters") or []:
        if name not in found.declared:
            yield f"node {title!r} takes the parameter {name!r}, which the pipeline does not have."
    for pattern in given.get("dependencies") or []:
        folder = found.folder / posixpath.dirname(str(given.get("filename")))
        if pattern and not any(folder.glob(str(pattern))):
            yield f"node {title!r} needs {pattern}, and there is no such file."


def _environment(given: Mapping[str, Any], found: _Found) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for variable in (*(found.defaults.get("env_vars") or []), *(given.get("env_vars") or [])):
        if isinstance(variable, str):
            name, _, value = variable.partition("=")
        else:
            name, value = str(variable.get("env_var", "")), str(variable.get("value", ""))
        if name:
            result[name] = value
    for name in given.get("pipeline_parameters") or []:
        if name in found.declared:
            found.used.add(name)
            result[name] = Reference(name)
    return result


def _links(title: str, node: Mapping[str, Any], found: _Found) -> Iterator[str]:
    for port in node.get("inputs") or []:
        for link in port.get("links") or []:
            if link.get("port_id_ref", "outPort") == "outPort":
                yield str(link["node_id_ref"])
            else:
                found.problems.append(f"node {title!r} has a link to a part of another node.")


def _linked(found: _Found) -> tuple[Node, ...]:
    nodes = []
    for key, node in found.nodes.items():
        sources = list(dict.fromkeys(found.sources[key]))
        missing = [source for source in sources if source not in found.nodes]
        if missing and not found.problems:
            found.problems.append(f"node {node.name!r} has a link to a node that is not there.")
        needs = tuple(found.nodes[source].name for source in sources if source in found.nodes)
        nodes.append(replace(node, needs=needs))
    if not nodes and not found.problems:
        found.problems.append("it has no nodes.")
    try:
        return ordered(nodes)
    except ValueError as circle:
        found.problems.append(f"its links form a circle: {circle}.")
        return ()


def _parameter(given: Mapping[str, Any]) -> GivenParameter:
    default = given.get("default_value") or {}
    value = default.get("value") if isinstance(default, dict) else default
    kind = str(default.get("type", "")) if isinstance(default, dict) else ""
    annotation = _TYPES.get(kind.lower(), "")
    return GivenParameter(
        name=str(given["name"]),
        annotation=annotation or ("" if value not in (None, "") else "str"),
        default=value if value is not None else "",
        required=bool(given.get("required")) and value in (None, ""),
        help=str(given.get("description") or ""),
    )


def _notes(found: _Found, properties: Mapping[str, Any]) -> Iterable[str]:
    runtime = str(properties.get("runtime_type") or properties.get("runtime") or "")
    if runtime and runtime.lower() not in ("generic", "local", "none"):
        yield f"Its runtime {runtime} was left out: it runs here."
    by_what: dict[str, list[str]] = {}
    for name, kinds in found.left_out.items():
        for kind in kinds:
            by_what.setdefault(kind, []).append(name)
    for kind, names in by_what.items():
        yield f"The {kind} of {', '.join(names)} was left out: nodes run in this environment."
    unused = [name for name in found.declared if name not in found.used]
    if unused:
        yield f"No node takes the parameters {', '.join(unused)}; they were left out."
