"""Code that a notebook hands to libraries and modules, and the cells that may call it there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from nbmlops.notebook.dataflow.graph import Graph, build
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.notebook.dataflow.slices import backward
from nbmlops.notebook.document import from_sources

_REGISTRY = """
import functools
KEPT = {}
HOOK = None
MORE = []

def register(made):
    KEPT[made.__name__] = made
    return made

def file_away(made):
    group = KEPT.setdefault("group", [])
    group.append(made)
    return made

def timed(function):
    @functools.wraps(function)
    def wrapper(*given):
        return function(*given)
    return wrapper

def twice(function, value):
    return function(function(value))

class Plain:
    pass

class Base:
    known = []
    def __init_subclass__(cls, **words):
        Base.known.append(cls)

class Meta(type):
    made = []
    def __init__(cls, *given):
        super().__init__(*given)
        Meta.made.append(cls)

class Made(metaclass=Meta):
    def go(self):
        return 0

class Bus:
    def __init__(self):
        self.all = {}
    def on(self, name, function):
        self.all[name] = function

_bus = Bus()

def bus():
    return _bus

def run_all():
    return [made().go() for made in [*KEPT.values(), *Meta.made]] + [f() for f in bus().all]
"""
_PROJECT = {
    "reg": {"reg.py": _REGISTRY},
    "starred": {"starred.py": "from reg import *\n", "reg.py": _REGISTRY},
    "asking": {
        "asking.py": "class Plain:\n    pass\n\ndef run_all():\n"
        "    return [c().go() for c in Plain.__subclasses__()]\n"
    },
    "runner": {
        "reg.py": _REGISTRY,
        "runner.py": "import reg\n\ndef go():\n    return reg.run_all()\n",
    },
}


def _modules(imports: Iterable[str]) -> dict[str, str]:
    roots = {name.partition(".")[0] for name in imports}
    return {file: text for root in sorted(roots) for file, text in _PROJECT.get(root, {}).items()}


def _graph(*sources: str) -> Graph:
    cells = from_sources([(source, ()) for source in sources]).code_cells
    return build(cells, None, _modules)


@dataclass(frozen=True)
class Case:
    """A cell that hands out code that reads ``rate``, and one below the change of ``rate``."""

    hands_out: str
    then: str
    first: str = "import reg"


_CLASS = "class T:\n    def go(self):\n        return rate"
_ACCESSOR = f"@pd.api.extensions.register_dataframe_accessor('tax')\n{_CLASS}"
_METHOD = "def tax(self):\n    return self * rate"
_RUNS = "import runner\nprint(runner.go())"

CALLED = {
    "a class that a decorator of the project keeps": Case(
        f"@reg.register\n{_CLASS}", "print(reg.run_all())"
    ),
    "called through another module": Case(f"@reg.register\n{_CLASS}", _RUNS),
    "called through another name of the module": Case(
        f"@register\n{_CLASS}", "print(run_all())", "from reg import register, run_all"
    ),
    "the decorator under a name of the notebook": Case(f"r = reg.register\n@r\n{_CLASS}", _RUNS),
    "given in a call": Case(f"{_CLASS}\nreg.register(T)", _RUNS),
    "given by a function of the notebook": Case(
        f"def add(c):\n    reg.KEPT['x'] = c\n    return c\n@add\n{_CLASS}", _RUNS
    ),
    "made in a function of the notebook": Case(
        "def set_up():\n    def inner():\n        return rate\n    reg.register(inner)\nset_up()",
        _RUNS,
    ),
    "a lambda of a function of the notebook": Case(
        "def set_up():\n    reg.register(lambda: rate)\nset_up()", _RUNS
    ),
    "a method of a class": Case(
        "class T:\n    @reg.register\n    def go(self):\n        return rate", _RUNS
    ),
    "what the function calls": Case(
        "def inner():\n    return rate\n@reg.register\ndef go():\n    return inner()", _RUNS
    ),
    "put into a dict of a module": Case("reg.KEPT.update(x=lambda: rate)", _RUNS),
    "added to a list of a module": Case("reg.MORE += [lambda: rate]", _RUNS),
    "set on a module": Case("reg.HOOK = lambda: rate", _RUNS),
    "a base class that is told of its subclasses": Case(
        _CLASS.replace("T", "T(reg.Base)"), "print([c().go() for c in reg.Base.known])"
    ),
    "a class that inherits from one that is kept": Case(
        "class A(reg.Base):\n    pass\nclass T(A):\n    def go(self):\n        return rate",
        "print([c().go() for c in reg.Base.known])",
    ),
    "put under another name of the dict": Case(
        f"{_CLASS}\nall_of['T'] = T", _RUNS, "import reg\nall_of = reg.KEPT"
    ),
    "put into a module that is looked up": Case(
        f"{_CLASS}\nsys.modules['reg'].KEPT['T'] = T", _RUNS, "import sys, reg"
    ),
    "called in a module that is imported by name": Case(
        f"@reg.register\n{_CLASS}",
        "print(importlib.import_module('runner').go())",
        "import importlib, reg",
    ),
    "a function of the project that keeps it in a list of another": Case(
        f"@reg.file_away\n{_CLASS}", _RUNS
    ),
    "a base class that is asked for them": Case(
        _CLASS.replace("T", "T(reg.Plain)"),
        "print([c().go() for c in reg.Plain.__subclasses__()])",
    ),
    "a class that a metaclass of the project keeps": Case(
        _CLASS.replace("T", "T(reg.Made)"), "print(reg.run_all())"
    ),
    "one whose base was imported by a star": Case(
        _CLASS.replace("T", "T(Made)"), "print(run_all())", "from reg import *"
    ),
    "a decorator that another module's star brought along": Case(
        f"@register\n{_CLASS}", "print(run_all())", "from starred import *"
    ),
    "given to an object of the project, in the cell that gets it": Case(
        "shared = reg.bus()\nshared.on('end', lambda: rate)", _RUNS
    ),
    "set on such an object": Case("shared = reg.bus()\nshared.end = lambda: rate", _RUNS),
    "put into such an object": Case(
        "shared = bus()\nshared['end'] = lambda: rate", _RUNS, "from reg import bus"
    ),
    "given to such an object in a function": Case(
        "def set_up():\n    shared = reg.bus()\n    shared.on('end', lambda: rate)\nset_up()", _RUNS
    ),
    "given to one that a context manager gives": Case(
        "with reg.bus() as shared:\n    shared.on('end', lambda: rate)", _RUNS
    ),
    "an accessor of pandas": Case(_ACCESSOR, "print(df.tax.go())", "import pandas as pd"),
    "an accessor that is given in a call": Case(
        f"{_CLASS}\npd.api.extensions.register_dataframe_accessor('tax')(T)",
        "print(df.tax.go())",
        "import pandas as pd",
    ),
    "an accessor by a computed name": Case(
        _ACCESSOR, "print(getattr(df, name))", "import pandas as pd\nname = 'tax'"
    ),
    "a namespace of polars": Case(
        f"@pl.api.register_dataframe_namespace('tax')\n{_CLASS}",
        "print(df.tax.go())",
        "import polars as pl",
    ),
    "a method set on a class of pandas": Case(
        f"{_METHOD}\npd.Series.tax = tax", "print(s.tax())", "import pandas as pd"
    ),
    "a method set by setattr": Case(
        f"{_METHOD}\nsetattr(pd.Series, 'tax', tax)", "print(s.tax())", "import pandas as pd"
    ),
    "a formatter of IPython": Case(
        "get_ipython().display_formatter.formatters['text/plain']"
        ".for_type(int, lambda o, p, c: p.text(rate))",
        "k",
        "k = 1",
    ),
    "a format of floats": Case(
        "pd.set_option('display.float_format', lambda v: f'{v * rate}')",
        "s",
        "import pandas as pd\ns = pd.Series([1])",
    ),
    "a handler of logs": Case(
        "class H(logging.Handler):\n    def emit(self, record):\n        print(rate)\n"
        "logging.getLogger('a').addHandler(H())",
        "model.fit()",
        "import logging",
    ),
    "a hook of warnings": Case(
        "def hook(*args, **words):\n    print(rate)\nwarnings.showwarning = hook",
        "model.fit()",
        "import warnings",
    ),
    "an encoder": Case(
        "json.JSONEncoder.default = lambda self, o: rate", "frame.save()", "import json"
    ),
    "a library that nobody knows": Case(
        f"@somelib.task\n{_CLASS}", "print(somelib.run())", "import somelib"
    ),
}


@pytest.mark.parametrize("case", CALLED.values(), ids=CALLED)
def test_what_code_that_was_handed_out_reads_is_needed_where_it_may_be_called(case: Case) -> None:
    graph = _graph("rate = 1", case.first, case.hands_out, "rate = 10", case.then)

    assert "rate" in graph.flows[-1].reads
    assert 3 in backward(graph, [4])


NOT_CALLED = {
    "a cell that uses other libraries": Case(
        f"@reg.register\n{_CLASS}", "x = np.ones(3).sum()", "import reg, numpy as np"
    ),
    "a cell that binds a name": Case(f"@reg.register\n{_CLASS}", "x = 3"),
    "a decorator that keeps nothing": Case(
        "@reg.timed\ndef go():\n    return rate", "print(reg.run_all())"
    ),
    "a function that keeps nothing": Case(
        "def go(x):\n    return rate\nreg.twice(go, 1)", "print(reg.run_all())"
    ),
    "a base class that keeps nothing": Case(
        _CLASS.replace("T", "T(reg.Plain)"), "print(reg.run_all())"
    ),
    "an accessor that is not named": Case(_ACCESSOR, "print(df.x.sum())", "import pandas as pd"),
    "a function that a frame applies": Case("y = df.apply(lambda r: r * rate)", "print(y)"),
    "a function that sorts": Case(
        "def key(r):\n    return r * rate\ny = sorted([1], key=key)[0]", "print(3)"
    ),
    "a compiled function": Case(
        "@njit(parallel=True)\ndef f(r):\n    return r * rate", "print(3)", "from numba import njit"
    ),
    "a cached function": Case(
        "@functools.lru_cache\ndef f(r):\n    return r * rate", "print(3)", "import functools"
    ),
    "an objective": Case(
        "def loss(t):\n    return rate\nstudy = optuna.create_study()\nstudy.optimize(loss)",
        "print(3)",
        "import optuna",
    ),
    "an estimator": Case(
        _CLASS.replace("T", "T(BaseEstimator)"),
        "print(3)",
        "from sklearn.base import BaseEstimator",
    ),
    "a registry of the notebook": Case(
        f"class Known:\n    def register(self, f):\n        self.f = f\nall_of = Known()\n"
        f"@all_of.register\n{_CLASS}",
        "print(3)",
    ),
}


@pytest.mark.parametrize("case", NOT_CALLED.values(), ids=NOT_CALLED)
def test_code_that_cannot_be_called_ties_no_cell_to_what_it_reads(case: Case) -> None:
    graph = _graph("rate = 1", case.first, case.hands_out, "rate = 10", case.then)

    assert "rate" not in graph.flows[-1].reads


def test_a_name_that_is_not_there_yet_is_not_missed() -> None:
    graph = _graph("import reg", f"@reg.register\n{_CLASS}", "print(reg.run_all())", "rate = 1")

    assert all(not flow.missing for flow in graph.flows)


def test_what_it_changes_is_changed_where_it_may_be_called() -> None:
    graph = _graph(
        "import reg\nseen = []",
        "@reg.register\ndef note():\n    seen.append(1)",
        "reg.run_all()",
        "print(seen)",
    )

    assert 2 in backward(graph, [3])
    assert any(
        (edge.source, edge.target) == (2, 3) and "seen" in edge.names for edge in graph.edges
    )


@pytest.mark.parametrize(
    ("source", "keeps"),
    [
        (f"@reg.register\n{_CLASS}", True),
        (_CLASS.replace("T", "T(reg.Base)"), True),
        ("reg.MORE.append(lambda: rate)", True),
        (f"@somelib.task\n{_CLASS}", True),
        ("def set_up():\n    reg.register(lambda: rate)\nset_up()", True),
        ("@reg.timed\ndef go():\n    return rate", False),
        (_CLASS.replace("T", "T(reg.Plain)"), False),
        ("def go(x):\n    return rate\nfound = somelib.best(go)", False),
        (_CLASS.replace("T", "T(somelib.Model)"), False),
    ],
)
def test_a_cell_whose_code_is_kept_sets_something_for_the_process(source: str, keeps: bool) -> None:  # noqa: FBT001
    graph = _graph("rate = 1", "import reg, somelib", source)

    assert (PROCESS in graph.flows[2].writes) == keeps


ASKED = {
    "a base class of the project": ("import reg", "reg.Plain"),
    "a base class of a library": ("import somelib", "somelib.Model"),
    "a base class of the notebook": ("class Base:\n    pass", "Base"),
    "an abstract one": ("import abc\nclass Base(abc.ABC):\n    pass", "Base"),
}


@pytest.mark.parametrize(("first", "base"), ASKED.values(), ids=ASKED)
def test_classes_are_there_where_their_bases_are_asked_for_them(first: str, base: str) -> None:
    asks = f"print([c().go() for c in {base}.__subclasses__()])"
    graph = _graph("rate = 1", first, _CLASS.replace("T", f"T({base})"), "rate = 10", asks)

    assert PROCESS in graph.flows[2].writes
    assert {1, 2, 3, 4} <= backward(graph, [4])


def test_a_module_may_ask_for_them() -> None:
    graph = _graph(
        "import asking", _CLASS.replace("T", "T(asking.Plain)"), "print(asking.run_all())"
    )

    assert PROCESS in graph.flows[1].writes
    assert backward(graph, [2]) == {0, 1, 2}
