"""Run a command that ends when the process that started it does: ``python -m … PID COMMAND``.

A worker that is killed must not leave a kernel that goes on with what another one does again.
Linux can tie processes together; elsewhere a kernel looks after its parent by itself, each second.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: str, *command: str) -> None:
    """Become a command, tied to the calling thread's process.

    Args:
        parent: the id of the process to be tied to.
        command: the program and its arguments.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(parent):  # it ended before
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 (a list, as every kernel is started with)


if __name__ == "__main__":
    main(*sys.argv[1:])
