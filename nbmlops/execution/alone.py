"""A notebook that papermill executes with our engine, and no pipeline: what holds there as well."""

from __future__ import annotations

from typing import Any

from nbmlops.execution.direction import Direction
from nbmlops.execution.injection import INJECTED
from nbmlops.execution.journal import NOT_RUN
from nbmlops.notebook.document import parse
from nbmlops.notebook.labels import cell_test
from nbmlops.pipelines.parameters import infer
from nbmlops.pipelines.typed.check import check
from nbmlops.pipelines.typed.source import assignments

_A_TEST = "a test; nbmlops test runs it"


def direction_of(cell: Any) -> Direction:
    """What to do with a code cell: tests do not run in production."""
    if cell_test(cell.source, tuple(cell.metadata.get("tags", ()))) is None:
        return Direction()
    return Direction(state=NOT_RUN, mark={"not_run": _A_TEST})


def hold_to_types(notebook: Any) -> None:
    """Check what papermill was given, and inject it as the types that the notebook declares.

    Names that the parameters cell does not have are left to papermill, which warns of them.

    Args:
        notebook: the notebook node, with the cell that papermill has injected, which is changed.

    Raises:
        ParameterError: a value is of the wrong type or out of range.
    """
    import nbformat

    given = notebook.metadata.get("papermill", {}).get("parameters") or {}
    injected = [cell for cell in notebook.cells if INJECTED in cell.metadata.get("tags", ())]
    if not given or not injected or _language(notebook) != "python":
        return
    schema = [
        parameter
        for parameter in infer(parse(nbformat.writes(notebook)))
        if parameter.name in given
    ]
    names = [parameter.name for parameter in schema]
    typed = assignments(schema, check(schema, {name: given[name] for name in names}))
    if len(names) == len(given):
        injected[0].source = typed
    elif names:
        injected[0].source += f"\n{typed}"


def _language(notebook: Any) -> str:
    said = notebook.metadata.get("kernelspec", {}).get("language")
    return str(said or notebook.metadata.get("language_info", {}).get("name") or "python").lower()
