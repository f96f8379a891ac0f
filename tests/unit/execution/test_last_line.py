"""The last line that a cell prints is told at once, then now and then, without secrets."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass

import pytest

from nbmlops.execution import last_line
from nbmlops.execution.last_line import LONGEST, LastLine
from nbmlops.values import secrets


@dataclass(frozen=True, slots=True)
class Case:
    """What a cell prints in one go, and what is told of it at once."""

    printed: tuple[str, ...]
    told: list[str]


CASES = {
    "a line": Case(("epoch 1\n",), ["epoch 1"]),
    "the last of several": Case(("epoch 1\nepoch 2\n",), ["epoch 2"]),
    "an unfinished line": Case(("epoch 1\nepoch", " 2"), ["epoch"]),
    "a bar that is drawn over and over": Case(("\r 10%\r 20%",), ["20%"]),
    "nothing but blank lines": Case(("\n \n", "\n"), []),
    "a line before blank ones": Case(("epoch 1\n \t\n\r\n",), ["epoch 1"]),
    "a line that was drawn over with blanks": Case(("epoch 1\r   \r",), ["epoch 1"]),
    "colours": Case(("\x1b[31mwrong\x1b[0m\n",), ["wrong"]),
    "a long line": Case(("x" * 1000,), ["x" * LONGEST]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_of_what_a_cell_prints_the_last_line_is_told_at_once(case: Case) -> None:
    async def hear() -> list[str]:
        told: list[str] = []
        line = LastLine(told.append)
        for text in case.printed:
            line.hear(text)
        line.forget()
        return told

    assert asyncio.run(hear()) == case.told


def test_of_a_long_text_only_the_end_is_looked_at() -> None:
    """A cell that prints megabytes takes no longer for it."""
    text = "row 1\n" * 200_000

    async def hear() -> float:
        line = LastLine(lambda _: None)
        began = time.process_time()
        for _ in range(5):
            line.hear(text)
        taken = time.process_time() - began
        line.forget()
        return taken

    began = time.process_time()
    for _ in range(5):
        re.split(r"[\r\n]+", text)
    whole = time.process_time() - began
    assert asyncio.run(hear()) < whole / 4


def test_many_lines_are_told_now_and_then_and_the_last_one_always(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(last_line, "PAUSE", 0.05)

    async def hear() -> list[str]:
        told: list[str] = []
        line = LastLine(told.append)
        for number in range(1000):
            line.hear(f"{number}\n")
        await asyncio.sleep(0.2)
        return told

    assert asyncio.run(hear()) == ["0", "999"]


def test_a_secret_that_comes_in_two_parts_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_line, "PAUSE", 0.05)
    secrets.remember("correct-horse-battery")

    async def hear() -> list[str]:
        told: list[str] = []
        line = LastLine(told.append)
        line.hear("start\n")
        line.hear("key: correct-horse")
        line.hear("-battery\n")
        await asyncio.sleep(0.1)
        return told

    assert asyncio.run(hear()) == ["start", f"key: {secrets.MASK}"]


SECRET = "correct horse\nbattery staple"
PIECES = {
    "two pieces": ("password correct ho", "rse\nbattery staple!"),
    "two lines": ("password correct horse\n", "battery staple!"),
    "one by one": tuple(f"password {SECRET}!"),
    "behind a long line": ("x" * 5_000 + "correct horse\nbattery", " staple!"),
}


@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
def test_a_secret_that_is_printed_in_pieces_is_never_told(
    pieces: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_line, "PAUSE", 0.001)

    async def hear() -> list[str]:
        told: list[str] = []
        line = LastLine(told.append)
        for text in pieces:
            line.hear(text)
            await asyncio.sleep(0.005)
        return told

    secrets.remember(SECRET)
    try:
        told = asyncio.run(hear())
    finally:
        secrets.forget()
    assert not [line for line in told if "corr" in line or "batt" in line or "stap" in line]
    assert "!" in told[-1] or len(told[-1]) == LONGEST
