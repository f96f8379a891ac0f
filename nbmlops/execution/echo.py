"""What cells print and show, passed on while they run, as papermill is asked to."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import IO, Any

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """Where the outputs of cells go besides the notebook.

    Attributes:
        logs: whether to the log: errors' stream as warnings, what is shown as text.
        stdout: the file for what is printed.
        stderr: the file for what is printed on the stream for errors.
    """

    logs: bool = False
    stdout: IO[str] | None = None
    stderr: IO[str] | None = None

    def printed(self, name: str, text: str) -> None:
        """Pass on a text as it was printed; ``name`` is that of the stream."""
        if self.logs:
            log.log(logging.INFO if name == "stdout" else logging.WARNING, "%s", text.rstrip())
        file = {"stdout": self.stdout, "stderr": self.stderr}.get(name)
        if file is not None:
            file.write(text)
            file.flush()

    def shown(self, output: Any) -> None:
        """Pass on an output that is not printed text."""
        text = output.get("data", {}).get("text/plain")
        if self.logs and text is not None:
            log.info("%s", "".join(text))
