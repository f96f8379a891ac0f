"""A type that the notebook gives a name to is the type of the parameters that use the name."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from nbmlops.domain.parameters import Shape
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.parameters import Inferred, inspect


def inspected(source: str, above: str = "") -> Inferred:
    """What is read from a parameters cell, with a cell above it."""
    cells = from_sources([(above, ()), (source, ["parameters"])]).cells
    return inspect(cells[1], cells)


@dataclass(frozen=True)
class Named:
    """A cell whose last line declares ``x``, and the shape that this has."""

    source: str
    shape: Shape
    above: str = ""


DAYS = Shape(type="int", choices=(1, 7))
CASES = [
    Named("Horizon = Literal[1, 7]\nx: Horizon = 1", DAYS),
    Named("x: Horizon = 1", DAYS, above="Horizon = Literal[1, 7]"),
    Named("Horizon: TypeAlias = Literal[1, 7]\nx: Horizon = 1", DAYS),
    Named("Horizon: TypeAlias = 'Literal[1, 7]'\nx: Horizon = 1", DAYS),
    Named("Day = Literal[1, 7]\nHorizon = Day\nx: 'Horizon' = 1", DAYS),
    Named("Horizon = Literal[1, 7]\nx = 1  # type: Horizon", DAYS),
    Named("Days = list[Day]\nDay = Literal[1, 7]\nx: Days = [1]", Shape(type="list", items=DAYS)),
    Named("Share = Annotated[int, Ge(1)]\nx: Share = 1", Shape(type="int", minimum=1)),
    Named("a = 1\nA = int\nx: Literal['A'] = 'A'", Shape(type="str", choices=("A",))),
    Named("A = A | int\nx: A = 1", Shape(type="any")),
    Named("x: Shade = Color.RED", Shape(type="enum", enum="Color", choices=("RED",)),
          above="class Color(Enum):\n    RED = 1\nShade = Color"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)
def test_a_name_of_a_type_is_followed(case: Named) -> None:
    found = inspected(case.source, case.above)
    (parameter,) = (one for one in found.parameters if one.name == "x")
    assert Shape(**{name: getattr(parameter, name) for name in Shape.__slots__}) == case.shape
    assert not found.problems


def test_a_name_of_a_type_is_no_parameter_and_nothing_to_warn_of() -> None:
    found = inspected("Horizon = Literal[1, 7]\nx: Horizon = 7\ny = f()")
    assert [parameter.name for parameter in found.parameters] == ["x"]
    assert [warning.split()[0] for warning in found.warnings] == ["'y'"]


def test_a_default_that_the_named_type_does_not_allow_stops_the_build() -> None:
    (problem,) = inspected("Horizon = Literal[1, 7]\nx: Horizon = 2").problems
    assert "'x' is declared as" in problem


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the statement is of Python 3.12")
def test_the_statement_that_names_a_type_is_followed() -> None:
    (parameter,) = inspected("type Horizon = Literal[1, 7]\nx: Horizon = 1").parameters
    assert parameter.choices == (1, 7)
