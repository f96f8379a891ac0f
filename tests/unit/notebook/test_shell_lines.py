"""What shell lines depend on, where they do no more than show files and folders."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.notebook.shell_lines import shown_by


@dataclass(frozen=True, kw_only=True)
class Line:
    """A shell line, and the files and folders that it shows."""

    text: str
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()


@pytest.mark.parametrize(
    "line",
    [
        Line(text="cat a.txt", files=("a.txt",)),
        Line(text="head -n 5 data/a.csv", files=("data/a.csv",)),
        Line(text="head -5 'my data.csv'", files=("my data.csv",)),
        Line(text='tail -n +2 "a.csv" b.csv', files=("a.csv", "b.csv")),
        Line(text="wc -l < a.csv", files=("a.csv",)),
        Line(text="wc -l *.csv", files=("*.csv",)),
        Line(text="cut -d, -f 2 a.csv | sort -k 1 | uniq -c", files=("a.csv",)),
        Line(text="cut -d ';' -f2 a.csv", files=("a.csv",)),
        Line(text="grep -c 'a b' a.csv", files=("a.csv",)),
        Line(text="grep -e x -e y a.csv b.csv", files=("a.csv", "b.csv")),
        Line(text="cat a.txt && echo done", files=("a.txt",)),
        Line(text="cat a.txt 2>/dev/null | tr a-z A-Z", files=("a.txt",)),
        Line(text="ls", folders=(".",)),
        Line(text="ls -1 data out", folders=("data", "out")),
        Line(text="# first\n\nmd5sum a.csv\nls data", files=("a.csv",), folders=("data",)),
        Line(text="echo 'two words'"),
        Line(
            text="cat a.txt | tr a b > b.txt\ncat b.txt c.txt",
            files=("a.txt", "c.txt"),
            written=("b.txt",),
        ),
        Line(text="echo x > a.txt && cat < a.txt", written=("a.txt",)),
        Line(text="cp a.txt 'b c.txt'", files=("a.txt",), written=("b c.txt",)),
        Line(text="cp -f a.txt b.txt; cat b.txt", files=("a.txt",), written=("b.txt",)),
        Line(text="mkdir -p out", made=("out",)),
        Line(text="mkdir -p out/a out/b && cat a.txt", files=("a.txt",), made=("out/a", "out/b")),
        Line(text="pip install pandas", installed=("pandas",)),
        Line(text="pip3 install -q 'pandas>=2,<4' six", installed=("pandas>=2,<4", "six")),
        Line(text="/usr/bin/python3.12 -m pip install --quiet six", installed=("six",)),
    ],
    ids=lambda line: line.text,
)
def test_what_a_line_shows_is_told(line: Line) -> None:
    shown = shown_by(line.text)
    assert shown is not None
    assert (shown.files, shown.folders) == (line.files, line.folders)
    assert (shown.made, shown.written) == (line.made, line.written)
    assert shown.installed == line.installed


def test_where_a_line_runs_is_asked_by_name() -> None:
    told = shown_by("pwd; cat a.txt")
    assert told is not None
    assert told.asks_place
    plain = shown_by("cat a.txt")
    assert plain is not None
    assert not plain.asks_place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "date",
        "python train.py",
        "cat",
        "wc -l",
        "cat -",
        "cat a.txt >> b.txt",
        "cat a.txt >| b.txt",
        "cat a.txt > *.txt",
        "cat a.txt | sort > a.txt",
        "sort a.txt > a.txt",
        "ls > names.txt",
        "cat a.txt > b.txt; ls",
        "cat >",
        "cat a.txt | tee b.txt",
        "cat a.txt | python train.py",
        "cat <(date)",
        "cat << END",
        "cat $HOME/a.txt",
        "cat ~/a.txt",
        "cat `which python`",
        "cat {a,b}.txt",
        "cat a\\ b.txt",
        "cat a.txt &",
        "cat 'a.txt",
        "LC_ALL=C sort a.txt",
        "cd data; cat a.txt",
        "tail -f a.log",
        "sort -R a.txt",
        "sort -o b.txt a.txt",
        "sort --files0-from=a.txt",
        "uniq a.txt b.txt",
        "grep -r x data",
        "grep x",
        "ls -l",
        "ls -t data",
        "echo *",
        "head -n *",
        "head -n",
        "cat a.txt\ndate",
        "mkdir out",
        "mkdir -pv out",
        "mkdir -p",
        "mkdir -p out*",
        "mkdir -p out; ls",
        "ls out && mkdir -p out",
        "pwd data",
        "cp a.txt",
        "cp a.txt b.txt out",
        "cp -r a b",
        "cp *.txt b.txt",
        "cp a.txt a.txt",
        "cp a.txt b.txt | cat b.txt",
        "cp a.txt b.txt; cp b.txt a.txt",
        "pip install",
        "pip install -U pandas",
        "pip install --pre pandas",
        "pip install -r requirements.txt",
        "pip install -e .",
        "pip install ./lib",
        "pip install https://example.org/lib.whl",
        "pip install git+https://example.org/lib",
        "pip install pandas[all]",
        "pip install 'lib @ file:///lib.whl'",
        "pip uninstall pandas",
        "pip list",
        "python -m pandas install six",
        "python -m pip",
        "%s",
    ],
)
def test_of_other_lines_nothing_is_said(text: str) -> None:
    assert shown_by(text) is None


def test_the_language_counts_where_a_program_sorts_or_counts_letters() -> None:
    for text, matters in (
        ("sort a.txt", True), ("ls", True), ("wc a.txt", True),
        ("wc -lc a.txt", False), ("head a.txt", False), ("cat a.txt", False),
    ):  # fmt: skip
        shown = shown_by(text)
        assert shown is not None
        assert ("LC_ALL" in shown.variables) is matters
