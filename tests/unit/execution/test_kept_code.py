"""Code of a notebook that a library or module keeps, and calls from there in a later step.

What it reads is as the cells above have left it: they are not left out, and an edit of one makes
the step that may call the code run again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import polars as pl
import pytest

from nbmlops.domain.plans import CellPlan
from nbmlops.values.fingerprint import fingerprint
from tests.unit.steps import step

_REGISTRY = """
KEPT = {}
HOOKS = []

def register(made):
    KEPT[made.__name__] = made
    return made

class Base:
    known = []
    def __init_subclass__(cls, **words):
        Base.known.append(cls)

def total():
    return sum(made().go() for made in KEPT.values()) + sum(hook() for hook in HOOKS)
"""
_NAMES = ("kept_here", "kept_afar")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A cell that hands out code which reads ``rate``, and a step that binds ``n`` to that."""

    name: str
    hands_out: str
    use: str
    first: str = "import kept_here"


_CLASS = "class T:\n    def __init__(self, *given): pass\n    def go(self): return rate"
CASES = (
    Case(
        name="a decorator of the project",
        hands_out=f"@kept_here.register\n{_CLASS}",
        use="n = kept_here.total()",
    ),
    Case(
        name="called through another module",
        hands_out="kept_here.HOOKS.append(lambda: rate)",
        use="import kept_afar\nn = kept_afar.total()",
    ),
    Case(
        name="a base class of the project",
        hands_out="class T(kept_here.Base):\n    def go(self): return rate",
        use="n = kept_here.Base.known[-1]().go()",
    ),
    Case(
        name="an accessor of pandas",
        first="import pandas as pd",
        hands_out=f"@pd.api.extensions.register_dataframe_accessor('kept_here')\n{_CLASS}",
        use="n = pd.DataFrame().kept_here.go()",
    ),
    Case(
        name="an accessor of pandas by a computed name",
        first="import pandas as pd\nname = 'kept_' + 'here'",
        hands_out=f"{_CLASS}\npd.api.extensions.register_dataframe_accessor(name)(T)",
        use="n = getattr(pd.DataFrame(), name).go()",
    ),
    Case(
        name="a method that is set on a class of pandas",
        first="import pandas as pd\nframe = pd.DataFrame()",
        hands_out="pd.DataFrame.kept_here = lambda self: rate",
        use="n = frame.kept_here()",
    ),
    Case(
        name="a namespace of polars",
        first="import polars as pl\nframe = pl.DataFrame()",
        hands_out=f"@pl.api.register_dataframe_namespace('kept_here')\n{_CLASS}",
        use="n = frame.kept_here.go()",
    ),
    Case(
        name="an option of pandas",
        first="import pandas as pd\nrow = pd.Series([0.5])",
        hands_out="pd.set_option('display.float_format', lambda value: f'<{rate}>')",
        use="n = int(str(row).partition('<')[2].partition('>')[0])",
    ),
)


@pytest.fixture(autouse=True)
def _beside_the_project(monkeypatch: pytest.MonkeyPatch, project: Any) -> Iterator[None]:
    """The cells run in this process, which forgets what they have registered."""
    folder = project.workspace.project
    (folder / "kept_here.py").write_text(_REGISTRY)
    (folder / "kept_afar.py").write_text("import kept_here\ntotal = kept_here.total\n")
    monkeypatch.syspath_prepend(str(folder))
    _forget()
    yield
    _forget()


def _forget() -> None:
    pd.reset_option("display.float_format")
    for kind in (pd.DataFrame, pl.DataFrame):
        if "kept_here" in vars(kind):
            delattr(kind, "kept_here")
        getattr(kind, "_accessors", set()).discard("kept_here")
    for name in _NAMES:
        sys.modules.pop(name, None)


def _run(project: Any, version: Any) -> list[dict[str, str | None]]:
    _forget()  # as a new kernel has
    found = project.run(version)
    assert found is not None
    return list(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_reads_what_the_cells_above_have_left(case: Case, project: Any) -> None:
    def cells(rate: int, other: int) -> list[str]:
        above = [f"{case.first}\nrate = 1", case.hands_out, f"rate = rate + {rate}"]
        return [*above, step("use", case.use), step("other", f"m = {other}")]

    assert _run(project, project.build(cells(1, 1)))[-2]["n"] == fingerprint(2)
    assert _run(project, project.build(cells(6, 1)))[-2]["n"] == fingerprint(7)
    assert "use" in project.ran
    project.build(cells(6, 2))
    assert _run(project, project.build(cells(6, 2)))[-2]["n"] == fingerprint(7)


def test_a_step_that_cannot_call_it_stays_as_it_is(project: Any) -> None:
    def cells(rate: int) -> list[str]:
        tax = f"@pd.api.extensions.register_dataframe_accessor('kept_here')\n{_CLASS}"
        return [
            "import pandas as pd\nframe = pd.DataFrame({'a': [1]})",
            "rate = 1",
            tax,
            f"rate = rate + {rate}",
            step("use", "n = frame.kept_here.go()"),
            step("other", "m = int(frame['a'].sum())"),
        ]

    _run(project, project.build(cells(1)))
    states = project.states(project.build(cells(2)))
    assert states["other"] is CellPlan.CACHED
    assert states["use"] is not CellPlan.CACHED
