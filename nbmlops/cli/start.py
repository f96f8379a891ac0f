"""Where ``nbmlops`` begins in a shell: answers Ctrl-C from the first import on."""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False  # that of `typing` costs an import during which Ctrl-C is not answered
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn


def main() -> None:
    """Run one command and exit, as `nbmlops.cli.main.main` does."""
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
    run()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    os.write(2, b"nbmlops: Interrupted.\n")
    os._exit(130)
