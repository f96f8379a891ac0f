"""What the cells of a run print goes into its notebook, and nowhere else; so in tests."""

from __future__ import annotations

import os
from typing import Any


def print_nowhere_else(*streams: Any) -> None:
    """Spare whoever started a run what the programs of its cells print.

    ipykernel puts it into the notebook, and writes it to the terminal, or log, of the run as well:
    amid JSON that another program reads, and with the secrets, which are masked in the notebook.

    Args:
        streams: those of ipykernel; others are left as they are.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        terminal = getattr(stream, "_original_stdstream_copy", None)
        if isinstance(terminal, int):
            os.dup2(nowhere, terminal, inheritable=False)
    os.close(nowhere)
