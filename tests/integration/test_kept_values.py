"""The value of a step is what it was when the step ended, whatever comes right after."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

MAKE = "%mlops track make\nimport numpy as np\nmade = np.arange(3_000_000)"
"""Makes 24 MB."""


def test_a_value_is_kept_as_it_was_though_the_kernel_changes_it_and_dies(
    start_kernel: Callable[[], Any],
) -> None:
    """The next cell is sent before the first has ended, and the kernel is killed after it."""
    kernel = start_kernel()
    assert kernel.run("%load_ext nbmlops").status == "ok"
    pid = kernel.value("__import__('os').getpid()")
    first = kernel.send(MAKE)
    second = kernel.send("made[:] = 0")
    assert kernel.collect(first).status == "ok"
    assert kernel.collect(second).status == "ok"
    os.kill(pid, signal.SIGKILL)
    kernel.restart()
    assert kernel.run("%load_ext nbmlops\n%mlops restore make@1 --values").status == "ok"
    assert kernel.value("(int(made[-1]), int(made.sum()))") == (2_999_999, 4_499_998_500_000)
