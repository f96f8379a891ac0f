"""What a cell displayed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import JSONEncoder
from types import TracebackType
from typing import Any, Protocol, Self

from nbmlops.values import secrets

_PREFERRED = (
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/html",
    "text/latex",
    "text/markdown",
    "application/json",
    "text/plain",
)
_BINARY = {"image/png", "image/jpeg"}
_OURS = "application/vnd.nbmlops."

Message = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayedOutput:
    """One displayed output in its richest form."""

    media_type: str
    content: bytes


class _Hooked(Protocol):
    def register_hook(self, hook: Callable[[Message], Message]) -> None: ...
    def unregister_hook(self, hook: Callable[[Message], Message]) -> bool: ...


class OutputTap:
    """Copies what a kernel displays, message by message, and passes each on unchanged.

    A shell whose publishers take no hooks, as in a terminal, displays text only: nothing is
    copied there.
    """

    def __init__(self, shell: Any) -> None:
        publishers = (shell.display_pub, shell.displayhook)
        self._publishers: list[_Hooked] = [
            publisher for publisher in publishers if hasattr(publisher, "register_hook")
        ]
        self.outputs: list[DisplayedOutput] = []

    def __enter__(self) -> Self:
        self.outputs = []
        for publisher in self._publishers:
            publisher.register_hook(self._copy)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for publisher in self._publishers:
            publisher.unregister_hook(self._copy)

    def _copy(self, message: Message) -> Message:
        output = richest(secrets.masked_inside(message.get("content", {}).get("data", {})))
        if output is not None and message.get("msg_type") != "update_display_data":
            self.outputs.append(output)
        return message


def richest(bundle: Mapping[str, Any]) -> DisplayedOutput | None:
    """The form of a MIME bundle that says most; ``None`` for what nbmlops itself displays."""
    if any(media_type.startswith(_OURS) for media_type in bundle):
        return None
    for media_type in _PREFERRED:
        if media_type in bundle:
            content = _bytes(media_type, bundle[media_type])
            return DisplayedOutput(media_type=media_type, content=content)
    return None


def _bytes(media_type: str, data: Any) -> bytes:
    if isinstance(data, bytes):
        return data
    if media_type in _BINARY:
        try:
            return base64.b64decode(data)
        except (binascii.Error, TypeError, ValueError):
            return str(data).encode()
    if isinstance(data, str):
        return data.encode()
    return JSONEncoder().encode(data).encode()  # a cell may have replaced `json.dumps`
