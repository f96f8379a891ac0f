"""JupyterLab over a project, and a browser to look at it."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.projects import environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_TOKEN = "bench"  # noqa: S105  of a server that ends with the measurement


@dataclass(frozen=True, slots=True)
class Lab:
    """A running JupyterLab, by its port."""

    port: int

    def visit(self, page: Page, path: str) -> None:
        """Open a page in a fresh layout, and wait until JupyterLab is there."""
        page.set_default_timeout(120_000)
        page.goto(f"http://127.0.0.1:{self.port}/{path}?reset&token={_TOKEN}")
        page.wait_for_function("() => window.jupyterapp !== undefined")
        page.evaluate("() => window.jupyterapp.restored.then(() => true)")


def has_browser() -> bool:
    """Whether Chromium is installed."""
    return _chromium() is not None


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@contextmanager
def running(folder: Path, *, extension: bool = True) -> Iterator[Lab]:
    """JupyterLab over a project, with the extension or without it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    home = folder / (".jupyter" if extension else ".jupyter-alone")
    configured = home / "config" / "labconfig"
    configured.mkdir(parents=True, exist_ok=True)
    disabled = {} if extension else {"disabledExtensions": {"nbmlops": True}}
    (configured / "page_config.json").write_text(json.dumps(disabled), encoding="utf-8")
    flags = ("--no-browser", "--allow-root", "--expose-app-in-browser", "--ServerApp.ip=127.0.0.1")
    with (home / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", *flags, f"--ServerApp.port={port}"),
                *(f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={_TOKEN}"),
                f"--LabApp.workspaces_dir={home / 'workspaces'}",
                f"--LabApp.user_settings_dir={home / 'settings'}",
                f"--ServerApp.jpserver_extensions=nbmlops={extension}",
            ],
            env={
                **environment(folder),
                "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
                "JUPYTER_CONFIG_DIR": str(home / "config"),
                "JUPYTER_PREFER_ENV_PATH": "0",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 120
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((home / "lab.log").read_text(encoding="utf-8")[-2000:])
            time.sleep(0.2)
        yield Lab(port)
    finally:
        server.terminate()
        server.wait(30)


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", f"/api/status?token={_TOKEN}")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
