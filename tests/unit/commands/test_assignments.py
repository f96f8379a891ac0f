"""Parameters as a command takes them: typed, or read from a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nbmlops.commands.assignments import given
from nbmlops.domain.parameters import Parameter, Shape
from nbmlops.errors import ParameterError
from nbmlops.pipelines.typed.check import check

SCHEMA = (
    Parameter(name="month", type="int", default=1),
    Parameter(name="carriers", type="list", default=[]),
    Parameter(name="note", type="str", default=""),
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("march.json", '{"month": 3, "carriers": ["UA", "DL"]}'),
        ("march.yaml", "month: 3\ncarriers: [UA, DL]\n"),
        ("march.yml", "month: 3\ncarriers:\n  - UA\n  - DL\n"),
    ],
)
@pytest.mark.parametrize("marked", [False, True])
def test_a_file_gives_parameters_whichever_way_it_is_named(
    tmp_path: Path,
    name: str,
    text: str,
    marked: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    path = tmp_path / name
    path.write_text(text)
    found = given(SCHEMA, [f"@{path}"], None) if marked else given(SCHEMA, [], path)
    assert found == {"month": 3, "carriers": ["UA", "DL"]}


def test_what_is_typed_goes_before_files_and_a_later_file_before_an_earlier(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("month: 1\nnote: first\n")
    second.write_text("month: 2\nnote: second\n")
    assert given(SCHEMA, [f"@{second}", "month=7"], first) == {"month": 7, "note": "second"}


AS_WRITTEN = (
    Parameter(name="at", type="time", required=True),
    Parameter(name="share", type="decimal", required=True),
    Parameter(name="rate", type="float", default=0.5),
    Parameter(name="n", type="int", default=1),
    Parameter(name="anything", type="any"),
    Parameter(name="shares", type="list", items=Shape(type="decimal"), default=[]),
    Parameter(name="by", type="dict", items=Shape(type="decimal"), default={}),
    Parameter(name="pair", type="tuple", members=(Shape(type="decimal"), Shape(type="float"))),
    Parameter(
        name="either", type="union", members=(Shape(type="decimal"), Shape(type="date")), default=1
    ),
    Parameter(
        name="number", type="union", members=(Shape(type="decimal"), Shape(type="float")), default=1
    ),
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.yaml", "at: 06:30\nshare: 0.10", {"at": "06:30", "share": "0.10"}),
        ("a.yaml", "at: 06:30:15\nshare: 5", {"at": "06:30:15", "share": 5}),
        ("a.json", '{"share": 0.10, "rate": 0.10}', {"share": "0.10", "rate": 0.1}),
        ("a.yaml", "rate: 1.5\nanything: [1.5, {a: .5}]", {
            "rate": 1.5, "anything": [1.5, {"a": 0.5}]}),
        ("a.yaml", "shares: [0.10, 2]\nby: {a: 0.30}", {
            "shares": ["0.10", 2], "by": {"a": "0.30"}}),
        ("a.yaml", "pair: [0.10, 0.10]", {"pair": ["0.10", 0.1]}),
        ("a.yaml", "either: 0.10\nnumber: 0.10", {"either": "0.10", "number": 0.1}),
        ("a.yaml", "anything: &a {x: 1.5}\nby: {<<: {y: 2.50}}", {
            "anything": {"x": 1.5}, "by": {"y": "2.50"}}),
        ("a.yaml", "n: 010\nrate: -1_000.5", {"n": 8, "rate": -1000.5}),
        ("a.yaml", "n: 0x10\nrate: .inf", {"n": 16, "rate": float("inf")}),
    ],
)  # fmt: skip
def test_what_a_file_says_is_taken_as_it_is_written(
    tmp_path: Path, name: str, text: str, expected: dict[str, Any]
) -> None:
    """Also where reading it as a number would lose that: decimal numbers, and times."""
    (tmp_path / name).write_text(text)
    found = given(AS_WRITTEN, [], tmp_path / name)
    assert found == expected
    assert {type(value) for value in found.values()} <= {int, float, str, list, dict}


@pytest.mark.parametrize("text", ["at: 6:30", "share: 1_000.5", "share: .inf", "n: 06:30"])
def test_what_is_no_value_of_the_type_is_refused_as_it_is_written(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    values = given(AS_WRITTEN, [], path)
    schema = [parameter for parameter in AS_WRITTEN if parameter.name in values]
    with pytest.raises(ParameterError, match=re.escape(text.partition(": ")[2])) as refusal:
        check(schema, values)
    assert refusal.value.cure


CASES: dict[str, tuple[str, str | None, str]] = {
    "a list": ("list.yaml", "- 1\n", "holds no parameters"),
    "numbers for names": ("numbers.yaml", "1: 2\n", "holds no parameters"),
    "not JSON": ("broken.json", "{month: 3}", "is not JSON"),
    "not YAML": ("broken.yaml", "month: [3", "is not YAML"),
    "no file": ("gone.yaml", None, "cannot be read: No such file"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_file_that_holds_no_parameters_is_refused_with_its_name(
    tmp_path: Path, case: tuple[str, Any, str]
) -> None:
    name, text, reason = case
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ParameterError, match=reason) as refusal:
        given(SCHEMA, [f"@{tmp_path / name}"], None)
    assert name in refusal.value.message
    assert refusal.value.cure
