"""What shares parts with what is known from where both were: no more runs than that asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.domain.plans import CachePolicy
from nbmlops.errors import UnforeseenError
from tests.unit.steps import step

IMPORTS = "import numpy as np\nimport pandas as pd\nfrom argparse import Namespace as Result"
TABLES = (
    IMPORTS,
    step("mode", "mode = 'copied'"),
    step("a", "x = pd.DataFrame({'v': [1, 5]})"),
    step("b", "y = x * 2 if mode == 'shared' else x.copy() * 2"),
)
ROWS = "import numpy as np\nx = np.zeros(2, dtype=[('n', 'i4'), ('v', 'f8')])"
DRAWN = (
    f"import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\n{IMPORTS}",
    step("data", "df = pd.DataFrame({'x': [1, 5]})"),
    step("fit", "fitted = Result(frame=df, memory={})"),
    step("one", "fig, ax = plt.subplots()\nax.stem(fitted.frame.x)\nplt.close('all')"),
    step("other", "fig, ax = plt.subplots()\nax.errorbar([1, 2], df.x)\nplt.close('all')"),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells that ran, edits that ran one after the other, and what runs for the last of them.

    What comes from several kernels does not come back as one of them had it.
    """

    name: str
    cells: tuple[str, ...]
    edits: tuple[tuple[int, str], ...]
    runs: tuple[str, ...]


CASES = (
    Case(
        name="a figure of what another one was drawn of",
        cells=DRAWN,
        edits=(
            (4, step("other", "fig, ax = plt.subplots()\nax.step(df.x, df.x)\nplt.close('all')")),
        ),
        runs=("cell 1", "other"),
    ),
    Case(
        name="a name that stood for something else is bound anew, and that is changed",
        cells=(
            IMPORTS,
            step("a", "kept = Result(values=[1])\nshown = [kept]"),
            step("b", "shown = []\nshown.append(1)"),
        ),
        edits=((2, step("b", "shown = []\nshown.append(2)")),),
        runs=("b",),
    ),
    Case(
        name="a value that is changed where others hold the parts that stay as they are",
        cells=(
            IMPORTS,
            step("a", "whole = Result(values=[1], memory={})"),
            step("b", "part = Result(of=whole.values)"),
            step("c", "whole.memory['n'] = len(whole.values)"),
        ),
        edits=((3, step("c", "whole.memory['n'] = 1 + len(whole.values)")),),
        runs=("c",),
    ),
    Case(
        name="a part that was taken out of what another name holds",
        cells=(
            step("a", "inner = [1]"),
            step("b", "outer = [inner]"),
            step("c", "part = outer.pop()"),
            step("d", "part.append(2)"),
            step("last", "seen = [inner, outer]"),
        ),
        edits=((3, step("d", "part.append(3)")),),
        runs=("d", "last"),
    ),
    Case(
        name="an edit that begins to hold what it had copied",
        cells=(
            step("a", "inner = [1]"),
            step("b", "outer = list(inner)"),
            step("c", "outer.append(2)"),
            step("last", "seen = [inner, outer]"),
        ),
        edits=((1, step("b", "outer = inner")),),
        runs=("b", "c", "last"),
    ),
    Case(
        name="another value, for which the code holds what it had copied",
        cells=(
            step("a", "copies = True"),
            step("b", "inner = [1]"),
            step("c", "outer = list(inner) if copies else inner"),
            step("d", "outer.append(2)"),
            step("last", "seen = [inner, outer]"),
        ),
        edits=((0, step("a", "copies = False")),),
        runs=("a", "c", "d", "last"),
    ),
    Case(
        name="a row of a structured array, which looks at its memory",
        cells=(
            step("a", ROWS),
            step("b", "row = x[0]"),
            step("c", "row['n'] = 1"),
            step("last", "seen = [repr(x), repr(row)]"),
        ),
        edits=((2, step("c", "row['n'] = 3")),),
        runs=("b", "c", "last"),
    ),
    Case(
        name="a row of a copy, of which it is one of the array itself by now",
        cells=(
            step("copies", "copies = True"),
            step("a", ROWS),
            step("b", "row = x.copy()[0] if copies else x[0]"),
            step("c", "row['n'] = 1"),
            step("last", "seen = [repr(x), repr(row)]"),
        ),
        edits=((0, step("copies", "copies = False")),),
        runs=("copies", "b", "c", "last"),
    ),
    Case(
        name="an index that two tables have, which is named again",
        cells=(
            *TABLES[:3],
            step("b", "y = x * 2"),
            step("c", "y.index.name = 'one'"),
            step("last", "seen = [repr(x), repr(y)]"),
        ),
        edits=((4, step("c", "y.index.name = 'other'")),),
        runs=("cell 1", "a", "b", "c", "last"),
    ),
    Case(
        name="a table with an index of its own, which is named again",
        cells=(
            *TABLES,
            step("c", "y.index.name = 'one'"),
            step("last", "seen = [repr(x), repr(y)]"),
        ),
        edits=((4, step("c", "y.index.name = 'other'")),),
        runs=("c", "last"),
    ),
    Case(
        name="a list inside of a slice, which was one of a copy before",
        cells=(
            step("copies", "copies = True"),
            step("a", "rows = [1]"),
            step("b", "some = slice(list(rows) if copies else rows)"),
            step("c", "some.stop.append(2)"),
            step("last", "seen = [rows, some]"),
        ),
        edits=((0, step("copies", "copies = False")),),
        runs=("copies", "b", "c", "last"),
    ),
    Case(
        name="a column of a frame that the same cell has cut out of another one",
        cells=(
            "import pandas as pd",
            step("a", "whole = pd.DataFrame({'a': [1.5, 2.5, 3.5], 'b': [1, 0, 1]})"),
            step("b", "whole = whole[whole.b == 1]\npart = whole.a"),
            step("c", "found = part.sum()"),
            step("last", "seen = whole.a.sum()"),
        ),
        edits=((3, step("c", "part.iloc[0] = 5.5\nfound = part.sum()")),),
        runs=("c",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_more_runs_than_what_shares_parts_with_what_changes(case: Case, project: Any) -> None:
    """Each cell leaves what a run of all cells leaves."""
    cells = list(case.cells)
    assert project.run(project.build(cells)) is not None
    for at, edited in case.edits:
        cells[at] = edited
        version = project.build(cells)
        found = project.run(version)
    ran = tuple(project.ran)
    assert found == project.run(version, CachePolicy(enabled=False))
    assert ran == case.runs


@pytest.mark.parametrize("codes", [("list(inner)", "inner"), ("inner", "list(inner)")])
@pytest.mark.parametrize("held", ["[outer]", "[outer, inner]"])
def test_a_result_is_taken_only_with_what_shares_its_parts_as_when_it_was_kept(
    codes: tuple[str, str], held: str, project: Any
) -> None:
    """What holds another value is kept with that, and with all that this is the same as then."""
    cells = [
        step("a", "inner = [1]"),
        step("b", f"outer = {codes[0]}"),
        step("c", f"held = {held}"),
        step("d", "outer.append(1)"),
        step("last", "seen = [inner, outer, held]"),
    ]
    edits = (
        (1, step("b", f"outer = {codes[1]}")),
        (1, cells[1]),
        (3, step("d", "outer.append(2)")),
    )
    assert project.run(project.build(cells)) is not None
    project.succeed()
    for at, edited in edits:
        cells[at] = edited
        version = project.build(cells)
        try:
            found = project.run(version)
        except UnforeseenError:
            found = project.run(version, CachePolicy(enabled=False))
        project.succeed()
    assert found == project.run(version, CachePolicy(enabled=False))


def test_what_a_kernel_holds_that_a_name_stood_for_before_is_not_taken_for_what_it_stands_for(
    project: Any,
) -> None:
    """The cell that binds the name anew is not run, as its result is taken."""

    def cells(rows: str) -> list[str]:
        made = step("make", f"p = {rows}\na = p\nb = p")
        grown = step("grow", "if len(a) > 3:\n    a.append(1)\nn = len(a)")
        return [made, "b = [5]", grown, step("end", "r = [b, a]")]

    version = project.build(cells("[1]"))
    (project.workspace.project / ".nbmlops" / "config.toml").write_text(
        'keep = "all"\n', encoding="utf-8"
    )
    assert project.run(version) is not None
    project.succeed()
    version = project.build(cells("[1, 2, 3, 4]"))
    with pytest.raises(UnforeseenError, match="changed what `b` does not stand for"):
        project.run(version)
