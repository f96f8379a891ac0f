"""What a cell leaves in its process beside names is seen, and what it puts back is not."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.capture.cell import effects_of
from nbmlops.capture.process_state import ProcessStates, changed
from nbmlops.capture.state import StateWatch


@dataclass(frozen=True, kw_only=True)
class Case:
    """A cell, what is said of it, and what takes it back."""

    cell: str
    left: tuple[str, ...]
    undo: str = ""
    before: str = ""


CASES = {
    "a level": Case(
        before="import logging",
        cell="logging.getLogger().setLevel(7)",
        left=("logging",),
        undo="logging.getLogger().setLevel(30)",
    ),
    "a handler": Case(
        before="import logging",
        cell="logging.getLogger('q').addHandler(logging.NullHandler())",
        left=("logging",),
        undo="logging.getLogger('q').handlers.clear()",
    ),
    "a signal": Case(
        before="import signal",
        cell="before = signal.signal(signal.SIGUSR2, lambda *_: None)",
        left=("signal handlers",),
        undo="signal.signal(signal.SIGUSR2, before)",
    ),
    "an exit handler": Case(
        before="import atexit\ndef bye():\n    pass",
        cell="atexit.register(bye)",
        left=("exit handlers",),
        undo="atexit.unregister(bye)",
    ),
    "a path": Case(
        before="import sys",
        cell="sys.path.append('/nowhere')",
        left=("the places of imports",),
        undo="sys.path.remove('/nowhere')",
    ),
    "a limit": Case(
        before="import sys\nold = sys.getrecursionlimit()",
        cell="sys.setrecursionlimit(old + 1)",
        left=("the interpreter",),
        undo="sys.setrecursionlimit(old)",
    ),
    "the collector": Case(
        before="import gc",
        cell="gc.freeze()\ngc.disable()",
        left=("the garbage collector",),
        undo="gc.enable()",
    ),
    "decimals": Case(
        before="import decimal\nold = decimal.getcontext().prec",
        cell="decimal.getcontext().prec = 9",
        left=("the context of decimals and variables",),
        undo="decimal.getcontext().prec = old",
    ),
    "a variable of the context": Case(
        before="import contextvars\nwho = contextvars.ContextVar('who', default=0)",
        cell="made = who.set(3)",
        left=("the context of decimals and variables",),
        undo="who.reset(made)",
    ),
    "a timeout": Case(
        before="import socket",
        cell="socket.setdefaulttimeout(77)",
        left=("timeouts of sockets",),
        undo="socket.setdefaulttimeout(None)",
    ),
    "warnings": Case(
        before="import warnings",
        cell="warnings.simplefilter('ignore', ResourceWarning)",
        left=("filters of warnings",),
        undo="warnings.filters.pop(0)",
    ),
    "a variable of the environment": Case(
        before="import os",
        cell="os.environ['NOBODY_READS_IT'] = '1'",
        left=("environment variables", "NOBODY_READS_IT"),
        undo="del os.environ['NOBODY_READS_IT']",
    ),
    "how numpy prints": Case(
        before="import numpy as np\nold = np.get_printoptions()\nnp.set_printoptions(precision=8)",
        cell="np.set_printoptions(precision=2)",
        left=("settings of numpy", "the context of decimals and variables"),
        undo="np.set_printoptions(**old)",
    ),
    "errors of numpy": Case(
        before="import numpy as np",
        cell="old = np.seterr(all='raise')",
        left=("settings of numpy", "the context of decimals and variables"),
        undo="np.seterr(**old)",
    ),
    "an option of pandas": Case(
        before="import pandas as pd",
        cell="pd.options.display.max_rows = 13",
        left=("options of pandas",),
        undo="pd.reset_option('display.max_rows')",
    ),
    "an option of polars": Case(
        before="import polars as pl\ndef write_in_full():\n    pl.Config.set_fmt_float('full')",
        cell="write_in_full()",
        left=("options of polars",),
        undo="pl.Config.set_fmt_float('mixed')",
    ),
    "an accessor of pandas": Case(
        before="import pandas as pd\ndef lag(frame):\n    return 1",
        cell="pd.api.extensions.register_dataframe_accessor('lag')(lag)",
        left=("pandas.DataFrame",),
        undo="del pd.DataFrame.lag\npd.DataFrame._accessors.discard('lag')",
    ),
    "a method given to the class of a value": Case(
        before="import pandas as pd\nframe = pd.DataFrame()",
        cell="type(frame).lag = len",
        left=("pandas.DataFrame.lag",),
        undo="del pd.DataFrame.lag",
    ),
    "an attribute of a module": Case(
        before="import string",
        cell="setattr(string, 'e4', 1)",
        left=("string.e4",),
        undo="del string.e4",
    ),
    "a figure that stays open": Case(
        before="import matplotlib.pyplot as plt\nplt.switch_backend('agg')",
        cell="f = plt.figure()",
        left=("figures of pyplot",),
        undo="plt.close(f)",
    ),
    "a line on a figure that is open": Case(
        before="import matplotlib.pyplot as plt\nplt.switch_backend('agg')\nf = plt.figure()",
        cell="plt.plot([1, 2])\n0",
        left=("figures of pyplot",),
        undo="plt.close(f)",
    ),
    "a figure that is closed": Case(
        before="import matplotlib.pyplot as plt\nplt.switch_backend('agg')",
        cell="f = plt.figure()\nplt.plot([1])\nplt.close(f)",
        left=(),
    ),
    "a style": Case(
        before="import matplotlib.pyplot as plt\nold = dict(plt.rcParams)",
        cell="plt.style.use('ggplot')",
        left=("rcParams of matplotlib",),
        undo="plt.rcParams.update(old)",
    ),
    "a hook of IPython": Case(
        before="ip = get_ipython()\ndef hook(*_):\n    pass",
        cell="ip.events.register('pre_execute', hook)",
        left=("hooks of IPython",),
        undo="ip.events.unregister('pre_execute', hook)",
    ),
    "a magic": Case(
        cell="get_ipython().register_magic_function(len, 'line', 'how_long')",
        left=("magics",),
    ),
    "a magic of IPython's own that is loaded": Case(cell="%%bash\ntrue", left=()),
    "how many digits IPython shows": Case(
        before="plain = get_ipython().display_formatter.formatters['text/plain']",
        cell="plain.float_format = '%.3f'",
        left=("how values are shown",),
        undo="plain.float_format = '%r'",
    ),
    "whether IPython breaks lines": Case(
        cell="get_ipython().display_formatter.formatters['text/plain'].pprint = False",
        left=("how values are shown",),
        undo="get_ipython().display_formatter.formatters['text/plain'].pprint = True",
    ),
    "how a class is shown": Case(
        before="plain = get_ipython().display_formatter.formatters['text/plain']",
        cell="plain.for_type(complex, lambda *_: None)",
        left=("how values are shown",),
    ),
    "a setting of IPython": Case(
        cell="get_ipython().ast_node_interactivity = 'all'",
        left=("settings of IPython",),
    ),
    "a name of all modules": Case(
        before="import builtins",
        cell="builtins.everywhere = 1",
        left=("builtins",),
        undo="del builtins.everywhere",
    ),
    "a setting in a module of the project": Case(
        before="import keeper",
        cell="keeper.configure(3)",
        left=("keeper.LEVEL",),
        undo="keeper.configure(0)",
    ),
    "a setting by a function of it": Case(
        before="from keeper import configure",
        cell="configure(4)",
        left=("keeper.LEVEL",),
        undo="configure(0)",
    ),
    "what a module of the project keeps": Case(
        before="import keeper",
        cell="keeper.remember('a')",
        left=("keeper.SEEN",),
    ),
    "what an object of such a module keeps": Case(
        before="import keeper",
        cell="keeper.options.set(mode=2)",
        left=("keeper.options",),
    ),
    "a thread": Case(
        before="import keeper",
        cell="keeper.start()",
        left=("a thread", "keeper.thread"),
        undo="keeper.stop()",
    ),
    "nothing": Case(
        before="import pandas as pd, keeper\nframe = pd.DataFrame({'a': [1, 2]})",
        cell="total = frame.a.sum() + len(frame.describe()) + keeper.LEVEL\nprint(total)\nframe",
        left=(),
    ),
    "what is put back": Case(
        before="import warnings, pandas as pd, numpy as np",
        cell="with warnings.catch_warnings(), pd.option_context('display.width', 7), "
        "np.errstate(all='ignore'):\n    warnings.simplefilter('error')",
        left=(),
    ),
}

KEEPER = """
import threading
LEVEL, SEEN, done = 0, {}, threading.Event()
class Options:
    def set(self, **given):
        self.__dict__.update(given)
options, thread = Options(), None
def configure(level):
    global LEVEL
    LEVEL = level
def remember(name):
    SEEN[name] = len(SEEN)
def start():
    global thread
    thread = threading.Thread(target=done.wait, daemon=True)
    thread.start()
def stop():
    done.set()
    thread.join()
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    """A shell of this process, with a module of the project beside it."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "keeper.py").write_text(KEEPER)
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    sys.path.insert(0, str(folder))
    yield InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    sys.path.remove(str(folder))
    sys.modules["__main__"] = main
    sys.modules.pop("keeper", None)
    sys.displayhook, sys.excepthook = hooks


def _run(shell: InteractiveShell, source: str) -> None:
    shell.user_ns["get_ipython"] = lambda: shell
    shell.run_cell(source, silent=True).raise_error()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_a_cell_leaves_in_its_process_is_told(case: Case, shell: InteractiveShell) -> None:
    """Each by a name, once; a cell that only computes leaves nothing."""
    _run(shell, case.before)
    watch = StateWatch(shell)
    watch.begin(effects_of(case.cell)[0], {})
    _run(shell, case.cell)
    found = watch.end()
    _run(shell, case.undo)
    assert tuple(access.name for access in found) == case.left
    assert {access.kind for access in found} <= {"state", "environment"}


def test_what_an_import_brings_along_is_no_state(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever needs it imports it as well."""
    monkeypatch.syspath_prepend(str(tmp_path))
    source = "import warnings, logging, os\nwarnings.simplefilter('ignore', ResourceWarning)\n"
    source += "logging.getLogger(__name__).setLevel(10)\nos.environ['OF_AN_IMPORT'] = '1'"
    (tmp_path / "brings_along.py").write_text(source)
    monkeypatch.setenv("OF_AN_IMPORT", "")
    monkeypatch.delenv("OF_AN_IMPORT")
    watch = StateWatch(shell)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.filters", list(sys.modules["warnings"].filters))
        watch.begin(effects_of("import brings_along")[0], {})
        _run(shell, "import brings_along")
        found = watch.end()
    assert found == ()


def test_what_a_kernel_binds_anew_for_each_cell_is_no_state(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is how input is asked of the front end."""
    states = ProcessStates(shell)
    before = states.now()
    monkeypatch.setattr(builtins, "input", lambda prompt="": prompt)
    assert not changed(before, states.now(), imported=())
    monkeypatch.setattr(builtins, "print", lambda *_: None)
    assert changed(before, states.now(), imported=()) == {"builtins"}


def test_what_a_kernel_sets_for_each_message_is_no_state(shell: InteractiveShell) -> None:
    """That says which cell it answers; other variables of the context are state."""
    states = ProcessStates(shell)
    before = states.now()
    header, level = ContextVar[dict[str, str]]("parent_header"), ContextVar[int]("level")
    context = copy_context()
    context.run(header.set, {"msg_id": "2"})
    assert not changed(before, context.run(states.now), imported=())
    context.run(level.set, 2)
    told = changed(before, context.run(states.now), imported=())
    assert told == {"the context of decimals and variables"}
