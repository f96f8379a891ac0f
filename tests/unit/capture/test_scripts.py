"""What scripts that a cell runs with ``%run`` read of the notebook's names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from nbmlops.capture.scripts import read_by_scripts
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.document import from_sources, serialize


@dataclass(frozen=True, kw_only=True)
class Case:
    """A cell, the text of ``script.py``, and the names that are read; ``None`` for any."""

    cell: str = "%run -i script.py"
    script: str = ""
    reads: set[str] | None


CASES = {
    "a script of its own": Case(cell="%run script.py", script="b = a", reads=set()),
    "without its ending": Case(cell="%run script", script="b = a", reads=set()),
    "with plain options and words": Case(
        cell="%run -t -e script.py -i 3", script="b = a", reads=set()
    ),
    "among the notebook's names": Case(script="b = a\nprint(b)", reads={"a"}),
    "an option behind another one": Case(cell="%run -n -i script.py", script="b = a", reads={"a"}),
    "in functions": Case(script="k = 1\ndef f():\n    return k + a\nb = f()", reads={"a"}),
    "in a method of a class": Case(
        script="class C:\n    def m(self):\n        return a", reads={"a"}
    ),
    "as a main program": Case(
        cell="%run script.py", script="if __name__ == '__main__':\n    a = 1", reads=set()
    ),
    "by exec": Case(script="exec(text)", reads=None),
    "by exec in a function": Case(script="def f():\n    exec(text)", reads=None),
    "by the names of the main program": Case(
        cell="%run script.py", script="import __main__\nb = __main__.a", reads=None
    ),
    "by the shell": Case(
        cell="%run script.py", script="b = get_ipython().user_ns['a']", reads=None
    ),
    "which runs another one": Case(script="%run -i other.py", reads=None),
    "of no Python": Case(script="b = (", reads=None),
    "that is not there": Case(cell="%run other.py", reads=None),
    "of which one is not there": Case(cell="%run script.py\n%run other.py", reads=None),
    "of a name that is computed": Case(cell="%run $name", reads=None),
    "of a pattern": Case(cell="%run scr*.py", reads=None),
    "of a module": Case(cell="%run -m script", reads=None),
    "under a debugger": Case(cell="%run -d script.py", reads=None),
    "without a file": Case(cell="%run", reads=None),
    "beside exec": Case(cell="%run script.py\nexec(text)", script="b = a", reads=set()),
    "no script at all": Case(cell="exec(text)", reads=None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_script_reads(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that nothing holds are names as well: builtins, and what a cell before may bind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text(case.script)
    found = read_by_scripts(case.cell, analyze(case.cell))
    assert (None if found is None else set(found) - {"print"}) == case.reads


def test_a_notebook_runs_among_the_names_of_the_one_that_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one of its cells has bound is not read by the next."""
    monkeypatch.chdir(tmp_path)
    cells = ["%matplotlib inline\nb = a", "c = b + d"]
    (tmp_path / "other.ipynb").write_bytes(serialize(from_sources([(cell, []) for cell in cells])))
    cell = "%run other.ipynb"
    assert read_by_scripts(cell, analyze(cell)) == frozenset({"a", "d"})
    (tmp_path / "other.ipynb").write_text("{")
    assert read_by_scripts(cell, analyze(cell)) is None
