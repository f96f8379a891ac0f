"""What cells set and others use without a name: random states, settings, the environment.

Of each notebook the last cell is the step.
"""
# ruff: noqa: E501 (a cell is one string)

from __future__ import annotations

CASES: dict[str, tuple[str, ...]] = {
    "random seed": ("import random", "random.seed(1)", "end = random.random()"),
    "stream that logging was set up with": (
        "import io, logging\nbuf = io.StringIO()\nlogging.basicConfig(stream=buf, format='%(message)s', force=True)",
        "logging.warning('heard')",
        "end = buf.getvalue()",
    ),
    "random seed then unrelated draw": (
        "import random",
        "random.seed(1)",
        "x = random.random()",
        "end = random.random()",
    ),
    "random imported by name": (
        "from random import seed, random",
        "seed(1)",
        "x = random()",
        "end = random()",
    ),
    "random module alias": (
        "import random as rd",
        "rd.seed(1)",
        "y = rd.randint(1, 9)",
        "end = rd.random()",
    ),
    "random drawn in a function": (
        "import random\ndef f(): return random.random()",
        "random.seed(1)",
        "f()",
        "end = f()",
    ),
    "random seeded in a function": (
        "import random\ndef s(): random.seed(3)",
        "s()",
        "end = random.random()",
    ),
    "random bound method alias": (
        "import random\nr = random.random",
        "random.seed(1)",
        "r()",
        "end = r()",
    ),
    "random setstate": (
        "import random\nrandom.seed(2); st = random.getstate()",
        "random.seed(1)",
        "random.setstate(st)",
        "end = random.random()",
    ),
    "numpy seed": (
        "import numpy as np",
        "np.random.seed(1)",
        "x = np.random.rand()",
        "end = float(np.random.rand())",
    ),
    "numpy by-name": (
        "from numpy.random import seed, rand",
        "seed(1)",
        "rand(2)",
        "end = float(rand())",
    ),
    "numpy.random alias": (
        "import numpy.random as npr",
        "npr.seed(1)",
        "npr.rand()",
        "end = float(npr.rand())",
    ),
    "numpy random submodule alias": (
        "import numpy as np\nR = np.random",
        "R.seed(1)",
        "R.rand()",
        "end = float(R.rand())",
    ),
    "numpy Generator": (
        "import numpy as np\nrng = np.random.default_rng(0)",
        "x = rng.random()",
        "end = float(rng.random())",
    ),
    "numpy Generator shared with function": (
        "import numpy as np\nrng = np.random.default_rng(0)\ndef f(): return rng.random()",
        "f()",
        "end = float(rng.random())",
    ),
    "numpy RandomState": (
        "import numpy as np\nrs = np.random.RandomState(0)",
        "x = rs.rand()",
        "end = float(rs.rand())",
    ),
    "random.Random instance": (
        "import random\nr = random.Random(0)",
        "r.random()",
        "end = r.random()",
    ),
    "generator choice method read-only name": (
        "import numpy as np\nrng = np.random.default_rng(0)",
        "x = rng.normal(size=2)",
        "y = rng.shuffle([1, 2])",
        "end = float(rng.random())",
    ),
    "generator given to sample": (
        "import numpy as np, pandas as pd\nrng = np.random.default_rng(0)\ndf = pd.DataFrame({'a': range(9)})",
        "s = df.sample(3, random_state=rng)",
        "end = float(rng.random())",
    ),
    "generator given to sklearn": (
        "import numpy as np\nfrom sklearn.model_selection import train_test_split\nrng = np.random.RandomState(0)",
        "a, b = train_test_split(range(9), random_state=rng)",
        "end = float(rng.rand())",
    ),
    "generator kept by estimator": (
        "import numpy as np\nfrom sklearn.linear_model import SGDClassifier\nrng = np.random.RandomState(0)",
        "m = SGDClassifier(random_state=rng)",
        "m.fit([[0], [1], [2], [3]], [0, 1, 0, 1])",
        "end = float(rng.rand())",
    ),
    "estimator draws from legacy": (
        "import numpy as np\nfrom sklearn.linear_model import SGDClassifier",
        "np.random.seed(0)",
        "SGDClassifier().fit([[0], [1], [2], [3]], [0, 1, 0, 1])",
        "end = float(np.random.rand())",
    ),
    "kmeans draws": (
        "import numpy as np\nfrom sklearn.cluster import KMeans\nX = np.arange(20.).reshape(-1, 1)",
        "np.random.seed(0)",
        "KMeans(2, n_init=1).fit(X)",
        "end = float(np.random.rand())",
    ),
    "cross_val draws": (
        "import numpy as np\nfrom sklearn.model_selection import KFold, cross_val_score\nfrom sklearn.linear_model import SGDClassifier",
        "np.random.seed(0)",
        "k = KFold(2, shuffle=True)\nl = list(k.split(range(8)))",
        "end = float(np.random.rand())",
    ),
    "pandas sample draws": (
        "import numpy as np, pandas as pd\ndf = pd.DataFrame({'a': range(9)})",
        "np.random.seed(0)",
        "s = df.sample(3)",
        "end = float(np.random.rand())",
    ),
    "pandas sample via helper": (
        "import numpy as np, pandas as pd\ndf = pd.DataFrame({'a': range(9)})\ndef pick(d): return d.sample(3)",
        "np.random.seed(0)",
        "s = pick(df)",
        "end = float(np.random.rand())",
    ),
    "scipy draws": (
        "import numpy as np\nfrom scipy import stats",
        "np.random.seed(0)",
        "x = stats.norm.rvs(size=2)",
        "end = float(np.random.rand())",
    ),
    "scipy frozen draws": (
        "import numpy as np\nfrom scipy import stats\nd = stats.norm(0, 1)",
        "np.random.seed(0)",
        "x = d.rvs(2)",
        "end = float(np.random.rand())",
    ),
    "scipy optimize draws": (
        "import numpy as np\nfrom scipy.optimize import differential_evolution",
        "np.random.seed(0)",
        "r = differential_evolution(lambda v: v[0]**2, [(-1, 1)], maxiter=1)",
        "end = float(np.random.rand())",
    ),
    "sklearn permutation importance": (
        "import numpy as np\nfrom sklearn.utils import shuffle",
        "np.random.seed(0)",
        "x = shuffle([1, 2, 3])",
        "end = float(np.random.rand())",
    ),
    "sklearn resample": (
        "import numpy as np\nfrom sklearn.utils import resample",
        "np.random.seed(0)",
        "x = resample([1, 2, 3])",
        "end = float(np.random.rand())",
    ),
    "sklearn random projection transform": (
        "import numpy as np\nfrom sklearn.random_projection import GaussianRandomProjection as G",
        "np.random.seed(0)",
        "x = G(2).fit_transform(np.eye(4))",
        "end = float(np.random.rand())",
    ),
    "project module draws": (
        "%%writefile lib_a4.py\nimport random\ndef draw(): return random.random()",
        "import sys; sys.path.insert(0, '.')",
        "import lib_a4, random",
        "random.seed(1)",
        "x = lib_a4.draw()",
        "end = random.random()",
    ),
    "object of project module draws": (
        "%%writefile lib_a5.py\nimport random\nclass D:\n    def turn(self): return random.random()",
        "import sys; sys.path.insert(0, '.')",
        "import lib_a5, random\nd = lib_a5.D()",
        "random.seed(1)",
        "x = d.turn()",
        "end = random.random()",
    ),
    "project module seeds": (
        "%%writefile lib_a6.py\nimport random\ndef fix(): random.seed(5)",
        "import sys; sys.path.insert(0, '.')",
        "import lib_a6, random",
        "lib_a6.fix()",
        "end = random.random()",
    ),
    "project module sets environ": (
        "%%writefile lib_a7.py\nimport os\ndef setup(): os.environ['A47'] = 'x'",
        "import sys; sys.path.insert(0, '.')",
        "import lib_a7, os",
        "lib_a7.setup()",
        "end = os.environ.get('A47')",
    ),
    "project module import has an effect": (
        "%%writefile lib_a8.py\nimport os\nos.environ['A48'] = 'x'",
        "import sys; sys.path.insert(0, '.')",
        "import lib_a8",
        "import os\nend = os.environ.get('A48')",
    ),
    "project module keeps state": (
        "%%writefile lib_a9.py\nitems = []\ndef add(x): items.append(x)",
        "import sys; sys.path.insert(0, '.')",
        "import lib_a9",
        "lib_a9.add(1)",
        "end = lib_a9.items",
    ),
    "project module state by name": (
        "%%writefile lib_b1.py\nitems = []\ndef add(x): items.append(x)",
        "import sys; sys.path.insert(0, '.')",
        "from lib_b1 import add",
        "add(1)",
        "from lib_b1 import items\nend = items",
    ),
    "project module state result bound": (
        "%%writefile lib_b2.py\nn = [0]\ndef step():\n    n[0] += 1\n    return n[0]",
        "import sys; sys.path.insert(0, '.')",
        "from lib_b2 import step",
        "a = step()",
        "end = step()",
    ),
    "library cache state": (
        "import itertools\ncounter = itertools.count()",
        "x = next(counter)",
        "end = next(counter)",
    ),
    "module level counter in stdlib": (
        "import uuid, itertools\nnums = itertools.cycle([1, 2])",
        "next(nums)",
        "end = next(nums)",
    ),
    "environ item": ("import os", "os.environ['B1'] = '1'", "end = os.environ.get('B1')"),
    "environ by name": (
        "from os import environ",
        "environ['B2'] = '1'",
        "import os\nend = os.environ.get('B2')",
    ),
    "environ update": ("import os", "os.environ.update(B3='1')", "end = os.environ.get('B3')"),
    "environ setdefault": (
        "import os",
        "os.environ.setdefault('B4', '1')",
        "end = os.environ.get('B4')",
    ),
    "environ setdefault bound": (
        "import os",
        "v = os.environ.setdefault('B5', '1')",
        "end = os.environ.get('B5')",
    ),
    "environ pop bound": (
        "import os\nos.environ['B6'] = '1'",
        "v = os.environ.pop('B6')",
        "end = os.environ.get('B6')",
    ),
    "environ del": (
        "import os\nos.environ['B7'] = '1'",
        "del os.environ['B7']",
        "end = os.environ.get('B7')",
    ),
    "environ alias": ("import os\ne = os.environ", "e['B8'] = '1'", "end = os.environ.get('B8')"),
    "environ ior": ("import os", "os.environ |= {'B9': '1'}", "end = os.environ.get('B9')"),
    "environ in a function": (
        "import os\ndef s(): os.environ['BA'] = '1'",
        "s()",
        "end = os.getenv('BA')",
    ),
    "putenv": ("import os", "os.putenv('BB', '1')", "x = !echo $$BB\nend = 1"),
    "environ in child process": (
        "import os",
        "os.environ['BC'] = 'q'",
        "import subprocess\nend = subprocess.check_output('echo $BC', shell=True)",
    ),
    "environ for shell line": (
        "import os",
        "os.environ['BD'] = 'q'",
        "x = !printenv BD",
        "end = list(x)",
    ),
    "chdir": (
        "import os\nos.makedirs('d1')",
        "os.chdir('d1')",
        "end = os.path.basename(os.getcwd())",
    ),
    "chdir by name": (
        "import os\nfrom os import chdir\nos.makedirs('d2')",
        "chdir('d2')",
        "end = os.path.basename(os.getcwd())",
    ),
    "chdir in function": (
        "import os\nos.makedirs('d3')\ndef go(): os.chdir('d3')",
        "go()",
        "end = os.path.basename(os.getcwd())",
    ),
    "chdir context": (
        "import os, contextlib\nos.makedirs('d4')",
        "with contextlib.chdir('d4'):\n    open('x', 'w').close()",
        "end = os.path.exists('d4/x')",
    ),
    "umask": (
        "import os",
        "old = os.umask(0o77)",
        "fd = open('m', 'w'); fd.close()\nend = oct(os.stat('m').st_mode)",
    ),
    "sys.path insert": ("import sys", "sys.path.insert(0, '/nowhere_a4')", "end = sys.path[0]"),
    "sys.path append bound": (
        "import sys",
        "x = sys.path.append('/nowhere_a4')",
        "end = sys.path[-1]",
    ),
    "sys.path by name": (
        "from sys import path",
        "path.append('/nowhere_b4')",
        "import sys\nend = sys.path[-1]",
    ),
    "sys.path augmented": ("import sys", "sys.path += ['/nowhere_c4']", "end = sys.path[-1]"),
    "sys.setrecursionlimit": (
        "import sys",
        "sys.setrecursionlimit(4321)",
        "end = sys.getrecursionlimit()",
    ),
    "sys attribute": ("import sys", "sys.ps9 = 'x'", "import sys as s\nend = s.ps9"),
    "sys.argv": ("import sys", "sys.argv = ['a4']", "end = sys.argv"),
    "pandas option": (
        "import pandas as pd",
        "pd.set_option('display.max_rows', 7)",
        "end = pd.get_option('display.max_rows')",
    ),
    "pandas option attribute": (
        "import pandas as pd",
        "pd.options.display.max_rows = 7",
        "end = pd.options.display.max_rows",
    ),
    "pandas option by name": (
        "from pandas import set_option",
        "set_option('display.max_rows', 7)",
        "import pandas as pd\nend = pd.get_option('display.max_rows')",
    ),
    "pandas options alias": (
        "import pandas as pd\no = pd.options.display",
        "o.max_rows = 7",
        "end = pd.get_option('display.max_rows')",
    ),
    "pandas option chained assignment mode": (
        "import pandas as pd",
        "pd.options.mode.chained_assignment = None",
        "end = pd.options.mode.chained_assignment",
    ),
    "numpy printoptions": (
        "import numpy as np",
        "np.set_printoptions(precision=1)",
        "end = str(np.array([1.2345]))",
    ),
    "numpy seterr": (
        "import numpy as np",
        "old = np.seterr(all='ignore')",
        "end = np.geterr()['divide']",
    ),
    "warnings filter": (
        "import warnings",
        "warnings.filterwarnings('error')",
        "end = warnings.filters[0][0]",
    ),
    "warnings simplefilter by name": (
        "from warnings import simplefilter",
        "simplefilter('error')",
        "import warnings\nend = warnings.filters[0][0]",
    ),
    "warnings resetwarnings": (
        "import warnings",
        "warnings.resetwarnings()",
        "end = len(warnings.filters)",
    ),
    "warnings showwarning replaced": (
        "import warnings",
        "warnings.showwarning = None",
        "end = warnings.showwarning",
    ),
    "warnings filter changes a branch": (
        "import warnings",
        "warnings.simplefilter('error')",
        "try:\n    warnings.warn('x')\n    end = 0\nexcept UserWarning:\n    end = 1",
    ),
    "logging level": (
        "import logging",
        "logging.getLogger('a4').setLevel(10)",
        "end = logging.getLogger('a4').level",
    ),
    "logging level of variable": (
        "import logging\nlog = logging.getLogger('a5')",
        "log.setLevel(10)",
        "end = logging.getLogger('a5').level",
    ),
    "logging disable": (
        "import logging",
        "logging.disable(10)",
        "end = logging.root.manager.disable",
    ),
    "logging handler": (
        "import logging\nlog = logging.getLogger('a6')",
        "log.addHandler(logging.NullHandler())",
        "end = len(logging.getLogger('a6').handlers)",
    ),
    "logging basicConfig": (
        "import logging",
        "logging.basicConfig(level=10, force=True)",
        "end = logging.root.level",
    ),
    "decimal context": (
        "import decimal",
        "decimal.getcontext().prec = 5",
        "end = str(decimal.Decimal(1) / 3)",
    ),
    "decimal context alias": (
        "import decimal\nctx = decimal.getcontext()",
        "ctx.prec = 5",
        "end = str(decimal.Decimal(1) / 3)",
    ),
    "decimal setcontext": (
        "import decimal",
        "decimal.setcontext(decimal.Context(prec=5))",
        "end = str(decimal.Decimal(1) / 3)",
    ),
    "locale": (
        "import locale",
        "locale.setlocale(locale.LC_ALL, 'C')",
        "end = locale.setlocale(locale.LC_ALL)",
    ),
    "time tzset": (
        "import os, time",
        "os.environ['TZ'] = 'UTC'; time.tzset()",
        "end = time.tzname[0]",
    ),
    "gc": ("import gc", "gc.disable()", "end = gc.isenabled()\ngc.enable()"),
    "socket default timeout": (
        "import socket",
        "socket.setdefaulttimeout(5)",
        "end = socket.getdefaulttimeout()",
    ),
    "csv field size": ("import csv", "csv.field_size_limit(999)", "end = csv.field_size_limit()"),
    "csv register_dialect": (
        "import csv",
        "csv.register_dialect('a4', delimiter=';')",
        "import io\nend = list(csv.reader(io.StringIO('a;b'), 'a4'))",
    ),
    "re-registering codec": (
        "import codecs",
        "codecs.register_error('a4', lambda e: ('?', e.end))",
        "end = 'ä'.encode('ascii', 'a4') if False else codecs.lookup_error('a4') is not None",
    ),
    "signal handler": (
        "import signal",
        "signal.signal(signal.SIGUSR2, signal.SIG_IGN)",
        "end = signal.getsignal(signal.SIGUSR2) == signal.SIG_IGN",
    ),
    "atexit": ("import atexit", "atexit.register(print)", "end = 1"),
    "mimetypes": (
        "import mimetypes",
        "mimetypes.add_type('x/a4', '.a4')",
        "end = mimetypes.guess_type('f.a4')[0]",
    ),
    "json default encoder class attribute": (
        "import json",
        "json.JSONEncoder.item_separator = ';'",
        "end = json.JSONEncoder.item_separator",
    ),
    "copyreg": (
        "import copyreg",
        "class Z: pass\ncopyreg.pickle(Z, lambda z: (Z, ()))",
        "end = Z in copyreg.dispatch_table",
    ),
    "abc register": (
        "from collections.abc import Sized",
        "class Z: pass",
        "Sized.register(Z)",
        "end = issubclass(Z, Sized)",
    ),
    "abc register through module": (
        "import numbers",
        "class Z: pass",
        "numbers.Number.register(Z)",
        "end = isinstance(Z(), numbers.Number)",
    ),
    "os.environ in default": (
        "import os",
        "os.environ['BE'] = '5'",
        "class Cfg:\n    x = os.environ['BE']",
        "end = Cfg.x",
    ),
    "tempfile tempdir": (
        "import tempfile",
        "tempfile.tempdir = '/tmp'",
        "end = tempfile.gettempdir()",
    ),
    "sklearn set_config by name": (
        "from sklearn import set_config, get_config",
        "set_config(display='text')",
        "end = get_config()['display']",
    ),
    "matplotlib backend": (
        "import matplotlib",
        "matplotlib.use('agg')",
        "end = matplotlib.get_backend().lower()",
    ),
    "polars config": (
        "import polars as pl",
        "pl.Config.set_tbl_rows(3)",
        "end = pl.Config.state()['POLARS_FMT_MAX_ROWS']",
    ),
    "contextvar": (
        "import contextvars\nv = contextvars.ContextVar('v', default=0)",
        "v.set(5)",
        "end = v.get()",
    ),
    "contextvar token": (
        "import contextvars\nv = contextvars.ContextVar('v2', default=0)",
        "tok = v.set(5)",
        "end = v.get()",
    ),
    "threading local": ("import threading\nl = threading.local()", "l.x = 5", "end = l.x"),
    "queue": ("import queue\nq = queue.Queue()", "q.put(5)", "end = q.get()"),
    "getpass user via environ": (
        "import os",
        "os.environ.update({'LOGNAME': 'a4'})",
        "import getpass\nend = getpass.getuser()",
    ),
    "ipython display option": (
        "from IPython.core.interactiveshell import InteractiveShell",
        "InteractiveShell.ast_node_interactivity = 'all'",
        "end = InteractiveShell.ast_node_interactivity",
    ),
    "sys.displayhook": ("import sys", "sys.stdout_a4 = 1", "end = sys.stdout_a4"),
    "seeded, and a draw that is mapped": (
        "import random\nrandom.seed(0)",
        "list(map(random.randint, [1], [9]))",
        "end = random.random()",
    ),
    "seeded, and a guess of a dummy": (
        "import numpy as np\nfrom sklearn.dummy import DummyClassifier\nnp.random.seed(0)\nd = DummyClassifier(strategy='uniform').fit([[1], [2]], [0, 1])",
        "d.predict([[1], [2]])",
        "end = np.random.rand()",
    ),
    "rc of pyplot": (
        "import matplotlib.pyplot as plt",
        "plt.rc('lines', linewidth=9)",
        "end = plt.rcParams['lines.linewidth']",
    ),
    "colormap of pyplot": (
        "import matplotlib.pyplot as plt",
        "plt.gray()",
        "end = plt.rcParams['image.cmap']",
    ),
    "xkcd style": (
        "import matplotlib.pyplot as plt",
        "plt.xkcd()",
        "end = plt.rcParams['path.sketch']",
    ),
    "time zone": (
        "import os, time\nos.environ['TZ'] = 'Asia/Tokyo'",
        "time.tzset()",
        "end = time.strftime('%H', time.localtime(0))",
    ),
    "log record that a handler keeps": (
        "import io, logging\nkept = io.StringIO()\nlogging.getLogger('q').addHandler(logging.StreamHandler(kept))",
        "logging.getLogger('q').error('x')",
        "end = kept.getvalue()",
    ),
    "log record by a logger that a handler keeps": (
        "import io, logging\nkept = io.StringIO()\nlog = logging.getLogger('q')\nlogging.getLogger().addHandler(logging.StreamHandler(kept))",
        "log.info('x')",
        "end = kept.getvalue()",
    ),
    "end of an object": (
        "log = []\nclass D:\n    def __del__(self):\n        log.append(1)",
        "x = D()",
        "x = None",
        "end = len(log)",
    ),
    "end of an object with a finalizer": (
        "import weakref\nclass O:\n    pass\no = O()\nseen = []",
        "f = weakref.finalize(o, seen.append, 1)",
        "del o",
        "end = seen",
    ),
    "output that is kept": (
        "import io, sys\nkept = io.StringIO()",
        "old = sys.stdout\nsys.stdout = kept",
        "print('x')",
        "sys.stdout = old",
        "end = kept.getvalue()",
    ),
    "signal that is handled": (
        "import os, signal\ngot = []\nsignal.signal(signal.SIGUSR2, lambda *_: got.append(1))",
        "os.kill(os.getpid(), signal.SIGUSR2)",
        "end = got",
    ),
    "hook of IPython": (
        "ran = []\nget_ipython().events.register('post_run_cell', lambda result: ran.append(1))",
        "y = 2",
        "end = len(ran)",
    ),
    "hook of IPython by a name": (
        "ran = []\nip = get_ipython()",
        "ip.events.register('post_run_cell', lambda result: ran.append(1))",
        "y = 2",
        "end = len(ran)",
    ),
    "first day of the week": (
        "import calendar",
        "calendar.setfirstweekday(6)",
        "end = calendar.weekheader(2)",
    ),
    "file behind an array": (
        "import numpy as np\nm = np.memmap('mm.dat', dtype='f4', mode='w+', shape=(4,))",
        "m[0] = 3",
        "end = np.fromfile('mm.dat', dtype='f4').tolist()",
    ),
    "log record that nobody keeps": (
        "import logging",
        "logging.warning('x')",
        "end = 1",
    ),
    "warning that is recorded": (
        "import warnings\ncaught = warnings.catch_warnings(record=True)\nfound = caught.__enter__()\nwarnings.simplefilter('always')",
        "warnings.warn('x', stacklevel=1)",
        "end = len(found)",
    ),
}
"""Name → the cells."""

LEAVES: dict[str, tuple[int, ...]] = {
    "log record that nobody keeps": (0, 1),
}
"""Name → the positions of the cells that do not go along; elsewhere all do."""

REFUSED: dict[str, str] = {}
"""Name → words of the refusal."""
