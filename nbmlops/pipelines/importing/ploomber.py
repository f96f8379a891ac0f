"""Ploomber's ``pipeline.yaml``: tasks of notebooks, Python files and functions.

Source: the spec API of Ploomber 0.23.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbmlops.pipelines.importing.files import FileProblemError, notebook_node
from nbmlops.pipelines.importing.grid import GridProblemError, expanded
from nbmlops.pipelines.importing.nodes import Imported, Node, ordered, step_name, unique
from nbmlops.pipelines.importing.placeholders import Placeholders
from nbmlops.pipelines.importing.upstream import UpstreamProblemError, of_cell, of_function

_META = frozenset(["extract_upstream", "extract_product", "product_default_class",
                   "jupyter_hot_reload", "jupyter_functions_as_notebooks",
                   "import_tasks_from"])  # fmt: skip
_HARMLESS = frozenset(["executor"])
_HOOKS = ("on_render", "on_finish", "on_failure")
_TASK = frozenset(["source", "product", "name", "params", "upstream", "grid", "class",
                   "local_execution", "kernelspec_name"])  # fmt: skip
_DISPLAY = frozenset(["static_analysis", "papermill_params", "executor_params", "executor",
                      "nbconvert_export_kwargs", "check_if_kernel_installed",
                      "debug_mode"])  # fmt: skip
_CLASSES = frozenset(["NotebookRunner", "PythonCallable"])
_FOREIGN = (".R", ".Rmd", ".r", ".sh", ".bash", ".jl", ".md", ".qmd")
_REPORTS = (".ipynb", ".html")


@dataclass(slots=True)
class _Found:
    folder: Path
    extracts: bool
    nodes: list[Node] = field(default_factory=list)
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def is_ploomber(content: Any) -> bool:
    """Whether YAML is a pipeline of Ploomber."""
    return isinstance(content, dict) and isinstance(content.get("tasks"), list)


def read_ploomber(content: Mapping[str, Any], folder: Path, env: Mapping[str, Any]) -> Imported:
    """Read a pipeline.

    Args:
        content: the file's YAML, with the tasks that it imports from another file.
        folder: where the file is, to which its paths are relative.
        env: what is in ``env.yaml`` beside it.
    """
    meta = content.get("meta") or {}
    found = _Found(folder=folder, extracts=meta.get("extract_upstream", True))
    found.problems += _pipeline_refusals(content, meta)
    placeholders = Placeholders(env, _decisive(content["tasks"]))
    for number, raw in enumerate(content["tasks"], 1):
        task = {"source": raw} if isinstance(raw, str) else raw
        if not isinstance(task, dict) or not isinstance(task.get("source"), str):
            found.problems.append(f"task {number} has no source.")
            continue
        _task(task, placeholders, found)
    found.problems += placeholders.problems
    nodes = _linked(found)
    return Imported(
        nodes=nodes,
        parameters=placeholders.parameters,
        notes=(*found.notes, *placeholders.notes),
        problems=tuple(dict.fromkeys(found.problems)),
    )


def _decisive(tasks: Sequence[Any]) -> Iterator[str]:
    """The texts that say which tasks there are."""
    for task in tasks:
        if isinstance(task, dict):
            yield from (str(task.get(key, "")) for key in ("source", "name", "grid", "upstream"))
        else:
            yield str(task)


def _pipeline_refusals(content: Mapping[str, Any], meta: Mapping[str, Any]) -> Iterator[str]:
    for key in content.keys() - {"tasks", "meta"} - _HARMLESS:
        if content[key]:
            yield f"it has {key!r} for all of its tasks, which cannot be kept; take it out."
    for key in meta.keys() - _META:
        if meta[key]:
            yield f"it has meta.{key}, which cannot be kept; take it out."
    if meta.get("extract_product"):
        yield "it takes products from the sources (meta.extract_product); name them in the tasks."


def _task(task: Mapping[str, Any], placeholders: Placeholders, found: _Found) -> None:
    source = str(placeholders.fixed(task["source"]))
    usual = posixpath.splitext(posixpath.basename(source))[0]
    is_function = not source.endswith((".py", ".ipynb", ".sql", *_FOREIGN))
    if is_function:
        usual = source.rpartition(".")[2]
    title = str(placeholders.fixed(task.get("name") or usual))
    problems = list(_refusals(task, source))
    if not problems and "grid" not in task and "product" not in task:
        problems.append("has no product")
    found.problems += [f"task {title!r} {problem}." for problem in problems]
    if problems:
        return
    kept = sorted(task.keys() & _DISPLAY)
    if kept:
        found.notes.append(f"Of task {title!r}, {', '.join(kept)} was left out.")
    try:
        base = _function(source, task, found) if is_function else _notebook(source, task, found)
        for name, product, params in expanded(title, task):
            values = _values(base, params, placeholders)
            product, report = _products(base, placeholders.value(product))  # noqa: PLW2901
            node = replace(_named(base, name, found), product=product, report=report)
            found.nodes.append(replace(node, parameters=values))
    except (FileProblemError, GridProblemError, UpstreamProblemError) as problem:
        found.problems.append(f"task {title!r}: {problem}.")


def _refusals(task: Mapping[str, Any], source: str) -> Iterator[str]:
    extension = posixpath.splitext(source)[1]
    if extension == ".sql":
        yield "runs SQL in a database; run the query in a notebook or a function"
    elif extension in _FOREIGN:
        yield f"is a {extension} file; only notebooks and Python files run here"
    for key in _HOOKS:
        if task.get(key):
            yield f"has the hook {key}; call what it calls in a cell or a function of the task"
    if task.get("class") and task["class"] not in _CLASSES:
        yield f"is of the class {task['class']}; only notebooks and functions run here"
    for key in sorted(task.keys() - _TASK - _DISPLAY - set(_HOOKS)):
        if task[key] is not None:
            yield f"has {key!r}, which cannot be kept; take it out"
    if isinstance(task.get("product"), list):
        yield "makes a table of a database; only files are handed over here"
    if "resources_" in (task.get("params") or {}):
        yield "has params.resources_; give the paths as parameters: files that are read count"


def _notebook(source: str, task: Mapping[str, Any], found: _Found) -> Node:
    notebook = notebook_node(found.folder, source)
    if notebook.declared is None:
        said = f"{source} has no cell tagged 'parameters'"
        raise FileProblemError(said)
    return replace(
        notebook.node,
        kernel=str(task.get("kernelspec_name") or notebook.node.kernel),
        folder=posixpath.dirname(source) if task.get("local_execution") else "",
        needs=of_cell(notebook.declared) if found.extracts else _declared(task),
    )


def _function(source: str, task: Mapping[str, Any], found: _Found) -> Node:
    module, _, function = source.rpartition(".")
    base = found.folder.joinpath(*module.split("."))
    file = next(
        (one for one in (base.with_suffix(".py"), base / "__init__.py") if one.is_file()), None
    )
    if not module or file is None:
        said = f"there is neither a file {source} nor a module {module or source!r} in its folder"
        raise FileProblemError(said)
    asked = of_function(file.read_text("utf-8"), function)
    if not found.extracts:
        asked = _declared(task)
    path = file.relative_to(found.folder).as_posix()
    return Node(name="", path=path, kind="function", code=(source,), needs=asked)


def _declared(task: Mapping[str, Any]) -> tuple[str, ...]:
    given = task.get("upstream") or ()
    return (given,) if isinstance(given, str) else tuple(given)


def _named(base: Node, name: str, found: _Found) -> Node:
    """The node with the name of its step, and what its source asks for kept under it."""
    step = unique(step_name(name), [node.name for node in found.nodes])
    found.asked[step] = base.needs
    if step != name:
        found.notes.append(f"Task {name!r} is the step {step}.")
    return replace(base, name=step)


def _values(base: Node, params: Mapping[str, Any], placeholders: Placeholders) -> dict[str, Any]:
    """The parameters of a task, with what the pipeline's parameters give in them."""
    if base.folder and "{{" in str(params):
        said = "its parameters have placeholders, which local_execution would make another path"
        raise FileProblemError(said)
    values = {key: placeholders.value(value) for key, value in params.items()}
    for key, value in values.items():
        if _calls(value):
            said = f"its parameter {key!r} is made by a function; give its value"
            raise FileProblemError(said)
    return values


def _calls(value: Any) -> bool:
    return (isinstance(value, str) and "::" in value) or (
        isinstance(value, dict) and "dotted_path" in value
    )


def _products(base: Node, product: Any) -> tuple[Any, Any]:
    """What a task makes, and which of it is its executed notebook."""
    if base.kind == "function":
        return product, None
    report = product.get("nb") if isinstance(product, dict) else product
    if report is None:
        raise FileProblemError("its product has no 'nb', the executed notebook")
    end = posixpath.splitext(str(getattr(report, "parts", (report,))[-1]))[1]
    if end not in _REPORTS:
        raise FileProblemError(f"its report is a {end or 'nameless'} file; make it .ipynb or .html")
    return product, report


def _linked(found: _Found) -> tuple[Node, ...]:
    names = [node.name for node in found.nodes]
    nodes = []
    for node in found.nodes:
        upstream: dict[str, str | tuple[str, ...]] = {}
        for key in found.asked[node.name]:
            upstream[key] = tuple(fnmatch.filter(names, key)) if "*" in key else step_name(key)
        needs = [one for value in upstream.values() for one in _each(value)]
        missing = [one for one in needs if one not in names] + [
            key for key, value in upstream.items() if not value
        ]
        if missing and not found.problems:
            found.problems.append(
                f"task {node.name!r} needs {', '.join(missing)}, which is not there."
            )
        kept = tuple(dict.fromkeys(one for one in needs if one in names))
        nodes.append(replace(node, needs=kept, upstream=upstream))
    if not nodes and not found.problems:
        found.problems.append("it has no tasks.")
    try:
        return ordered(nodes)
    except ValueError as circle:
        found.problems.append(f"its tasks need each other in a circle: {circle}.")
        return ()


def _each(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value
