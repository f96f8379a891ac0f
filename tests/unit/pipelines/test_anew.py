"""A cell that sets what is new in each run is told from one that asks for it beside."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.pipelines.anew import sets_anew


@dataclass(frozen=True, slots=True)
class Case:
    source: str
    found: bool
    asked: tuple[str, ...] = ()


HOST = ("https://example.com",)
CASES = (
    Case("pd.set_option('display.width', int(time.time()) % 90)", found=True),
    Case("w = int(time.time())\nn = w % 90\npd.set_option('display.width', n)", found=True),
    Case("style = {}\nstyle['x'] = time.time()\nplt.rcParams.update(style)", found=True),
    Case("def f():\n    pd.set_option('display.width', time.time())\nf()", found=True),
    Case("w = requests.get(u).json()\npd.set_option('display.width', w)", found=True, asked=HOST),
    Case("pd.set_option('display.width', tick())", found=True, asked=("time.time",)),
    Case("%cd {folder}\n!date", found=True, asked=("date",)),
    Case("start = time.time()\npd.set_option('display.width', n)", found=False),
    Case("start = time.time()\nsns.set_theme()\nplt.rcParams.update(style)", found=False),
    Case("t = time.time()\nmodel.fit(X, y)\nprint(time.time() - t)", found=False),
    Case("pd.set_option('display.width', n)", found=False),
    Case("start = time.time()\nplt.plot(x)\nplt.title(f'{time.time() - start}')", found=True),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)
def test_what_is_set_is_followed_to_where_it_comes_from(case: Case) -> None:
    assert sets_anew(case.source, frozenset(case.asked)) is case.found
