"""What the linters do not check of the house style."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "nbmlops"
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if "migrations" not in path.parts and "labextension" not in path.parts
)
LONGEST_MODULE = 500
LONGEST_FUNCTION = 60
VAGUE = {"common", "core", "handlers", "helper", "helpers", "manager", "misc", "util", "utils"}


def test_modules_are_named_for_what_they_hold() -> None:
    names = {path.stem for path in MODULES} | {path.parent.name for path in MODULES}
    assert not names & VAGUE


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_small_in_small_functions_and_imports_absolutely(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= LONGEST_MODULE
    assert not list(too_long(tree))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    facade = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "nbmlops"
    ]
    assert not [
        alias.name for node in facade for alias in node.names if not is_module(alias.name)
    ], "import from where a thing is defined, not from the package's facade"


def too_long(tree: ast.Module) -> Iterator[str]:
    """The functions that are too long; a docstring and the signature do not count."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if length > LONGEST_FUNCTION:
                yield f"{node.name} has {length} lines"


def is_module(name: str) -> bool:
    """Whether a name of the package is a module or a room."""
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()
