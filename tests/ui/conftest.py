"""A real JupyterLab and a real browser."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import nbmlops

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TOKEN = "only-for-this-test"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERVER_CONFIG = """
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True
c.ServerApp.jpserver_extensions = {"nbmlops": True}
c.LabApp.expose_app_in_browser = True
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
"""
QUIET = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
KERNEL_READY = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  for (let i = 0; i < 1200; i++) {
    const widget = app.shell.currentWidget;
    const context = widget && widget.context && widget.context.sessionContext;
    if (context) {
      await widget.context.ready;
      await context.ready;
      await widget.revealed;
      const kernel = context.session && context.session.kernel;
      const connected = kernel && kernel.connectionStatus === 'connected';
      if (connected && kernel.status === 'idle') return true;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return false;
}"""


@dataclass(frozen=True, slots=True)
class Lab:
    """A running JupyterLab: the folder it serves, where, and the environment it runs in."""

    root: Path
    port: int
    environment: dict[str, str]

    def open(self, page: Page, notebook: str) -> None:
        """Open a notebook in a fresh layout and wait until its kernel takes code.

        A visible cell is not a ready kernel: what is run before the session is connected is lost.
        """
        self.visit(page, f"lab/tree/{notebook}")
        assert page.evaluate(KERNEL_READY), "the kernel did not become ready"

    def visit(self, page: Page, path: str) -> None:
        """Open a page in a fresh layout, and wait until JupyterLab is there."""
        page.goto(f"http://127.0.0.1:{self.port}/{path}?reset&token={TOKEN}")
        page.wait_for_function("() => window.jupyterapp !== undefined")
        page.evaluate("() => window.jupyterapp.restored.then(() => true)")

    def ready(self) -> bool:
        """Whether the server answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", f"/api/status?token={TOKEN}")
            return connection.getresponse().status == HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with this package's front end, in folders of its own."""
    home = tmp_path_factory.mktemp("lab")
    running = Lab(root=home / "root", port=_free_port(), environment=_prepare(home))
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", f"--ServerApp.port={running.port}"],
            cwd=running.root,
            env=running.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(server, running, home / "server.log")
        yield running
    finally:
        _stop(server)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium.

    Playwright keeps an event loop running in this thread: while a browser is open, no test can
    run a loop of its own.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, headless=True, args=CHROMIUM_ARGUMENTS
        )
        yield launched
        launched.close()


@pytest.fixture
def artifacts() -> Path:
    """Where a picture is kept for people to look at; outside git."""
    folder = Path(__file__).parents[2] / "artifacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page of the size of the README's picture."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def _prepare(home: Path) -> dict[str, str]:
    folders = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "IPYTHONDIR": home / "ipython",
    }
    quiet = home / "settings" / "@jupyterlab" / "apputils-extension"
    for folder in (*folders.values(), home / "root", quiet):
        folder.mkdir(parents=True)
    (quiet / "notification.jupyterlab-settings").write_text(json.dumps(QUIET))
    (home / "config" / "jupyter_server_config.py").write_text(
        SERVER_CONFIG
        + f"c.ServerApp.root_dir = {str(home / 'root')!r}\n"
        + f"c.IdentityProvider.token = {TOKEN!r}\n"
        + f"c.LabApp.workspaces_dir = {str(home / 'workspaces')!r}\n"
        + f"c.LabApp.user_settings_dir = {str(home / 'settings')!r}\n"
    )
    _link_front_end(home / "data" / "labextensions")
    named = {name: str(folder) for name, folder in folders.items()}
    alone = {"OMP_NUM_THREADS": "1"}  # on busy processors, threads that wait for each other crawl
    return os.environ | named | alone | {"LOGNAME": "analyst", "JUPYTER_PREFER_ENV_PATH": "0"}


def _link_front_end(labextensions: Path) -> None:
    """In a checkout, serve what was built last instead of the copy that was installed."""
    built = Path(nbmlops.__file__).parent / "labextension"
    if built.is_dir():
        labextensions.mkdir()
        (labextensions / "nbmlops").symlink_to(built)


def _wait_until_ready(server: subprocess.Popen[bytes], lab: Lab, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not lab.ready():
        if server.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-4000:]}")
        time.sleep(0.1)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
