"""What widgets and timers change between cells is theirs, and not unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nbmlops.domain.late import late_writer

pytestmark = pytest.mark.slow


def test_what_a_callback_changes_is_a_late_write_of_the_cells_that_set_it_up(kernel: Any) -> None:
    kernel.run("%mlops track")
    kernel.run("import asyncio, ipywidgets\nrows = [1]")
    kernel.run("button = ipywidgets.Button(description='more')")
    kernel.run("button.on_click(lambda _: rows.append(2))")
    kernel.click("more")
    kernel.run("n = len(rows)")
    *_, made, heard, late, reader = kernel.executions()
    assert late.record.source == f"# a callback of @{made.id} or @{heard.id} ran"
    assert late.record.late_of == (made.id, heard.id)
    assert [value.name for value in late.record.outputs] == ["rows"]
    assert reader.record.inputs[0].fingerprint == late.record.outputs[0].fingerprint
    told = f"a callback that @{made.id} or @{heard.id} had set up"
    assert late_writer(late.record) == told
    kernel.run("came = asyncio.Event()")
    kernel.run(
        "loop = asyncio.get_running_loop()\n"
        "loop.call_later(0.2, rows.append, 3)\nloop.call_later(0.25, came.set);"
    )
    timer = kernel.latest()
    assert timer.record.late_of == ()
    kernel.run("await came.wait()")
    kernel.run("m = len(rows)")
    late = next(done for done in kernel.executions() if done.record.late_of == (timer.id,))
    assert "rows" in {value.name for value in late.record.outputs}


def test_what_read_it_cannot_be_proved(start_kernel: Callable[..., Any]) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track")
    kernel.run("import ipywidgets")
    kernel.run("%mlops track load\nrows = [1, 2]")
    kernel.run("%mlops track use\nn = sum(rows)")
    kernel.run(
        "button = ipywidgets.Button(description='more')\nbutton.on_click(lambda _: rows.append(3))"
    )
    kernel.click("more")
    kernel.run("%mlops track use\nn = sum(rows)")
    late = next(done for done in kernel.executions() if done.record.late_of)
    said = kernel.run("%mlops verify use").displayed[-1]["text/plain"]
    told = f"not reproducible: rows was changed after its cell by {late_writer(late.record)}"
    assert f"callback: {told}" in said
