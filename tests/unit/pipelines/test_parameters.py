"""The typed parameters of a pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from nbmlops.domain.parameters import Parameter, Shape
from nbmlops.errors import ParameterError
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.parameters import infer, inspect
from nbmlops.pipelines.typed.check import check, parse
from nbmlops.pipelines.typed.schema import json_schema


def _infer(source: str) -> dict[str, Parameter]:
    document = from_sources([("import os", ()), (source, ["parameters"])])
    return {parameter.name: parameter for parameter in infer(document)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 3", {"type": "int", "default": 3}),
        ("x = -0.5", {"type": "float", "default": -0.5}),
        ("x = True", {"type": "bool", "default": True}),
        ("x = 'a'", {"type": "str", "default": "a"}),
        ("x = [1, 2]", {"type": "list", "default": [1, 2]}),
        ("x = {'a': 1}", {"type": "dict", "default": {"a": 1}}),
        ("x: float = 3", {"type": "float", "default": 3.0}),
        ("x: int", {"type": "int", "required": True}),
        ("x = None", {"type": "any", "optional": True}),
        ("x: int | None = None", {"type": "int", "optional": True}),
        ("x: 'Optional[str]' = 'a'", {"type": "str", "default": "a", "optional": True}),
        ("x: Union[int, None] = 2", {"type": "int", "default": 2, "optional": True}),
        ("x: list[int] = []", {"type": "list", "default": [], "items": Shape(type="int")}),
        ("x: Literal['a', 'b'] = 'a'", {"type": "str", "default": "a", "choices": ("a", "b")}),
        ("x = 3  # the month", {"type": "int", "default": 3, "help": "the month"}),
        ("x = None  # type: int how many", {"type": "int", "optional": True, "help": "how many"}),
        ("x = [\n    1,\n]  # many", {"type": "list", "default": [1], "help": "many"}),
        ("x = 1\nx = 2", {"type": "int", "default": 2}),
    ],
)
def test_a_parameter_has_the_type_of_its_annotation_or_default(
    source: str, expected: dict[str, Any]
):
    assert _infer(source) == {"x": Parameter(name="x", **expected)}


@pytest.mark.parametrize("source", ["x = 2 * 3", "x = os.getcwd()", "a, b = 1, 2", "x = {1, f()}"])
def test_what_is_computed_is_no_parameter_and_is_warned_of(source: str):
    document = from_sources([(source, ["parameters"])])
    found = inspect(document.cells[0])
    assert found.parameters == ()
    assert found.warnings


def test_a_default_against_its_annotation_is_a_problem():
    assert inspect(from_sources([("x: int = 'a'", ["parameters"])]).cells[0]).problems


def test_a_notebook_without_the_tag_has_no_parameters():
    assert infer(from_sources([("x = 1", ())])) == ()


SCHEMA = (
    Parameter(name="month", type="int", default=1),
    Parameter(name="rate", type="float", default=0.5),
    Parameter(name="fast", type="bool", default=False),
    Parameter(name="name", type="str", default="a"),
    Parameter(name="items", type="list", default=[]),
    Parameter(name="options", type="dict", default={}),
    Parameter(name="limit", type="int", optional=True),
    Parameter(name="free", type="any", optional=True),
)
DEFAULTS = {parameter.name: parameter.default for parameter in SCHEMA}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("month=3", "month", 3),
        ("rate=2", "rate", 2.0),
        ("rate=1e-3", "rate", 0.001),
        ("fast=yes", "fast", True),
        ("fast=0", "fast", False),
        ("name=a=b", "name", "a=b"),
        ("name=3", "name", "3"),
        ("items=[1, 2]", "items", [1, 2]),
        ('options={"a": 1}', "options", {"a": 1}),
        ("limit=null", "limit", None),
        ("limit=5", "limit", 5),
        ("free=[1]", "free", [1]),
        ("free=word", "free", "word"),
    ],
)
def test_text_is_read_as_the_parameter_s_type(text: str, name: str, value: Any):
    result = parse(SCHEMA, [text])
    assert result == {name: value}
    assert type(result[name]) is type(value)
    assert check(SCHEMA, result) == {**DEFAULTS, name: value}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("month=abc", "a whole number.*month=3"),
        ("month=1.5", "a whole number"),
        ("month=null", "a whole number"),
        ("rate=nan", "a number"),
        ("fast=maybe", "true or false"),
        ("items=1", "a list"),
        ("items=a", "a list"),
        ("options=[]", "a mapping"),
        ("mont=3", "no parameter 'mont'.*'month'"),
        ("month", "NAME=VALUE"),
    ],
)
def test_wrong_text_is_refused_in_one_sentence_with_a_cure(text: str, words: str):
    with pytest.raises(ParameterError, match=words) as caught:
        parse(SCHEMA, [text])
    assert caught.value.cure


@pytest.mark.parametrize(
    "values",
    [{"month": True}, {"month": 1.0}, {"rate": "1"}, {"name": 3}, {"fast": 1}, {"nope": 1}],
)
def test_values_are_checked_strictly(values: dict[str, Any]):
    with pytest.raises(ParameterError):
        check(SCHEMA, values)


def test_a_whole_number_is_a_number():
    assert check(SCHEMA, {"rate": 2})["rate"] == 2.0


def test_a_required_parameter_must_be_given():
    schema = (Parameter(name="month", type="int", required=True),)
    with pytest.raises(ParameterError, match="needs a value"):
        check(schema, {})
    assert check(schema, {"month": 2}) == {"month": 2}
    with pytest.raises(ParameterError, match="has none"):
        check((), {"month": 2})


def test_the_json_schema_says_the_same():
    schema = json_schema((*SCHEMA, Parameter(name="must", type="str", required=True, help="x")))
    assert schema["required"] == ["must"]
    assert schema["properties"]["month"] == {"type": "integer", "default": 1}
    assert schema["properties"]["limit"]["type"] == ["integer", "null"]
    assert schema["properties"]["must"] == {"type": "string", "description": "x"}
    assert schema["additionalProperties"] is False
