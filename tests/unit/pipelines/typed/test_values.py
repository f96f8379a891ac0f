"""Values of parameters: checked, and brought into the notebook as source."""

from __future__ import annotations

import enum
import uuid
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
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
from nbmlops.pipelines.typed.scalars import UnfitError
from nbmlops.pipelines.typed.schema import json_schema
from nbmlops.pipelines.typed.source import assignments
from nbmlops.pipelines.typed.unions import union


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
    "time": (Shape(type="time"), st.times()),
    "timedelta": (Shape(type="timedelta"), st.timedeltas()),
    "decimal": (Shape(type="decimal"), st.decimals(allow_nan=False, allow_infinity=False)),
    "uuid": (Shape(type="uuid"), st.uuids()),
    "path": (Shape(type="path"), st.text("ab/'\"\n\\{", min_size=1).map(Path)),
    "enum": (
        Shape(type="enum", enum="Color", choices=("RED", "BLUE")),
        st.sampled_from(Color),
    ),
}


MAKERS: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


NATIVE = ("int", "float", "bool", "str")
PALETTES = (NATIVE, tuple(SCALARS.keys() - {"str"}))
"""A text for a union is of the first type that reads it: no text goes with what is read of one."""


@st.composite
def shaped(
    draw: st.DrawFn, *, depth: int = 2, hashable: bool = False, of: tuple[str, ...] | None = None
) -> tuple[Shape, Any]:
    """A shape and a Python value of it."""
    of = of or draw(st.sampled_from(PALETTES))
    kinds = ["single", "union"] if hashable else ["single", "union", *MAKERS, "dict", "row"]
    kind = draw(st.sampled_from(kinds if depth else ["single"]))
    if kind == "single":
        shape, values = SCALARS[draw(st.sampled_from(of))]
        return shape, draw(values)
    if kind == "union":
        others = [SCALARS[name][0] for name in draw(st.lists(st.sampled_from(of)))]
        shape, value = draw(shaped(depth=0, of=of))
        return union([*others, shape]), value
    found = draw(
        st.lists(shaped(depth=depth - 1, hashable=kind in ("set", "frozenset"), of=of), max_size=3)
    )
    values = [value for _, value in found]
    if kind == "row":
        return Shape(type="tuple", members=tuple(shape for shape, _ in found)), tuple(values)
    items = union(shape for shape, _ in found) if found else None
    if kind != "dict":
        return Shape(type=kind, items=items), MAKERS[kind](values)  # type: ignore[arg-type] # it is
    names = draw(st.lists(shaped(depth=0, hashable=True, of=of), max_size=len(found)))
    keys = union(shape for shape, _ in names) if names else None
    pairs = dict(zip((value for _, value in names), values, strict=False))
    return Shape(type="dict", keys=keys, items=items), pairs


def types_of(value: Any) -> str:
    """The types of a value and of all that it holds; a whole number may stand for a fraction."""
    if type(value) is int:
        return "float[]"
    inside = value.items() if isinstance(value, dict) else value
    if not isinstance(value, dict | list | tuple | set | frozenset):
        inside = ()
    found = [types_of(item) for item in inside]
    return f"{type(value).__name__}{sorted(found) if isinstance(value, set | frozenset) else found}"


@settings(deadline=None)  # a busy machine is no failure
@given(shaped())
def test_a_value_reaches_the_notebook_as_it_was_given_or_is_refused(case: tuple[Shape, Any]):
    shape, value = case
    said = {field.name: getattr(shape, field.name) for field in fields(Shape)}
    schema = (Parameter(name="x", required=True, **said),)
    try:
        checked = check(schema, {"x": value})
    except ParameterError:
        assert "union" in repr(shape) or "set" in repr(shape)  # of them a plain form may say less
        return
    kept = wire.structured(wire.plain(checked), dict[str, Any])
    assert check(schema, kept) == checked
    namespace: dict[str, Any] = {"Color": Color}
    exec(compile(assignments(schema, kept), "cell", "exec"), namespace)
    assert namespace.keys() - {"__builtins__"} == {"x", "Color"}
    assert namespace["x"] == value
    assert types_of(namespace["x"]) == types_of(value)


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
        ("at=", "a date and time from 2020-01-01T00:00:00 up or null, not ''"),
        ('days=["x"]', "a list"),
        ('days=["2026-01-01", "2026-01-01", "2026-01-01"]', "at most 2 items"),
        ("color=GREEN", "one of RED, BLUE"),
    ],
)
def test_text_beyond_the_limits_is_refused_with_the_limits(text: str, words: str):
    with pytest.raises(ParameterError, match=words):
        parse(BOUNDED, [text])


@pytest.mark.parametrize(
    ("text", "meant"), [("MONTH=3", "month"), ("Mnth=3", "month"), ("Day=2026-01-01", "day")]
)
def test_a_name_in_another_case_is_told_in_its_own(text: str, meant: str):
    with pytest.raises(ParameterError, match=f"Did you mean '{meant}'"):
        parse(BOUNDED, [text])


SEVERAL = (
    Parameter(name="n", type="union", members=(Shape(type="int"), Shape(type="str")), default=1),
    Parameter(name="when", type="union", members=(Shape(type="str"), Shape(type="date"))),
    Parameter(name="flag", type="union", members=(Shape(type="bool"), Shape(type="float"))),
    Parameter(name="few", type="set", items=Shape(type="int")),
    Parameter(name="by", type="dict", keys=Shape(type="int"), items=Shape(type="float")),
    Parameter(name="wait", type="timedelta", minimum="PT0S", maximum="P1D"),
    Parameter(name="at", type="time"),
    Parameter(name="price", type="decimal", above="0"),
    Parameter(name="key", type="uuid"),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n=3", 3),
        ('n="3"', "3"),
        ("n=abc", "abc"),
        ("n=007", "007"),
        ("when=2026-01-31", "2026-01-31"),
        ("flag=True", True),
        ("flag=1", 1.0),
        ("few=[3, 10, 2]", [2, 3, 10]),
        ('by={"1": 2}', {"1": 2.0}),
        ("wait=90m", "PT1H30M"),
        ("wait=PT90M", "PT1H30M"),
        ("wait=1:30:00.5", "PT1H30M0.5S"),
        ("at=06:30", "06:30:00"),
        ("price=1.10", "1.10"),
        ("key=12345678-1234-5678-1234-56781234567A", "12345678-1234-5678-1234-56781234567a"),
    ],
)
def test_text_is_read_as_the_type_that_takes_it(text: str, value: Any):
    (found,) = parse(SEVERAL, [text]).values()
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("flag=maybe", "true or false or a number, not 'maybe'"),
        ("few=[1, 1]", "a list without repetition with a whole number"),
        ('by={"a": 1}', "a mapping whose names are each a whole number, with a number under"),
        ("wait=2d", "a length of time from PT0S to P1D, not '2d'"),
        ("wait=P1M", "a length of time"),
        ("at=25:00", "a time of day, not '25:00'"),
        ("price=0", "a decimal number above 0"),
        ("price=1_0", "a decimal number"),
        ("key=7", "a UUID, not '7'.*key=1234"),
    ],
)
def test_what_no_type_takes_is_refused_in_one_sentence(text: str, words: str):
    with pytest.raises(ParameterError, match=words):
        parse(SEVERAL, [text])


def test_a_value_that_its_record_would_make_another_is_refused():
    shape = Shape(type="union", members=(Shape(type="path"), Shape(type="uuid")))
    with pytest.raises(UnfitError):
        fit(shape, Path(str(uuid.UUID(int=7))))
    rows = Shape(type="union", members=(Shape(type="list"), Shape(type="set")))
    assert fit(rows, [1]) == [1]
    with pytest.raises(UnfitError):
        fit(rows, {1})
    with pytest.raises(UnfitError):
        fit(Shape(type="any"), Decimal(1))


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
