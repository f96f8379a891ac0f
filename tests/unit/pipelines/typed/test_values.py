"""Values of parameters: checked, and brought into the notebook as source."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmlops.domain import wire
from nbmlops.domain.parameters import Parameter, Shape
from nbmlops.errors import ParameterError
from nbmlops.pipelines.typed.check import check, differing, parse
from nbmlops.pipelines.typed.fit import fit
from nbmlops.pipelines.typed.schema import json_schema
from nbmlops.pipelines.typed.source import assignments


class Color(enum.Enum):
    RED = 1
    BLUE = 2


SCALARS: dict[str, tuple[Shape, st.SearchStrategy[Any]]] = {
    "int": (Shape(type="int"), st.integers(-(10**30), 10**30)),
    "float": (Shape(type="float"), st.floats(allow_nan=False, allow_infinity=False)),
    "bool": (Shape(type="bool"), st.booleans()),
    "str": (Shape(type="str"), st.text()),
    "date": (Shape(type="date"), st.dates()),
    "datetime": (Shape(type="datetime"), st.datetimes(timezones=st.sampled_from([None, UTC]))),
    "path": (Shape(type="path"), st.text("ab/'\"\n\\{", min_size=1).map(Path)),
    "enum": (
        Shape(type="enum", enum="Color", choices=("RED", "BLUE")),
        st.sampled_from(Color),
    ),
}


@st.composite
def shaped(draw: st.DrawFn) -> tuple[Shape, Any]:
    """A shape and a Python value of it."""
    shape, values = draw(st.sampled_from(list(SCALARS.values())))
    if draw(st.booleans()):
        return shape, draw(values)
    kind = draw(st.sampled_from(["list", "tuple", "dict"]))
    items = draw(st.lists(values, max_size=3))
    outer = Shape(type=kind, items=shape)
    if kind == "dict":
        return outer, {f"{number}'": item for number, item in enumerate(items)}
    return outer, items if kind == "list" else tuple(items)


@settings(deadline=None)  # a busy machine is no failure
@given(shaped())
def test_a_value_reaches_the_notebook_as_it_was_given(case: tuple[Shape, Any]):
    shape, value = case
    said = {field: getattr(shape, field) for field in ("type", "choices", "items", "enum")}
    schema = (Parameter(name="x", required=True, **said),)
    kept = wire.structured(wire.plain(check(schema, {"x": value})), dict[str, Any])
    namespace: dict[str, Any] = {"Color": Color}
    exec(compile(assignments(schema, kept), "cell", "exec"), namespace)
    assert namespace.keys() - {"__builtins__"} == {"x", "Color"}
    assert namespace["x"] == value
    assert type(namespace["x"]) is type(value)


BOUNDED = (
    Parameter(name="month", type="int", minimum=1, maximum=12, default=1),
    Parameter(name="share", type="float", above=0, below=1, default=0.5),
    Parameter(name="mode", type="str", choices=("fast", "slow"), default="fast"),
    Parameter(name="day", type="date", minimum="2020-01-01", default="2026-01-01"),
    Parameter(name="at", type="datetime", optional=True, minimum="2020-01-01T00:00:00"),
    Parameter(name="days", type="list", items=Shape(type="date"), longest=2, default=[]),
    Parameter(name="color", type="enum", enum="C", choices=("RED", "BLUE"), default="RED"),
    Parameter(name="token", type="secret", default="env:TOKEN"),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("month=12", 12),
        ("mode=slow", "slow"),
        ("day=2026-02-01", "2026-02-01"),
        ("at=2026-02-01T06:00", "2026-02-01T06:00:00"),
        ("at=null", None),
        ('days=["2026-02-01"]', ["2026-02-01"]),
        ("color=blue", "BLUE"),
        ("token=keyring:api/me", "keyring:api/me"),
    ],
)
def test_text_within_the_limits_is_taken(text: str, value: Any):
    (name,) = given_ = parse(BOUNDED, [text])
    assert given_ == {name: value}
    assert differing(BOUNDED, check(BOUNDED, given_)) == given_ or value is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("month=13", "from 1 to 12, not '13'.*month=1"),
        ("share=1", "above 0 below 1"),
        ("mode=fst", "one of fast, slow.*mode=fast"),
        ("day=2019-12-31", "a date from 2020-01-01 up"),
        ("day=2026-13-01", "a date"),
        ("at=2026-02-01T06:00Z", "a date and time"),
        ('days=["x"]', "a list"),
        ('days=["2026-01-01", "2026-01-01", "2026-01-01"]', "at most 2 items"),
        ("color=GREEN", "one of RED, BLUE"),
    ],
)
def test_text_beyond_the_limits_is_refused_with_the_limits(text: str, words: str):
    with pytest.raises(ParameterError, match=words):
        parse(BOUNDED, [text])


def test_a_secret_in_plain_text_is_refused_and_not_repeated():
    with pytest.raises(ParameterError, match="env:NAME") as caught:
        parse(BOUNDED, ["token=hunter2"])
    assert "hunter2" not in str(caught.value)


def test_a_default_is_left_to_the_parameters_cell():
    values = check(BOUNDED, {"month": 1, "day": date(2026, 1, 2)})
    assert differing(BOUNDED, values) == {"day": "2026-01-02"}
    anything = (Parameter(name="x", type="any", default=True),)
    assert differing(anything, check(anything, {"x": 1})) == {"x": 1}


def test_python_values_and_their_plain_forms_are_the_same():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert fit(Shape(type="datetime"), moment) == fit(Shape(type="datetime"), moment.isoformat())
    assert fit(Shape(type="path"), Path("a")) == fit(Shape(type="path"), "a")
    assert fit(BOUNDED[6], Color.RED) == "RED"


def test_the_schema_has_limits_formats_and_choices():
    found = json_schema(BOUNDED, title="flights@1")["properties"]
    assert found["month"] == {"type": "integer", "minimum": 1, "maximum": 12, "default": 1}
    assert found["share"]["exclusiveMaximum"] == 1
    assert found["day"]["format"] == "date"
    assert found["at"]["type"] == ["string", "null"]
    assert found["days"]["items"] == {"type": "string", "format": "date"}
    assert found["days"]["maxItems"] == 2
    assert found["color"]["enum"] == ["RED", "BLUE"]
    assert found["token"]["format"] == "secret"
