"""What a process does before it forks the workers of a scheduler."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SCRIPT = """
import os, sys
from nbmlops.execution.warming import warm_up
from nbmlops.execution.kernels.preloading import SAFE_THREADS, threads_after_fork

def opened():
    names = {f"/proc/self/fd/{one}" for one in os.listdir("/proc/self/fd")}
    return {os.readlink(name) for name in names if os.path.exists(name)}

before = opened()
warm_up()
print(sorted(threads_after_fork() - SAFE_THREADS))
print(sorted(path for path in opened() - before if path.startswith(("socket", "anon", "/"))))
print("nbmlops.execution.engine" in sys.modules, "nbconvert.exporters" in sys.modules)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_it_leaves_nothing_behind_that_a_fork_would_break() -> None:
    """No thread, no socket, no open file."""
    said = subprocess.run([sys.executable, "-c", _SCRIPT], check=True, capture_output=True)
    assert said.stdout.decode().splitlines() == ["[]", "[]", "True True"]
