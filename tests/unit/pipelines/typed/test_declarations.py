"""What a parameters cell declares beside plain numbers and texts."""

from __future__ import annotations

from typing import Any

import pytest

from nbmlops.domain.parameters import Parameter, Shape
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.parameters import Inferred, identity, inspect

COLORS = "class Color(enum.Enum):\n    RED = 1\n    BLUE: int = 2\n    _ignore_ = []\n"


def _inspect(source: str, *, above: str = COLORS) -> Inferred:
    cells = from_sources([(above, ()), (source, ["parameters"])]).cells
    return inspect(cells[1], cells)


def _only(source: str) -> Parameter:
    found = _inspect(source)
    assert not found.problems
    assert not found.warnings
    (parameter,) = found.parameters
    return parameter


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = date(2026, 1, 31)", {"type": "date", "default": "2026-01-31"}),
        ("x = datetime.date(2026, 1, 31)", {"type": "date", "default": "2026-01-31"}),
        ("x = date.fromisoformat('2026-01-31')", {"type": "date", "default": "2026-01-31"}),
        (
            "x = datetime(2026, 1, 31, 6, tzinfo=UTC)",
            {"type": "datetime", "default": "2026-01-31T06:00:00+00:00"},
        ),
        ("x: date", {"type": "date", "required": True}),
        ("x = Path('a') / 'b'", {"type": "path", "default": "a/b"}),
        ("x: pathlib.Path | None = None", {"type": "path", "optional": True}),
        ("x = (1, 2)", {"type": "tuple", "default": [1, 2]}),
        ("x: tuple[int, ...] = ()", {"type": "tuple", "default": [], "items": Shape(type="int")}),
        ("x = [date(2026, 1, 1)]", {
            "type": "list", "default": ["2026-01-01"], "items": Shape(type="date")}),
        ("x: dict[str, float] = {}", {"type": "dict", "default": {}, "items": Shape(type="float")}),
        ("x: list = []", {"type": "list", "default": []}),
        ("x = Color.RED", {
            "type": "enum", "enum": "Color", "choices": ("RED", "BLUE"), "default": "RED"}),
        ("x: Color", {
            "type": "enum", "enum": "Color", "choices": ("RED", "BLUE"), "required": True}),
        ("x: Literal[1, 2] = 1", {"type": "int", "choices": (1, 2), "default": 1}),
        ("x: Literal['a', None] = None", {"type": "str", "choices": ("a",), "optional": True}),
        ("x: Literal['a', 1] = 1", {"type": "any", "choices": ("a", 1), "default": 1}),
        ("x: Annotated[int, Ge(1), Le(12)] = 1", {
            "type": "int", "minimum": 1, "maximum": 12, "default": 1}),
        ("x: Annotated[int, range(1, 13)] = 1", {
            "type": "int", "minimum": 1, "maximum": 12, "default": 1}),
        ("x: Annotated[float, Interval(gt=0, lt=1)] = 0.5", {
            "type": "float", "above": 0, "below": 1, "default": 0.5}),
        ("x: Annotated[str, MinLen(1), MaxLen(3)] = 'a'", {
            "type": "str", "shortest": 1, "longest": 3, "default": "a"}),
        ("x: Annotated[list[int], Len(1, 2)] = [1]", {
            "type": "list", "shortest": 1, "longest": 2, "default": [1],
            "items": Shape(type="int")}),
        ("x: Annotated[date, Ge(date(2020, 1, 1))]", {
            "type": "date", "minimum": "2020-01-01", "required": True}),
        ("x = 3  # 1..12", {
            "type": "int", "minimum": 1, "maximum": 12, "default": 3}),
        ("x = 'a'  # one of: a, b", {
            "type": "str", "choices": ("a", "b"), "default": "a"}),
        ("x = 3  # see ../docs", {"type": "int", "default": 3, "help": "see ../docs"}),
        ("x: int | str = 1", {
            "type": "union", "members": (Shape(type="int"), Shape(type="str")), "default": 1}),
        ("x: str | Path = Path('a')", {"type": "path", "default": "a"}),
        ("x: str | Path = 'a'", {"type": "str", "default": "a"}),
        ("x = {2, 1}", {"type": "set", "default": [1, 2]}),
        ("x: set[int] = set()", {"type": "set", "default": [], "items": Shape(type="int")}),
        ("x = frozenset(['b', 'a'])", {"type": "frozenset", "default": ["a", "b"]}),
        ("x: AbstractSet[int]", {"type": "set", "items": Shape(type="int"), "required": True}),
        ("x = {1: 0.5}", {"type": "dict", "default": {"1": 0.5}, "keys": Shape(type="int")}),
        ("x: dict[date, float] = {date(2026, 1, 1): 1}", {
            "type": "dict", "default": {"2026-01-01": 1.0}, "keys": Shape(type="date"),
            "items": Shape(type="float")}),
        ("x = [Color.RED, Color['BLUE']]", {
            "type": "list", "default": ["RED", "BLUE"],
            "items": Shape(type="enum", enum="Color", choices=("RED", "BLUE"))}),
        ("x = [(1, 2), (3,)]", {
            "type": "list", "default": [[1, 2], [3]], "items": Shape(type="tuple")}),
        ("x = [date(2026, 1, 1), 7]", {
            "type": "list", "default": ["2026-01-01", 7],
            "items": Shape(type="union", members=(Shape(type="date"), Shape(type="int")))}),
        ("x: list = [date(2026, 1, 1)]", {
            "type": "list", "default": ["2026-01-01"], "items": Shape(type="date")}),
        ("x: Day = date(2026, 1, 1)", {"type": "date", "default": "2026-01-01"}),
        ("x = time(6, 30)", {"type": "time", "default": "06:30:00"}),
        ("x = -timedelta(hours=36)  # how far", {
            "type": "timedelta", "default": "-P1DT12H", "help": "how far"}),
        ("x: Annotated[timedelta, Ge(timedelta(0))] = timedelta(minutes=5)", {
            "type": "timedelta", "default": "PT5M", "minimum": "PT0S"}),
        ("x = Decimal('0.10')", {"type": "decimal", "default": "0.10"}),
        ("x = Decimal('1')  # 0..2.5", {
            "type": "decimal", "default": "1", "minimum": "0", "maximum": "2.5"}),
        ("x = uuid.UUID(int=7)", {
            "type": "uuid", "default": "00000000-0000-0000-0000-000000000007"}),
        ("# the month\n# of the year\nx = 3", {
            "type": "int", "default": 3, "help": "the month of the year"}),
        ("y: 'no' = 1; del y\n# above\n\nx = 3", {"type": "int", "default": 3}),
    ],
)  # fmt: skip
def test_types_ranges_and_choices_are_read_without_running_the_cell(
    source: str, expected: dict[str, Any]
):
    found = {parameter.name: parameter for parameter in _inspect(source).parameters}
    assert found["x"] == Parameter(name="x", **expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x: Secret", {"type": "secret", "required": True}),
        ("x = nbmlops.Secret('env:TOKEN')", {"type": "secret", "default": "env:TOKEN"}),
        ("x: Secret = Secret('file:~/.token')", {"type": "secret", "default": "file:~/.token"}),
        ("x = os.environ['TOKEN']  # secret", {"type": "secret", "default": "env:TOKEN"}),
        ("x = os.getenv('TOKEN')  # secret: for the API", {
            "type": "secret", "default": "env:TOKEN", "help": "for the API"}),
        ("x = keyring.get_password('api', 'me')  # secret", {
            "type": "secret", "default": "keyring:api/me"}),
        ("x = 3  # secret sauce", {"type": "int", "default": 3, "help": "secret sauce"}),
    ],
)  # fmt: skip
def test_a_secret_is_declared_by_its_place(source: str, expected: dict[str, Any]):
    assert _only(source) == Parameter(name="x", **expected)


@pytest.mark.parametrize(
    "source",
    [
        "x = 'hunter2'  # secret",
        "x: Secret = 'hunter2'",
        "x: Secret = 'env:TOKEN'",  # a straight run would take the text for the secret
        "x = Secret('hunter2')",
        "x: date = '2026-01-01'",
        "x: Path = 'data'",
        "x: int = 1.5",
        "x: Annotated[int, Gt(0)] = 0",
        "x: Literal['a'] = 'b'",
        "x: list[int] = ['a']",
        "x: date | str = '2026-01-01'",  # a run would read a date
        "x: dict[int, int] = {'1': 2}",
        "x: list[date] = ['2026-01-01']",
        "x: set[Color] = {'RED'}",
        "x: Decimal = 0.1",
        "x: tuple[int, str] = (1,)",
    ],
)
def test_a_default_against_its_declaration_stops_the_build(source: str):
    found = _inspect(source)
    assert found.problems
    assert not found.parameters
    assert "hunter2" not in str(found)


def test_what_follows_from_another_default_is_warned_of():
    (warning,) = _inspect("n = 1\nm = n + 1").warnings
    assert "computed from the default of 'n'" in warning


def test_a_parameter_that_says_no_more_than_before_keeps_the_digest_of_its_pipeline():
    assert identity(Parameter(name="x", type="int", default=1)).keys() == {
        "name", "type", "default", "required", "optional", "help",
    }  # fmt: skip
    assert identity(_only("x = 3  # 1..12"))["maximum"] == 12
