"""What a kernel says while a cell runs, put into the cell's outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbclient import NotebookClient

from nbmlops.domain.sizes import in_words
from nbmlops.execution.echo import Echo

MOST_PRINTED = 64 * 2**20
"""Characters that a cell's outputs keep of what it prints."""


class Listener(NotebookClient):
    """A client of nbclient's for cells that print much.

    - tells what a cell prints as it prints it, and passes it on;
    - keeps the beginning of very much, and says so;
    - takes printed text as it came.
    """

    hear: Callable[[str], None]
    printed: int
    """Characters that the cell has printed so far."""
    echo: Echo = Echo()

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Called by nbclient with each message of the kernel."""
        if msg["msg_type"] == "stream":
            text = msg["content"]["text"]
            self.hear(text)
            self.echo.printed(msg["content"]["name"], text)
            room, self.printed = MOST_PRINTED - self.printed, self.printed + len(text)
            if room <= 0:
                return None
            msg["content"]["text"] = text[:room]
        made = super().process_message(msg, cell, cell_index)
        if made and made.output_type != "stream":
            self.echo.shown(made)
        return made

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: Any, cell_index: int) -> Any:
        """Called by nbclient with what goes into a cell's outputs.

        Of a printed text nbformat proves that it is one by writing all of it into a message that
        it is no list, which nobody reads.
        """
        from nbformat import NotebookNode

        content = msg["content"]
        is_plain = (
            msg["msg_type"] == "stream"
            and isinstance(content["text"], str)
            and isinstance(content["name"], str)
            and not self.clear_before_next_output
            and not self.output_hook_stack[msg["parent_header"].get("msg_id")]
        )
        if not is_plain:
            return super().output(outs, msg, display_id, cell_index)
        printed = NotebookNode(output_type="stream", name=content["name"], text=content["text"])
        outs.append(printed)
        return printed

    def tell_what_is_left_out(self, cell: Any) -> None:
        """Say in the outputs of a cell which has printed too much that some is not there."""
        if self.printed > MOST_PRINTED:
            from nbformat.v4 import new_output

            whole, kept = in_words(self.printed), in_words(MOST_PRINTED)
            said = f"\nnbmlops: of {whole} that this cell printed, the first {kept} are kept.\n"
            cell.outputs.append(new_output("stream", name="stderr", text=said))
