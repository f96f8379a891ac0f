"""What the kernel stores in the background is there, or is said not to be, however it ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nbmlops.store.catalog.storing import ENDED
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

MAKE = (
    "%mlops track make\nimport numpy as np\n"
    "a, b, c = (np.random.default_rng(n).random(10_000_000) for n in range(3))"
)
"""Makes three arrays of 80 MB."""


def test_a_killed_kernel_leaves_whole_values_or_says_that_there_are_none(
    start_kernel: Callable[[], Any],
) -> None:
    """Killed right after the cell, while the thread writes."""
    kernel = start_kernel()
    assert kernel.run("%load_ext nbmlops").status == "ok"
    pid = kernel.value("__import__('os').getpid()")
    assert kernel.run(MAKE).status == "ok"
    os.kill(pid, signal.SIGKILL)
    kernel.restart()
    assert kernel.run("%load_ext nbmlops").status == "ok"
    shown = kernel.run("%mlops show make@1")
    assert shown.status == "ok"
    checked = kernel.run("%mlops fsck")
    told = str(shown.displayed) + str(checked.displayed) + checked.stdout
    assert ENDED in told
    assert "is being stored" not in told
    restored = kernel.run("%mlops restore make@1 --values")
    assert ENDED in str(restored.displayed) + restored.stdout + restored.stderr + str(
        restored.error
    )
    for number, name in enumerate("abc"):
        if kernel.value(f"{name!r} in globals()"):
            last = float(np.random.default_rng(number).random(10_000_000)[-1])
            assert kernel.value(f"float({name}[-1])") == last


def test_a_kernel_that_is_shut_down_stores_all_first(start_kernel: Callable[[], Any]) -> None:
    kernel = start_kernel()
    assert kernel.run("%load_ext nbmlops").status == "ok"
    assert kernel.run(MAKE).status == "ok"
    kernel.client.shutdown()
    kernel.manager.provisioner.process.wait(30)
    workspace = Workspace(kernel.project)
    try:
        [execution] = workspace.executions.by_ids([1]).values()
        assert {value.reason for value in execution.record.outputs if value.name in "abc"} == {None}
        # the kernel's key is another one than ours
        assert {damage.kind for damage in workspace.integrity.check()} <= {"signature"}
    finally:
        workspace.close()


def test_a_checkout_waits_until_another_kernel_has_stored_what_it_made(
    start_kernel: Callable[..., Any],
) -> None:
    first = start_kernel()
    second = start_kernel(first.notebook, first.key)
    for kernel in (first, second):
        assert kernel.run("%load_ext nbmlops").status == "ok"
    assert second.run("%mlops track --values").status == "ok"
    assert first.run(MAKE).status == "ok"
    went = second.run("%mlops checkout latest")
    assert went.status == "ok", went
    assert "by running again" not in str(went.displayed) + went.stdout
    last = float(np.random.default_rng(2).random(10_000_000)[-1])
    assert second.value("float(c[-1])") == last
