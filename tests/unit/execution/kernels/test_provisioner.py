"""Only a kernel that a fork could be is taken from a fork server."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from nbmlops.execution.kernels.provisioner import Command


@dataclass(frozen=True)
class Case:
    name: str
    words: tuple[str, ...]
    parsed: Command | None


HERE = sys.executable
CASES = (
    Case("ipykernel", (HERE, "-m", "ipykernel_launcher", "-f", "x"), Command((HERE,), ("-f", "x"))),
    Case(
        "with flags",
        (HERE, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "x"),
        Command((HERE, "-Xfrozen_modules=off"), ("-f", "x")),
    ),
    Case("another interpreter", ("/usr/bin/python3.9", "-m", "ipykernel_launcher"), None),
    Case("another kernel", (HERE, "-m", "xeus_python", "-f", "x"), None),
    Case("a script of that name", (HERE, "ipykernel_launcher", "-f", "x"), None),
    Case("a flag with a word", (HERE, "-X", "dev", "-m", "ipykernel_launcher"), None),
    Case("nothing", (), None),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_command_line_is_taken_apart_or_left_alone(case: Case) -> None:
    assert Command.parse(case.words) == case.parsed
