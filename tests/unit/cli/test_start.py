"""A verb begins and ends quickly."""

from __future__ import annotations

import json
import subprocess
import sys

RUN = """
import gc, json, sys, weakref
looks = []
gc.callbacks.append(lambda phase, facts: looks.append(phase == "start"))
from nbmlops.cli.start import main
sys.argv = ["nbmlops", {verb!r}]
try:
    main()
except SystemExit:
    pass
print(json.dumps([sum(looks), len(gc.get_objects())]), file=sys.stderr)
"""


def test_a_verb_does_not_stop_for_garbage_that_is_not_there() -> None:
    """Neither while it imports nor at its end, when it would look through all that it has made."""
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(verb="--help")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    looks, objects_left_to_look_through = json.loads(done.stderr)
    assert looks < 20
    assert objects_left_to_look_through < 10_000
