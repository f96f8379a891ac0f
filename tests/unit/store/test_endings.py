"""What is done when a process ends is done once, the latest first, and however the rest fares."""

from __future__ import annotations

import subprocess
import sys

ENDINGS = """
import atexit
from nbmlops.store.endings import at_the_end, not_at_the_end

def first(): print("first")
def second(): raise KeyError("second")
def third(): print("third")
def taken_back(): print("taken back")

at_the_end(first)
registered = atexit._ncallbacks()
for _ in range(3):
    at_the_end(second)
at_the_end(taken_back)
at_the_end(third)
not_at_the_end(taken_back)
not_at_the_end(taken_back)
print(atexit._ncallbacks() - registered)
"""


def test_endings_come_in_turn_behind_one_exit_handler() -> None:
    command = [sys.executable, "-c", ENDINGS]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.stdout.split() == ["0", "third", "first"]
    assert ended.stderr.count("KeyError: 'second'") == 1
