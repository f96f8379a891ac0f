"""The pages say what is so: commands exist, code runs, settings are read, links resolve."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import click
import pytest

from nbmlops.cli.main import command_line
from nbmlops.commands.root import command, command_group
from nbmlops.config import Settings
from nbmlops.server.endpoints import ENDPOINTS
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = command_line()
NOTEBOOK = command_group("%mlops")

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    page: str
    language: str
    text: str


@dataclass(frozen=True)
class Typed:
    page: str
    line: str

    @property
    def words(self) -> list[str]:
        """As a shell reads them: a # begins a comment only where a word begins."""
        return shlex.split(re.sub(r"\s#.*", "", self.line))


def blocks() -> Iterator[Block]:
    for page in PAGES:
        for match in _FENCE.finditer(page.read_text(encoding="utf-8")):
            yield Block(str(page.relative_to(ROOT)), match["language"], match["text"])


def typed(start: str) -> list[Typed]:
    return [
        Typed(block.page, line.strip())
        for block in blocks()
        if block.language in {"", "bash", "ipython"}
        for line in block.text.splitlines()
        if line.strip().startswith(start)
    ]


def parse(group: click.Group, words: list[str]) -> tuple[str, set[str]]:
    """Parse a command line without running it; the verb, and the options that were given."""
    _, rest, _ = group.make_parser(click.Context(group)).parse_args(words)
    if not rest:
        return "", set()
    command = group.get_command(click.Context(group), rest[0])
    assert command is not None, f"there is no verb {rest[0]!r}"
    command.make_context(rest[0], rest[1:])
    return rest[0], {word.partition("=")[0] for word in rest[1:] if word.startswith("-")}


@pytest.mark.parametrize("command", typed("nbmlops "), ids=lambda item: f"{item.page}: {item.line}")
def test_every_shell_command_of_the_pages_exists(command: Typed) -> None:
    parse(SHELL, command.words[1:])


@pytest.mark.parametrize("command", typed("%mlops "), ids=lambda item: f"{item.page}: {item.line}")
def test_every_magic_of_the_pages_exists(command: Typed) -> None:
    parse(NOTEBOOK, command.words[1:])


def test_the_reference_shows_every_verb_with_every_option() -> None:
    shown = [parse(SHELL, item.words[1:]) for item in typed("nbmlops ") if _in_reference(item)]
    shown += [parse(NOTEBOOK, item.words[1:]) for item in typed("%mlops ") if _in_reference(item)]
    for name in NOTEBOOK.visible():
        options = set().union(*(given for verb, given in shown if verb == name))
        assert name in {verb for verb, _ in shown}, f"{name} is not in the reference"
        for parameter in command(name).params:
            if isinstance(parameter, click.Option):
                assert options & set(parameter.opts), f"{name} {parameter.opts[-1]}"


def _in_reference(item: Typed) -> bool:
    return item.page == "docs/reference.md"


def test_the_reference_names_every_endpoint_and_setting() -> None:
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:GET|POST) /nbmlops/api/([\w.-]+)", text))
    assert named == set(ENDPOINTS)
    settings = [block.text for block in blocks() if block.language == "toml"]
    assert {name for block in settings for name in tomllib.loads(block)} == {
        field.name for field in fields(Settings)
    }


def test_the_settings_of_the_reference_are_the_defaults(tmp_path: Path) -> None:
    (block,) = [block for block in blocks() if block.language == "toml"]
    (tmp_path / "config.toml").write_text(block.text, encoding="utf-8")
    assert Settings.read(tmp_path) == Settings()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    for match in _LINK.finditer(page.read_text(encoding="utf-8")):
        target, _, anchor = match["target"].partition("#")
        if "://" in target:
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), match["target"]
        if anchor:
            assert anchor in anchors(path), match["target"]


def anchors(page: Path) -> set[str]:
    """The anchors that a Markdown page has, as code hosts make them."""
    titles = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_make_target_of_the_pages_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"`make (\w+)`|^make (\w+)", text, re.MULTILINE)) <= {
        pair for target in targets for pair in ((target, ""), ("", target))
    }


@pytest.mark.parametrize("path", sorted({
    name
    for page in PAGES
    for name in re.findall(
        r"`((?:nbmlops|tests|labextension|docs|notebooks|benchmarks|\.ci)/[\w./-]+)`",
        page.read_text(encoding="utf-8"),
    )
    if not name.startswith("nbmlops/api/")
}))  # fmt: skip
def test_every_file_that_the_pages_name_exists(path: str) -> None:
    """Or is made when it is first needed: then git is told to leave it out."""
    left_out = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert (ROOT / path).exists() or f"{path}/" in left_out or "NNNN" in path


@pytest.mark.parametrize(
    "block",
    [block for block in blocks() if block.language in {"python", "ipython"}],
    ids=lambda block: f"{block.page}: {block.text.splitlines()[0]}",
)
def test_every_piece_of_python_is_python(block: Block) -> None:
    lines = [line for line in block.text.splitlines() if not line.startswith("%")]
    ast.parse("\n".join(lines))


@pytest.mark.slow
def test_the_python_of_the_quickstart_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """In a project whose pipeline ran twice, with a changed step in between."""
    for depth in (6, 8):
        notebook = Notebook(tmp_path)
        notebook.cell("month: int = 7", "parameters")
        notebook.cell(f"%mlops track train\ndepth = month * {depth}")
        path = notebook.save("flights.ipynb")
        workspace = Workspace(tmp_path)
        workspace.runs.run(workspace.pipelines.build(path).version, {"month": 3})
        workspace.close()
    code = next(
        block.text
        for block in blocks()
        if block.page == "docs/quickstart.md" and "nbmlops.open()" in block.text
    )
    checks = "assert values == {'depth': 24} and b'depth' in page"
    script = f"{code}\n{textwrap.dedent(checks)}\n"
    subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, check=True, env={**os.environ}, timeout=60
    )
    shown = capfd.readouterr().out
    assert "flights#2 succeeded {'month': 3}" in shown
    assert "+depth = month * 8" in shown
