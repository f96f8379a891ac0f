"""The verb report: what a run showed, as a file to hand on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from nbmlops.commands.show import find_run
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Span, View, line
from nbmlops.domain.references import RunReference
from nbmlops.domain.wire import document
from nbmlops.errors import UsageError


@click.command()
@click.argument("reported", metavar="RUN")
@click.option("--no-code", is_flag=True, help="Leave the code out: text, results and figures stay.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "ipynb"]),
    default="html",
    show_default=True,
    help="A page that needs no other file, or the executed notebook.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write it; flights-3.html by default.",
)
@json_option
@click.pass_obj
def report(
    surface: Surface,
    reported: str,
    no_code: bool,
    form: Literal["html", "ipynb"],
    output: Path | None,
    as_json: bool,
) -> None:
    """Write the executed notebook of a run (flights#3) into a file, as a page.

    The tags remove-input, remove-output and remove-cell leave out what they say.
    """
    if not RunReference.matches(reported):
        raise UsageError(f"{reported} is no run.", cure="Name one, such as flights#3: nbmlops runs")
    found = find_run(surface, reported)
    path = output or Path(f"{found.pipeline}-{found.number}.{form}")
    surface.workspace.runs.files.write_report(found, path, form=form, with_code=not no_code)
    blocks = (line("Written: ", Span(str(path), "strong")),)
    written = {"run": found.reference, "path": str(path), "format": form, "code": not no_code}
    answer(surface, View(document=document("report/1", **written), blocks=blocks), as_json=as_json)
