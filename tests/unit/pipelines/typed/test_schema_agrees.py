"""What a parameter takes, what is said of it, and its JSON Schema are one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jsonschema
import pytest

from nbmlops.notebook.document import Cell
from nbmlops.pipelines.parameters import inspect
from nbmlops.pipelines.typed import describe
from nbmlops.pipelines.typed.fit import fit
from nbmlops.pipelines.typed.scalars import UnfitError
from nbmlops.pipelines.typed.schema import json_schema


@dataclass(frozen=True, kw_only=True)
class Case:
    """An annotation, how tables show it, and plain values that it takes and does not."""

    annotation: str
    kind: str
    good: tuple[Any, ...]
    bad: tuple[Any, ...]


CASES = (
    Case(annotation="int", kind="int", good=(1, -3), bad=("1", 1.5, True, None, [1])),
    Case(annotation="float", kind="float", good=(1.5, 2), bad=("1", True, None)),
    Case(annotation="bool", kind="bool", good=(True, False), bad=(1, "true", None)),
    Case(annotation="str", kind="str", good=("", "a"), bad=(1, None, ["a"])),
    Case(
        annotation="list[int]",
        kind="list[int]",
        good=([], [1, 2]),
        bad=(["a"], [1.5], [True], 1, {}),
    ),
    Case(annotation="List[str]", kind="list[str]", good=([], ["a"]), bad=([1], "a")),
    Case(annotation="Sequence[float]", kind="list[float]", good=([1, 1.5],), bad=(["1"],)),
    Case(
        annotation="list[str | None]",
        kind="list[str or None]",
        good=([None, "a"],),
        bad=([1], None),
    ),
    Case(
        annotation="list[list[int]]", kind="list[list[int]]", good=([[1], []],), bad=([1], [["a"]])
    ),
    Case(annotation="tuple[int, ...]", kind="tuple[int, ...]", good=([], [1, 2]), bad=(["a"], 1)),
    Case(
        annotation="dict[str, int]",
        kind="dict[str, int]",
        good=({}, {"a": 1}),
        bad=({"a": "b"}, [1], 1),
    ),
    Case(
        annotation="dict[str, list[float]]",
        kind="dict[str, list[float]]",
        good=({"a": [1.5, 2]}, {"a": []}),
        bad=({"a": 1.5}, {"a": ["b"]}, [[1.5]]),
    ),
    Case(
        annotation="Mapping[str, dict[str, int]]",
        kind="dict[str, dict[str, int]]",
        good=({"a": {"b": 1}},),
        bad=({"a": 1}, {"a": {"b": "c"}}),
    ),
    Case(annotation="Optional[int]", kind="int or None", good=(1, None), bad=("a", 1.5)),
    Case(annotation="list[int] | None", kind="list[int] or None", good=([1], None), bad=(1, ["a"])),
    Case(annotation="Union[int, None]", kind="int or None", good=(1, None), bad=("a",)),
    Case(annotation='Literal["a", "b"]', kind="str", good=("a", "b"), bad=("c", 1, None)),
    Case(
        annotation='Literal[1, "a", None]',
        kind="any or None",
        good=(1, "a", None),
        bad=(2, "b", []),
    ),
    Case(annotation="Optional[Color]", kind="Color or None", good=("RED", None), bad=("GREEN", 1)),
    Case(annotation="Color", kind="Color", good=("RED", "BLUE"), bad=("GREEN", 1, None)),
    Case(annotation="Annotated[int, Ge(1), Le(12)]", kind="int", good=(1, 12), bad=(0, 13, "1")),
    Case(annotation="Annotated[float, Gt(0)]", kind="float", good=(0.1,), bad=(0, -1)),
    Case(
        annotation="Annotated[list[int], Len(1, 2)]",
        kind="list[int]",
        good=([1], [1, 2]),
        bad=([], [1, 2, 3]),
    ),
    Case(annotation="Annotated[str, MinLen(2)]", kind="str", good=("ab",), bad=("a", 1)),
    Case(annotation="date", kind="date", good=("2026-01-31",), bad=("31.1.2026", 1, "2026-02-30")),
    Case(
        annotation="list[date]",
        kind="list[date]",
        good=(["2026-01-31"],),
        bad=(["x"], "2026-01-31"),
    ),
    Case(annotation="datetime", kind="datetime", good=("2026-01-31T06:00:00+00:00",), bad=("x", 1)),
    Case(annotation="Path", kind="path", good=("data/a.csv",), bad=(1, None)),
    Case(
        annotation="int | str",
        kind="int or str",
        good=(1, "a", "1", ""),
        bad=(1.5, True, None, [1]),
    ),
    Case(
        annotation="Union[int, list[int], None]",
        kind="int or list[int] or None",
        good=(1, [1], None),
        bad=("1", ["a"], 1.5),
    ),
    Case(
        annotation='Literal["auto"] | Annotated[int, Ge(1)]',
        kind="str or int",
        good=("auto", 3),
        bad=("max", 0, None),
    ),
    Case(annotation="list[int | None]", kind="list[int or None]", good=([1, None],), bad=(["1"],)),
    Case(annotation="list[int | str]", kind="list[int or str]", good=([1, "a"],), bad=([1.5],)),
    Case(annotation="date | int", kind="date or int", good=("2026-01-31", 3), bad=("x", 1.5)),
    Case(annotation="set[int]", kind="set[int]", good=([], [1, 2]), bad=([1, 1], ["a"], 1)),
    Case(annotation="frozenset[str]", kind="frozenset[str]", good=(["a"],), bad=(["a", "a"], "a")),
    Case(
        annotation="set[tuple[int, str]]",
        kind="set[tuple[int, str]]",
        good=([[1, "a"], [2, "a"]],),
        bad=([["a", 1]], [[1, "a"], [1, "a"]]),
    ),
    Case(
        annotation="tuple[int, str]",
        kind="tuple[int, str]",
        good=([1, "a"],),
        bad=([1], [1, "a", 2], ["a", 1], 1),
    ),
    Case(
        annotation="dict[int, float]",
        kind="dict[int, float]",
        good=({}, {"1": 0.5, "-2": 1}),
        bad=({"a": 1.5}, {"1": "b"}, {"1.5": 1}, [1]),
    ),
    Case(
        annotation="dict[Color, set[date]]",
        kind="dict[Color, set[date]]",
        good=({"RED": ["2026-01-31"]},),
        bad=({"GREEN": []}, {"RED": ["x"]}),
    ),
    Case(
        annotation="dict[date, int]",
        kind="dict[date, int]",
        good=({"2026-01-31": 1},),
        bad=({"x": 1},),
    ),
    Case(annotation="list[Color]", kind="list[Color]", good=(["RED"],), bad=(["GREEN"], "RED")),
    Case(annotation="time", kind="time", good=("06:30:00Z",), bad=(630, None)),
    Case(annotation="timedelta", kind="timedelta", good=("PT1H30M", "-P1D"), bad=("P1X", 90, None)),
    Case(annotation="Decimal", kind="decimal", good=("0.10", "-3"), bad=("x", 0.1, "nan", None)),
    Case(annotation="UUID", kind="uuid", good=(f"{0:08}-0000-4000-8000-{7:012}",), bad=("7", 7)),
    Case(annotation="Secret", kind="secret", good=("env:TOKEN",), bad=("hunter2", 1)),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.annotation)
def test_a_parameter_takes_what_its_schema_takes(case: Case) -> None:
    """A check of the schema by itself is no stricter than the run, nor the other way round."""
    enum = "from enum import Enum\nclass Color(Enum):\n    RED = 1\n    BLUE = 2\n"
    source = f"{enum}x: {case.annotation}"
    found = inspect(Cell(id="c", index=0, kind="code", source=source, tags=("parameters",)))
    (parameter,) = found.parameters
    assert describe.kind(parameter) == case.kind
    schema = json_schema(found.parameters)
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    for value in case.good:
        assert fit(parameter, value) == (value if parameter.type != "time" else "06:30:00+00:00")
        assert check.is_valid({"x": value})
    for value in case.bad:
        with pytest.raises(UnfitError):
            fit(parameter, value)
        if not (parameter.type == "datetime" and isinstance(value, str)):  # it needs a checker
            assert not check.is_valid({"x": value})
    assert not check.is_valid({})
