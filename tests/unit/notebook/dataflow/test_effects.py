"""What `analyze` finds in one cell, construct by construct."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.known import PROCESS, RANDOM


@dataclass(frozen=True)
class Case:
    source: str
    reads: str = ""
    writes: str = ""
    mutates: str = ""
    may: str = ""
    deletes: str = ""
    assigned: str | None = None


CASES = [
    # bindings
    Case("x = 1", writes="x"),
    Case("x = y = z", reads="z", writes="x y"),
    Case("(a, [b, *c]) = d", reads="d", writes="a b c"),
    Case("x: int = y", reads="y", writes="x"),
    Case("x: Wanted", reads="Wanted"),
    Case("x += y", reads="x y", writes="x", mutates="x"),
    Case("import numpy.linalg, os.path as p", writes="numpy p"),
    Case("from a import b as c", writes="c"),
    Case("with f() as (a, b):\n    pass", reads="f", writes="a b"),
    Case("if (n := g()):\n    n", reads="g", writes="n"),
    Case("[last := i for i in range(3)]", writes="last"),
    Case("try:\n    x = 1\nexcept E as e:\n    x = 2", reads="E", writes="x e", deletes="e"),
    Case(
        "match v:\n    case {'a': a, **rest}:\n        pass\n    case [b, *c]:\n        pass",
        reads="v",
        writes="a rest b c",
        assigned="",
    ),
    Case("match v:\n    case Point(x=px) | Other(px):\n        pass", "v Point Other", "px"),
    Case("del x", reads="x", deletes="x"),
    Case("x = 1\ndel x\nx", reads="x", writes="x", deletes="x"),
    Case("async with a as b:\n    pass\nasync for c in d:\n    pass", "a d", "b c"),
    Case("x = await fetch(url)", reads="fetch url", writes="x", may="url"),
    # branches
    Case("if c:\n    x = 1\nprint(x)", reads="c x", writes="x", assigned=""),
    Case("if c:\n    x = 1\nelse:\n    x = 2\nprint(x)", reads="c", writes="x", assigned="x"),
    Case("if c:\n    x = 1\nelse:\n    raise E", reads="c E", writes="x", assigned="x"),
    Case("for i in xs:\n    last = i\nprint(last)", reads="xs last", writes="i last", assigned=""),
    Case("while a:\n    b = 1\nelse:\n    c = 2", reads="a", writes="b c", assigned="c"),
    Case("with suppress(E):\n    x = 1", "suppress E", "x", may="E", assigned=""),
    Case("try:\n    import fast\nexcept ImportError:\n    fast = None", writes="fast"),
    Case("a and (b := c)\nb", reads="a c b", writes="b", assigned=""),
    # scopes
    Case("[x for x in xs if x in ys]", reads="xs ys"),
    Case("{k: v for k, v in d.items()}", reads="d"),
    Case("x = [x for x in x]", reads="x", writes="x"),
    Case("f(lambda a, b=c: a + d)", reads="f c d", may="d"),
    Case("def f(a, b=c) -> R:\n    return a + K", reads="c R", writes="f"),
    Case("@deco(k)\ndef f():\n    x = y", reads="deco k", writes="f", may="k"),
    Case("class A(B):\n    n = K\n    def m(self):\n        return Z", reads="B K", writes="A"),
    Case("class A:\n    n = 1\n    m = n + k", reads="k", writes="A"),
    Case("f = lambda a: a + K", writes="f"),
    # changes in place
    Case("x[0] = y", reads="x y", mutates="x"),
    Case("x.a.b = 1", reads="x", mutates="x"),
    Case("tree.find('a').text = 'b'", reads="tree", may="tree"),
    Case("a = tree.find('a')\na['href'] = 'b'", reads="tree", writes="a", may="tree"),
    Case("df.loc[mask, 'a'] = 1", reads="df mask", mutates="df"),
    Case("del x['a']", reads="x", mutates="x"),
    Case("x['n'] += 1", reads="x", mutates="x"),
    Case("y = x\ny['b'] = 1", reads="x", writes="y", mutates="x"),
    Case("for d in [a, b]:\n    d['x'] = 1", reads="a b", writes="d", mutates="a b"),
    Case("p, q = a, b\nq['x'] = 1", reads="a b", writes="p q", mutates="b"),
    Case("for d in frames:\n    d['x'] = 1", reads="frames", writes="d", may="frames"),
    Case("y = {'k': x}\ny['k']['b'] = 1", reads="x", writes="y", may="x"),
    Case("y = slice(x)\ny.stop.append(1)", reads="x", writes="y", may="x"),
    Case("y = slice(1, 3)\ny.stop.append(1)", writes="y"),
    Case("y = x if c else z\ny.n = 1", reads="x c z", writes="y", mutates="x z"),
    Case("x = load()\nx['a'] = 1", reads="load", writes="x"),
    Case("df.drop(columns='a', inplace=True)", reads="df", mutates="df"),
    Case("df.drop(columns='a', inplace=False)", reads="df"),
    Case("np.add(a, b, out=c)", reads="np a b c", mutates="c"),
    Case("setattr(x, 'a', 1)", reads="x", mutates="x"),
    Case("rows.append(row)", reads="rows row", mutates="rows"),
    Case("new = rows.pop()", reads="rows", writes="new", may="rows"),
    # changes that a call may make
    Case("f(x, y)", reads="f x y", may="x y"),
    Case("x.unknown(y)", reads="x y", may="x y"),
    Case("z = wrap(x)\nz.n = 1", reads="wrap x", writes="z", may="x"),
    Case("print(x, len(y), sorted(z))", reads="x y z"),
    Case("df.head()", reads="df"),
    Case("m = df.groupby('a').agg('mean')", reads="df", writes="m"),
    Case("both = pd.concat([a, b])", reads="pd a b", writes="both"),
    Case("np.mean(x)", reads="np x"),
    Case("model.fit(X, y, random_state=1)", reads="model X y", mutates="model"),
    Case("p = model.predict(X)", reads="model X", writes="p"),
    Case("plt.plot(x)", reads="plt x"),
    # magics
    Case("%time x = f(y)", reads="f y", writes="x", may="y"),
    Case("%timeit -n 10 z = y + 1", reads="y"),
    Case("%%time\nx = y", reads="y", writes="x"),
    Case("%%capture out\nx = y", reads="y", writes="x out"),
    Case("%%timeit\nz = y", reads="y"),
    Case("%%bash --out listing\nls *.csv", writes="listing"),
    Case("%%html\n<b>x</b>"),
    Case("%%sql rows <<\nselect * from t", writes="rows"),
    Case("rows = %sql select * from t", writes="rows"),
    Case("%sql rows << select 1", writes="rows"),
    Case("%sql duckdb://", writes=PROCESS),
    Case("files = !ls", writes="files"),
    Case("x?"),
    Case("for i in a:\n    %time b = i", reads="a", writes="i b"),
    Case("%mlops track train\nx = y", reads="y", writes="x"),
    Case("%%mlops track train\nx = y", reads="y", writes="x"),
    Case("%load_ext nbmlops\n%mlops versions train"),
    # the state of the process
    Case("np.random.seed(0)", reads="np", writes=RANDOM),
    Case("x = np.random.rand()", reads=f"np|{RANDOM}", writes=f"x|{RANDOM}"),
    Case("rng = np.random.default_rng(0)", reads="np", writes="rng"),
    Case("s = df.sample(3)", reads=f"df|{RANDOM}", writes=f"s|{RANDOM}"),
    Case("s = df.sample(3, random_state=0)", reads="df", writes="s"),
    Case("os.environ['A'] = '1'", reads="os", writes=PROCESS, mutates="os"),
    Case("%cd data", writes=PROCESS),
]


def _names(text: str) -> set[str]:
    pseudo = {name for name in (RANDOM, PROCESS) if name in text}
    for name in pseudo:
        text = text.replace(name, " ")
    return pseudo | set(text.replace("|", " ").split())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)
def test_a_cell_has_the_effects_that_its_code_says(case: Case):
    effects = analyze(case.source)
    assert effects.reads == _names(case.reads)
    assert effects.writes == _names(case.writes)
    assert effects.mutates == _names(case.mutates)
    assert effects.may_mutate == _names(case.may)
    assert effects.deletes == _names(case.deletes)
    if case.assigned is not None:
        assert effects.assigned == _names(case.assigned)


def test_a_function_has_effects_of_its_own():
    effects = analyze(
        "def f(a):\n    global G\n    K['x'] = a\n    G = H\n    local = 1\n    return R"
    )
    body = effects.defines["f"].effects
    assert body.reads == {"K", "H", "R"}
    assert body.writes == {"G"}
    assert body.mutates == {"K"}
    assert effects.reads == set()
    assert effects.defines["f"].returns == {"R": 1}


def test_methods_and_nested_functions_belong_to_what_holds_them():
    inner = "def inner():\n            return K"
    source = f"class A:\n    def m(self):\n        {inner}\n        return [g(x) for x in Q]"
    assert analyze(source).defines["A"].effects.reads == {"K", "Q", "g"}


def test_nonlocal_names_are_not_the_notebook_s():
    source = "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n    return g"
    body = analyze(source).defines["f"].effects
    assert (body.reads, body.writes, body.mutates) == (set(), set(), set())


@pytest.mark.parametrize(
    "source",
    [
        "exec('x = 1')",
        "eval(text)",
        "globals()['x'] = 1",
        "%run other.py",
        "get_ipython().run_cell(s)",
    ],
)
def test_code_that_cannot_be_read_is_said_to_be(source: str):
    assert analyze(source).dynamic


@pytest.mark.parametrize(
    "source",
    [
        "import gc; gc.get_objects()",
        "import builtins; builtins.eval(text)",
        "rows = map(eval, texts)",
        "import __main__",
        "def f(n): return vars(sys.modules[__name__])[n]",
        "def f(n): return inspect.stack()[1][0].f_globals[n]",
        "import polars as pl; c = pl.SQLContext(register_globals=True)",
        "import patsy; y, x = patsy.dmatrices(formula, data)",
        "import statsmodels.formula.api as smf; m = smf.ols(formula=text, data=df)",
        "import numexpr as ne; ne.evaluate(text)",
        "import timeit; timeit.timeit('f(x)', 'from __main__ import f, x')",
        "import timeit; timer = timeit.Timer('m.f()', setup='import __main__ as m')",
        "import cProfile; cProfile.run('f(x)')",
        "import doctest; doctest.testmod()",
        "from pandasql import sqldf; sqldf(text)",
    ],
)
def test_a_way_to_all_names_is_said_to_be(source: str):
    effects = analyze(source)
    every = [effects, *(part.effects for part in effects.definitions)]
    assert any(one.counts(["pandasql"]) for part in every for one in part.dynamic)


@pytest.mark.parametrize(
    "source",
    [
        "if __name__ == '__main__': x = 1",
        "text = 'what is important in __main__'",
        "import cProfile; profile = cProfile.Profile()",
        "import sys; m = sys.modules['json']",
        "import sys; there = 'torch' in sys.modules",
        "import sys; sys.modules.pop('lib', None)",
        "import inspect; here = inspect.currentframe().f_code.co_name",
        "rows = cursor.execute(text).fetchall()",
        "import patsy; y, x = patsy.dmatrices('y ~ scaled(a)', data)",
    ],
)
def test_what_leads_to_no_name_is_none(source: str):
    assert not [one for one in analyze(source).dynamic if one.counts(["pandas"])]


def test_one_construct_may_ask_first_and_write_then():
    (dynamic,) = analyze("if 'x' not in globals():\n    globals()['x'] = 1").dynamic
    assert dynamic.writes


@pytest.mark.parametrize("source", ["print('x' in globals())", "if 'x' not in globals(): y = 1"])
def test_to_ask_whether_a_name_is_there_changes_nothing(source: str):
    (dynamic,) = analyze(source).dynamic
    assert dynamic.reads
    assert not dynamic.writes


def test_a_star_import_binds_unknown_names_and_reads_none():
    (dynamic,) = analyze("from math import *").dynamic
    assert dynamic.star
    assert not dynamic.reads


def test_names_in_shell_lines_and_queries_are_read_if_they_exist():
    assert "path" in analyze("!head {path}").soft_reads
    assert "limit" in analyze("df.query('a > @limit')").soft_reads
    assert "scaled" in analyze("import patsy; patsy.dmatrix('scaled(a)', data)").soft_reads


@pytest.mark.parametrize(
    "source", ["df?", "?df", "df.plot??", "%psource df.plot", "%page df", "df.*plot?", "%pdoc df"]
)
def test_what_is_looked_up_by_its_name_is_read_if_it_exists(source: str) -> None:
    """Without it, nothing is found."""
    found = analyze(source)
    assert found.soft_reads == {"df"}
    assert not found.dynamic


@pytest.mark.parametrize("source", ["%who", "%whos DataFrame", "names = %who_ls"])
def test_a_list_of_all_names_reads_them(source: str) -> None:
    """It is as long as there are names."""
    (dynamic,) = analyze(source).dynamic
    assert dynamic.reads
    assert not dynamic.writes


def test_the_source_of_a_definition_has_its_decorators_and_no_indentation():
    source = "if x:\n    @deco\n    def f():\n        return 1\n"
    assert analyze(source).defines["f"].source == "@deco\ndef f():\n    return 1"


def test_a_cell_that_is_not_python_says_the_line():
    with pytest.raises(CellSyntaxError) as caught:
        analyze("\n\nx = 1\ny = (")
    assert caught.value.line == 4
