"""What is recorded of a sequence of cells: one table of the constructs that notebooks use.

Each case is a sequence of cells in a real shell with a real recorder and a real store. The last
cell is looked at: what it read, what it bound or changed, what it deleted, and which of the
earlier cells (counted from 0) its result follows from.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.capture.recorder import Recorder
from nbmlops.capture.session import Session
from nbmlops.domain.clock import system_clock
from nbmlops.domain.executions import Execution
from nbmlops.history.slices import slice_of
from nbmlops.workspace import Workspace

ARRAY = "import numpy as np\nbig = np.zeros(8)\napart = big.copy()"
FRAME = "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2, 3], 'b': [4., 5., 6.]})"
CLASS = "class Box:\n    shared = []\n    def put(self, thing):\n        self.held = thing"
COUNTING = "class C:\n    n = 0\n    %s:\n        self.n += 1\n        return 1"
CLOSURE = (
    "def make():\n    n = 0\n    def count():\n        nonlocal n\n        n += 1\n"
    "        return n\n    return count"
)
SQL = "import sqlite3\nc = sqlite3.connect(':memory:')\nrows = c.execute('select 1 union select 2')"
AXES = "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt"


@dataclass(frozen=True)
class Case:
    """Cells, and what is known of the last one; names are separated by spaces.

    ``needs`` are the earlier cells in the slice of the last one. ``known`` says whether its
    inputs are fully known. What is ``None`` is not looked at.
    """

    name: str
    cells: tuple[str, ...]
    reads: str = ""
    writes: str = ""
    deletes: str = ""
    needs: tuple[int, ...] | None = None
    known: bool = True


LISTS = (
    Case("a list is read", ("L = [1]", "n = len(L)"), "L", "n", needs=(0,)),
    Case("a list is looked at", ("L = [1]", "L"), "L", needs=(0,)),
    Case("a list grows", ("L = [1]", "L.append(2)"), "L", "L", needs=(0,)),
    Case("an item is set", ("L = [1]", "L[0] = 2"), "L", "L", needs=(0,)),
    Case("an item is set to what it was", ("L = [1]", "L[0] = 1"), "L", needs=(0,)),
    Case("a slice is set", ("L = [1, 2]", "L[:] = []"), "L", "L", needs=(0,)),
    Case("+= changes the alias too", ("L = [1]\nM = L", "L += [2]"), "L", "L M", needs=(0,)),
    Case("+ rebinds and spares the alias", ("L = [1]\nM = L", "L = L + [2]"), "L", "L", needs=(0,)),
    Case("an item is deleted", ("L = [1, 2]", "del L[0]"), "L", "L", needs=(0,)),
    Case("a list is sorted", ("L = [2, 1]", "L.sort()"), "L", "L", needs=(0,)),
    Case("a sorted list is sorted", ("L = [1, 2]", "L.sort()"), "L", needs=(0,)),
    Case("sorted() copies", ("L = [2, 1]", "M = sorted(L)"), "L", "M", needs=(0,)),
    Case(
        "a loop variable changes the items",
        ("L = [[1], [2]]", "for row in L:\n    row.append(3)"),
        "L",
        "L row",
        needs=(0,),
    ),
    Case(
        "a comprehension changes the items",
        ("L = [[1], [2]]", "done = [row.pop() for row in L]"),
        "L",
        "L done",
        needs=(0,),
    ),
    Case(
        "a part deep in a long list changes",
        ("L = [[n] for n in range(5000)]", "part = L[10]", "part.append(0)"),
        "part",
        "L part",
        needs=(0, 1),
    ),
    Case("unpacking gives a part away", ("L = [[1]]", "[inner] = L"), "L", "inner", needs=(0,)),
    Case(
        "a part that was unpacked changes",
        ("L = [[1]]", "[inner] = L", "inner.append(2)"),
        "inner",
        "L inner",
        needs=(0, 1),
    ),
    Case(
        "a later reader follows the alias that changed it",
        ("L = [1]", "M = L", "M.append(2)", "n = len(L)"),
        "L",
        "n",
        needs=(0, 1, 2),
    ),
    Case("a walrus in a condition", ("L = [1]", "if (n := len(L)) > 0:\n    pass"), "L", "n"),
    Case(
        "a deep copy is apart",
        ("import copy\nL = [[1]]\nM = copy.deepcopy(L)", "M[0].append(2)"),
        "M",
        "M",
        needs=(0,),
    ),
    Case(
        "a shallow copy is changed inside in the cell that makes it",
        ("import copy\nL = [[1]]", "M = copy.copy(L)\nM[0].append(2)"),
        "L",
        "L M",
        needs=(0,),
    ),
    Case(
        "a copy by the method is changed inside in the cell that makes it",
        ("L = [[1]]", "M = L.copy()\nfor x in M:\n    x.append(2)"),
        "L",
        "L M x",
        needs=(0,),
    ),
    Case(
        "a copy of rows is changed inside by a function that copies",
        ("L = [[1]]", "def f(a):\n    b = a.copy()\n    b[0].append(2)", "f(L)"),
        "L",
        "L",
        needs=(0, 1),
    ),
    Case(
        "a harmless function is bound anew by the cell that calls it",
        ("L = [1]\ndef f(a):\n    return len(a)", "def f(a):\n    a.append(1)\nf(L)"),
        "L",
        "L f",
        needs=(0,),
    ),
    Case(
        "a harmless function is bound anew by a function that is called",
        (
            "L = [1]\ndef f(a):\n    return len(a)",
            "def g():\n    global f\n    def f(a):\n        a.append(1)",
            "g()\nf(L)",
        ),
        "L",
        "L f",
    ),
    Case(
        "a list with the name of a module is sorted",
        ("time = [2, 1]", "time.sort()"),
        "time",
        "time",
        needs=(0,),
    ),
    Case(
        "a function takes the name of one of a library",
        (
            "import functools, sklearn.metrics\nL = [1]",
            "@functools.wraps(sklearn.metrics.auc)\ndef auc(a):\n    a.append(1)",
            "auc(L)",
        ),
        "L",
        "L",
        needs=(0, 1),
    ),
    Case(
        "a copied list grows by itself",
        ("L = [[1]]", "M = L.copy()\nM.append(2)"),
        "L",
        "M",
        needs=(0,),
    ),
    Case(
        "a shallow copy shares the items",
        ("import copy\nL = [[1]]\nM = copy.copy(L)", "M[0].append(2)"),
        "M",
        "L M",
        needs=(0,),
    ),
)

DICTS = (
    Case("a key is set", ("d = {}", "d['a'] = 1"), "d", "d", needs=(0,)),
    Case("a key is set through get", ("d = {'a': []}", "d.get('a').append(1)"), "d", "d"),
    Case("setdefault that finds", ("d = {'a': 1}", "d.setdefault('a', 2)"), "d", needs=(0,)),
    Case("setdefault that sets", ("d = {}", "d.setdefault('a', 2)"), "d", "d"),
    Case("update", ("d = {}\ne = {'a': 1}", "d.update(e)"), "d e", "d", needs=(0,)),
    Case("|= changes the alias", ("d = {}\ne = d", "d |= {'a': 1}"), "d", "d e"),
    Case("a key is deleted", ("d = {'a': 1}", "del d['a']"), "d", "d"),
    Case("the same keys in another order", ("d = {1: 1, 2: 2}", "d[1] = d.pop(1)"), "d", "d"),
    Case("a view of items is read", ("d = {'a': 1}", "total = sum(d.values())"), "d", "total"),
    Case("a view of keys follows", ("d = {'a': 1}\nk = d.keys()", "d['b'] = 2"), "d", "d k"),
    Case(
        "a defaultdict read by key grows",
        ("from collections import defaultdict\nd = defaultdict(list)", "d['a']"),
        "d",
        "d",
    ),
    Case(
        "a nested container",
        ("d = {'a': {'b': [1]}}\nb = d['a']['b']", "b.append(2)"),
        "b",
        "b d",
        needs=(0,),
    ),
    Case(
        "two containers share a part",
        ("part = []\nd = {'p': part}\nL = [part]", "d['p'].append(1)"),
        "d",
        "L d part",
        needs=(0,),
    ),
    Case("a container that holds itself", ("L = []\nL.append(L)", "L.append(1)"), "L", "L"),
    Case("a cycle that is read", ("L = []\nL.append(L)", "n = len(L)"), "L", "n"),
)

SETS = (
    Case("add", ("s = {1}", "s.add(2)"), "s", "s", needs=(0,)),
    Case("add what is there", ("s = {1}", "s.add(1)"), "s", needs=(0,)),
    Case("discard what is not there", ("s = {1}", "s.discard(2)"), "s"),
    Case("a union is new", ("s = {1}", "t = s | {2}"), "s", "t"),
    Case("&= changes the alias", ("s = {1, 2}\nt = s", "s &= {1}"), "s", "s t"),
    Case("a bytearray", ("b = bytearray(b'ab')", "b[0] = 0"), "b", "b"),
    Case(
        "a memory view writes", ("b = bytearray(b'ab')\nm = memoryview(b)", "m[0] = 0"), "m", "b m"
    ),
    Case("a deque", ("from collections import deque\nq = deque([1], 2)", "q.append(2)"), "q", "q"),
    Case(
        "an array of the array module",
        ("import array\na = array.array('i', [1])", "a[0] = 2"),
        "a",
        "a",
    ),
)

OBJECTS = (
    Case("an attribute is set", (CLASS, "box = Box()", "box.x = 1"), "box", "box", needs=(0, 1)),
    Case("an attribute is read", (CLASS, "box = Box()\nbox.x = 1", "y = box.x"), "box", "y"),
    Case("a method sets", (CLASS, "box = Box()", "box.put(1)"), "box", "box", needs=(0, 1)),
    Case(
        "a method keeps what it is given",
        (CLASS, "box = Box()\nL = []", "box.put(L)", "L.append(1)"),
        "L",
        "L box",
        needs=(0, 1, 2),
    ),
    Case("setattr()", (CLASS, "box = Box()", "setattr(box, 'x', 1)"), "box", "box"),
    Case("__dict__", (CLASS, "box = Box()", "box.__dict__['x'] = 1"), "box", "box"),
    Case("vars()", (CLASS, "box = Box()", "vars(box)['x'] = 1"), "box", "box"),
    Case("slots", ("class P:\n    __slots__ = ('x',)", "p = P()", "p.x = 1"), "p", "p"),
    Case(
        "a data class",
        (
            "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 0",
            "p = P()",
            "p.x = 1",
        ),
        "p",
        "p",
        needs=(0, 1),
    ),
    Case(
        "a class attribute is set",
        (CLASS, "box = Box()", "Box.limit = 1"),
        writes="Box box",
        needs=(0, 1),
    ),
    Case(
        "a class attribute changes in place",
        (CLASS, "box = Box()", "Box.shared.append(1)"),
        writes="Box box",
        needs=(0, 1),
    ),
    Case(
        "a class attribute changes through an instance",
        (CLASS, "box = Box()", "box.shared.append(1)"),
        "box",
        "Box box",
        needs=(0, 1),
    ),
    Case(
        "a method is replaced",
        (CLASS, "box = Box()", "def put(self, thing):\n    self.held = 0\nBox.put = put"),
        writes="Box box put",
    ),
    Case(
        "a property that counts its reads",
        (
            COUNTING % "@property\n    def v(self)",
            "c = C()",
            "x = c.v",
        ),
        "c",
        "c x",
        needs=(0, 1),
    ),
    Case(
        "operators that change their operand",
        (
            COUNTING % "def __lt__(self, other)",
            "c = C()",
            "x = c < 1",
        ),
        "c",
        "c x",
    ),
    Case(
        "a method that changes a global",
        ("L = []\nclass C:\n    def put(self):\n        L.append(1)", "c = C()", "c.put()"),
        "L c",
        "L",
        needs=(0, 1),
    ),
    Case(
        "a class that counts its instances",
        (
            "class C:\n    n = 0\n    def __init__(self):\n        type(self).n += 1",
            "c = C()",
            "d = C()",
        ),
        writes="C c d",
    ),
    Case(
        "a new method does not touch other classes",
        ("class C: pass\nclass D: pass\nc, d = C(), D()", "C.x = 1"),
        writes="C c",
    ),
    Case("an instance spares those beside it", (CLASS, "a, b = Box(), Box()", "a.x = 1"), "a", "a"),
    Case(
        "a context manager that changes",
        (
            (
                "class C:\n    n = 0\n    def __enter__(self): self.n += 1\n"
                "    def __exit__(self, *a): pass"
            ),
            "c = C()",
            "with c: pass",
        ),
        "c",
        "c",
    ),
)

FUNCTIONS = (
    Case(
        "a closure counts",
        (
            CLOSURE,
            "count = make()",
            "x = count()",
        ),
        writes="count x",
        needs=(0, 1),
    ),
    Case(
        "a closure holds a list",
        ("def make(kept):\n    return lambda x: kept.append(x)", "L = []\nput = make(L)", "put(1)"),
        writes="L put",
        needs=(0, 1),
    ),
    Case(
        "a global that a function binds",
        ("def f():\n    global g\n    g = 1", "f()"),
        writes="g",
        needs=(0,),
    ),
    Case(
        "a global that a function changes",
        ("L = []", "def f():\n    L.append(1)", "f()"),
        "L",
        "L",
        needs=(0, 1),
    ),
    Case(
        "a default argument that grows",
        ("def f(x, L=[]):\n    L.append(x)\n    return L", "y = f(1)"),
        writes="f y",
        needs=(0,),
    ),
    Case("an attribute of a function", ("def f(): pass", "f.n = 1"), writes="f", needs=(0,)),
    Case(
        "a lambda over a global",
        ("k = 2", "double = lambda x: k * x", "y = double(3)"),
        "k",
        "y",
        needs=(0, 1),
    ),
    Case(
        "a lambda over a global that was changed since",
        ("k = 2", "double = lambda x: k * x", "k = 5", "y = double(3)"),
        "k",
        "y",
        needs=(1, 2),
    ),
    Case(
        "a function that was defined anew",
        ("def f():\n    return 1", "def g():\n    return f()", "def f():\n    return 2", "y = g()"),
        writes="y",
        needs=(1, 2),
    ),
    Case(
        "a function that is called through a list",
        ("L = []\ndef f():\n    L.append(1)\ncalls = [f]", "calls[0]()"),
        "L calls",
        "L",
        needs=(0,),
    ),
    Case(
        "a partial",
        ("from functools import partial\nL = []\nput = partial(list.append, L)", "put(1)"),
        "put",
        "L put",
        needs=(0,),
    ),
    Case(
        "a bound method",
        ("L = []\nput = L.append", "put(1)"),
        writes="L put",
        needs=(0,),
    ),
    Case(
        "a cached function",
        (
            "from functools import cache\n@cache\ndef f(x):\n    return [x]",
            "a = f(1)",
            "a.append(2)",
        ),
        "a",
        "a",
        needs=(0, 1),
    ),
    Case("a function is only defined", ("L = []", "def f():\n    L.append(1)"), writes="f"),
    Case(
        "a decorator that registers",
        (
            "known = []\ndef register(f):\n    known.append(f)\n    return f",
            "@register\ndef g():\n    return 1",
        ),
        "known",
        "g known",
        needs=(0,),
    ),
    Case(
        "a recursive function",
        ("def f(n):\n    return n and n * f(n - 1)", "y = f(3)"),
        writes="y",
        needs=(0,),
    ),
    Case(
        "map is lazy until it is used",
        ("L = [[1]]", "m = map(lambda r: r.append(2), L)", "done = list(m)"),
        "m",
        "L done m",
        needs=(0, 1),
    ),
)

ARRAYS = (
    Case(
        "a view writes", (ARRAY, "view = big[:2]", "view[:] = 1"), "view", "big view", needs=(0, 1)
    ),
    Case(
        "the base writes", (ARRAY, "view = big[:2]", "big[0] = 1"), "big", "big view", needs=(0, 1)
    ),
    Case("a view of a view", (ARRAY, "a = big[2:]\nb = a[::2]", "b += 1"), "b", "a b big"),
    Case(
        "two views that overlap",
        (ARRAY, "a = big[:4]\nb = big[2:]\ndel big", "a[3] = 1"),
        "a",
        "a b",
    ),
    Case(
        "two views that do not overlap",
        (ARRAY, "a = big[:4]\nb = big[4:]", "a[0] = 1"),
        "a",
        "a big",
    ),
    Case("reshape", (ARRAY, "table = big.reshape(2, 4)", "table[1] = 1"), "table", "big table"),
    Case("a transposed view", (ARRAY, "t = big.reshape(2, 4).T", "t[0] = 1"), "t", "big t"),
    Case("fancy indices copy", (ARRAY, "part = big[[0, 1]]", "part[:] = 1"), "part", "part"),
    Case("out=", (ARRAY, "np.add(apart, 1, out=big)"), "apart big", "big", needs=(0,)),
    Case("out= through a view", (ARRAY, "v = big[:]", "np.exp(apart, out=v)"), "apart v", "big v"),
    Case("copyto", (ARRAY, "np.copyto(big, 7)"), "big", "big", needs=(0,)),
    Case("shuffle", (ARRAY, "np.random.shuffle(big)"), "big", None, needs=(0,)),
    Case("sort in place", (ARRAY + "\nbig[0] = 9", "big.sort()"), "big", "big"),
    Case("flat", (ARRAY, "big.flat[0] = 1"), "big", "big"),
    Case("a masked write", (ARRAY, "big[big < 1] = 5"), "big", "big"),
    Case("shape is set", (ARRAY, "big.shape = (2, 4)"), "big", "big"),
    Case(
        "from a buffer",
        (ARRAY + "\nb = bytearray(8)", "v = np.frombuffer(b, 'u1')", "v[0] = 1"),
        "v",
        "b v",
    ),
    Case(
        "an object array holds lists",
        (ARRAY, "L = []\nO = np.array([L, None], dtype=object)", "L.append(1)"),
        "L",
        "L O",
    ),
    Case(
        "a field of a structured array",
        (ARRAY, "s = np.zeros(2, 'i4,f4')\nf = s['f0']", "f[:] = 1"),
        "f",
        "f s",
    ),
    Case("an array is only read", (ARRAY, "m = big.mean() + np.dot(big, apart)"), "apart big", "m"),
    Case(
        "a memory map",
        (
            ARRAY,
            (
                "import tempfile, os\npath = os.path.join(tempfile.mkdtemp(), 'm')\n"
                "m = np.memmap(path, 'u1', 'w+', shape=4)"
            ),
            "m[0] = 1",
        ),
        "m",
        "m",
    ),
)

FRAMES = (
    Case("a column is set", (FRAME, "frame['c'] = 1"), "frame", "frame", needs=(0,)),
    Case("a column is set as it was", (FRAME, "frame['a'] = [1, 2, 3]"), "frame", needs=(0,)),
    Case("loc sets", (FRAME, "frame.loc[0, 'a'] = 9"), "frame", "frame"),
    Case("iloc sets", (FRAME, "frame.iloc[0, 0] = 9"), "frame", "frame"),
    Case("at sets", (FRAME, "frame.at[0, 'a'] = 9"), "frame", "frame"),
    Case("a column is a copy when written", (FRAME, "a = frame['a']", "a.iloc[0] = 9"), "a", "a"),
    Case(
        "loc gives a copy when written",
        (FRAME, "part = frame.loc[frame.a > 1]", "part.loc[:, 'b'] = 0.0"),
        "part",
        "part",
    ),
    Case(
        "the frame changes after a view was taken",
        (FRAME, "part = frame.iloc[:2]", "frame.iloc[0, 1] = 0.0"),
        "frame",
        "frame",
    ),
    Case(
        "values that are written",
        (FRAME, "v = frame['b'].to_numpy(copy=True)", "v[0] = 1"),
        "v",
        "v",
    ),
    Case("inplace=True", (FRAME, "frame.drop(columns='a', inplace=True)"), "frame", "frame"),
    Case("a column is deleted", (FRAME, "del frame['a']"), "frame", "frame"),
    Case("pop", (FRAME, "a = frame.pop('a')"), "frame", "a frame"),
    Case("columns are renamed", (FRAME, "frame.columns = ['x', 'y']"), "frame", "frame"),
    Case("the index gets a name", (FRAME, "frame.index.name = 'i'"), "frame", "frame"),
    Case("attrs", (FRAME, "frame.attrs['unit'] = 'm'"), "frame", "frame"),
    Case("an alias of a frame", (FRAME, "other = frame", "other['c'] = 1"), "other", "frame other"),
    Case(
        "a column's order of categories",
        (
            FRAME + "\nframe['k'] = pd.Categorical(['x', 'y', 'x'])",
            "frame['k'] = frame['k'].cat.reorder_categories(['y', 'x'])",
        ),
        "frame",
        "frame",
    ),
    Case("a frame is read", (FRAME, "n = frame.groupby('a').b.sum().max()"), "frame", "n"),
    Case("a frame in a dict", (FRAME, "d = {'f': frame}", "d['f']['c'] = 0"), "d", "d frame"),
    Case(
        "a chained assignment that does nothing",
        (FRAME + "\nimport warnings\nwarnings.simplefilter('ignore')", "frame['a'][0] = 9"),
        "frame",
        needs=(0,),
    ),
    Case(
        "apply with a function that collects",
        (
            FRAME + "\nseen = []\ndef note(x):\n    seen.append(x)\n    return x",
            "y = frame.a.apply(note)",
        ),
        "frame seen",
        "seen y",
        needs=(0,),
    ),
    Case("an eval in place", (FRAME, "frame.eval('c = a + b', inplace=True)"), "frame", "frame"),
    Case(
        "a query over a global",
        (FRAME + "\nlow = 2", "part = frame.query('a > @low')"),
        "frame low",
        "part",
    ),
    Case(
        "Polars binds anew",
        ("import polars as pl\np = pl.DataFrame({'a': [1]})\nq = p", "p = p.with_columns(b=1)"),
        "p",
        "p",
    ),
    Case(
        "Polars in place",
        ("import polars as pl\np = pl.DataFrame({'a': [1]})\nq = p", "p[0, 'a'] = 5"),
        "p",
        "p q",
    ),
    Case(
        "Polars inserts a column",
        (
            "import polars as pl\np = pl.DataFrame({'a': [1]})",
            "p.insert_column(0, pl.Series('b', [2]))",
        ),
        "p",
        "p",
    ),
    Case(
        "Polars, lazy",
        ("import polars as pl\nlazy = pl.DataFrame({'a': [1]}).lazy()", "p = lazy.collect()"),
        "lazy",
        "p",
    ),
    Case(
        "Arrow does not change",
        ("import pyarrow as pa\nt = pa.table({'a': [1]})", "u = t.append_column('b', [[2]])"),
        "t",
        "u",
    ),
    Case(
        "a sparse matrix",
        ("import scipy.sparse as sp\nm = sp.csr_matrix([[1., 0.]])", "m.data[0] = 2"),
        "m",
        "m",
    ),
    Case(
        "an estimator is fitted",
        (
            (
                "from sklearn.linear_model import LinearRegression\nmodel = LinearRegression()\n"
                "X, y = [[0.], [1.]], [0., 1.]"
            ),
            "model.fit(X, y)",
        ),
        "X model y",
        "model",
        needs=(0,),
    ),
    Case(
        "an estimator predicts",
        (
            (
                "from sklearn.linear_model import LinearRegression\n"
                "model = LinearRegression().fit([[0.], [1.]], [0., 1.])"
            ),
            "p = model.predict([[2.]])",
        ),
        "model",
        "p",
        needs=(0,),
    ),
)

RUNNING = (
    Case(
        "a generator is consumed",
        ("g = (i for i in range(3))", "x = next(g)"),
        "g",
        "g x",
        needs=(0,),
    ),
    Case(
        "a generator over a list",
        ("L = [[1]]\ng = (r.pop() for r in L)", "x = next(g)"),
        "g",
        "L g x",
    ),
    Case(
        "an iterator is consumed", ("it = iter([1, 2])", "x = next(it)"), "it", "it x", needs=(0,)
    ),
    Case("a loop consumes", ("it = iter([1, 2])", "for x in it: break"), "it", "it x", needs=(0,)),
    Case("sum consumes", ("g = (i for i in range(3))", "x = sum(g)"), "g", "g x", needs=(0,)),
    Case(
        "zip consumes what is in it",
        ("it = iter([1, 2])\nz = zip(it)", "x = next(z)"),
        "z",
        "it x z",
    ),
    Case(
        "a reader of CSV",
        ("import csv, io\nrows = csv.reader(io.StringIO('a\\nb'))", "x = next(rows)"),
        "rows",
        "rows x",
    ),
    Case(
        "a file handle moves",
        ("import tempfile\nf = tempfile.TemporaryFile('w+')", "f.write('x')"),
        "f",
        "f",
        needs=(0,),
    ),
    Case(
        "a buffer in memory moves",
        ("import io\nb = io.BytesIO(b'abc')", "x = b.read(1)"),
        "b",
        "b x",
    ),
    Case(
        "a random generator draws",
        ("import random\nr = random.Random(1)", "x = r.random()"),
        "r",
        "r x",
        needs=(0,),
    ),
    Case(
        "a numpy generator draws",
        ("import numpy as np\nr = np.random.default_rng(1)", "x = r.normal()"),
        "r",
        "r x",
        needs=(0,),
    ),
    Case(
        "a numpy generator draws through an alias",
        ("import numpy as np\nr = np.random.default_rng(1)\nb = r.bit_generator", "x = r.normal()"),
        "r",
        "b r x",
    ),
    Case(
        "an old random state draws",
        ("import numpy as np\nr = np.random.RandomState(1)", "x = r.rand()"),
        "r",
        "r x",
        needs=(0,),
    ),
    Case(
        "the global generator of Python",
        ("import random\nrandom.seed(1)", "a = random.random()", "b = random.random()"),
        writes="b",
        needs=(0, 1),
    ),
    Case(
        "the global generator of numpy",
        ("import numpy as np\nnp.random.seed(1)", "a = np.random.rand()", "b = np.random.rand()"),
        writes="b",
        needs=(0, 1),
    ),
    Case(
        "a figure through its axes",
        (AXES + "\nfig, ax = plt.subplots()", "ax.plot([1, 2])"),
        "ax",
        "ax fig",
        needs=(0,),
    ),
    Case(
        "a figure through pyplot",
        (AXES + "\nfig, ax = plt.subplots()", "plt.title('t')"),
        None,
        "ax fig",
        needs=(0,),
    ),
    Case(
        "one figure of two",
        (AXES + "\nfig, ax = plt.subplots()\nfig2, ax2 = plt.subplots()", "ax.set_title('t')"),
        "ax",
        "ax fig",
        needs=(0,),
    ),
    Case(
        "a figure in a grid of axes",
        (AXES + "\nfig, grid = plt.subplots(2)", "grid[0].bar([1], [2])"),
        "grid",
        "fig grid",
    ),
    Case(
        "a frame is drawn",
        (AXES + "\n" + FRAME + "\nfig, ax = plt.subplots()", "frame.plot(ax=ax)"),
        "ax frame",
        "ax fig",
        needs=(0,),
    ),
    Case(
        "a figure is saved",
        (
            AXES + "\nfig, ax = plt.subplots()\nimport io",
            "ax.plot([1])",
            "fig.savefig(io.BytesIO())",
        ),
        "fig",
        None,
        needs=(0, 1),
    ),
    Case(
        "await",
        ("import asyncio\nasync def f():\n    return 1", "x = await f()"),
        writes="x",
        needs=(0,),
    ),
    Case(
        "a thread that is joined",
        (
            "import threading\nL = []",
            "t = threading.Thread(target=L.append, args=(1,))\nt.start()\nt.join()",
        ),
        "L",
        "L t",
        needs=(0,),
    ),
    Case(
        "an iterator of a database",
        (
            SQL,
            "x = rows.fetchone()",
        ),
        "rows",
        None,
        needs=(0,),
    ),
)

NAMES = (
    Case("del", ("x = 1", "del x"), "x", deletes="x", needs=(0,)),
    Case("del and bind", ("x = 1", "del x\nx = 2"), "x", "x", needs=(0,)),
    Case(
        "an exception's name goes",
        ("e = 1", "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    pass"),
        deletes="e",
    ),
    Case("_private", ("_x = [1]", "_x.append(2)\n_y = _x"), "_x", "_x _y", needs=(0,)),
    Case("__very_private", ("__x = [1]", "__x.append(2)"), "__x", "__x", needs=(0,)),
    Case("a name that is not ASCII", ("größe = 1", "größe += 1"), "größe", "größe", needs=(0,)),
    Case(
        "a star import",
        ("k = 1", "from colorsys import *\nx = rgb_to_hls(1, 1, 1)"),
        None,
        "hls_to_rgb hsv_to_rgb rgb_to_hls rgb_to_hsv rgb_to_yiq x yiq_to_rgb",
    ),
    Case(
        "a name of a star import is used",
        ("from colorsys import *", "x = rgb_to_hls(1, 1, 1)"),
        writes="x",
        needs=(0,),
    ),
    Case(
        "a name is imported anew",
        ("from math import sin as f", "from math import cos as f"),
        writes="f",
    ),
    Case("a builtin is hidden", ("len = lambda x: 7", "n = len([])"), writes="n", needs=(0,)),
    Case("globals()[…] =", ("k = 1", "globals()['x'] = 2"), None, "x", known=False),
    Case("globals().update", ("k = 1", "globals().update(x=2)"), None, "x", known=False),
    Case(
        "a change through globals()",
        ("L = []", "globals()['L'].append(1)"),
        None,
        "L",
        needs=(0,),
        known=False,
    ),
    Case("vars()[…] =", ("k = 1", "vars()['x'] = 2"), None, "x", known=False),
    Case("exec", ("L = []", "exec('L.append(1)\\nx = 2')"), None, "L x", needs=(0,), known=False),
    Case("exec in a namespace of its own", ("d = {}", "exec('x = 2', d)"), None, "d", known=False),
    Case("eval", ("L = []", "eval('L.append(1)')"), None, "L", needs=(0,), known=False),
    Case(
        "get_ipython().user_ns",
        ("L = []", "get_ipython().user_ns['x'] = 1"),
        None,
        "x",
        known=False,
    ),
    Case("get_ipython().push", ("L = []", "get_ipython().push({'x': 1})"), None, "x", known=False),
    Case("setattr on __main__", ("import __main__", "__main__.x = 1"), None, "x"),
    Case("a name in a shell line", ("name = 'a'", "out = !echo {name}"), "name", "out", needs=(0,)),
    Case("%%capture", ("x = 1", "%%capture out\nprint(x)"), "x", "out", needs=(0,)),
    Case(
        "a match statement",
        ("p = {'a': [1]}", "match p:\n    case {'a': [n]}: pass"),
        "p",
        "n",
        needs=(0,),
    ),
    Case("a class body reads", ("k = 1", "class A:\n    x = k"), "k", "A", needs=(0,)),
    Case("a global of a failed cell", ("x = 1", "x = 2\n1 / 0\nx = 3"), writes="x"),
    Case("a change before a failure", ("L = []", "L.append(1)\n1 / 0"), "L", "L", needs=(0,)),
    Case("nothing at all", ("x = 1", "pass"), needs=()),
    Case("what an earlier cell displayed", ("[1]", "x = _"), None, "x", known=False),
    Case("what was displayed changes", ("L = [1]", "L", "_.append(2)"), None, "L", known=False),
    Case(
        "what was displayed, by number",
        ("L = [1]", "L", "Out[2].append(2)"),
        None,
        "L",
        known=False,
    ),
)

PROCESS = (
    Case(
        "a module's attribute",
        ("import math\nmath.tau2 = 12", "x = math.tau2"),
        writes="x",
        needs=(0,),
    ),
    Case(
        "a module's attribute, elsewhere",
        ("import math", "math.tau2 = 12", "x = math.tau2"),
        writes="x",
        needs=(0, 1),
    ),
    Case(
        "os.environ",
        ("import os", "os.environ['NBMLOPS_CASE'] = '1'", "x = os.environ['NBMLOPS_CASE']"),
        writes="x",
        needs=(0, 1),
    ),
    Case(
        "the working folder",
        ("import os, tempfile", "os.chdir(tempfile.gettempdir())", "x = os.getcwd()"),
        writes="x",
        needs=(0, 1),
    ),
    Case("%cd", ("import os", "%cd -q /", "x = os.getcwd()"), writes="x", needs=(0, 1)),
    Case(
        "sys.path",
        ("import sys", "sys.path.append('/elsewhere')", "x = len(sys.path)"),
        writes="x",
        needs=(0, 1),
    ),
    Case(
        "pandas options",
        (FRAME, "pd.set_option('display.max_rows', 7)", "x = pd.get_option('display.max_rows')"),
        writes="x",
        needs=(0, 1),
    ),
    Case(
        "pandas options as attributes",
        (FRAME, "pd.options.display.max_rows = 7", "x = repr(frame)"),
        "frame",
        "x",
        needs=(0, 1),
    ),
    Case(
        "numpy's print options",
        (ARRAY, "np.set_printoptions(precision=2)", "x = repr(big)"),
        "big",
        "x",
        needs=(0, 1),
    ),
    Case(
        "rcParams",
        (AXES, "plt.rcParams['figure.dpi'] = 50", "fig = plt.figure()"),
        writes="fig",
        needs=(0, 1),
    ),
    Case(
        "the recursion limit",
        ("import sys", "sys.setrecursionlimit(2000)", "x = sys.getrecursionlimit()"),
        writes="x",
        needs=(0, 1),
    ),
    Case(
        "the decimal context",
        ("import decimal", "decimal.getcontext().prec = 5", "x = decimal.Decimal(1) / 3"),
        writes="x",
        needs=(0, 1),
    ),
    Case(
        "a file that is written and read",
        (
            "from pathlib import Path",
            "Path('case.txt').write_text('x')",
            "x = Path('case.txt').read_text()",
        ),
        writes="x",
        needs=(0, 1),
    ),
)

GROUPS = (LISTS, DICTS, SETS, OBJECTS, FUNCTIONS, ARRAYS, FRAMES, RUNNING, NAMES, PROCESS)
CASES = tuple(case for group in GROUPS for case in group)

Runs = Callable[[tuple[str, ...]], list[Execution]]


@pytest.fixture(scope="module")
def bare_shell() -> Iterator[InteractiveShell]:
    """A shell of its own, after which the process is as it was."""
    main, hooks = sys.modules["__main__"], (sys.excepthook, sys.displayhook)
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    yield shell
    shell.builtin_trap.deactivate()
    sys.modules["__main__"] = main
    sys.excepthook, sys.displayhook = hooks


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("project"))
    yield workspace
    workspace.close()


@pytest.fixture
def runs(
    bare_shell: InteractiveShell,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Runs]:
    """Runs cells in an empty namespace; settings of the process are put back after them."""
    monkeypatch.chdir(workspace.project)
    monkeypatch.setattr(sys, "path", [*sys.path])
    environment, limit, drawn = dict(os.environ), sys.getrecursionlimit(), random.getstate()
    bare_shell.reset(new_session=True)
    session = Session(project=Path(workspace.project), notebook="cases.ipynb", path=None)
    recorder = Recorder(
        bare_shell, session=session, ledger=lambda _: workspace.ledger, clock=system_clock,
        author="tester",
    )  # fmt: skip
    recorder.tracking = True
    recorder.attach()

    def run(cells: tuple[str, ...]) -> list[Execution]:
        found = []
        for number, source in enumerate(cells):
            recorder.latest = None
            bare_shell.run_cell(source, store_history=True, cell_id=f"c{number}")
            assert recorder.latest is not None, source
            found.append(recorder.latest)
        return found

    yield run
    recorder.detach()
    os.environ.clear()
    os.environ.update(environment)
    sys.setrecursionlimit(limit)
    random.setstate(drawn)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_cell_is_recorded_as_it_was(case: Case, runs: Runs) -> None:
    executions = runs(case.cells)
    last = executions[-1].record
    places = {execution.id: place for place, execution in enumerate(executions)}
    needed = {places[cell.execution] for cell in slice_of(executions).cells if cell.execution}
    found = Case(
        case.name,
        case.cells,
        " ".join(sorted(value.name for value in last.inputs)),
        " ".join(sorted(value.name for value in last.outputs)),
        " ".join(last.deleted),
        tuple(sorted(needed - {len(executions) - 1})),
        last.inputs_complete,
    )
    unasked = {name: None for name in ("reads", "writes", "needs") if getattr(case, name) is None}
    found = replace(found, **unasked)
    assert found == case
