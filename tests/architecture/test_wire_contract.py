"""The front end's types are those of the server."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from openapi_spec_validator import validate

from nbmlops.server.endpoints import ENDPOINTS
from nbmlops.server.openapi import document
from nbmlops.server.operations import operations_of
from nbmlops.server.responses import RESPONSES

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
    assert generator.DOCUMENT.read_text(encoding="utf-8") == generator.render_document()


def test_what_an_endpoint_answers_is_known_to_the_front_end() -> None:
    answered = {
        kind
        for endpoint in ENDPOINTS.values()
        for told in operations_of(endpoint).values()
        for kind in told.answers.values()
        if isinstance(kind, type)
    }
    assert answered <= set(RESPONSES)


def test_the_document_is_valid_openapi_and_names_each_answer_that_it_refers_to() -> None:
    validate(document(ENDPOINTS, base="/user/analyst/"))


def test_what_the_lock_of_the_front_end_names_is_no_registry() -> None:
    lock = (LABEXTENSION / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
