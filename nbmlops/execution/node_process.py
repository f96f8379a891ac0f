"""The process of one node: ``python -m nbmlops.execution.node_process JOB``.

What a notebook shows goes to the standard output, as one line of JSON for each cell. A script and
a function print there themselves.
"""

from __future__ import annotations

import importlib
import json
import linecache
import os
import signal
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from nbmlops.execution import node_listening
from nbmlops.execution.kernels.imports import imports_of
from nbmlops.execution.kernels.provisioner import SWITCH, WARM, WarmProvisioner, use_warm_kernels

_LISTEN = (
    "import nbmlops.execution.node_listening as _nbmlops; _nbmlops.begin({path!r}); del _nbmlops"
)


def main() -> None:
    """Run the node that the job file describes; how it ended is in the result file."""
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.chdir(job["folder"])
    failure: dict[str, Any] | None
    if job["kind"] == "notebook":
        failure = _notebook(job)
    else:
        failure = _python(job, _script if job["kind"] == "script" else _function)
    Path(job["result"]).write_text(json.dumps({"failure": failure}), "utf-8")


def _end_with_parent() -> None:
    """Stop when the kernel that started this process is gone: its end of the pipe closes."""
    while os.read(0, 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def _python(
    job: Mapping[str, Any], run: Callable[[Mapping[str, Any]], None]
) -> dict[str, Any] | None:
    """Run Python in this process."""
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 (there is no input)
    node_listening.begin(job["log"])
    try:
        run(job)
    except SystemExit as end:
        if end.code in (None, 0):
            return None
        return _failure(end, f"exit code {end.code}")
    except BaseException as error:  # noqa: BLE001 (whatever the user's code raises is its failure)
        return _failure(error, str(error))
    return None


def _failure(error: BaseException, message: str) -> dict[str, Any]:
    shown = traceback.TracebackException.from_exception(error)
    own = str(Path(__file__).parent)
    shown.stack = traceback.StackSummary.from_list(
        [frame for frame in shown.stack if not frame.filename.startswith(own)]
    )
    return {
        "kind": type(error).__name__,
        "message": message,
        "cell": None,
        "traceback": "".join(shown.format()),
    }


def _script(job: Mapping[str, Any]) -> None:
    """Run a script as ``python FILE`` does."""
    path, source = job["file"], job["script"]
    sys.argv = [path]
    sys.path[0] = str(Path(path).parent)
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    module = types.ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 (the node's code)


def _function(job: Mapping[str, Any]) -> None:
    """Call a function with its product, its parameters, and what it needs where it needs any."""
    sys.argv = [job["file"]]
    sys.path[0] = job["folder"]
    module, _, name = job["function"].rpartition(".")
    arguments = {"product": job["product"], **job["parameters"]}
    if job["upstream"]:
        arguments["upstream"] = job["upstream"]
    getattr(importlib.import_module(module), name)(**arguments)


def _notebook(job: Mapping[str, Any]) -> dict[str, Any] | None:
    """Execute a notebook in a kernel; write it where its report goes, failed or not."""
    import nbformat
    from nbclient import NotebookClient

    notebook = _node_of(job)
    client: Any = NotebookClient(
        notebook, kernel_name=job["kernel"], timeout=None, record_timing=False
    )
    failure = None
    told = _own_output()
    provisioner = _started(client, job)
    with client.setup_kernel():
        _stop_with_signals(client)
        listen = client.kc.execute(
            _LISTEN.format(path=job["log"]), silent=True, store_history=False
        )
        client.wait_for_reply(listen)
        for index in range(len(notebook.cells)):
            failure = _cell(client, index)
            print(json.dumps(notebook.cells[index].outputs), file=told, flush=True)
            if failure is not None:
                break
        client.set_widgets_metadata()
        _let_end(client)
    if isinstance(provisioner, WarmProvisioner):
        provisioner.prepare_next()
    if failure is not None and failure["cell"] is not None:
        failure["cell"] = _own_number(job, failure["cell"])
    if job["report"]:
        _write_report(nbformat, notebook, Path(job["report"]))
    return failure


def _own_output() -> TextIO:
    """The standard output for the protocol alone: what a kernel's programs print there is shown."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return told


def _started(client: Any, job: Mapping[str, Any]) -> Any:
    """Start the kernel: a warm one where the run may have those, a cold one where none answers.

    Returns:
        What started it.
    """
    try:
        _launch(client, job, warm=os.environ.get(SWITCH) == WARM)
    except RuntimeError:
        if not getattr(client.km.provisioner, "is_warm", False):
            raise
        _launch(client, job, warm=False)
    return client.km.provisioner


def _launch(client: Any, job: Mapping[str, Any], *, warm: bool) -> None:
    manager = client.create_kernel_manager()
    if sys.platform != "win32":  # a socket that nobody else can open
        manager.transport = "ipc"
        manager.ip = str(Path(job["log"]).with_name("kernel"))
    if warm:
        use_warm_kernels(manager, imports=imports_of(job["cells"]))
    client.start_new_kernel(cwd=job["folder"], env=dict(os.environ))
    client.start_new_kernel_client()


def _let_end(client: Any) -> None:
    """Have the kernel end by itself, so that it tells what it heard."""
    client.kc.shutdown()
    until = time.monotonic() + 10
    while client.km.provisioner.process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)


def _node_of(job: Mapping[str, Any]) -> Any:
    from nbformat import v4

    cells = [v4.new_code_cell(source) for source in job["cells"]]
    for position in job["allowed"]:
        cells[position].metadata["tags"] = ["raises-exception"]
    if job["parameters"]:
        source = "\n".join(f"{name} = {value!r}" for name, value in job["parameters"].items())
        put_in = v4.new_code_cell(
            f"# Parameters\n{source}", metadata={"tags": ["injected-parameters"]}
        )
        cells.insert(job["at"], put_in)
        if job["at"]:
            cells[job["at"] - 1].metadata["tags"] = ["parameters"]
    for number, cell in enumerate(cells, 1):
        cell.id = f"cell-{number}"  # one made by chance would make each report another one
    metadata = {
        "kernelspec": {"name": job["kernel"], "display_name": job["kernel"], "language": "python"}
    }
    return v4.new_notebook(cells=cells, metadata=metadata)


def _cell(client: Any, index: int) -> dict[str, Any] | None:
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    try:
        client.execute_cell(client.nb.cells[index], index)
    except CellExecutionError as error:
        return {"kind": error.ename, "message": error.evalue, "cell": index, "traceback": ""}
    except DeadKernelError:
        said = "its kernel ended while the cell ran"
        return {"kind": "DeadKernelError", "message": said, "cell": index, "traceback": ""}
    return None


def _own_number(job: Mapping[str, Any], index: int) -> int | None:
    """The number of a cell among those of the node, from 1; ``None`` for that of the parameters."""
    if not job["parameters"] or index < job["at"]:
        return index + 1
    return None if index == job["at"] else index


def _stop_with_signals(client: Any) -> None:
    """Interrupt the kernel at the first signal, kill it at the second."""
    process = client.km.provisioner.process
    came: list[int] = []

    def hear(number: int, _frame: object) -> None:
        came.append(number)
        process.send_signal(signal.SIGINT if len(came) == 1 else signal.SIGKILL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)


def _write_report(nbformat: Any, notebook: Any, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".html":
        from nbmlops.execution.report import page_of

        target.write_text(page_of(notebook, title=target.stem), encoding="utf-8")
    else:
        nbformat.write(notebook, target)


if __name__ == "__main__":
    main()
