"""The front end's types are those of the server."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

LABEXTENSION = Path(__file__).parents[2] / "labextension"


def load_generator() -> ModuleType:
    path = LABEXTENSION / "generate_contract.py"
    spec = importlib.util.spec_from_file_location("generate_contract", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_typescript_types_are_what_the_response_classes_say() -> None:
    """If this fails, run `make contract` and commit the result."""
    generator = load_generator()
    assert generator.TARGET.read_text(encoding="utf-8") == generator.render()


def test_what_the_lock_of_the_front_end_names_is_no_registry() -> None:
    lock = (LABEXTENSION / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
