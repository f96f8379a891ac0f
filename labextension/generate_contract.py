"""Write the wire contract from the classes by which the server reads and answers.

That is its TypeScript side, and the OpenAPI document for everybody else. Run by ``make contract``;
a test proves that the committed files are what this script writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nbmlops.server.endpoints import ENDPOINTS
from nbmlops.server.openapi import document
from nbmlops.server.responses import RESPONSES

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"
TARGET = Path(__file__).resolve().parent / "src" / "contract" / "wire.ts"
HEADER = """\
// Generated from nbmlops/server/responses.py by `make contract`. Do not edit.
// Times are ISO 8601 strings.

/** A number that JSON cannot write. */
export type NotFinite = 'NaN' | 'Infinity' | '-Infinity';
"""
SCALARS = {
    "string": "string",
    "boolean": "boolean",
    "integer": "number",
    "number": "number | NotFinite",
    "null": "null",
}

Schema = Mapping[str, Any]


def render_document() -> str:
    """The whole of ``docs/openapi.json``."""
    return json.dumps(document(ENDPOINTS), indent=1) + "\n"


def render() -> str:
    """The whole of ``wire.ts``."""
    _, components = msgspec.json.schema_components(RESPONSES)
    declarations = [_declaration(name, schema) for name, schema in sorted(components.items())]
    return "\n".join([HEADER, *declarations])


def _declaration(name: str, schema: Schema) -> str:
    doc = _comment(schema.get("description", name))
    if "properties" not in schema:
        return f"{doc}export type {name} = {_type(schema)};\n"
    fields = "".join(
        f"  readonly {field}: {_type(kind)};\n"
        for field, kind in sorted(schema["properties"].items())
    )
    return f"{doc}export interface {name} {{\n{fields}}}\n"


def _comment(text: str) -> str:
    lines = [line.strip().replace("``", "`") for line in text.splitlines()]
    body = "".join(f" * {line}".rstrip() + "\n" for line in lines)
    return f"/**\n{body} */\n"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(json.dumps(value).replace('"', "'") for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_distinct(_type(choice) for choice in schema["anyOf"]))
    if schema.get("type") == "array":
        return _array(schema)
    if schema.get("type") == "object":
        values = _type(schema["additionalProperties"]) if schema.get("additionalProperties") else ""
        return f"Readonly<Record<string, {values or 'unknown'}>>"
    return SCALARS.get(str(schema.get("type")), "unknown")


def _array(schema: Schema) -> str:
    if "prefixItems" in schema:
        return f"readonly [{', '.join(map(_type, schema['prefixItems']))}]"
    return f"ReadonlyArray<{_type(schema['items'])}>"


def _distinct(types: Iterator[str]) -> list[str]:
    """The members of a union, each once: ``number | null`` may meet another ``null``."""
    return list(dict.fromkeys(member for kind in types for member in kind.split(" | ")))


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    DOCUMENT.write_text(render_document(), encoding="utf-8")
