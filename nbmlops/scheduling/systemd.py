"""A systemd user unit that keeps a scheduler running."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbmlops.errors import StoreUnwritableError, UsageError
from nbmlops.scheduling.scheduler import STOPS_WITHIN

_UNIT = """\
# Made by nbmlops scheduler install.
[Unit]
Description=nbmlops scheduler of {described}
After=network-online.target

[Service]
Type=exec
WorkingDirectory={folder}
ExecStart={command}
Restart=on-failure
RestartSec=5
# The scheduler ends its workers itself; those of one that was killed go on.
KillMode=process
TimeoutStopSec={patience:.0f}

[Install]
WantedBy=default.target
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit of one project: its ``name``, its ``path`` and its ``text``."""

    name: str
    path: Path
    text: str

    def write(self) -> None:
        """Write the file.

        Raises:
            StoreUnwritableError: it cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(self.text, encoding="utf-8")
        except OSError as error:
            raise StoreUnwritableError(
                f"{self.path} cannot be written: {error.strerror}.",
                cure="Print it with --print, and put it where systemd finds it.",
            ) from error

    def remove(self) -> bool:
        """Remove the file; ``False`` where there is none."""
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StoreUnwritableError(
                f"{self.path} cannot be removed: {error.strerror}.", cure="Remove it by hand."
            ) from error
        return True


def unit_of(project: Path, command: Sequence[str]) -> Unit:
    """The unit that runs a command for a project.

    Raises:
        UsageError: the project's path cannot be written into a unit.
    """
    if any(ord(letter) < ord(" ") for letter in str(project)):
        raise UsageError("The project's path holds a control character.", cure="Rename its folder.")
    known = hashlib.sha256(str(project).encode()).hexdigest()[:8]
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", project.name) or "project"
    name = f"nbmlops-{plain}-{known}.service"
    text = _UNIT.format(
        described=str(project).replace("%", "%%"),
        folder=str(project).replace("%", "%%"),
        command=" ".join(_quoted(word) for word in command),
        patience=STOPS_WITHIN.total_seconds() + 5,
    )
    return Unit(name=name, path=_folder() / name, text=text)


def is_there() -> bool:
    """Whether systemd runs this machine."""
    return shutil.which("systemctl") is not None and Path("/run/systemd/system").is_dir()


def _folder() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "systemd" / "user"


def _quoted(word: str) -> str:
    """A word as systemd reads it back: no specifier, no variable, one word."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("%", "%%").replace("$", "$$") + '"'
