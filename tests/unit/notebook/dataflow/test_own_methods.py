"""Methods of the project's own classes that have the names of harmless ones."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from nbmlops.notebook.dataflow.graph import CellFlow, build
from nbmlops.notebook.document import from_sources

_SOURCE = "log = []\n\nclass Count:\n    def apply(self):\n        log.append(1)\n"


def _modules(imports: Iterable[str]) -> dict[str, str]:
    return {"lib.py": _SOURCE} if any(name.startswith("lib") for name in imports) else {}


def _last(*sources: str) -> CellFlow:
    cells = from_sources([(source, ()) for source in sources]).code_cells
    return build(cells, None, _modules).flows[-1]


@pytest.mark.parametrize("calls", ["c.apply()", "one.apply(2)", "def go():\n    c.apply()\ngo()"])
def test_a_method_of_the_project_may_do_more_than_its_name_says(calls: str) -> None:
    assert _last("from lib import Count", "c = Count()\none = c", calls).acts
    assert _last("import lib", "c = lib.Count()\none = c", calls).acts


@pytest.mark.parametrize(
    "calls",
    ["[c][0].apply()", "d['k'].apply()", "same(c).apply()", "(c or one).apply()", "c.me().apply()"],
)
def test_it_may_whatever_expression_gives_its_object(calls: str) -> None:
    made = "c = Count()\none = c\nd = {'k': c}\ndef same(given):\n    return given"
    flow = _last("from lib import Count", made, calls)
    assert ".apply()" in flow.acts
    assert flow.in_place & {"c", "d"}


@pytest.mark.parametrize(
    "calls", ["Count().apply()", "lib.Count().apply()", "[Count()][0].apply()"]
)
def test_it_may_where_no_name_holds_its_object(calls: str) -> None:
    assert ".apply()" in _last("import lib\nfrom lib import Count", calls).acts


def test_it_changes_its_object() -> None:
    assert "c" in _last("from lib import Count", "c = Count()", "c.apply()").in_place


def test_others_do_what_they_are_known_for() -> None:
    assert not _last("from lib import Count", "c = Count()", "c.head()").acts
    assert not _last("import pandas as pd", "c = pd.Series([1])", "c.apply(abs)").acts
    assert not _last("import pandas as pd", "c = pd.Series([1])", "[c][0].apply(abs)").acts
