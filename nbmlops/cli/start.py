"""Where ``nbmlops`` begins in a shell: answers Ctrl-C from the first import on."""

from __future__ import annotations

import gc
import os
import signal

TYPE_CHECKING = False  # that of `typing` costs an import during which Ctrl-C is not answered
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

_SELDOM = 50_000
"""Objects that the process makes between two looks for garbage: most verbs end before."""


def main() -> None:
    """Run one command and exit, as `nbmlops.cli.main.main` does."""
    gc.set_threshold(_SELDOM)  # an import makes much, and nothing of it is garbage
    # an exception in the middle of an import would come out as a traceback, or be swallowed by
    # a library that takes it for a module that is missing; there is nothing to tidy up yet
    answers = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if answers:
        signal.signal(signal.SIGINT, _leave)
    from nbmlops.cli.grammar import postpone_grammar
    from nbmlops.cli.main import main as run

    postpone_grammar()
    if answers:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run()
    finally:
        gc.freeze()  # or Python looks through all of it once more, to free what ends anyway


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    os.write(2, b"nbmlops: Interrupted.\n")
    os._exit(130)
