"""Kernels that a fork server starts are like those that are started anew."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from jupyter_client.manager import KernelManager
from papermill.engines import papermill_engines

import nbmlops
from nbmlops.cli.main import main
from nbmlops.domain.kernels import ForkServerState
from nbmlops.execution.kernels import client, places
from nbmlops.execution.kernels.circumstances import Circumstances
from nbmlops.execution.kernels.provisioner import COLD, SWITCH, WARM, use_warm_kernels
from nbmlops.values import hash_seeds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
]

PATIENCE = 30
STATE = """
import os, sys, signal, resource, warnings, threading, random
import numpy as np
import wares
def names(words): return [w for w in words if not w.endswith(".json")]
show = dict(
    cwd=os.getcwd(), argv=names(sys.argv), orig=names(sys.orig_argv), path=sys.path,
    env={k: v for k, v in sorted(os.environ.items())
         if k not in ("PYTEST_CURRENT_TEST", "NBMLOPS_WARM_KERNELS")},
    flags=str(sys.flags), interrupt=str(signal.getsignal(signal.SIGINT)),
    terminate=str(signal.getsignal(signal.SIGTERM)), pipe=str(signal.getsignal(signal.SIGPIPE)),
    limits=resource.getrlimit(resource.RLIMIT_NOFILE), umask=os.umask(0o22),
    leads=os.getsid(0) == os.getpid(),
    threads=threading.active_count(), comm=open("/proc/self/comm").read(), nice=os.nice(0),
    main=sys.modules["__main__"].__dict__ is globals(), stdin=sys.__stdin__.isatty(),
    encodings=[s.encoding for s in (sys.__stdin__, sys.__stdout__, sys.__stderr__)],
    cpus=sorted(os.sched_getaffinity(0)), wares=wares.VERSION, executable=sys.executable,
    filters=len(warnings.filters), input=os.read(0, 10),
)
print(show)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A project, with a package in a folder like those that packages are installed in."""
    root = Path(tempfile.mkdtemp(prefix="nbk"))
    project = root / "project"
    project.mkdir()
    write_package(root, "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(root / "run"))
        patch.setenv("PYTHONPATH", str(root / "site-packages"), prepend=os.pathsep)
        patch.setenv("NBMLOPS_WARM_KERNELS", "1")
        patch.chdir(project)
        yield root
        servers = client.stop_servers()
        assert until(lambda: not any(lives(state.process) for state in servers))
        assert not list((root / "run").rglob("*.sock"))
    shutil.rmtree(root)


@pytest.fixture
def server(folder: Path) -> ForkServerState:
    """The server of the notebooks here, which is there before the test begins."""
    del folder
    if not client.states():
        run("import numpy, wares")
    assert until(lambda: bool(client.states()))
    return client.states()[0]


def test_the_kernel_of_a_node_is_warm_where_its_run_may_have_those(folder: Path) -> None:
    def ran() -> None:
        nbmlops.node("a.ipynb", cells=["import wares\nprint(wares.VERSION)"])

    def served() -> list[int]:
        return [one.served for one in client.states() if one.imports == ("wares",)]

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder / "project")
        patch.setenv(SWITCH, COLD)
        ran()
        assert served() == []
        patch.setenv(SWITCH, WARM)
        ran()
        assert until(lambda: served() == [0])
        ran()
        assert served() == [1]
    servers = client.stop_servers()  # the other tests have one of their own
    assert until(lambda: not any(lives(state.process) for state in servers))


def write_package(root: Path, version: str) -> None:
    package = root / "site-packages" / "wares"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(f"VERSION = {version!r}\nimport numpy\n")


def until(true: Callable[[], bool]) -> bool:
    """Wait for something; whether it came."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def run(*cells: str, warm: bool = True) -> Any:
    """Execute cells as a run does; the first one decides which server fits."""
    first = "import numpy\nimport wares"
    node = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in (first, *cells)]
    )
    node.metadata["papermill"] = nbformat.NotebookNode()
    engine = papermill_engines.get_engine("nbmlops")
    return engine.execute_notebook(node, "python3", progress_bar=False, warm_kernel=warm)


def as_for_runs() -> dict[str, str]:
    """The variables of a kernel that a run starts."""
    return {**os.environ, hash_seeds.VARIABLE: hash_seeds.seed_for_runs(os.environ)}


def run_warm(*cells: str) -> Any:
    """Execute cells in a kernel that is certainly warm.

    A server steps aside when a file of nbmlops was edited, as may happen while one works on it.
    """
    for _ in range(3):
        before = served()
        node = run(*cells)
        if served() == before + 1:
            return node
        assert until(lambda: bool(client.states()))
    raise AssertionError("no server serves")


def said(node: Any, cell: int = 1) -> str:
    """What a cell printed, or the error that ended it."""
    return "".join(
        output.get("text", f"{output.get('ename')}: {output.get('evalue')}")
        for output in node.cells[cell].outputs
    )


def lives(process: int) -> bool:
    """Whether a process is there, and not only its name."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def served() -> int:
    """How many kernels the servers here have forked."""
    return sum(state.served for state in client.states())


def circumstances() -> Circumstances:
    """Those of the notebooks here."""
    return Circumstances.here(
        command=(sys.executable,),
        imports=("numpy", "wares"),
        environment=as_for_runs(),
        folder=str(Path.cwd()),
    )


def test_a_warm_kernel_is_like_a_cold_one(server: ForkServerState) -> None:
    cold = run(STATE, warm=False)
    warm = run_warm(STATE)
    assert server.left_out == {}
    assert said(warm) == said(cold)
    assert warm.metadata["language_info"] == cold.metadata["language_info"]


def test_the_debugger_of_a_warm_kernel_leaves_out_what_was_loaded_before(
    server: ForkServerState,
) -> None:
    assert server.left_out == {}
    node = run_warm(
        "sys, kernel = __import__('sys'), get_ipython().kernel\n"
        "files = kernel._kernel_modules\n"
        "print(*(sys.modules[name].__file__ in files for name in ('json', 'numpy')))\n"
        "print(files is kernel.debugger.kernel_modules)\n"
        "print(sys.modules['ipykernel.ipkernel'].sys is sys)\n"
    )
    assert said(node) == "True True\nTrue\nTrue\n"


LAST_WORDS = """
import atexit, ctypes, pathlib, threading, time, weakref
class Bell:
    def __init__(self, name): self.path = pathlib.Path(name)
    def __del__(self): self.path.write_text("rung")
class Ring: pass
left = open("left", "w"); left.write("open")
ring = Ring(); ring.file = open("ring", "w"); ring.file.write("open"); ring.me = ring
np = __import__("numpy"); np.mine = open("library", "w"); np.mine.write("open")
pathlib.Path("theirs.py").write_text("file = open('module', 'w')\\nfile.write('open')")
import theirs
theirs.bell = Bell("bell")
bell = Bell("mine")
atexit.register(lambda: pathlib.Path("handler").write_text("rung" if bell else "too late"))
kept = Ring(); end = weakref.finalize(kept, pathlib.Path("finalizer").write_text, "rung")
def late():
    time.sleep(0.2); pathlib.Path("thread").write_text("done")
threading.Thread(target=late).start()
libc = ctypes.CDLL(None); libc.fopen.restype = ctypes.c_void_p
stream = libc.fopen(b"stream", b"w"); printed = libc.fputs(b"open", ctypes.c_void_p(stream))
"""
LEFT = {
    "left": "open", "ring": "open", "library": "open", "module": "open", "stream": "open",
    "bell": "rung", "mine": "rung", "handler": "rung", "finalizer": "rung", "thread": "done",
}  # fmt: skip


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_a_kernel_leaves_nothing_undone_at_its_end(
    server: ForkServerState, tmp_path: Path, *, warm: bool
) -> None:
    """What is open is written, handlers and destructors run: as Python does it."""
    del server
    node = (run_warm if warm else partial(run, warm=False))(
        f"import os, sys\nos.chdir({str(tmp_path)!r})\nsys.path.insert(0, '')", LAST_WORDS
    )
    assert said(node, 2) == ""
    made = {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()}
    assert {name: made.get(name) for name in LEFT} == LEFT


SLOW_TO_FLUSH = """
import threading, time
IOPubThread = __import__("ipykernel.iostream", fromlist=["iostream"]).IOPubThread
def slowly(self, task, schedule=IOPubThread.schedule, threading=threading, time=time):
    if threading.current_thread().name == "Control": time.sleep(0.3)
    schedule(self, task)
IOPubThread.schedule = slowly
late = open("late", "w"); late.write("open")
"""


def test_a_kernel_that_flushes_while_it_shuts_down_ends_by_itself(server: ForkServerState) -> None:
    """Its client kills one that does not, and what it had open is lost."""
    del server
    run_warm(SLOW_TO_FLUSH)
    assert until(lambda: Path("late").read_text() == "open")


def test_two_warm_kernels_at_once_share_no_chance(server: ForkServerState) -> None:
    draw = "import random\nimport numpy as np\nprint(random.random(), np.random.rand())"
    with ThreadPoolExecutor(2) as pool:
        nodes = list(pool.map(lambda _: run(draw), range(2)))
    drawn = {number for node in nodes for number in said(node).split()}
    assert len(drawn) == 4
    assert until(lambda: client.states()[0].kernels == ())
    assert client.states()[0].process == server.process


def test_a_killed_warm_kernel_is_recorded_as_killed(server: ForkServerState) -> None:
    node = run_warm("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "print('never')")
    assert "killed by SIGKILL" in said(node)
    assert [cell.metadata.papermill.status for cell in node.cells] == [
        "completed", "failed", "not run",
    ]  # fmt: skip
    assert lives(server.process)


def test_a_warm_kernel_is_interrupted_and_restarted(server: ForkServerState) -> None:
    del server
    manager = KernelManager(transport="ipc", ip=tempfile.mktemp(prefix="nbk"))  # noqa: S306
    use_warm_kernels(manager, imports=("numpy", "wares"))
    manager.start_kernel(env=as_for_runs())
    first = manager.provisioner.pid
    channels = manager.client()
    channels.start_channels()
    channels.wait_for_ready(timeout=PATIENCE)
    request = channels.execute("import time\ntime.sleep(60)")
    time.sleep(0.5)
    manager.interrupt_kernel()
    reply = channels.get_shell_msg(timeout=PATIENCE)
    assert reply["parent_header"]["msg_id"] == request
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    manager.restart_kernel(now=True)
    assert manager.provisioner.is_warm
    assert manager.provisioner.pid != first
    assert not lives(first)
    channels.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()
    manager.context.destroy()


def test_a_kernel_ends_with_the_process_that_asked_for_it(server: ForkServerState) -> None:
    script = (
        "import os, time\n"
        "from nbmlops.execution.kernels import client\n"
        "from nbmlops.execution.kernels.circumstances import Circumstances\n"
        f"os.environ[{hash_seeds.VARIABLE!r}] = {as_for_runs()[hash_seeds.VARIABLE]!r}\n"
        "here = Circumstances.here(command=[os.sys.executable], imports=['numpy', 'wares'],\n"
        "                          environment=os.environ, folder=os.getcwd())\n"
        "kernel = client.start_kernel(here, command=['x'], arguments=[],\n"
        "    environment={**os.environ, 'JPY_PARENT_PID': str(os.getpid())})\n"
        "print(kernel.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        kernel = psutil.Process(int(owner.stdout.readline()))
        assert until(lambda: kernel.num_threads() > 1)
        owner.kill()
    assert until(lambda: not lives(kernel.pid))
    assert lives(server.process)


def test_kernels_go_on_when_their_server_is_killed(server: ForkServerState) -> None:
    kill = f"import os, signal, time\nos.kill({server.process}, signal.SIGKILL)\ntime.sleep(1.5)"
    node = run(kill, "print('alive')")
    assert said(node, 2) == "alive\n"
    assert until(lambda: not lives(server.process))
    socket = places.place(circumstances().key)
    assert socket is not None
    assert socket.socket.exists()  # nobody could remove it
    assert said(run("print('cold')")) == "cold\n"
    assert until(lambda: bool(client.states()))
    assert client.states()[0].process != server.process


def test_an_upgraded_package_is_never_served_as_it_was(
    server: ForkServerState, folder: Path
) -> None:
    write_package(folder, "22")
    assert said(run("print(wares.VERSION)")) == "22\n"
    assert until(lambda: [state.process for state in client.states()] not in ([], [server.process]))
    assert said(run_warm("print(wares.VERSION)")) == "22\n"


def test_a_module_beside_the_notebook_is_what_it_imports(server: ForkServerState) -> None:
    del server
    own = Path("wares.py")
    own.write_text("VERSION = 'mine'\n")
    try:
        assert said(run("print(wares.VERSION)")) == "mine\n"
    finally:
        own.unlink()


def test_a_server_that_nobody_needs_ends_by_itself(folder: Path) -> None:
    del folder
    here = Circumstances.here(
        command=(sys.executable,), imports=(), environment=os.environ, folder=str(Path.cwd())
    )
    assert client.start_server(here, idle=0.3)
    place = places.place(here.key)
    assert place is not None
    assert not client.start_server(here)  # one is about to serve
    assert until(place.socket.exists)
    assert until(lambda: not place.socket.exists())
    assert until(lambda: not place.is_taken())


def test_those_of_other_projects_are_stopped_only_when_that_is_said(
    server: ForkServerState,
    tmp_path: Path,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--project", str(tmp_path), "kernels", "stop"])
    assert "There was none of this project; in others: 1." in capsys.readouterr().out
    assert lives(server.process)
    main(["--project", str(folder / "project"), "kernels", "stop"])
    assert until(lambda: not lives(server.process))
    main(["--project", str(tmp_path), "kernels", "stop", "--all"])
    assert "There was none to stop." in capsys.readouterr().out


def test_a_folder_that_others_can_enter_is_not_used(folder: Path) -> None:
    open_to_all = folder / "open" / "nbmlops"
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(open_to_all.parent))
        assert places.folder() is None
        assert client.start_kernel(
            circumstances(), command=(), arguments=(), environment={}
        ) is None  # fmt: skip


def test_the_signal_of_the_system_reaches_a_server(folder: Path) -> None:
    del folder
    run("")
    assert until(lambda: bool(client.states()))
    (state,) = [state for state in client.states() if "wares" in state.imports]
    os.kill(state.process, signal.SIGTERM)
    assert until(lambda: not lives(state.process))
