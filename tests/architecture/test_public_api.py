"""What ``import nbmlops`` promises; everything else may change."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path

import nbmlops
from nbmlops.project import Project

ROOT = Path(__file__).resolve().parents[2]

NAMES = [
    "Secret",
    "__version__",
    "check_drift",
    "load_ipython_extension",
    "metric",
    "node",
    "open",
    "output",
    "panel",
    "random_state",
    "unload_ipython_extension",
]
METHODS = [
    "artifact",
    "close",
    "diff",
    "diff_runs",
    "executions",
    "output",
    "pipeline",
    "resume",
    "run",
    "runs",
    "start",
    "value",
    "values",
    "version",
    "versions",
]


def test_the_exported_names_are_these() -> None:
    assert nbmlops.__all__ == NAMES
    assert sorted(nbmlops.__all__) == nbmlops.__all__
    assert all(hasattr(nbmlops, name) for name in NAMES)


def test_a_project_has_these_methods_and_each_is_documented() -> None:
    methods = {
        name: method
        for name, method in inspect.getmembers(Project, inspect.isfunction)
        if not name.startswith("_")
    }
    assert sorted(methods) == METHODS
    assert all(inspect.getdoc(method) for method in methods.values())


def test_the_version_is_that_of_the_distribution() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert nbmlops.__version__ == pyproject["project"]["version"]
