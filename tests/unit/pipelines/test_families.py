"""Names that shared no parts when their cell had ended."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, ValueSummary, in_part, kept_apart
from nbmlops.notebook.dataflow.graph import build
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.families import Families
from nbmlops.pipelines.sharing import changed_alone, let_go, related
from nbmlops.testing import NOON

SOURCES = ("import tool\ndf = tool.load()", "made = tool.fit(df)", "made.look()")
FLOWS = build(from_sources([(one, ()) for one in SOURCES]).cells).flows


def value(name: str, manifest: str | None = None, reason: str | None = None) -> ValueRecord:
    """What a name held; kept, where there is a manifest."""
    summary = ValueSummary(kind="tool.Value")
    return ValueRecord(
        name=name, fingerprint="1", summary=summary, manifest=manifest, reason=reason
    )


MADE = ExecutionRecord(
    notebook="n.ipynb", step=None, cell_id="b", source="", digest="", session="s", author="tester",
    started_at=NOON, duration=1, status=ExecutionStatus.OK, inputs=(value("df"),),
    outputs=(value("made", "m"),),
)  # fmt: skip
TOGETHER = replace(MADE, outputs=(value("made", "m#made"),), left=(value("df", "m#df"),))


@dataclass(frozen=True, kw_only=True)
class Case:
    """Executions of the cell that makes ``made`` of ``df``, and whether these may share."""

    name: str
    past: tuple[ExecutionRecord, ...]
    shares: bool
    kept: bool = True


CASES = (
    Case(name="never ran", past=(), shares=True),
    Case(name="kept by itself", past=(MADE, MADE), shares=False),
    Case(name="kept as one with it", past=(TOGETHER,), shares=True),
    Case(name="kept as one with it once", past=(MADE, TOGETHER), shares=True),
    Case(
        name="it was too large to be kept with it",
        past=(replace(MADE, outputs=(value("made", "m", kept_apart(["df"])),)),),
        shares=True,
    ),
    Case(
        name="a part of it was left out",
        past=(replace(MADE, outputs=(value("made", "m", in_part("a lock")),)),),
        shares=True,
    ),
    Case(name="not kept", past=(replace(MADE, outputs=(value("made"),)),), shares=True),
    Case(name="it has classes of the notebook", past=(MADE,), kept=False, shares=True),
    Case(name="what it was made of was not there", past=(replace(MADE, inputs=()),), shares=True),
    Case(name="read what is not known", past=(replace(MADE, inputs_complete=False),), shares=True),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_names_share_parts_unless_no_execution_has_left_them_so(case: Case) -> None:
    seen = Families(case.past, lambda _: None if case.kept else "holds classes")
    found = related(FLOWS, [{}] * 3, [Families(), seen, Families()])
    assert ("df" in found.get("made", ())) is case.shares


@pytest.mark.parametrize(
    ("cells", "left", "shares"),
    [
        (("df = tool.load()",), ("m", "n"), False),
        (("df = tool.load()",), ("m#made", "m#df"), True),
        (("df = tool.load()",), (None, "n"), False),
        (("df = tool.load()",), (None, None), True),
        (("df = tool.load()\nold = [df]",), ("m", "n"), True),
        (("df = tool.load()", "old = df"), ("m", "n"), True),
    ],
)
def test_what_a_cell_replaces_may_be_in_its_values_where_others_hold_it_still(
    cells: tuple[str, ...], left: tuple[str | None, str | None], *, shares: bool
) -> None:
    """Where none does, two names that it leaves share no parts if they were seen to share none."""
    sources = ("import tool", *cells, "df = df[df.x == 1]\nmade = df.y")
    flows = build(from_sources([(one, ()) for one in sources]).cells).flows
    made = replace(MADE, outputs=(value("made", left[0]), value("df", left[1])))
    past = [*[Families()] * (len(flows) - 1), Families([made], lambda _: None)]
    found = related(flows, [{}] * len(flows), past)
    assert ("df" in found.get("made", ())) is shares


@pytest.mark.parametrize("together", [True, False])
def test_what_a_cell_replaces_may_be_in_two_of_its_values(*, together: bool) -> None:
    sources = ("import tool\ndf = tool.load()", "old = df\ndf = 1\nmade = old.y")
    flows = build(from_sources([(one, ()) for one in sources]).cells).flows
    kept = ("m#made", "m#old") if together else ("m", "n")
    outputs = (value("made", kept[0]), value("old", kept[1]), value("df", "o"))
    seen = Families([replace(MADE, outputs=outputs)], lambda _: None)
    found = related(flows, [{}] * 2, [Families(), seen])
    assert ("old" in found.get("made", ())) is together


def test_an_execution_that_leaves_them_with_parts_in_common_was_not_foreseen() -> None:
    before = Families([MADE], lambda _: None)
    related(FLOWS, [{}] * 3, [Families(), before, Families()])
    assert before.hold_in(before.and_now(MADE))
    assert not before.hold_in(before.and_now(TOGETHER))
    assert not before.hold_in(before.and_now(replace(MADE, outputs=(value("made"),))))


def test_a_change_counts_for_those_that_are_elsewhere_and_may_have_parts_of_it() -> None:
    """One that the kernel keeps together with it has seen the change."""
    groups = related(FLOWS, [{}] * 3)
    changed = replace(MADE, outputs=(value("made", "m"),))
    saw = replace(MADE, outputs=(value("made", "m#made"),), left=(value("df", "m#df"),))
    none, alone = Families(), Families([MADE], lambda _: None)
    assert [*changed_alone(FLOWS[2], changed, groups, stayed={"df"}, past=none)] == [("made", "df")]
    assert [*changed_alone(FLOWS[2], saw, groups, stayed={"df"}, past=none)] == []
    assert [*changed_alone(FLOWS[2], changed, groups, stayed={"df"}, past=alone)] == []
    assert [*changed_alone(FLOWS[2], None, groups, stayed={"df"}, past=none)]


@pytest.mark.parametrize(
    ("source", "alters"),
    [
        ("made = []\nmade.append(1)", False),
        ("made.append(1)\nmade = []", True),
        ("for n in range(2):\n    made.append(n)\n    made = []", True),
        ("if df:\n    made = []\nmade.append(1)", True),
        ("made += [1]", True),
    ],
)
def test_what_a_cell_makes_itself_is_not_what_its_name_stood_for(
    source: str,
    alters: bool,  # noqa: FBT001 (of a table of cases)
) -> None:
    cells = from_sources([("df = [1]\nmade = [df]", ()), (source, ())]).cells
    flow = build(cells).flows[1]
    assert "made" in flow.in_place
    assert ("made" in flow.alters) is alters
    assert ("made" in let_go(flow)) is not alters
