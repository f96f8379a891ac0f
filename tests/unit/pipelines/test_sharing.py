"""Names that may share parts of their values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, time, timezone

import numpy as np
import pandas as pd
import pytest

from nbmlops.domain.values import ValueRecord
from nbmlops.notebook.dataflow.graph import build
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.kinds import always_still, are_plain, kinds_of
from nbmlops.pipelines.sharing import related
from nbmlops.values.summary import summarize

FRAME = {"df": ("pandas.DataFrame",), "other": ("pandas.DataFrame",)}

OBJECTS = {name: (f"objects in {kind}",) for name, (kind,) in FRAME.items()}


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells, what records tell of what they bind, and whether two names may share parts."""

    name: str
    cells: tuple[str, ...]
    shares: bool
    pair: tuple[str, str] = ("d", "other")
    kinds: dict[str, tuple[str, ...]] = field(default_factory=dict)


CASES = (
    Case(
        name="a shallow copy shares what is inside",
        cells=("d = {'a': {'b': 1}}", "other = d.copy()"),
        shares=True,
    ),
    Case(
        name="a copy of what nobody knows may be shallow",
        cells=("import x\nd = x.get()", "other = d.copy()"),
        shares=True,
    ),
    Case(
        name="a deep copy shares nothing",
        cells=("import copy\nd = {'a': {'b': 1}}", "other = copy.deepcopy(d)"),
        shares=False,
    ),
    Case(
        name="a copy that records show to be a frame",
        cells=("import pandas as pd\ndf = pd.read_csv('x.csv')", "other = df.copy()"),
        pair=("df", "other"),
        kinds=FRAME,
        shares=False,
    ),
    Case(
        name="a copy of a frame of lists",
        cells=("import pandas as pd\ndf = pd.read_csv('x.csv')", "other = df.copy()"),
        pair=("df", "other"),
        kinds=OBJECTS,
        shares=True,
    ),
    Case(
        name="some of the rows of a frame of lists",
        cells=("import pandas as pd\ndf = pd.read_csv('x.csv')", "other = df.drop(columns='a')"),
        pair=("df", "other"),
        kinds=OBJECTS,
        shares=True,
    ),
    Case(
        name="a list of what is in a frame without objects",
        cells=("import pandas as pd\ndf = pd.read_csv('x.csv')", "other = df.a.tolist()"),
        pair=("df", "other"),
        kinds={"df": FRAME["df"], "other": ("list",)},
        shares=False,
    ),
    Case(
        name="an array of what is in a list",
        cells=("import numpy as np\nd = [{}, {}]", "other = np.array(d, dtype=object)"),
        shares=True,
    ),
    Case(
        name="what a function makes a copy of",
        cells=("d = {'a': []}\ndef f():\n    c = d.copy()\n    return c", "other = f()"),
        shares=True,
    ),
    Case(
        name="what a function makes anew",
        cells=("d = {'a': []}\ndef f():\n    return len(d)", "other = f() + 1"),
        shares=False,
    ),
    Case(
        name="a number that the code shows, as a column",
        cells=("import pandas as pd\ndf = pd.DataFrame()", "n = 3", "other = df.assign(k=n)"),
        pair=("n", "other"),
        shares=False,
    ),
    Case(
        name="a number that records show",
        cells=("import x\nn = x.get()", "other = [n]"),
        pair=("n", "other"),
        kinds={"n": ("int",), "other": ("list",)},
        shares=False,
    ),
    Case(
        name="what was a number once, and a list at another time",
        cells=("import x\nn = x.get()", "other = [n]"),
        pair=("n", "other"),
        kinds={"n": ("int", "list")},
        shares=True,
    ),
    Case(
        name="a number first, and then what no record tells of",
        cells=("n = 3", "import x", "n = x.get()", "other = [n]"),
        pair=("n", "other"),
        shares=True,
    ),
    Case(
        name="a number, or what a text of code makes of it",
        cells=("n = 3", "exec('n = [1]')", "other = [n]"),
        pair=("n", "other"),
        shares=True,
    ),
    Case(
        name="a number that a branch may make a list of",
        cells=("import x\nn = 3\nif x.get():\n    n = [1]", "other = [n]"),
        pair=("n", "other"),
        shares=True,
    ),
    Case(
        name="a tuple that may hold a list",
        cells=("import x\nn = x.get()", "other = [n]"),
        pair=("n", "other"),
        kinds={"n": ("tuple",)},
        shares=True,
    ),
    Case(
        name="two that share a third one, which is a number",
        cells=("import x\nn = x.get()", "d = [n]", "other = [n]"),
        kinds={"n": ("float",)},
        shares=False,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_names_share_parts(case: Case):
    document = from_sources([(source, ()) for source in case.cells])
    flows = build(document.code_cells).flows
    kinds = [{n: k for n, k in case.kinds.items() if n in flow.writes} for flow in flows]
    found = related(flows, kinds)
    one, other = case.pair
    assert (other in found.get(one, ())) is case.shares


def test_reading_a_number_that_a_connection_gave_does_not_change_the_connection() -> None:
    """Unless the cell binds the name itself: in between, it may be something else there."""
    sources = ("import tool\ncon = tool.connect()", "n = con.ask()", "print(n)", "n = con; n.ask()")
    cells = from_sources([(source, ()) for source in sources]).cells
    assert "con" in build(cells).flows[2].in_place
    flows = build(cells, still=["n"]).flows
    assert "con" not in flows[2].in_place
    assert "con" in flows[3].in_place
    kinds = [{}, {"n": ["int"]}, {}, {"n": ["int"]}]
    assert "n" in always_still(flows, kinds)
    assert "n" not in always_still(flows, [*kinds[:3], {"n": ["tool.Connection"]}])
    assert "n" not in always_still(flows, [{}, {"n": ["objects in pandas.Series"]}, {}, {}])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2011, 1, 2), True),  # noqa: DTZ001 (a time without a zone)
        (datetime(2011, 1, 2, tzinfo=timezone.utc), False),  # noqa: UP017 (as notebooks write it)
        (time(1, 2), True),
        (time(1, 2, tzinfo=timezone.utc), False),  # noqa: UP017 (as notebooks write it)
        (pd.Timestamp("2011-01-02"), True),
        (pd.Timestamp("2011-01-02", tz="US/Eastern"), False),
        (pd.Timedelta("1D"), True),
        (re.compile("a"), True),
        (np.int16(3), True),
        ("an object", True),
        (re.match("a", "a"), False),
        ((1, 2), False),
    ],
    ids=repr,
)
def test_what_cannot_be_changed_in_place_is_no_shared_part(value: object, expected: bool) -> None:  # noqa: FBT001
    """A time with a zone holds an object; a match the bytes that were searched."""
    kinds = kinds_of([ValueRecord(name="n", fingerprint="f", summary=summarize(value))])
    assert are_plain(kinds["n"]) is expected
