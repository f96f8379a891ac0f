"""The OpenAPI document of the endpoints, made of the classes by which they read and answer."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from nbmlops.server.failures import STATUS
from nbmlops.server.operations import Endpoint, Operation, operations_of
from nbmlops.server.responses import ErrorResponse

VERSION = "1.0.0"
"""Of the document: the first number changes when something is removed or retyped."""

_NOT_FINITE = {
    "title": "NotFinite",
    "description": "A number that JSON cannot write.",
    "enum": ["NaN", "Infinity", "-Infinity"],
}
_TEMPLATE = "#/components/schemas/{name}"
_REFUSALS = (HTTPStatus.FORBIDDEN, *sorted(set(STATUS.values())))

Schema = dict[str, Any]


def document(endpoints: Mapping[str, type[Endpoint]], *, base: str = "/") -> Schema:
    """What every address takes and answers.

    Args:
        endpoints: by their names below ``nbmlops/api/``.
        base: the server's base URL, with a slash at both ends.
    """
    told = {name: operations_of(endpoint) for name, endpoint in endpoints.items()}
    components = _components([one for found in told.values() for one in found.values()])
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "nbmlops",
            "version": VERSION,
            "description": "The history of notebook steps, and what runs of it, for front ends.",
        },
        "servers": [{"url": f"{base}nbmlops/api"}],
        "security": [{"token": []}],
        "paths": {
            f"/{name}": {verb: _operation(name, one) for verb, one in found.items()}
            for name, found in sorted(told.items())
        },
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token TOKEN` of the Jupyter server, or its cookie.",
                }
            },
        },
    }
    found: Schema = msgspec.json.decode(msgspec.json.encode(whole))
    return found


def _components(operations: Iterable[Operation]) -> Schema:
    told = list(operations)
    answers = {kind for one in told for kind in one.answers.values()} | {ErrorResponse}
    sent = _named({one.sends for one in told})
    found = {name: _answered(schema) for name, schema in _named(answers).items()}
    return {"NotFinite": _NOT_FINITE, **dict(sorted((found | sent).items()))}


def _named(kinds: Iterable[Any]) -> Schema:
    """The schemas of classes, and of what they hold, by name."""
    classes = sorted(
        (kind for kind in kinds if isinstance(kind, type)), key=lambda kind: kind.__name__
    )
    _, found = msgspec.json.schema_components(classes, ref_template=_TEMPLATE)
    return found


def _operation(name: str, one: Operation) -> Schema:
    summary, _, rest = inspect.cleandoc(one.story).partition("\n\n")
    told: Schema = {
        "operationId": f"{one.name}_{name.replace('.', '_').replace('/', '_')}",
        "summary": summary,
        "parameters": [*_arguments(one), *map(_header, one.headers)],
        "responses": _responses(one),
    }
    if rest:
        told["description"] = rest
    if one.name == "get":
        told["parameters"].append(_header("If-None-Match"))
    if one.sends is not None:
        content = {"application/json": {"schema": _schema(one.sends)}}
        told["requestBody"] = {"required": False, "content": content}
    return told


def _arguments(one: Operation) -> list[Schema]:
    defined = msgspec.json.schema(one.asks)["$defs"]
    schema = defined[one.asks.__name__]
    required = schema.get("required", ())
    found = []
    for name, kind in schema["properties"].items():
        story = kind.pop("description", None)
        told = {"schema": _argument(kind, defined)}
        argument = {"name": name, "in": "query", "required": name in required, **told}
        found.append({**argument, "description": story} if story else argument)
    return found


def _argument(kind: Schema, defined: Schema) -> Schema:
    """What may be written in an address, where nothing is told by leaving it out."""
    default = kind.get("default")
    told = {key: value for key, value in kind.items() if key != "default"}
    choices = [one for one in kind.get("anyOf", ()) if one.get("type") != "null"]
    if len(choices) == 1:
        told = choices[0]
    if "$ref" in told:
        told = {"type": "string", "enum": defined[told["$ref"].rpartition("/")[2]]["enum"]}
    return told if default in {None, ""} else {**told, "default": default}


def _header(name: str) -> Schema:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}


def _responses(one: Operation) -> Schema:
    found = {int(status): _response(status, kind) for status, kind in one.answers.items()}
    for status in _REFUSALS:
        if status in one.answers and one.answers[status] is not ErrorResponse:
            found[status] = _response(status, one.answers[status], ErrorResponse)
        else:
            found[status] = _response(status, ErrorResponse)
    if one.name == "get":
        etag = {"ETag": {"schema": {"type": "string"}}}
        found[HTTPStatus.OK]["headers"] = etag
        found[HTTPStatus.NOT_MODIFIED] = {
            "description": "What If-None-Match names is still what would be answered.",
            "headers": etag,
        }
    return {str(int(status)): told for status, told in sorted(found.items())}


def _response(status: HTTPStatus, *kinds: Any) -> Schema:
    schemas = [_schema(kind) for kind in kinds]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"description": status.phrase, "content": {"application/json": {"schema": schema}}}


def _schema(kind: Any) -> Schema:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_TEMPLATE)
    return schema


def _answered(schema: Any) -> Any:
    """A schema of what is answered: numbers may be infinite, and all fields are there."""
    if isinstance(schema, list):
        return [_answered(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "number":
        return {"anyOf": [schema, {"$ref": _TEMPLATE.format(name="NotFinite")}]}
    told = {key: _answered(value) for key, value in schema.items() if key != "default"}
    if "properties" in schema:
        told["required"] = sorted(schema["properties"])  # what has a default is sent as well
    if isinstance(told.get("description"), str):
        told["description"] = inspect.cleandoc(told["description"])
    return told
