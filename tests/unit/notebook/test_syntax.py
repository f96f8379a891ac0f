"""Cells as Python."""

from __future__ import annotations

import ast

import pytest

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.syntax import line_magic, marked, parse


def _plain(source: str) -> str:
    return ast.unparse(parse(source).tree)


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("%time x = f(1)", "x = f(1)"),
        ("%%time\nx = 1", "x = 1"),
        ("%%time\n%%capture out\nx = 1", "x = 1"),
        ("if a:\n    %time x = 1", "if a:\n    x = 1"),
        ("%prun -l 4 f()", "f()"),
        ("    x = 1\n    y = 2", "x = 1\ny = 2"),
        ("%%html\n<b>", ""),
    ],
)
def test_the_python_in_magics_is_read(source: str, python: str):
    assert _plain(source) == python


def test_lines_are_those_of_the_cell():
    tree = parse("\n\n%%time\n\nx = 1\n%time y = 2").tree
    assert [node.lineno for node in tree.body] == [5, 6]


def test_what_timeit_runs_has_names_of_its_own():
    (node,) = parse("%timeit x = 1").tree.body
    assert isinstance(node, ast.FunctionDef)


def test_options_of_foreign_cells_name_what_they_bind():
    parsed = parse("%%bash --out text --err problems\nls")
    assert parsed.outputs == ("text", "problems")
    assert parsed.foreign is not None
    assert parse("%%nobody_knows\nx").unknown == "%%nobody_knows"


def test_magics_and_shell_lines_are_told_apart():
    def magic(source: str) -> tuple[str, str] | None:
        (node,) = parse(source).tree.body
        assert isinstance(node, ast.Expr)
        return line_magic(node.value)

    assert magic("!ls {x}") == ("!", "ls {x}")
    assert magic("%cd data") == ("cd", "data")
    assert magic("print(x)") is None


@pytest.mark.parametrize(
    "line", ["timeit total(rows)", "time x = total(rows)", "load_ext autoreload", "cd data"]
)
def test_a_magic_alone_in_its_cell_needs_no_percent_sign(line: str) -> None:
    assert ast.dump(parse(line).tree) == ast.dump(parse(f"%{line}").tree)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("pwd", "%pwd"),
        ("\n  ls -l\n", "\n  %ls -l\n"),
        ("env  # variables", "%env  # variables"),
        ("ls.sort()", "ls.sort()"),
        ("ls = 3", "ls = 3"),
        ("pwd\nx", "pwd\nx"),
        ("there", "there"),
        ("run", "run"),
        ("ls data", "ls data"),
    ],
)
def test_a_magic_that_reads_as_python_is_one_unless_its_name_is_bound(
    source: str, said: str
) -> None:
    """IPython looks whether the name is there before it takes the line for a magic."""
    assert marked(source, bound={"run", "there"}) == said


@pytest.mark.parametrize(
    ("source", "line"), [("x = (", 1), ("\nx = 1\ny y", 3), ("%%time\n\nx x", 3), ("'\0'", 1)]
)
def test_a_cell_that_is_not_python_says_the_line(source: str, line: int):
    with pytest.raises(CellSyntaxError) as caught:
        parse(source)
    assert caught.value.line == line
