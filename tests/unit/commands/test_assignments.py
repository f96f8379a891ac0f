"""Parameters as a command takes them: typed, or read from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbmlops.commands.assignments import given
from nbmlops.domain.parameters import Parameter
from nbmlops.errors import ParameterError

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
