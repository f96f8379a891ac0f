"""Imports and functions of a step are bound again for another one, without running the step."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.plans import CachePolicy
from tests.unit.steps import step

MODULES = {
    "plain": '"""Functions."""\nimport math\nLIMIT = 3\n\ndef double(x):\n    return 2 * x\n',
    "keeping": "seen = []\n\ndef double(x):\n    seen.append(x)\n    return 2 * x + len(seen)\n",
    "counting": "n = 0\n\ndef double(x):\n    global n\n    n += 1\n    return 2 * x + n\n",
    "setting": "import os\n\ndef double(x):\n    os.environ['SET'] = 'yes'\n    return 2 * x\n",
    "adding": "import string\nstring.added = 5\n",
}


@pytest.fixture(autouse=True)
def modules(project: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with modules; each kernel imports them anew."""
    folder: Path = project.workspace.project
    for name, source in MODULES.items():
        (folder / f"{name}.py").write_text(source)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SET", "no")
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in MODULES:
        sys.modules.pop(name, None)


def _new_kernel() -> None:
    for name in MODULES:
        sys.modules.pop(name, None)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Step ``a`` is kept; ``b`` runs again and reads what a binds."""

    name: str
    a: str
    b: str
    alone: bool = True
    """Whether ``b`` runs alone."""


CASES = (
    Case(name="an import", a="import json\nx = 1", b="y = json.dumps(x)"),
    Case(name="a dotted import", a="import xml.dom\nx = 1", b="y = xml.dom.__name__"),
    Case(name="a renamed one", a="import os.path as p\nx = '/a'", b="y = p.basename(x)"),
    Case(name="a function", a="from json import dumps as d\nx = 1", b="y = d(x)"),
    Case(
        name="a class",
        a="from pathlib import PurePosixPath\nx = 1",
        b="y = PurePosixPath('a').name",
    ),
    Case(name="several at once", a="import json, math\nx = 1", b="y = json.dumps(math.floor(x))"),
    Case(
        name="two submodules",
        a="import xml.dom\nimport xml.sax\nx = 1",
        b="y = xml.dom.__name__ + xml.sax.__name__",
    ),
    Case(name="a library", a="import numpy as np\nx = np.arange(3)", b="y = int(np.sum(x))"),
    Case(
        name="a plain module of the project",
        a="import plain\nx = plain.double(1)",
        b="y = plain.double(x)",
    ),
    Case(name="its function", a="from plain import double\nx = double(1)", b="y = double(x)"),
    Case(
        name="all imports of the step, as one may change another module",
        a="import string\nimport adding\nx = 1",
        b="y = string.added",
    ),
    Case(name="a def", a="def f(v, n=2):\n    return v * n\nx = 1", b="y = f(x)"),
    Case(
        name="a def with annotations, and an import in its body",
        a="import math\nfrom pathlib import Path\ndef f(v: int, p: Path | None = None) -> int:\n"
        "    return math.floor(v)\nx = 1",
        b="y = f(x)",
    ),
    Case(
        name="a module that keeps something",
        a="import keeping\nx = keeping.double(1)",
        b="y = keeping.double(x)",
        alone=False,
    ),
    Case(
        name="a module that counts",
        a="import counting\nx = counting.double(1)",
        b="y = counting.double(x)",
        alone=False,
    ),
    Case(
        name="a module that sets something",
        a="import setting\nx = setting.double(1)",
        b="y = setting.__name__",
        alone=False,
    ),
    Case(
        name="a module with another name changed",
        a="import plain\nplain.LIMIT = 5\nx = 1",
        b="y = plain.LIMIT",
        alone=False,
    ),
    Case(
        name="by another name",
        a="import plain\nm = plain\nm.LIMIT = 5\nx = 1",
        b="y = plain.LIMIT",
        alone=False,
    ),
    Case(
        name="an import in a condition",
        a="x = 1\nif x:\n    import json as j\nelse:\n    import pickle as j",
        b="y = j.dumps(x)",
        alone=False,
    ),
    Case(
        name="an import that may fail",
        a="try:\n    import nothing_there as j\nexcept ImportError:\n    import json as j\nx = 1",
        b="y = j.dumps(x)",
        alone=False,
    ),
    Case(
        name="a name that is bound twice",
        a="import json as j\nimport pickle as j\nx = 1",
        b="y = len(j.dumps(x))",
        alone=False,
    ),
    Case(name="a star import", a="from json import *\nx = 1", b="y = dumps(x)", alone=False),
    Case(
        name="a function with a default that lasts",
        a="def f(v, n=[]):\n    n.append(v)\n    return len(n)\nx = f(1)",
        b="y = f(x)",
        alone=False,
    ),
    Case(
        name="a decorated function",
        a="import functools\n@functools.cache\ndef f(v):\n    return [v]\nx = f(1)\nx.append(1)",
        b="y = len(f(1))",
        alone=False,
    ),
    Case(
        name="a function that gets an attribute",
        a="def f(v):\n    return f.n + v\nf.n = 4\nx = 1",
        b="y = f(x)",
        alone=False,
    ),
    Case(
        name="a class of the notebook", a="class K:\n    n = 1\nx = 1", b="y = K().n", alone=False
    ),
    Case(
        name="a path that is added first",
        a="import sys\nsys.path.append('more')\nimport json\nx = 1",
        b="y = json.dumps(x)",
        alone=False,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_step_imports_is_there_without_the_step(case: Case, project: Any) -> None:
    """And what comes out is what comes out where all steps run."""
    version = project.build([step("a", case.a), step("b", case.b)])
    whole = project.run(version)
    assert whole is not None
    _new_kernel()
    again = project.run(version, CachePolicy(force=frozenset(["b"])))
    assert again is not None
    assert [one.get("y") for one in again] == [one.get("y") for one in whole]
    assert project.ran == (["b"] if case.alone else ["a", "b"])


def test_a_function_needs_what_it_reads(project: Any) -> None:
    version = project.build(
        [
            step(
                "a",
                "import math\nn = 2\n"
                "def f(v):\n    return g(v) + n\ndef g(v):\n    return math.floor(v)",
            ),
            step("b", "y = f(1.5)"),
        ]
    )
    assert project.run(version) is not None
    assert project.run(version, CachePolicy(force=frozenset(["b"]))) is not None
    assert project.ran == ["b"]


def test_a_module_that_another_step_changed_is_imported_by_its_step(project: Any) -> None:
    version = project.build(
        [
            step("a", "import plain\nx = 1"),
            step("c", "plain.LIMIT = 7\nz = 1"),
            step("b", "y = plain.LIMIT"),
        ]
    )
    assert project.run(version) is not None
    _new_kernel()
    assert project.run(version, CachePolicy(force=frozenset(["b"])))[2] is not None
    assert project.ran == ["a", "c", "b"]


def test_a_module_whose_source_changed_runs_its_step(project: Any, modules: Path) -> None:
    cells = [step("a", "import plain\nx = plain.double(1)"), step("b", "y = plain.double(x)")]
    project.run(project.build(cells))
    _new_kernel()
    (modules / "plain.py").write_text("def double(x):\n    return 3 * x\n")
    project.run(project.build(cells))
    assert project.ran == ["a", "b"]


def test_a_failed_step_goes_on_without_those_before_it(project: Any, modules: Path) -> None:
    version = project.build(
        [
            step(
                "a",
                "import json\nfrom pathlib import Path\ndef f(v):\n    return json.dumps(v)\nx = 1",
            ),
            step("b", "y = f(x)\nif not Path('there').exists():\n    raise ValueError(y)"),
        ]
    )
    assert project.run(version) is None
    (modules / "there").touch()
    assert project.run(version) is not None
    assert project.ran == ["b"]
