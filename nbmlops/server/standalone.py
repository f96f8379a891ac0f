"""A Jupyter server of our own, for who looks at a project without JupyterLab."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from jupyter_server.serverapp import ServerApp

from nbmlops.errors import UsageError
from nbmlops.server.languages import find_language, languages
from nbmlops.server.page import BUILT, PAGE

FIRST_PORT = 8890
"""The port that is tried first, beside those of JupyterLab; then those behind it."""

MOST_PORTS = 50


class StandaloneServer(ServerApp):
    """A Jupyter server with its users and events, and without kernels, files and terminals.

    It reads ``jupyter_server_config``, so that passwords, certificates and identity providers of
    the site hold here, too.
    """

    default_services = (  # type: ignore[assignment]  # fewer than those of Jupyter
        "api",
        "auth",
        "events",
        "security",
        "shutdown",
    )

    def start_app(self) -> None:
        """Called before anything is served: let the server be found."""
        self.write_server_info_file()
        self.write_browser_open_files()  # a browser is sent there: its token is in no command line


def serve(
    project: Path,
    *,
    host: str,
    port: int | None,
    language: str | None,
    open_browser: bool,
    say: Callable[[str], None],
) -> None:
    """Serve the page of a project until Ctrl-C or SIGTERM.

    Args:
        project: the project's folder, which is the server's root.
        host: the name or address to listen at.
        port: the port; the first free one from `FIRST_PORT` where none is given.
        language: that of the page; the browser's where none is given.
        open_browser: whether to open a browser there.
        say: told where the page is, and that it has ended.

    Raises:
        UsageError: there is nothing to listen at, no such language, or no built page.
    """
    spoken = _language(language)
    if not (BUILT / "page.js").exists():
        raise UsageError(
            "The page was not built in this checkout.",
            cure="Build it: npm --prefix labextension ci && "
            "npm --prefix labextension run build:prod.",
        )
    chosen = _free_port(host, port)
    app = StandaloneServer.instance()
    app.initialize(
        argv=[
            f"--ServerApp.root_dir={project}",
            f"--ServerApp.ip={host}",
            f"--ServerApp.port={chosen}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.open_browser={open_browser}",
            f"--ServerApp.default_url={PAGE}",
            "--ServerApp.jpserver_extensions={'nbmlops': True}",
            "--ServerApp.log_level=ERROR",
            f"--NbmlopsServer.language={spoken}",
        ],
        find_extensions=False,
        new_httpserver=True,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stopper(app))

    def announce() -> None:
        say(f"nbmlops of {project}: {_address(app)}")
        say("Stop it with Ctrl-C.")
        if app.open_browser:
            app.launch_browser()

    app.io_loop.add_callback(announce)  # behind that which binds the port
    app.start()
    say("Stopped.")


def _stopper(app: ServerApp) -> Callable[[int, FrameType | None], None]:
    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        app.stop(from_signal=True)

    return stop


def _address(app: ServerApp) -> str:
    """Where the page is, with the token where there is one."""
    address = app.connection_url.rstrip("/") + PAGE
    token = app.identity_provider.token
    return f"{address}?token={token}" if token else address


def _language(wanted: str | None) -> str:
    if wanted is None:
        return ""
    found = find_language(wanted)
    if found is None:
        known = ", ".join(languages())
        raise UsageError(f"The page does not speak {wanted!r}.", cure=f"It speaks: {known}.")
    return found


def _free_port(host: str, port: int | None) -> int:
    """A port that can be listened at.

    Raises:
        UsageError: the one that was asked for, or all that were tried, are taken; or there is no
            such host.
    """
    tried = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + MOST_PORTS)
    for number in tried:
        if _is_free(host, number):
            return number
    if port is not None:
        raise UsageError(
            f"Port {port} of {host} cannot be listened at: something else does, or it needs rights "
            "that you do not have.",
            cure="Choose another one with --port, or leave it out for the next free one.",
        )
    raise UsageError(
        f"All ports from {FIRST_PORT} to {FIRST_PORT + MOST_PORTS - 1} of {host} are taken.",
        cure="Choose one with --port.",
    )


def _is_free(host: str, port: int) -> bool:
    try:
        (family, kind, _, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise UsageError(
            f"{host!r} is no name or address of this machine.",
            cure="Leave --host out to listen at 127.0.0.1.",
        ) from error
    with socket.socket(family, kind) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError:
            return False
    return True
