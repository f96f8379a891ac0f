"""Every reader and writer that people use, each attributed to its cell: one table.

The cells run one after the other in one real kernel. Those that go through no Python (Arrow,
Polars, DuckDB, HDF5, other processes) are seen by the system's notices.
"""

from __future__ import annotations

import hashlib
import http.server
import importlib.util
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="libraries that bypass Python need inotify"
    ),
]

SETUP = """
import glob, gzip, json, os, pathlib, pickle, shutil, sqlite3, subprocess, tempfile, zipfile
import bz2, csv, lzma, tarfile, urllib.request
import duckdb, h5py, joblib, numpy as np, pandas as pd, polars as pl
import pyarrow as pa, pyarrow.csv, pyarrow.dataset, pyarrow.feather, pyarrow.parquet as pq
import matplotlib
matplotlib.use('agg')
import matplotlib.pyplot as plt
for folder in ('in', 'out', 'parts', 'deep/er'):
    pathlib.Path(folder).mkdir(parents=True)
frame = pd.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', 'z']})
frame.to_csv('in/t.csv', index=False)
frame.to_parquet('in/t.parquet')
frame.to_feather('in/t.feather')
frame.to_json('in/t.json')
frame.to_pickle('in/t.pkl')
frame.to_parquet('parts/one.parquet')
frame.to_parquet('parts/two.parquet')
frame.to_parquet(OUTSIDE + '/deep/t.parquet')
for k in ('1', '2'):
    pathlib.Path(OUTSIDE + '/hive/k=' + k).mkdir(parents=True)
    frame.to_parquet(OUTSIDE + '/hive/k=' + k + '/t.parquet')
pathlib.Path(OUTSIDE + '/t.txt').write_text('outside')
np.save('in/t.npy', np.arange(4))
np.savez('in/t.npz', a=np.arange(4))
np.savetxt('in/numbers.txt', np.arange(4))
joblib.dump([np.arange(9)], 'in/t.joblib')
pathlib.Path('in/t.txt').write_text('text')
pathlib.Path('in/rw.txt').write_text('text')
pathlib.Path('deep/er/a.txt').write_text('a')
pathlib.Path('deep/b.txt').write_text('b')
with gzip.open('in/t.gz', 'wb') as f: f.write(b'text')
with zipfile.ZipFile('in/t.zip', 'w') as f: f.writestr('inner.txt', 'text')
with tarfile.open('in/t.tar', 'w') as f: f.add('in/t.txt')
with h5py.File('in/t.h5', 'w') as f: f['a'] = [1, 2]
base = sqlite3.connect('in/t.db')
base.execute('create table t (a int)'); base.commit(); base.close()
base = duckdb.connect('in/t.duckdb')
base.execute('create table t (a int)'); base.close()
names = ['in/t.txt', 'in/t.csv']
where = 'in/'
def load(name):
    with open(where + name) as file:
        return file.read()
del f, base, folder, k
"""


@dataclass(frozen=True)
class Case:
    """A cell with the files that it reads, writes and deletes, relative to the project.

    Paths are separated by spaces; ``OUTSIDE`` stands for a folder outside of the project.
    ``used`` are other things outside: kind and name. ``needs`` is a library that may be missing.
    """

    name: str
    cell: str
    reads: str = ""
    writes: str = ""
    deletes: str = ""
    used: str = ""
    needs: str = ""


BUILTIN = (
    Case("open, r", "open('in/t.txt').read()", "in/t.txt"),
    Case("open, rb", "open('in/t.txt', 'rb').read()", "in/t.txt"),
    Case("open, w", "with open('out/w', 'w') as f: f.write('x')", "", "out/w"),
    Case("open, w, over a file", "with open('out/w', 'w') as f: f.write('xx')", "", "out/w"),
    Case("open, w, the same again", "with open('out/w', 'w') as f: f.write('xx')", "", "out/w"),
    Case("open, wb", "with open('out/wb', 'wb') as f: f.write(b'x')", "", "out/wb"),
    Case("open, x", "with open('out/x', 'x') as f: f.write('x')", "", "out/x"),
    Case("open, a", "with open('out/w', 'a') as f: f.write('y')", "out/w", "out/w"),
    Case("open, a, a new file", "with open('out/a', 'a') as f: f.write('y')", "", "out/a"),
    Case(
        "open, r+",
        "with open('in/rw.txt', 'r+') as f: f.read(); f.write('z')",
        "in/rw.txt",
        "in/rw.txt",
    ),
    Case("open, r+, nothing written", "with open('in/rw.txt', 'r+') as f: f.read()", "in/rw.txt"),
    Case("open, w+", "with open('out/w+', 'w+') as f: f.write('z'); f.seek(0)", "", "out/w+"),
    Case("open, paths in a list", "for n in names: open(n).close()", "in/t.txt in/t.csv"),
    Case("open, in a function", "load('t.txt')", "in/t.txt"),
    Case("open, a missing file", "try: open('gone')\nexcept OSError: pass"),
    Case("open, in a changed folder", "%cd -q in\nopen('t.txt').read()\n%cd -q ..", "in/t.txt"),
    Case("open, outside", "open('OUTSIDE/t.txt').read()", "OUTSIDE/t.txt"),
    Case("written, then read", "open('out/wr', 'w').write('1'); open('out/wr').read()",
         "", "out/wr"),
    Case("read, then written", "t = open('out/wr').read(); open('out/wr', 'w').write(t + '1')",
         "out/wr", "out/wr"),
    Case("a temporary file takes a name", "open('t', 'w').write('x'); os.replace('t', 'out/r')",
         "", "out/r"),
    Case("a temporary file", "open('t.tmp', 'w').write('x'); os.remove('t.tmp')"),
    Case("a thread", "import threading; t = threading.Thread(target=load, args=('t.csv',))\n"
         "t.start(); t.join()", "in/t.csv"),
    Case("asyncio", "import asyncio; await asyncio.to_thread(load, 't.csv')", "in/t.csv"),
    Case("nothing", "1 + 1"),
)  # fmt: skip

STANDARD = (
    Case("os.open, read", "d = os.open('in/t.txt', os.O_RDONLY); os.read(d, 9); os.close(d)",
         "in/t.txt"),
    Case("os.open, write", "d = os.open('out/os', os.O_WRONLY | os.O_CREAT)\n"
         "os.write(d, b'x'); os.close(d)", "", "out/os"),
    Case("os.rename", "os.rename('out/os', 'out/os2')", "", "out/os2", "out/os"),
    Case("os.remove", "os.remove('out/os2')", "", "", "out/os2"),
    Case("os.link", "os.link('in/t.txt', 'out/link')", "", "out/link"),
    Case("os.truncate", "os.truncate('in/rw.txt', 1)", "", "in/rw.txt"),
    Case("os.listdir reads no content", "os.listdir('in')"),
    Case("os.walk", "for at, _, found in os.walk('deep'):\n    for n in found: "
         "open(os.path.join(at, n)).read()", "deep/b.txt deep/er/a.txt"),
    Case("glob", "for n in glob.glob('parts/*.parquet'): open(n, 'rb').read()",
         "parts/one.parquet parts/two.parquet"),
    Case("pathlib, read_text", "pathlib.Path('in/t.txt').read_text()", "in/t.txt"),
    Case("pathlib, write_bytes", "pathlib.Path('out/p').write_bytes(b'1')", "", "out/p"),
    Case("pathlib, open", "with (pathlib.Path('in') / 't.csv').open() as f: f.read()", "in/t.csv"),
    Case("pathlib, rglob", "[p.read_text() for p in pathlib.Path('deep').rglob('*.txt')]",
         "deep/b.txt deep/er/a.txt"),
    Case("pathlib, rename", "pathlib.Path('out/p').rename('out/p2')", "", "out/p2", "out/p"),
    Case("pathlib, touch", "pathlib.Path('out/touched').touch()", "", "out/touched"),
    Case("pathlib, unlink", "pathlib.Path('out/p2').unlink()", "", "", "out/p2"),
    Case("shutil.copy", "shutil.copy('in/t.txt', 'out/copy')", "in/t.txt", "out/copy"),
    Case("shutil.move", "shutil.move('out/copy', 'out/moved')", "", "out/moved", "out/copy"),
    Case("shutil.copytree", "shutil.copytree('deep', 'out/tree')",
         "deep/b.txt deep/er/a.txt", "out/tree/b.txt out/tree/er/a.txt"),
    Case("shutil.rmtree", "shutil.rmtree('out/tree')", "", "",
         "out/tree/b.txt out/tree/er/a.txt"),
    Case("shutil.make_archive", "shutil.make_archive('out/deep', 'zip', 'deep')",
         "deep/b.txt deep/er/a.txt", "out/deep.zip"),
    Case("tempfile, gone", "with tempfile.TemporaryDirectory() as d: "
         "open(d + '/t', 'w').write('x')"),
    Case("tempfile, anonymous", "with tempfile.TemporaryFile('w') as f: f.write('x')"),
    Case("tempfile, kept", "with tempfile.NamedTemporaryFile('w', dir='out', delete=False) as f: "
         "f.write('x')\nos.replace(f.name, 'out/named')", "", "out/named"),
    Case("zipfile, read", "zipfile.ZipFile('in/t.zip').read('inner.txt')", "in/t.zip"),
    Case("zipfile, write", "with zipfile.ZipFile('out/z.zip', 'w') as f: f.write('in/t.txt')",
         "in/t.txt", "out/z.zip"),
    Case("zipfile, extract", "zipfile.ZipFile('in/t.zip').extractall('out')",
         "in/t.zip", "out/inner.txt"),
    Case("tarfile, read", "tarfile.open('in/t.tar').extractfile('in/t.txt').read()", "in/t.tar"),
    Case("gzip, read", "gzip.open('in/t.gz').read()", "in/t.gz"),
    Case("gzip, write", "with gzip.open('out/g.gz', 'wb') as f: f.write(b'x')", "", "out/g.gz"),
    Case("bz2", "with bz2.open('out/b.bz2', 'wb') as f: f.write(b'x')", "", "out/b.bz2"),
    Case("lzma", "with lzma.open('out/l.xz', 'wb') as f: f.write(b'x')", "", "out/l.xz"),
    Case("pickle, dump", "with open('out/p.pkl', 'wb') as f: pickle.dump([1], f)", "",
         "out/p.pkl"),
    Case("pickle, load", "pickle.load(open('out/p.pkl', 'rb'))", "out/p.pkl"),
    Case("json, dump", "with open('out/j.json', 'w') as f: json.dump([1], f)", "", "out/j.json"),
    Case("json, load", "json.load(open('out/j.json'))", "out/j.json"),
    Case("csv", "list(csv.reader(open('in/t.csv')))", "in/t.csv"),
    Case("mmap, read", "import mmap\nwith open('in/t.txt', 'rb') as f:\n"
         "    mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)[:]", "in/t.txt"),
    Case("mmap, write", "with open('in/rw.txt', 'r+b') as f, mmap.mmap(f.fileno(), 0) as m: "
         "m[0:1] = b'Q'", "in/rw.txt", "in/rw.txt"),
    Case("sqlite3, make", "q = sqlite3.connect('out/n.db'); q.execute('create table t (a int)')\n"
         "q.commit(); q.close()", "", "out/n.db", "", "database:out/n.db"),
    Case("sqlite3, read", "c = sqlite3.connect('in/t.db')\nc.execute('select * from t').fetchall()",
         "in/t.db", "", "", "database:in/t.db"),
    Case("sqlite3, write later", "c.execute('insert into t values (1)'); c.commit()",
         "in/t.db", "in/t.db"),
    Case("sqlite3, read later", "c.execute('select * from t').fetchall()", "in/t.db"),
    Case("sqlite3, in memory", "sqlite3.connect(':memory:').execute('select 1').fetchall()"),
)  # fmt: skip

PROCESSES = (
    Case("subprocess", "subprocess.run(['cp', 'in/t.txt', 'out/sub'], check=True)",
         "in/t.txt", "out/sub", "", "process:cp"),
    Case("subprocess, shell", "subprocess.run('cat in/t.csv > out/sh', shell=True)",
         "in/t.csv", "out/sh", "", "process:cat"),
    Case("os.system", "_ = os.system('cp in/t.txt out/system')", "in/t.txt", "out/system", "",
         "process:cp"),
    Case("!cp", "!cp in/t.txt out/bang", "in/t.txt", "out/bang", "", "process:cp"),
    Case("!cp with a variable", "n = names[0]\n!cp {n} out/bang2", "in/t.txt", "out/bang2", "",
         "process:cp"),
    Case("a shell line that is kept", "lines = !cat in/t.txt", "in/t.txt", "", "",
         "process:cat"),
    Case("!rm", "!rm out/bang2", "", "", "out/bang2", "process:rm"),
    Case("%%bash", "%%bash\nsort in/t.csv > out/bash.csv", "in/t.csv", "out/bash.csv", "",
         "process:bash"),
    Case("%%writefile", "%%writefile out/told.txt\nsome text", "", "out/told.txt"),
    Case("%save", "%save -f out/saved.py 1", "", "out/saved.py"),
    Case("%run", "%run -i out/saved.py", "out/saved.py"),
    Case("multiprocessing", "import multiprocessing as mp\n"
         "with mp.get_context('fork').Pool(1) as p: p.map(load, ['t.csv'])", "in/t.csv"),
    Case("joblib, processes", "joblib.Parallel(2)(joblib.delayed(load)(n) for n in "
         "['t.csv', 't.txt'])", "in/t.txt in/t.csv"),
    Case("sed -i", "!sed -i s/Q/P/ in/rw.txt", "in/rw.txt", "in/rw.txt", "", "process:sed"),
    Case("sort -o", "!sort in/rw.txt -o in/rw.txt", "in/rw.txt", "in/rw.txt"),
    Case("cp over a file", "!cp in/t.txt out/bang", "in/t.txt", "out/bang"),
    Case("chmod", "!chmod 600 in/t.txt"),
)  # fmt: skip

NUMPY = (
    Case("np.load", "np.load('in/t.npy')", "in/t.npy"),
    Case("np.load, npz", "np.load('in/t.npz')['a']", "in/t.npz"),
    Case("np.load, mapped", "int(np.load('in/t.npy', mmap_mode='r')[1])", "in/t.npy"),
    Case("np.save", "np.save('out/n.npy', np.arange(3))", "", "out/n.npy"),
    Case("np.savez", "np.savez('out/n.npz', np.arange(3))", "", "out/n.npz"),
    Case("np.savez_compressed", "np.savez_compressed('out/c.npz', np.arange(3))", "", "out/c.npz"),
    Case("np.loadtxt", "np.loadtxt('in/numbers.txt')", "in/numbers.txt"),
    Case("np.genfromtxt", "np.genfromtxt('in/numbers.txt')", "in/numbers.txt"),
    Case("np.savetxt", "np.savetxt('out/n.txt', np.arange(3))", "", "out/n.txt"),
    Case("np.fromfile", "np.fromfile('in/t.npy', dtype='u1')", "in/t.npy"),
    Case("tofile", "np.arange(3).tofile('out/n.bin')", "", "out/n.bin"),
    Case("np.memmap, new", "m = np.memmap('out/m', dtype='u1', mode='w+', shape=(4,)); m[:] = 7\n"
         "m.flush()", "", "out/m"),
    Case("np.memmap, read", "int(np.memmap('out/m', dtype='u1', mode='r')[0])", "out/m"),
    Case("np.memmap, changed", "k = np.memmap('out/m', dtype='u1', mode='r+'); k[0] = 9\n"
         "k.flush(); del k", "out/m", "out/m"),
    Case("joblib.load", "joblib.load('in/t.joblib')", "in/t.joblib"),
    Case("joblib.load, mapped", "joblib.load('in/t.joblib', mmap_mode='r')", "in/t.joblib"),
    Case("joblib.dump", "joblib.dump([np.arange(9)], 'out/j.joblib')", "", "out/j.joblib"),
    Case("h5py, read", "with h5py.File('in/t.h5') as f: f['a'][:]", "in/t.h5"),
    Case("h5py, write", "with h5py.File('out/h.h5', 'w') as f: f['a'] = [1]", "", "out/h.h5"),
    Case("h5py, add", "with h5py.File('out/h.h5', 'a') as f: f['b'] = [1]", "out/h.h5", "out/h.h5"),
    Case("h5py, kept open", "h = h5py.File('in/t.h5')", "in/t.h5"),
    Case("h5py, read later", "h['a'][:]; h.close()", "in/t.h5"),
    Case("savefig", "fig = plt.figure(); plt.plot([1]); fig.savefig('out/f.png')", "",
         "out/f.png"),
    Case("imread", "plt.imread('out/f.png').shape", "out/f.png"),
)  # fmt: skip

FRAMES = (
    Case("pandas, read_csv", "pd.read_csv('in/t.csv')", "in/t.csv"),
    Case("pandas, read_csv by Arrow", "pd.read_csv('in/t.csv', engine='pyarrow')", "in/t.csv"),
    Case("pandas, read_csv in chunks", "for part in pd.read_csv('in/t.csv', chunksize=1): pass",
         "in/t.csv"),
    Case("pandas, to_csv", "frame.to_csv('out/f.csv')", "", "out/f.csv"),
    Case("pandas, to_csv, gzip", "frame.to_csv('out/f.csv.gz')", "", "out/f.csv.gz"),
    Case("pandas, to_csv, append", "frame.to_csv('out/f.csv', mode='a')", "out/f.csv",
         "out/f.csv"),
    Case("pandas, read_parquet", "pd.read_parquet('in/t.parquet')", "in/t.parquet"),
    Case("pandas, a folder", "pd.read_parquet('parts')", "parts/one.parquet parts/two.parquet"),
    Case("pandas, to_parquet", "frame.to_parquet('out/f.parquet')", "", "out/f.parquet"),
    Case("pandas, to_parquet in parts", "frame.to_parquet('out/by', partition_cols=['b'], "
         "basename_template='p{i}.parquet')", "",
         "out/by/b=x/p0.parquet out/by/b=y/p0.parquet out/by/b=z/p0.parquet"),
    Case("pandas, read_feather", "pd.read_feather('in/t.feather')", "in/t.feather"),
    Case("pandas, to_feather", "frame.to_feather('out/f.feather')", "", "out/f.feather"),
    Case("pandas, read_json", "pd.read_json('in/t.json')", "in/t.json"),
    Case("pandas, to_json", "frame.to_json('out/f.json')", "", "out/f.json"),
    Case("pandas, read_pickle", "pd.read_pickle('in/t.pkl')", "in/t.pkl"),
    Case("pandas, to_pickle", "frame.to_pickle('out/f.pkl')", "", "out/f.pkl"),
    Case("pandas, read_sql", "with sqlite3.connect('in/t.db') as b: "
         "pd.read_sql('select * from t', b)", "in/t.db"),
    Case("pandas, to_sql", "with sqlite3.connect('out/f.db') as b: _ = frame.to_sql('t', b)",
         "", "out/f.db"),
    Case("pandas, to_excel", "frame.to_excel('out/f.xlsx')", "", "out/f.xlsx", needs="openpyxl"),
    Case("pandas, read_excel", "pd.read_excel('out/f.xlsx')", "out/f.xlsx", needs="openpyxl"),
    Case("pandas, to_hdf", "frame.to_hdf('out/f.hdf', key='t')", "", "out/f.hdf", needs="tables"),
    Case("pandas, read_hdf", "pd.read_hdf('out/f.hdf')", "out/f.hdf", needs="tables"),
    Case("Polars, outside, a path made of parts", "at = pathlib.Path('OUTSIDE')\n"
         "pl.read_parquet(at / 'deep' / 't.parquet')", "OUTSIDE/deep/t.parquet"),
    Case("Polars, a dataset in parts, outside", "pl.read_parquet('OUTSIDE/hive/')",
         "OUTSIDE/hive/k=1/t.parquet OUTSIDE/hive/k=2/t.parquet"),
    Case("Polars, read_csv", "pl.read_csv('in/t.csv')", "in/t.csv"),
    Case("Polars, read_parquet", "pl.read_parquet('in/t.parquet')", "in/t.parquet"),
    Case("Polars, scan", "pl.scan_parquet('parts/*.parquet').collect()",
         "parts/one.parquet parts/two.parquet"),
    Case("Polars, scan later: the plan", "lazy = pl.scan_csv('in/t.csv')"),
    Case("Polars, scan later: the data", "lazy.collect()", "in/t.csv"),
    Case("Polars, write_csv", "pl.DataFrame(frame).write_csv('out/pl.csv')", "", "out/pl.csv"),
    Case("Polars, write_parquet", "pl.DataFrame(frame).write_parquet('out/pl.parquet')", "",
         "out/pl.parquet"),
    Case("Polars, sink", "pl.scan_csv('in/t.csv').sink_parquet('out/sink.parquet')", "in/t.csv",
         "out/sink.parquet"),
    Case("Polars, outside", "pl.read_parquet('OUTSIDE/deep/t.parquet')", "OUTSIDE/deep/t.parquet"),
    Case("Polars, over a file", "pl.DataFrame({'a': [1]}).write_parquet('out/f.parquet')", "",
         "out/f.parquet"),
    Case("Arrow, read_table", "pq.read_table('in/t.parquet')", "in/t.parquet"),
    Case("Arrow, ParquetFile", "pq.ParquetFile('in/t.parquet').read()", "in/t.parquet"),
    Case("Arrow, write_table", "pq.write_table(pa.table({'a': [1]}), 'out/ar.parquet')", "",
         "out/ar.parquet"),
    Case("Arrow, read_csv", "pa.csv.read_csv('in/t.csv')", "in/t.csv"),
    Case("Arrow, write_csv", "pa.csv.write_csv(pa.table({'a': [1]}), 'out/ar.csv')", "",
         "out/ar.csv"),
    Case("Arrow, feather", "pa.feather.read_table('in/t.feather')", "in/t.feather"),
    Case("Arrow, a mapped file", "pa.memory_map('in/t.feather').read_buffer().size",
         "in/t.feather"),
    Case("Arrow, a dataset", "pa.dataset.dataset('parts').to_table()",
         "parts/one.parquet parts/two.parquet"),
    Case("Arrow, a new dataset", "pa.dataset.write_dataset(pa.table({'a': [1]}), 'made/deep', "
         "format='parquet')", "", "made/deep/part-0.parquet"),
    Case("DuckDB, over a file", "duckdb.sql(\"from 'in/t.csv'\").fetchall()", "in/t.csv"),
    Case("DuckDB, over a folder", "duckdb.sql(\"from 'parts/*.parquet'\").df()",
         "parts/one.parquet parts/two.parquet"),
    Case("DuckDB, copy", "duckdb.sql(\"copy (from 'in/t.csv') to 'out/d.parquet'\")", "in/t.csv",
         "out/d.parquet"),
    Case("DuckDB, a database that is read", "d = duckdb.connect('in/t.duckdb', read_only=True)\n"
         "d.sql('from t').fetchall(); d.close()", "in/t.duckdb"),
    Case("DuckDB, a new database", "d = duckdb.connect('out/n.duckdb')\n"
         "_ = d.execute('create table t as select 1 a'); d.close()", "", "out/n.duckdb"),
    Case("DuckDB, a database that changes", "with duckdb.connect('out/n.duckdb') as d: "
         "_ = d.execute('insert into t values (2)')", "out/n.duckdb", "out/n.duckdb"),
)  # fmt: skip

NETWORK = (
    Case("urllib", "urllib.request.urlopen(SERVER + '/t.txt').read()", used="url:SERVER/t.txt"),
    Case("urllib, to a file", "urllib.request.urlretrieve(SERVER + '/t.txt', 'out/fetched')",
         "", "out/fetched", "", "url:SERVER/t.txt"),
    Case("pandas, a URL", "pd.read_csv(SERVER + '/t.csv')", used="url:SERVER/t.csv"),
    Case("http.client", "import http.client\nh = http.client.HTTPConnection(SERVER[7:])\n"
         "h.request('GET', '/t.txt'); h.getresponse().read()", used="url:127.0.0.1"),
    Case("requests", "import requests\nr = requests.Session(); r.get(SERVER + '/t.txt').text",
         used="url:127.0.0.1", needs="requests"),
    Case("requests, the connection of before", "r.get(SERVER + '/t.txt').text; r.close()",
         used="url:127.0.0.1", needs="requests"),
    Case("a socket", "import socket\nsocket.create_connection(('127.0.0.1', PORT)).close()",
         used="url:127.0.0.1"),
    Case("a socket without a name", "s = socket.socket(); s.connect(('127.0.0.1', PORT))\n"
         "s.close()", used="url:127.0.0.1"),
)  # fmt: skip

CASES = (*BUILTIN, *STANDARD, *PROCESSES, *NUMPY, *FRAMES, *NETWORK)


@dataclass(frozen=True)
class Field:
    """The kernel, and what the names in the table stand for."""

    kernel: Any
    outside: Path
    server: str

    def fill(self, text: str) -> str:
        """The text with the places of this run."""
        port = self.server.rpartition(":")[2]
        return text.replace("OUTSIDE", str(self.outside)).replace("PORT", port)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with two files."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "t.txt").write_text("text")
    (folder / "t.csv").write_text("a\n1\n")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture(scope="module")
def field(kernel: Any, server: str, tmp_path_factory: pytest.TempPathFactory) -> Field:
    """A kernel with the libraries loaded and data to read, in and outside of the project."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "deep").mkdir()
    kernel.run(f"OUTSIDE, SERVER = {str(outside)!r}, {server!r}")
    made = kernel.run(SETUP)
    assert made.status == "ok", made.traceback
    kernel.run("del OUTSIDE")
    assert kernel.run("%mlops track").status == "ok"
    return Field(kernel, outside, server)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_cell_reads_and_writes_is_attributed_to_it(case: Case, field: Field) -> None:
    if case.needs and importlib.util.find_spec(case.needs) is None:
        pytest.skip(f"{case.needs} is not installed")
    ran = field.kernel.run(field.fill(case.cell))
    assert ran.status == "ok", ran.traceback
    record = field.kernel.latest().record
    assert record.source == field.fill(case.cell)
    found = {
        mode: {access.path for access in record.files if access.mode == mode}
        for mode in ("read", "write", "delete")
    }
    expected = {"read": case.reads, "write": case.writes, "delete": case.deletes}
    assert found == {mode: set(field.fill(paths).split()) for mode, paths in expected.items()}
    used = {f"{access.kind}:{access.name}" for access in record.externals}
    assert used >= {word.replace("SERVER", field.server) for word in case.used.split()}
    for access in record.files:
        path = field.kernel.project / access.path
        overwritten = access.mode == "read" and access.path in found["write"]
        if path.exists() and not overwritten:
            assert access.digest == hashlib.sha256(path.read_bytes()).hexdigest()
