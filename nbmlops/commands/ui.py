"""The verb ``ui``: the project in a browser, without JupyterLab."""

from __future__ import annotations

import click

from nbmlops.commands.surface import Surface
from nbmlops.errors import UsageError


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    help="The port to listen at; the first free one from 8890 by default.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="NAME",
    help="The name or address to listen at.",
)
@click.option(
    "--language", metavar="TAG", help="Of the page, such as de; the browser's by default."
)
@click.option("--no-browser", is_flag=True, help="Open no browser; the address is printed anyway.")
@click.pass_obj
def ui(
    surface: Surface, port: int | None, host: str, language: str | None, no_browser: bool
) -> None:
    """Show steps, pipelines, runs, schedules and approvals in a browser, until Ctrl-C.

    No JupyterLab and no open notebook is needed. Who opens the page needs its token, which is in
    the address.
    """
    workspace = surface.workspace
    if not workspace.store.is_dir():
        raise UsageError(
            f"There is no project in {workspace.project}: nothing was recorded there.",
            cure="Go to the folder of one, or say which: nbmlops --project FOLDER ui.",
        )
    surface.serve_page(host=host, port=port, language=language, open_browser=not no_browser)
