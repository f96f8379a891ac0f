"""What a kernel says goes into the outputs of the cell as nbclient puts it there, in less time."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from nbmlops.execution.echo import Echo
from nbmlops.execution.listener import MOST_PRINTED, Listener


def said(kind: str, **content: Any) -> dict[str, Any]:
    """A message of a kernel."""
    return {
        "msg_type": kind,
        "header": {"msg_type": kind},
        "parent_header": {"msg_id": "cell"},
        "content": content,
    }


def out(text: Any, name: Any = "stdout") -> dict[str, Any]:
    """A message with printed text."""
    return said("stream", name=name, text=text)


SHOWN = said("display_data", data={"text/plain": "1"}, metadata={})
CASES = {
    "a line": (out("a\n"),),
    "two pieces": (out("a"), out("b\n")),
    "two streams": (out("a\n"), out("b\n", "stderr")),
    "nothing": (out(""),),
    "what is shown in between": (out("a\n"), SHOWN, out("b\n")),
    "cleared at once": (out("a\n"), said("clear_output", wait=False), out("b\n")),
    "cleared by the next": (out("a\n"), said("clear_output", wait=True), out("b\n"), out("c\n")),
}


@pytest.mark.parametrize("messages", CASES.values(), ids=CASES)
def test_outputs_are_those_of_nbclient(messages: tuple[dict[str, Any], ...]) -> None:
    """Each with the type that nbformat gives it."""
    ours, theirs = (_heard(make, messages) for make in (_listener, NotebookClient))
    assert ours == theirs
    assert all(type(output) is NotebookNode for output in ours)


@dataclass
class Hook:
    """What a widget registers that takes the outputs."""

    taken: list[str]

    def output(self, outs: list[Any], msg: dict[str, Any], *rest: Any) -> None:
        """Take an output."""
        del outs, rest
        self.taken.append(msg["content"]["text"])


def test_a_widget_that_takes_outputs_takes_printed_text() -> None:
    """It is not in the outputs of the cell."""
    hook = Hook([])

    def hooked(notebook: Any) -> Any:
        client = _listener(notebook)
        client.output_hook_stack["cell"].append(hook)
        return client

    assert _heard(hooked, (out("a\n"),)) == []
    assert hook.taken == ["a\n"]


def test_what_a_cell_prints_and_shows_is_passed_on_as_it_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As papermill's log and files get it; all of it, whatever the notebook keeps."""
    files = io.StringIO(), io.StringIO()

    def echoing(notebook: Any) -> Any:
        client = _listener(notebook)
        client.echo = Echo(logs=True, stdout=files[0], stderr=files[1])
        client.printed = MOST_PRINTED
        return client

    with caplog.at_level(logging.INFO, "nbmlops"):
        kept = _heard(echoing, (out("a\n"), SHOWN, out("b\n", "stderr"), out("c")))
    assert [output.output_type for output in kept] == ["display_data"]
    assert [file.getvalue() for file in files] == ["a\nc", "b\n"]
    assert [(one.levelname, one.message) for one in caplog.records] == [
        ("INFO", "a"),
        ("INFO", "1"),
        ("WARNING", "b"),
        ("INFO", "c"),
    ]


def test_a_long_text_takes_no_time_that_grows_with_it() -> None:
    """As nbformat would write it out to prove that it is no list."""
    long = (out("x" * 2**20),) * 20
    taken = {}
    for make in (_listener, NotebookClient):
        began = time.process_time()
        assert len(_heard(make, long)) == len(long)
        taken[make] = time.process_time() - began
    assert taken[_listener] < taken[NotebookClient] / 3


def _heard(make: Callable[[Any], Any], messages: tuple[dict[str, Any], ...]) -> list[Any]:
    notebook = new_notebook(cells=[new_code_cell()])
    client = make(notebook)
    client.clear_before_next_output = False  # as at the start of each cell
    for message in messages:
        client.process_message({**message, "content": {**message["content"]}}, notebook.cells[0], 0)
    return list(notebook.cells[0].outputs)


def _listener(notebook: Any) -> Any:
    client: Any = Listener(notebook)
    client.hear, client.printed = lambda _: None, 0
    return client
