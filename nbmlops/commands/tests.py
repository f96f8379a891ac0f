"""The verb test: run the tests that stand in notebooks."""

from __future__ import annotations

from pathlib import Path

import click

from nbmlops.commands import wording
from nbmlops.commands.assignments import given, parameter_options
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Code, Span, Tone, View, line, table
from nbmlops.domain.cell_tests import CellTestRecord, CellTestResult, CellTestStatus
from nbmlops.domain.wire import document
from nbmlops.errors import RunFailedError, UsageError
from nbmlops.pipelines.cell_tests import matching, require_tests

_TONES: dict[CellTestStatus, Tone] = {
    CellTestStatus.PASSED: "good",
    CellTestStatus.FAILED: "bad",
    CellTestStatus.ERROR: "bad",
    CellTestStatus.SKIPPED: "warn",
}
_BAD = {CellTestStatus.FAILED, CellTestStatus.ERROR}


@click.command()
@click.argument("notebooks", metavar="[NOTEBOOK]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("-k", "--keyword", metavar="NAME", help="Only tests with this in their name.")
@click.option("--all", "everything", is_flag=True, help="Run those too that nothing has changed.")
@click.option(
    "--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML as well."
)
@parameter_options
@json_option
@click.pass_obj
def test(
    surface: Surface,
    notebooks: tuple[Path, ...],
    keyword: str | None,
    everything: bool,
    junit: Path | None,
    assignments: tuple[str, ...],
    params_file: Path | None,
    as_json: bool,
) -> None:
    """Run the tests in notebooks: cells that begin with %%mlops test NAME.

    The cells that the tests need run once, and each test on a copy of that kernel. A test for
    which nothing has changed since it passed is not run again. In a notebook, NOTEBOOK is the
    notebook itself. Exits with 1 when a test fails.
    """
    paths = notebooks or (surface.save_session(None),)
    results: list[CellTestResult] = []
    chosen = [(path, _chosen(surface, path, keyword)) for path in paths]
    if not any(names for _, names in chosen):
        raise UsageError(
            f"No test has {keyword!r} in its name.", cure="List them all: nbmlops test NOTEBOOK."
        )
    for path, names in chosen:
        values = given(surface.workspace.tests.parameters(path), assignments, params_file)
        with surface.progress(path.name) as observer:
            results += surface.workspace.tests.run(
                path, values, names=names, everything=everything, observer=observer
            )
    if junit is not None:
        from nbmlops.commands import junit as junit_xml  # loads the parser of XML

        _write(junit, junit_xml.to_xml(results))
    answer(surface, _view(results), as_json=as_json)
    bad = [result for result in results if result.status in _BAD]
    if bad:
        shown = ", ".join(result.name for result in bad)
        raise RunFailedError(
            f"{len(bad)} of {wording.count(len(results), 'test')} failed: {shown}.",
            cure="Correct the cells, then test again: only what is affected runs.",
        )


def tests_said(records: tuple[CellTestRecord, ...]) -> Span:
    """The latest results of tests in a few words: ``2 passed, 1 failed (schema)``."""
    if not records:
        return Span("none recorded", "dim")
    bad = [record.name for record in records if record.status in _BAD]
    passed = len(records) - len(bad)
    told = [f"{passed} passed"] if passed else []
    told += [f"{len(bad)} failed ({', '.join(bad)})"] if bad else []
    return Span(", ".join(told), "bad" if bad else "good")


def _chosen(surface: Surface, path: Path, keyword: str | None) -> tuple[str, ...]:
    found = surface.workspace.tests.find(path)
    require_tests(path.name, found)
    return matching(found, keyword)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", cure="Name a file in a folder that is."
        ) from error


def _view(results: list[CellTestResult]) -> View:
    rows = [
        (
            Span(result.name, "strong"),
            f"{result.notebook}, cell {result.cell}",
            Span(_status(result), _TONES[result.status]),
            "-" if result.unchanged else wording.duration(result.duration),
        )
        for result in results
    ]
    blocks: list[Block] = [table(("test", "where", "status", "took"), rows, right=("took",))]
    for result in results:
        if result.status is not CellTestStatus.PASSED:
            blocks.append(_why(result))
            blocks += [Code(text=result.message, language="text")] if result.message else []
            blocks += _printed(result)
    if any(result.isolated is False for result in results):
        blocks.append(
            line(
                "Note: tests ran in one kernel, one after the other, and may have left something "
                "for those behind them: a cell has started threads, or uses a GPU."
            )
        )
    return View(document=document("tests/1", tests=results), blocks=tuple(blocks))


def _status(result: CellTestResult) -> str:
    return f"{result.status} (unchanged)" if result.unchanged else str(result.status)


def _why(result: CellTestResult) -> Block:
    place = f" line {result.line}," if result.line else ""
    where = f", cell {result.cell},{place}"
    return line(
        Span(str(result.status), _TONES[result.status]), f" {result.name}{where.rstrip(',')}:"
    )


def _printed(result: CellTestResult) -> list[Block]:
    if not result.output.strip():
        return []
    return [Code(text=result.output.rstrip(), language="text", title="It printed")]
