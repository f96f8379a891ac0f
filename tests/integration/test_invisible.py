"""A kernel that records shows and keeps what a plain one does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CELLS = (
    "x = 1",
    "x",
    "_ + 1",
    "print('out'); import sys; print('err', file=sys.stderr)",
    "rows = [1, 2]\nalias = rows\nalias.append(3)\nrows",
    "1 / 0",
    "def f(n):\n    return g(n)\n\ndef g(n):\n    raise ValueError(f'bad {n}')\n",
    "f(3)",
    "import warnings\ndef old():\n    warnings.warn('old is old', UserWarning)\n\nold(); old()",
    "old()",
    "x = (",
    "%who",
    "%time y = 2",
    "%%bash\necho hello",
    "%%capture caught\nprint('kept')",
    "caught.stdout",
    "from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'))\n3",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    "import random\nrandom.seed(1)\n[random.random() for _ in range(3)]",
    "import numpy as np\nnp.random.seed(1)\nnp.random.rand(2)",
    "[random.random(), np.random.rand()]",
    "import asyncio\nawait asyncio.sleep(0.001, 'done')",
    "class Odd:\n    def __repr__(self):\n        raise RuntimeError('no repr')\n",
    "odd = Odd()",
    "odd",
    """class Proxy:
    def __getattr__(self, name):
        print('asked for', name)
        raise AttributeError(name)
    def __eq__(self, other):
        print('compared')
""",
    "proxy = Proxy()",
    "proxy2 = proxy",
    "import threading\nt = threading.Thread(target=lambda: rows.append(9))",
    "t.start(); t.join(); rows",
    "import time\nimport warnings\nwarnings.warn('careful')",
    "!echo shell",
    "%autoreload 0",
    "%load_ext autoreload\n%autoreload 2",
    "exec('made = 1'); made",
    "del made",
    "made",
    "get_ipython().run_cell('inner = 5').result",
    "raise SystemExit(2)",
    "with open('written.txt', 'w') as file:\n    file.write('text')",
    "assert False, 'told'",
    "import os\nos.getcwd() != '' and sorted(n for n in os.listdir() if n != '.nbmlops')",
    "type(get_ipython().user_ns) is dict and type(globals()) is dict",
    "import gc, weakref\nbig = Odd(); seen = weakref.ref(big); del big; seen() is None",
    "big = Odd(); seen = weakref.ref(big)",
    "del big; seen() is None",
    """gc.disable()
ended = []
class Ends:
    def __init__(self, *held):
        self.held = held
    def __del__(self):
        ended.append(len(self.held))
""",
    "a, b, c = Ends(), Ends(Ends(), [Ends()]), [Ends(n) for n in range(2000)]",
    "d, e, f = {'x': Ends(lambda: 1)}, Ends(np.zeros(300_000)), Ends(print, random)",
    "b2 = b; ended",
    "del a, b\nended[:]",
    "b2 = c = None\nlen(ended)",
    "d.clear()\nlen(ended)",
    "e = 0\ndel f\nlen(ended)",
    "gc.enable()",
    "(i for i in range(2)).__next__()",
    "lazy = (i for i in range(3))",
    "next(lazy)",
    "list(lazy)",
    "handle = open('written.txt'); handle.read(2)",
    "handle.read(); handle.close()",
    "sorted(n for n in dir() if not n.startswith('_'))",
    "sorted(type(thread).__name__ for thread in threading.enumerate())",
    "import signal\nsignal.getsignal(signal.SIGINT)",
    "sys.getrecursionlimit(), sys.gettrace(), sys.getprofile(), len(warnings.filters)",
    "len(In), sorted(Out)",
    "In[3:6]",
)
_CHANGING = (
    (re.compile(r"0x[0-9a-f]+"), "0x"),
    (re.compile(r"ipykernel_\d+"), "ipykernel"),
    (re.compile(r"(CPU times|Wall time): .*"), r"\1"),
    (re.compile(r"/tmp/\S+/"), "/tmp/"),  # noqa: S108 (a pattern, not a file)
    (re.compile(r"\d+\.py"), "N.py"),
)


def transcript(kernel: Any, cells: tuple[str, ...]) -> list[dict[str, Any]]:
    """What each cell gave, without what differs from run to run."""
    return [plain(asdict(kernel.run(cell))) for cell in cells]


def plain(found: Any) -> Any:
    """The same without addresses, process numbers and times."""
    if isinstance(found, dict):
        return {key: plain(value) for key, value in found.items() if key != "image/png"}
    if isinstance(found, list | tuple):
        return [plain(value) for value in found]
    if isinstance(found, str):
        for pattern, replacement in _CHANGING:
            found = pattern.sub(replacement, found)
    return found


@pytest.fixture(scope="module")
def transcripts(start_kernel: Callable[..., Any]) -> tuple[list[Any], list[Any], Any]:
    """The same cells in a plain kernel, and in one that records each as a step of its own."""
    without, recording = start_kernel(), start_kernel()
    without.run("pass")
    without.run("pass")
    recording.run("%load_ext nbmlops")
    recording.run("%mlops track")
    return transcript(without, CELLS), transcript(recording, CELLS), recording


@pytest.mark.parametrize("number", range(len(CELLS)), ids=lambda number: CELLS[number][:40])
def test_a_cell_gives_the_same(transcripts: Any, number: int) -> None:
    without, recorded, _ = transcripts
    assert recorded[number] == without[number]


def test_all_those_cells_were_recorded(transcripts: Any) -> None:
    sources = [execution.record.source for execution in transcripts[2].executions()]
    assert sources == list(CELLS)


def test_named_steps_give_the_same_as_plain_cells(start_kernel: Callable[..., Any]) -> None:
    cells = tuple(cell for cell in CELLS if not cell.startswith("%%") and "In[" not in cell)
    without, recording = start_kernel(), start_kernel()
    recording.run("%load_ext nbmlops")
    without.run("pass")
    empty_line = tuple(f"pass\n{cell}" for cell in cells)
    labelled = tuple(f"%mlops track s{n}\n{cell}" for n, cell in enumerate(cells))
    for first, second, cell in zip(
        transcript(without, empty_line), transcript(recording, labelled), cells, strict=True
    ):
        for part in ("status", "stdout", "stderr", "displayed", "result", "error"):
            assert second[part] == first[part], cell


def test_no_collection_of_everything_comes_for_our_sake(start_kernel: Callable[..., Any]) -> None:
    """A kernel's own modules are about 50,000 objects: a quarter more, and all is looked at."""
    kernel = start_kernel()
    kernel.run("import gc\ngc.collect()\nbegun = []")
    kernel.run("for _ in range(20):\n    gc.collect(1)  # the next may be one of everything")
    kernel.run("gc.callbacks.append(lambda phase, info: begun.append(info['generation']))")
    objects = kernel.value("len(gc.get_objects())")
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track --values")
    for number in range(5):
        kernel.run(f"x = [{number}]")
    assert kernel.value("len(gc.get_objects())") > objects * 5 // 4, "or there is nothing to show"
    assert kernel.value("begun.count(2)") == 0
    assert kernel.value("gc.isenabled(), gc.get_freeze_count()") == (True, 0)
