"""Files that one cell writes and another reads.

Of each notebook the last cell is the step.
"""
# ruff: noqa: E501 (a cell is one string)

from __future__ import annotations

CASES: dict[str, tuple[str, ...]] = {
    "open write read": (
        "with open('f1.txt', 'w') as f:\n    f.write('1')",
        "end = open('f1.txt').read()",
    ),
    "open without extension": (
        "with open('data', 'w') as f:\n    f.write('1')",
        "end = open('data').read()",
    ),
    "open append": (
        "open('f2.txt', 'w').write('1')",
        "with open('f2.txt', 'a') as f: f.write('2')",
        "end = open('f2.txt').read()",
    ),
    "open mode variable": (
        "m = 'w'",
        "with open('f3.txt', m) as f: f.write('2')",
        "end = open('f3.txt').read()",
    ),
    "path object": (
        "from pathlib import Path\np = Path('f4.txt')",
        "p.write_text('1')",
        "end = p.read_text()",
    ),
    "path object made twice": (
        "from pathlib import Path",
        "Path('f5.txt').write_text('1')",
        "end = open('f5.txt').read()",
    ),
    "path join": (
        "from pathlib import Path\nd = Path('.')",
        "(d / 'f6.txt').write_text('1')",
        "end = (d / 'f6.txt').read_text()",
    ),
    "path join and string": (
        "from pathlib import Path\nd = Path('.')",
        "(d / 'f7.txt').write_text('1')",
        "end = open('./f7.txt').read()",
    ),
    "path joined names no extension": (
        "from pathlib import Path\nd = Path('out')",
        "d.mkdir()\n(d / 'model').write_text('1')",
        "end = (d / 'model').read_text()",
    ),
    "os.path.join": (
        "import os",
        "open(os.path.join('.', 'f8'), 'w').write('1')",
        "end = open(os.path.join('.', 'f8')).read()",
    ),
    "path in a variable": (
        "path = 'f9.csv'",
        "open(path, 'w').write('1')",
        "end = open(path).read()",
    ),
    "path in a variable, literal read": (
        "path = 'fa.csv'",
        "open(path, 'w').write('1')",
        "end = open('fa.csv').read()",
    ),
    "literal write, variable read": (
        "path = 'fb.csv'",
        "open('fb.csv', 'w').write('1')",
        "end = open(path).read()",
    ),
    "path f-string": (
        "n = 3",
        "open(f'fc{n}.csv', 'w').write('1')",
        "end = open(f'fc{n}.csv').read()",
    ),
    "path f-string and literal": (
        "n = 3",
        "open(f'fd{n}.csv', 'w').write('1')",
        "end = open('fd3.csv').read()",
    ),
    "path built by plus": (
        "base = 'fe'",
        "open(base + '.csv', 'w').write('1')",
        "end = open('fe.csv').read()",
    ),
    "path from format": (
        "open('{}.csv'.format('ff'), 'w').write('1')",
        "end = open('ff.csv').read()",
    ),
    "path from percent": ("open('%s.csv' % 'fg', 'w').write('1')", "end = open('fg.csv').read()"),
    "path from function": (
        "def where(): return 'fh.csv'",
        "open(where(), 'w').write('1')",
        "end = open(where()).read()",
    ),
    "path from config dict": (
        "cfg = {'out': 'fi'}",
        "open(cfg['out'], 'w').write('1')",
        "end = open(cfg['out']).read()",
    ),
    "write in function": (
        "def save(x):\n    with open('fj.txt', 'w') as f: f.write(x)",
        "save('1')",
        "end = open('fj.txt').read()",
    ),
    "write in function path argument": (
        "def save(x, path):\n    with open(path, 'w') as f: f.write(x)",
        "save('1', 'fk')",
        "end = open('fk').read()",
    ),
    "read in function": (
        "def load(): return open('fl.txt').read()",
        "open('fl.txt', 'w').write('1')",
        "end = load()",
    ),
    "glob read": ("import glob", "open('fm1.csv', 'w').write('1')", "end = glob.glob('fm*.csv')"),
    "listdir read": (
        "import os\nos.makedirs('dl')",
        "open('dl/x', 'w').write('1')",
        "end = os.listdir('dl')",
    ),
    "listdir of here": ("import os", "open('fn', 'w').write('1')", "end = 'fn' in os.listdir()"),
    "path glob": (
        "from pathlib import Path",
        "Path('fo.csv').write_text('1')",
        "end = [p.name for p in Path('.').glob('fo*')]",
    ),
    "exists": ("import os", "open('fp.csv', 'w').write('1')", "end = os.path.exists('fp.csv')"),
    "makedirs then write": (
        "import os",
        "os.makedirs('o1/o2', exist_ok=True)",
        "open('o1/o2/x.txt', 'w').write('1')",
        "end = open('o1/o2/x.txt').read()",
    ),
    "mkdir then write file, one read": (
        "import os",
        "os.mkdir('o3')",
        "open('o3/a.txt', 'w').write('1')",
        "end = os.listdir('o3')",
    ),
    "remove": (
        "import os\nopen('fq', 'w').write('1')",
        "os.remove('fq')",
        "end = os.path.exists('fq')",
    ),
    "rename": (
        "import os\nopen('fr.txt', 'w').write('1')",
        "os.rename('fr.txt', 'fs.txt')",
        "end = open('fs.txt').read()",
    ),
    "replace path": (
        "from pathlib import Path\nPath('ft.txt').write_text('1')",
        "Path('ft.txt').rename('fu.txt')",
        "end = open('fu.txt').read()",
    ),
    "shutil copy": (
        "import shutil\nopen('fv.txt', 'w').write('1')",
        "shutil.copy('fv.txt', 'fw.txt')",
        "end = open('fw.txt').read()",
    ),
    "shutil copyfile": (
        "import shutil\nopen('fx.txt', 'w').write('1')",
        "shutil.copyfile('fx.txt', 'fy.txt')",
        "end = open('fy.txt').read()",
    ),
    "pandas csv": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]})",
        "df.to_csv('fz.csv', index=False)",
        "end = pd.read_csv('fz.csv').a.tolist()",
    ),
    "pandas pickle": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]})",
        "df.to_pickle('ga')",
        "end = pd.read_pickle('ga').a.tolist()",
    ),
    "pandas parquet": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]})",
        "df.to_parquet('gb.parquet')",
        "end = pd.read_parquet('gb.parquet').a.tolist()",
    ),
    "numpy save": (
        "import numpy as np\na = np.ones(1)",
        "np.save('gc.npy', a)",
        "end = np.load('gc.npy').tolist()",
    ),
    "numpy save adds extension": (
        "import numpy as np\na = np.ones(1)",
        "np.save('gd', a)",
        "end = np.load('gd.npy').tolist()",
    ),
    "numpy savez adds extension": (
        "import numpy as np\na = np.ones(1)",
        "np.savez('ge', a=a)",
        "end = np.load('ge.npz')['a'].tolist()",
    ),
    "numpy tofile": (
        "import numpy as np\na = np.ones(1)",
        "a.tofile('gf')",
        "end = np.fromfile('gf').tolist()",
    ),
    "joblib": ("import joblib", "joblib.dump([1], 'gg.joblib')", "end = joblib.load('gg.joblib')"),
    "joblib no extension": ("import joblib", "joblib.dump([1], 'gh')", "end = joblib.load('gh')"),
    "pickle": (
        "import pickle",
        "with open('gi.pkl', 'wb') as f: pickle.dump([1], f)",
        "with open('gi.pkl', 'rb') as f: end = pickle.load(f)",
    ),
    "pickle file in variable across cells": (
        "import pickle\nf = open('gj', 'wb')",
        "pickle.dump([1], f)",
        "f.close()",
        "end = pickle.load(open('gj', 'rb'))",
    ),
    "file handle written in several cells": (
        "f = open('gk', 'w')",
        "f.write('1')",
        "f.write('2')",
        "f.close()",
        "end = open('gk').read()",
    ),
    "file handle passed to print": (
        "f = open('gl', 'w')",
        "print('1', file=f)",
        "f.close()",
        "end = open('gl').read()",
    ),
    "csv writer": (
        "import csv\nf = open('gm.csv', 'w')\nw = csv.writer(f)",
        "w.writerow([1])",
        "f.close()",
        "end = open('gm.csv').read()",
    ),
    "print to opened": (
        "with open('gn.txt', 'w') as f:\n    print(1, file=f)",
        "end = open('gn.txt').read()",
    ),
    "sqlite": (
        "import sqlite3\ncon = sqlite3.connect('go.db')",
        "con.execute('create table t (a)')",
        "con.execute('insert into t values (1)'); con.commit()",
        "end = con.execute('select * from t').fetchall()",
    ),
    "sqlite second connection": (
        "import sqlite3",
        "c1 = sqlite3.connect('gp.db'); c1.execute('create table t (a)'); c1.commit(); c1.close()",
        "end = sqlite3.connect('gp.db').execute('select count(*) from t').fetchall()",
    ),
    "to_sql": (
        "import pandas as pd, sqlite3\ncon = sqlite3.connect(':memory:')\ndf = pd.DataFrame({'a': [1]})",
        "df.to_sql('t', con)",
        "end = pd.read_sql('select a from t', con).a.tolist()",
    ),
    "cursor": (
        "import sqlite3\ncon = sqlite3.connect(':memory:')\ncur = con.cursor()",
        "cur.execute('create table t (a)')",
        "end = con.execute('select * from t').fetchall()",
    ),
    "savefig": (
        "import matplotlib; matplotlib.use('agg')\nimport matplotlib.pyplot as plt\nfig = plt.figure()",
        "fig.savefig('gq.png')\nplt.close('all')",
        "import os\nend = os.path.exists('gq.png')",
    ),
    "subprocess writes": (
        "import subprocess",
        "subprocess.run('echo 1 > gr', shell=True)",
        "end = open('gr').read()",
    ),
    "os.system writes": ("import os", "os.system('echo 1 > gs')", "end = open('gs').read()"),
    "zipfile": (
        "import zipfile",
        "with zipfile.ZipFile('gt.zip', 'w') as z: z.writestr('a', '1')",
        "end = zipfile.ZipFile('gt.zip').namelist()",
    ),
    "tarfile extract": (
        "import zipfile\nwith zipfile.ZipFile('gu.zip', 'w') as z: z.writestr('gu_a.txt', '1')",
        "zipfile.ZipFile('gu.zip').extractall()",
        "end = open('gu_a.txt').read()",
    ),
    "gzip open": (
        "import gzip",
        "with gzip.open('gv.gz', 'wt') as f: f.write('1')",
        "end = gzip.open('gv.gz', 'rt').read()",
    ),
    "json dump": (
        "import json",
        "json.dump([1], open('gw.json', 'w'))",
        "end = json.load(open('gw.json'))",
    ),
    "shelve": (
        "import shelve",
        "with shelve.open('gx') as s: s['a'] = 1",
        "with shelve.open('gx') as s: end = s['a']",
    ),
    "configparser write": (
        "import configparser\np = configparser.ConfigParser(); p['a'] = {}",
        "with open('gy.ini', 'w') as f: p.write(f)",
        "q = configparser.ConfigParser(); q.read('gy.ini')\nend = q.sections()",
    ),
    "tempdir shared": (
        "import tempfile, os\nd = tempfile.mkdtemp()",
        "open(os.path.join(d, 'x'), 'w').write('1')",
        "end = os.listdir(d)",
    ),
    "object saves itself": (
        "class M:\n    def save(self, p):\n        with open(p, 'w') as f: f.write('1')",
        "M().save('gz')",
        "end = open('gz').read()",
    ),
    "object loads itself": (
        "class M:\n    def load(self, p): return open(p).read()",
        "open('ha', 'w').write('1')",
        "end = M().load('ha')",
    ),
    "project module writes": (
        "%%writefile lib_c1.py\ndef put(): open('hb', 'w').write('1')",
        "import sys; sys.path.insert(0, '.')",
        "import lib_c1",
        "lib_c1.put()",
        "end = open('hb').read()",
    ),
    "image save": (
        "import numpy as np, matplotlib; matplotlib.use('agg')\nimport matplotlib.pyplot as plt",
        "plt.imsave('hc.png', np.zeros((2, 2)))",
        "end = plt.imread('hc.png').shape",
    ),
    "open exclusive": ("open('hd', 'x').write('1')", "end = open('hd').read()"),
    "os.open": (
        "import os",
        "fd = os.open('he', os.O_CREAT | os.O_WRONLY); os.write(fd, b'1'); os.close(fd)",
        "end = open('he').read()",
    ),
    "truncate on read order": (
        "open('hf', 'w').write('1')",
        "x = open('hf').read()",
        "open('hf', 'w').write('2')",
        "end = x",
    ),
    "overwritten after": (
        "open('hg', 'w').write('1')",
        "open('hg', 'w').write('2')",
        "end = open('hg').read()",
    ),
    "symlink": (
        "import os\nopen('hh', 'w').write('1')",
        "os.symlink('hh', 'hi')",
        "end = open('hi').read()",
    ),
    "path attribute constant": (
        "class Cfg:\n    out = 'hj'",
        "open(Cfg.out, 'w').write('1')",
        "end = open(Cfg.out).read()",
    ),
    "path attribute constant, literal": (
        "class Cfg:\n    out = 'hk'",
        "open(Cfg.out, 'w').write('1')",
        "end = open('hk').read()",
    ),
    "polars csv": (
        "import polars as pl\ndf = pl.DataFrame({'a': [1]})",
        "df.write_csv('hl.csv')",
        "end = pl.read_csv('hl.csv')['a'].to_list()",
    ),
    "polars scan": (
        "import polars as pl\ndf = pl.DataFrame({'a': [1]})",
        "df.lazy().sink_parquet('hm.parquet')",
        "end = pl.scan_parquet('hm.parquet').collect()['a'].to_list()",
    ),
    "picture of an array": (
        "import os\nimport matplotlib.pyplot as plt\nimport numpy as np",
        "plt.imsave('i.png', np.zeros((2, 2)))",
        "end = os.path.exists('i.png')",
    ),
}
"""Name → the cells."""

LEAVES: dict[str, tuple[int, ...]] = {}
"""Name → the positions of the cells that do not go along; elsewhere all do."""

REFUSED: dict[str, str] = {}
"""Name → words of the refusal."""
