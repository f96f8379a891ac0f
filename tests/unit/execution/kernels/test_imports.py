"""What a notebook imports for certain is known from its cells."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.execution.kernels.imports import imports_of


@dataclass(frozen=True)
class Case:
    name: str
    cells: tuple[str, ...]
    found: tuple[str, ...]


CASES = (
    Case("modules", ("import numpy as np, pandas.core",), ("numpy", "pandas.core")),
    Case("names of a module", ("from a.b import c, d as e",), ("a.b.c", "a.b.d")),
    Case("everything of a module", ("from a.b import *",), ("a.b",)),
    Case("twice", ("import a", "import b\nimport a"), ("a", "b")),
    Case("an attempt", ("try:\n    import a\nexcept ImportError:\n    import b",), ("a",)),
    Case("a condition", ("if x:\n    import a",), ()),
    Case("a function", ("def f():\n    import a",), ()),
    Case("the standard library", ("import os.path\nfrom json import loads",), ()),
    Case("after a variable", ("import a\nimport os\nos.environ['N'] = '1'", "import b"), ("a",)),
    Case("after a filter", ("import warnings\nwarnings.filterwarnings('ignore')\nimport a",), ()),
    Case("after an installation", ("%pip install b", "import b"), ()),
    Case("after a command", ("!ls", "import b"), ()),
    Case("after harmless work", ("import a\nx = a.read('f.csv')", "import b"), ("a", "b")),
    Case("after a function that sets", ("def f():\n    os.environ['N'] = '1'", "import b"), ()),
    Case("in a context", ("with a_context():\n    import a",), ("a",)),
    Case("relative", ("from . import a\nfrom .b import c",), ()),
    Case("beside a magic", ("%matplotlib inline\nimport a",), ("a",)),
    Case("no Python", ("import a b c",), ()),
    Case("another language", ("%%bash\nimport a",), ()),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_notebook_imports_for_certain_is_found_in_order(case: Case) -> None:
    assert imports_of(case.cells) == case.found
