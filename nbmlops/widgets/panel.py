"""The panel in a cell's output: the front end's own components, which ask the kernel.

A front end is sent one small script with each panel. It asks for the parts of the panel that a page
does not have yet, those that bring an editor or a form when somebody opens them.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import anywidget

from nbmlops.commands import html, terminal
from nbmlops.commands.views import View
from nbmlops.errors import UsageError
from nbmlops.widgets.desk import KernelDesk, refusal

BUILT = Path(__file__).parent / "static"
"""What the front end is built into; not there in a checkout that was never built."""


class Panel(anywidget.AnyWidget):
    """A widget that shows the sections of the panel.

    Args:
        desk: answers what it asks.
        instead: what stands in its place where no front end draws it.

    Raises:
        UsageError: the front end was not built in this checkout.
    """

    _esm = ""

    def __init__(self, desk: KernelDesk, *, instead: View) -> None:
        super().__init__(_esm=_built("panel.js"))
        self._desk = desk
        self._instead = instead
        self._end = weakref.finalize(self, desk.close)
        self.on_msg(_answer)

    def close(self) -> None:
        """Show nothing any more, and let go of the stores."""
        self._end()
        super().close()

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        found: Any = super()._repr_mimebundle_(**options)
        bundle, metadata = found
        texts = {
            "text/plain": terminal.to_text(self._instead),
            "text/html": html.to_html(self._instead),
        }
        return {**bundle, **texts}, metadata


def _answer(widget: Panel, asked: object, _buffers: Sequence[memoryview]) -> None:
    match asked:
        case {"endpoint": "part", "id": int(number), "query": {"name": str(name)}}:
            answer: dict[str, Any] | None = _part(number, name)
        case _:
            answer = widget._desk.answer(asked)  # noqa: SLF001 (of this module)
    if answer is not None:
        widget.send(answer)


def _part(number: int, name: str) -> dict[str, Any]:
    """A script or style sheet of the panel; its name never leads out of the folder."""
    there = {path.name: path for path in BUILT.glob("*")}
    if name in there:
        text = there[name].read_text(encoding="utf-8")
        return {"id": number, "status": int(HTTPStatus.OK), "body": text}
    return refusal(
        number,
        UsageError(
            "The panel of this notebook is older or newer than the nbmlops that is installed.",
            cure="Restart the kernel and show the panel again.",
        ),
    )


def _built(name: str) -> str:
    path = BUILT / name
    if not path.exists():
        raise UsageError(
            "The panel was not built in this checkout.",
            cure="Build it: npm --prefix labextension ci && "
            "npm --prefix labextension run build:prod.",
        )
    return path.read_text(encoding="utf-8")
