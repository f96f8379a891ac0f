"""The file that keeps the channels of a project."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

from nbmlops.errors import StoreUnwritableError, UsageError
from nbmlops.notifying.channels import Channel, channel_of

NAME = "notify.toml"
"""Its name in the store: a table for each channel, which people may edit as well."""

_HEADER = re.compile(r"\s*\[\s*(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[\w-]+))\s*\]")


class ChannelFile:
    """Reads channels, adds them and takes them out; what people wrote around them stays.

    Args:
        store: the folder of the store.
    """

    def __init__(self, store: Path) -> None:
        self.path = store / NAME

    def read(self) -> dict[str, Channel]:
        """The channels by name; none where there is no file.

        Raises:
            UsageError: the file is not TOML, or a channel in it is wrong.
        """
        try:
            found = tomllib.loads(self._text())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{self.path} is not TOML: {error}.", cure="Mend or remove it."
            ) from error
        for name, said in found.items():
            if not isinstance(said, dict):
                cure = f"Write it below a line [{name}-channel], or remove it."
                raise UsageError(f"{self.path} sets {name!r} outside of a channel.", cure=cure)
        return {name: channel_of(name, said) for name, said in found.items()}

    def add(self, channel: Channel) -> None:
        """Write a channel behind the others.

        Raises:
            UsageError: there is one of that name.
        """
        if channel.name in self.read():
            raise UsageError(
                f"There is a channel {channel.name!r} already.",
                cure=f"Remove it first: nbmlops notify remove {channel.name}.",
            )
        lines = [f"{key} = {_toml(value)}" for key, value in channel.said.items()]
        block = "\n".join([f"[{channel.name}]", *lines, ""])
        before = self._text()
        gap = "\n" if before and not before.endswith("\n\n") else ""
        ended = "\n" if before and not before.endswith("\n") else ""
        self._write(f"{before}{ended}{gap}{block}")

    def remove(self, name: str) -> None:
        """Take a channel out, with the lines up to the next one."""
        kept, inside = [], False
        for line in self._text().splitlines(keepends=True):
            header = _HEADER.match(line)
            if header is not None:
                inside = (header["quoted"] or header["bare"]) == name
            if not inside:
                kept.append(line)
        self._write("".join(kept))

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise UsageError(
                f"{self.path} cannot be read: {error.strerror}.", cure="Make it a readable file."
            ) from error

    def _write(self, text: str) -> None:
        draft = self.path.with_name(f"{NAME}.{os.getpid()}")
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(self.path)
        except OSError as error:
            raise StoreUnwritableError(
                f"{self.path} cannot be written: {error.strerror}.",
                cure="Make the store writable for you.",
            ) from error


def _toml(value: object) -> str:
    """A text, number, truth or list of those: JSON writes each as TOML does."""
    return json.dumps(value, ensure_ascii=False)
