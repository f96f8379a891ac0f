"""Which modules a cell uses follows from its names and from what earlier cells imported."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.notebook.dataflow.definitions import definitions_used
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.modules import ImportsInForce, imports_in


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells that ran before, a cell, and the imports behind it."""

    name: str
    cell: str
    uses: set[str]
    before: tuple[str, ...] = ()
    definitions: tuple[tuple[str, str], ...] = ()


CASES = (
    Case(name="its own import", cell="import lib", uses={"lib"}),
    Case(name="an import of an earlier cell", before=("import lib",), cell="lib.f()", uses={"lib"}),
    Case(name="an import that it does not use", before=("import lib",), cell="x = 1", uses=set()),
    Case(
        name="a function under another name",
        before=("from lib import clean as c",),
        cell="c(1)",
        uses={"lib.clean"},
    ),
    Case(
        name="two modules of a package",
        before=("import pkg.one, pkg.two",),
        cell="pkg.one.f()",
        uses={"pkg.one", "pkg.two"},
    ),
    Case(
        name="a name that holds another thing now",
        before=("import lib", "lib = 1"),
        cell="lib",
        uses=set(),
    ),
    Case(name="an import in a function", cell="def f():\n    import lib\n", uses={"lib"}),
    Case(
        name="a function of the notebook that uses a module",
        before=("import lib", "def f():\n    return lib.g()"),
        definitions=(("f", "def f():\n    return lib.g()"),),
        cell="y = f()",
        uses={"lib"},
    ),
    Case(
        name="a function in the cell that uses a module",
        before=("import lib",),
        cell="def f():\n    return lib.g()",
        uses={"lib"},
    ),
    Case(name="a star import", before=("from lib import *",), cell="y = g()", uses={"lib"}),
    Case(
        name="no name of a star import",
        before=("from lib import *", "x = 1"),
        cell="print(x)",
        uses=set(),
    ),
    Case(name="a cell in another language", cell="%%bash\nimport lib", uses=set()),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_modules_follow_from_names(case: Case) -> None:
    imports = ImportsInForce()
    for source in case.before:
        imports.follow(source, analyze(source))
    available = dict(case.definitions)
    used = definitions_used(case.cell, available)
    assert imports.used_by(case.cell, analyze(case.cell), used) == case.uses


def test_a_cell_that_failed_imports_what_it_bound() -> None:
    imports, source = ImportsInForce(), "import one\nimport two"
    imports.follow(source, analyze(source), {"one"})
    assert imports.used_by("one, two", analyze("one, two"), {}) == {"one"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from . import sibling", "pkg.inner.sibling"),
        ("from .sibling import f", "pkg.inner.sibling.f"),
        ("from .. import other", "pkg.other"),
    ],
)
def test_relative_imports_start_from_the_package(source: str, found: str) -> None:
    assert imports_in(source, "pkg.inner").every == {found}
