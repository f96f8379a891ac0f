"""Arrays and frames."""

from __future__ import annotations

from tests.integration.recorded_cases.case import ARRAY, FRAME, Case

ARRAYS = (
    Case(
        "an array under Arrow data changes",
        (ARRAY, "import pyarrow as pa\np = pa.array(big[2:])", "big[2] = 1"),
        "big",
        "big p",
        needs=(0, 1),
    ),
    Case(
        "Arrow data is read that an array changed",
        (ARRAY, "import pyarrow as pa\np = pa.array(big[2:])", "big[2] = 1", "q = p[0].as_py()"),
        "p",
        "q",
        needs=(0, 1, 2),
    ),
    Case(
        "an array under a column of Polars changes",
        (ARRAY, "import polars as pl\ns = pl.Series(big)", "big[2] = 1"),
        "big",
        "big s",
        needs=(0, 1),
    ),
    Case(
        "an array in a list is set apart by its copy",
        (ARRAY, "held = [big[:3]]", "held[0] = held[0].copy()"),
        "held",
        "held",
        needs=(0, 1),
    ),
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
