"""Timers, hooks and handlers through which code of the notebook runs between cells."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from nbmlops.capture.callbacks import Callbacks
from nbmlops.capture.late import LateWriters
from nbmlops.capture.local_code import local_function


def test_a_timer_changes_nothing_until_it_has_come() -> None:
    rows: list[int] = []

    async def cells() -> None:
        late, loop = LateWriters(Callbacks()), asyncio.get_running_loop()
        came = asyncio.Event()
        late.begin()
        loop.call_later(0.05, rows.append, 1)
        loop.call_later(0.06, came.set)
        assert late.end() is None
        late.recorded(3, is_step=False)
        late.since()
        assert late.since() is None
        await came.wait()
        found = late.since()
        assert found is not None
        assert (found.executions, found.kinds, found.runs) == ((3,), ("a callback",), False)
        late.begin()
        late.end()
        assert late.since() is None

    asyncio.run(cells())


def test_timers_of_the_kernel_itself_do_not_count() -> None:
    async def cells() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(20, loop.stop)
        loop.call_later(20, asyncio.Event().set)
        assert Callbacks().there() == set()

    asyncio.run(cells())


def test_where_code_lies_is_asked_once(tmp_path: Path) -> None:
    """What may be called between cells is looked at several times for each of them."""
    source = tmp_path / "local.py"
    source.write_text("def hook(): ...\n", encoding="utf-8")
    found: dict[str, Any] = {}
    exec(compile(source.read_text(encoding="utf-8"), source, "exec"), found)
    asked: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            asked.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        told = [local_function(found["hook"]) for _ in range(3)]
    finally:
        sys.setprofile(None)
    assert told == [found["hook"]] * 3
    assert asked.count("is_local") == 1
