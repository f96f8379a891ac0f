"""A cell that has what an earlier one has read without reading it has read it as well."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.capture.recorder import Recorder
from nbmlops.capture.session import Session
from nbmlops.domain.clock import system_clock
from nbmlops.domain.executions import Execution
from nbmlops.pipelines.purity import from_outside
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.filterwarnings(  # as notebooks do, cells leave it to Python to close files
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

READ = "    return open(p).read()"
MEMO = "from functools import *\ndef memo(f):\n    held = {}\n    @wraps(f)\n    def inner(*a):\n"
MEMO += "        if a not in held: held[a] = f(*a)\n        return held[a]\n    return inner\n"
FIRST, AGAIN = "n = len(lib.load('a.csv'))", "print(lib.load('a.csv'))"


@dataclass(frozen=True)
class Case:
    """Cells, of which the last one has what ``a.csv`` holds; ``lib`` is a module's source."""

    name: str
    cells: tuple[str, ...]
    lib: str = ""

    def __str__(self) -> str:
        return self.name


CASES = (
    Case(
        "a function that remembers",
        (
            f"from functools import cache\n@cache\ndef load(p):\n{READ}",
            "n = len(load('a.csv'))",
            "print(load('a.csv'))",
        ),
    ),
    Case(
        "a method that remembers",
        (
            (
                f"import functools\nclass R:\n    @functools.lru_cache(maxsize=2)\n"
                f"    def load(self, p):\n    {READ}\nr = R()"
            ),
            "n = len(r.load('a.csv'))",
            "print(r.load('a.csv'))",
        ),
    ),
    Case(
        "a function of another library",
        (
            "import functools, os\nnames = functools.cache(os.listdir)",
            "n = len(names('.'))",
            "print(names('.'), open('a.csv').read())",
        ),
    ),
    Case(
        "a decorator that lets functions remember, and is asked through another one",
        (
            (
                "import functools\ndef keeps(n):\n    return functools.lru_cache(maxsize=n)\n"
                f"@keeps(4)\ndef load(p):\n{READ}\n@keeps(4)\ndef size(p): return len(load(p))"
            ),
            "n = size('a.csv')",
            "m = load('a.csv')",
            "print(size('a.csv'))",
        ),
    ),
    Case(
        "a memory that was cleared",
        (
            f"import functools\n@functools.cache\ndef load(p):\n{READ}",
            "n = load('a.csv')",
            "load.cache_clear()\nm = load('a.csv')",
            "print(load('a.csv'))",
        ),
    ),
    Case(
        "a default that remembers",
        (
            (
                "def load(p, held={}):\n    if p not in held: held[p] = open(p).read()\n"
                "    return held[p]"
            ),
            "n = len(load('a.csv'))",
            "print(load('a.csv'))",
        ),
    ),
    Case(
        "a class that remembers",
        (
            (
                "class R:\n    held = {}\n    @classmethod\n    def load(cls, p):\n"
                "        if p not in cls.held: cls.held[p] = open(p).read()\n"
                "        return cls.held[p]"
            ),
            "n = len(R.load('a.csv'))",
            "print(R.load('a.csv'))",
        ),
    ),
    Case(
        "a function of a module",
        ("import lib", FIRST, AGAIN),
        lib=f"import functools\n@functools.lru_cache\ndef load(p):\n{READ}\n",
    ),
    Case(
        "a dict of a module",
        ("import lib", FIRST, AGAIN),
        lib="held = {}\ndef load(p):\n    if p not in held: held[p] = open(p).read()\n"
        "    return held[p]\n",
    ),
    Case(
        "an ordered dict of a module",
        ("import lib", FIRST, AGAIN),
        lib="from collections import OrderedDict\nheld = OrderedDict()\ndef load(p):\n"
        "    if p not in held: held[p] = open(p).read()\n    return held[p]\n",
    ),
    Case(
        "a decorator of a module",
        ("import lib", FIRST, AGAIN),
        lib=f"{MEMO}@memo\ndef load(p):\n{READ}\n",
    ),
    Case(
        "objects in dicts in lists of a module",
        ("import lib", FIRST, AGAIN),
        lib="class Box:\n    def __init__(self): self.held = {}\nroot = [{'a': [{'b': Box()}]}]\n"
        "def load(p):\n    held = root[0]['a'][0]['b'].held\n"
        "    if p not in held: held[p] = open(p).read()\n    return held[p]\n",
    ),
    Case(
        "more of a module than is compared",
        ("import lib", FIRST, AGAIN),
        lib="wide = {number: [{}] for number in range(20_000)}\ndef load(p):\n"
        "    held = wide[19_999][0]\n    if p not in held: held[p] = open(p).read()\n"
        "    return held[p]\n",
    ),
    Case(
        "a property of a module's object",
        ("import lib", "n = len(lib.one.text)", "print(lib.one.text)"),
        lib="import functools\nclass One:\n    @functools.cached_property\n    def text(self):\n"
        "        return open('a.csv').read()\none = One()\n",
    ),
    Case(
        "what a module keeps for each thread",
        ("import lib", FIRST, AGAIN),
        lib="import threading\nheld = threading.local()\ndef load(p):\n"
        "    if not hasattr(held, 'text'): held.text = open(p).read()\n    return held.text\n",
    ),
    Case(
        "a generator of a module that has begun",
        ("import lib", "n = len(next(lib.texts))", "print(next(lib.texts))"),
        lib="def each():\n    text = open('a.csv').read()\n    while True: yield text\n"
        "texts = each()\n",
    ),
    Case(
        "what a module was told",
        ("import lib", "lib.tell(open('a.csv').read())", "print(lib.told())"),
        lib="_text = None\ndef tell(text):\n    global _text\n    _text = text\n"
        "def told(): return _text\n",
    ),
    Case(
        "what a module was told where it was imported",
        ("import lib\nlib.tell(open('a.csv').read())", "print(lib.told())"),
        lib="_text = None\ndef tell(text):\n    global _text\n    _text = text\n"
        "def told(): return _text\n",
    ),
    Case(
        "an option of a library",
        ("import warnings", "warnings.simplefilter(open('a.csv').read())", "warnings.warn('x')"),
    ),
)


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    """A shell of its own, after which the process is as it was."""
    main, hooks = sys.modules["__main__"], (sys.excepthook, sys.displayhook)
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    yield shell
    shell.builtin_trap.deactivate()
    sys.modules["__main__"] = main
    sys.excepthook, sys.displayhook = hooks


@pytest.fixture
def run(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., list[Execution]]]:
    """Runs cells in an empty namespace, recorded; those that begin with ``#`` are not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "a.csv").write_text("once")
    workspace = Workspace(tmp_path)
    shell.reset(new_session=True)
    session = Session(project=tmp_path, notebook="cases.ipynb", path=None)
    recorder = Recorder(
        shell, session=session, ledger=lambda _: workspace.ledger, clock=system_clock,
        author="tester",
    )  # fmt: skip
    recorder.attach()

    def run(*cells: str) -> list[Execution]:
        found = []
        for number, source in enumerate(cells):
            recorder.tracking = not source.startswith("#")
            shell.run_cell(source, store_history=True, cell_id=f"c{number}").raise_error()
            found += [recorder.latest] if recorder.tracking and recorder.latest else []
        recorder.finish_storing()
        return found

    yield run
    recorder.detach()
    workspace.close()
    sys.modules.pop("lib", None)


def reads(execution: Execution) -> list[str]:
    """The files that an execution is taken to have read."""
    return [file.path for file in execution.record.files if file.mode == "read"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_was_read_before_is_read(case: Case, run: Callable[..., list[Execution]]):
    Path("lib.py").write_text(case.lib)
    *_, last = run(*case.cells)
    assert reads(last) == ["a.csv"]


def test_folders_and_variables_that_were_asked_are_asked(
    run: Callable[..., list[Execution]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PLACE", ".")
    *_, last = run(
        "import functools, os\n@functools.cache\n"
        "def names(): return os.listdir(os.getenv('PLACE'))",
        "n = len(names())",
        "print(names())",
    )
    told = {(one.kind, one.name) for one in last.record.externals}
    assert {("listing", "."), ("variable", "PLACE")} <= told


def test_a_time_that_a_module_was_told_is_new_in_each_run(run: Callable[..., list[Execution]]):
    Path("lib.py").write_text("told = []\ndef tell(what): told.append(what)\n")
    *_, other, last = run(
        "import lib, time", "lib.tell(time.time())", "print(1)", "print(lib.told)"
    )
    assert from_outside(last.record) == "reads the clock"
    assert from_outside(other.record) is None


@pytest.mark.filterwarnings("ignore")
def test_what_a_cache_on_the_disk_answers_is_read_from_its_files(
    run: Callable[..., list[Execution]],
):
    """It answers in the notebook as well, whatever the file is by then."""
    _, first, last = run(
        "import joblib\nmemory = joblib.Memory('kept', verbose=0)\n@memory.cache\n"
        f"def load(p):\n{READ}",
        "n = len(load('a.csv'))",
        "print(load('a.csv'))",
    )
    written = {file.path: file.digest for file in first.record.files if file.mode == "write"}
    read = {file.path: file.digest for file in last.record.files if file.mode == "read"}
    [kept] = (path for path in read if path.endswith("output.pkl"))
    assert "a.csv" in reads(first)
    assert read[kept] == written[kept] is not None


def test_who_does_not_get_there_has_not_read_it(run: Callable[..., list[Execution]]):
    Path("lib.py").write_text("held = {}\ndef keep(k, v): held[k] = v\n")
    found = run(
        f"from functools import cache\n@cache\ndef load(p):\n{READ}",
        "import lib",
        "lib.keep(1, load('a.csv'))",
        "print(len('abc'))",
        "print(load)",
    )
    assert [reads(one) for one in found] == [[], [], ["a.csv"], [], []]


def test_what_was_read_where_nothing_is_recorded_is_not_known(
    run: Callable[..., list[Execution]],
):
    *_, last = run(
        f"from functools import cache\n@cache\ndef load(p):\n{READ}",
        "# nobody looks\nn = load('a.csv')",
        "print(load('a.csv'))",
    )
    assert not last.record.inputs_complete
    assert (
        last.record.inputs_note == "what `load` remembers was read in a cell that is not recorded"
    )


def test_a_file_that_was_another_one_then_is_not_taken_for_that_of_now(
    run: Callable[..., list[Execution]],
):
    *_, last = run(
        f"from functools import cache\n@cache\ndef load(p):\n{READ}",
        "n = load('a.csv')",
        "open('a.csv', 'w').write('other')",
        "print(load('a.csv'), open('a.csv').read())",
    )
    assert not last.record.inputs_complete
