"""Secrets are taken out of what a kernel sends, before anybody keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from nbmlops.domain.parameters import Parameter
from nbmlops.errors import NbmlopsError
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.parameters import TAG, inspect
from nbmlops.values import secrets


class SecretMask:
    """Watches one shell for secrets.

    - learns the variables that a cell declares with ``# secret``;
    - masks each secret in every message of the kernel: streams, displays, results, errors.

    Args:
        shell: the IPython shell; one without a kernel, as in a terminal, sends nothing.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._session = getattr(getattr(shell, "kernel", None), "session", None)
        self._original: Callable[..., Any] = getattr(self._session, "send", _nowhere)

    def attach(self) -> None:
        """Begin; before whoever else looks at what a cell did."""
        self._shell.events.register("pre_run_cell", self._before)
        self._shell.events.register("post_run_cell", self._after)
        if self._session is not None:
            self._session.send = self._masking

    def detach(self) -> None:
        """Leave the shell as it was."""
        for event, callback in (("pre_run_cell", self._before), ("post_run_cell", self._after)):
            with suppress(ValueError):  # it was detached before
                self._shell.events.unregister(event, callback)
        if self._session is not None:
            self._session.send = self._original

    def _masking(self, stream: Any, message: Any, *args: Any, **options: Any) -> Any:
        if secrets.known():
            if isinstance(message, dict) and "content" in message:
                message = {**message, "content": secrets.masked_inside(message["content"])}
            elif args:
                args = (secrets.masked_inside(args[0]), *args[1:])
            if "content" in options:
                options["content"] = secrets.masked_inside(options["content"])
        return self._original(stream, message, *args, **options)

    def _before(self, info: Any) -> None:
        """Know what the cell is going to take from a variable or file before it is shown."""
        with suppress(NbmlopsError):  # the cell will say so itself
            for parameter in _declared(info.raw_cell):
                place = parameter.default or ""
                if place.startswith(("env:", "file:")):
                    secrets.remember(secrets.take(place))

    def _after(self, result: Any) -> None:
        if result is None:
            return
        for parameter in _declared(result.info.raw_cell):
            value = self._shell.user_ns.get(parameter.name)
            if isinstance(value, str) and value:
                secrets.remember(str(value))


def _nowhere(*_: Any, **__: Any) -> None:
    """Where a shell without a kernel sends to."""


def _declared(source: str) -> Iterator[Parameter]:
    if "secret" not in source.lower():
        return
    (cell,) = from_sources([(source, [TAG])]).cells
    yield from (found for found in inspect(cell).parameters if found.type == "secret")
