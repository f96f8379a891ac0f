"""A real kernel, driven like JupyterLab drives it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from nbmlops.domain.executions import Execution
from nbmlops.workspace import Workspace

PATIENCE = 60


def pytest_addoption(parser: pytest.Parser) -> None:
    """Notebooks that are not ours."""
    parser.addoption(
        "--notebooks",
        metavar="DIR",
        type=Path,
        help="run all notebooks in this folder with tracking off and on, and compare",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each notebook in the folder that was named."""
    if "others" in metafunc.fixturenames:
        folder = metafunc.config.getoption("notebooks", None)
        found = () if folder is None else sorted(folder.resolve().rglob("*.ipynb"))
        kept = [path for path in found if ".ipynb_checkpoints" not in path.parts]
        metafunc.parametrize("others", kept, ids=lambda path: path.stem)


@dataclass
class Outcome:
    """What running one cell gave."""

    status: str = ""
    stdout: str = ""
    stderr: str = ""
    displayed: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] | None = None
    error: tuple[str, str] | None = None
    traceback: str = ""
    payload: list[dict[str, Any]] = field(default_factory=list)
    expressions: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The plain text of the result."""
        return (self.result or {}).get("text/plain", "")


class Kernel:
    """A kernel process that belongs to a notebook file."""

    def __init__(self, notebook: Path, key_file: Path) -> None:
        self.notebook = notebook
        self.key = key_file
        self.project = notebook.parent
        self.session_id = ""
        self.patience = PATIENCE
        self._environment = os.environ | {
            "JPY_SESSION_NAME": str(notebook),
            "NBMLOPS_SIGNING_KEY_FILE": str(key_file),
            "NBMLOPS_PROJECT": str(notebook.parent),
        }
        self._ipc = key_file.parent / f"ipc-{id(self)}"
        self.manager = KernelManager(transport="ipc", ip=str(self._ipc))
        self.client: BlockingKernelClient

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.manager.start_kernel(cwd=str(self.project), env=self._environment)
        self._connect()

    def restart(self) -> None:
        """A new process for the same notebook."""
        self.client.stop_channels()
        self.manager.restart_kernel(now=True)
        self._connect()

    def stop(self) -> None:
        """End the process."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def _connect(self) -> None:
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def send(
        self,
        source: str,
        *,
        cell_id: str | None = None,
        tags: Sequence[str] = (),
        **options: Any,
    ) -> str:
        """Ask for a cell to be run; returns the message's id."""
        session = self.client.session
        session.metadata = {"tags": list(tags)} | ({"cellId": cell_id} if cell_id else {})
        try:
            return self.client.execute(source, **options)
        finally:
            session.metadata = {}

    def run(self, source: str, **options: Any) -> Outcome:
        """Run a cell and collect what it gave."""
        return self.collect(self.send(source, **options))

    def collect(self, message_id: str) -> Outcome:
        """Wait for a cell to end."""
        outcome = Outcome()
        while True:
            message = self.client.get_iopub_msg(timeout=self.patience)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                break
            _note(outcome, message["msg_type"], content)
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == message_id:
                break
        outcome.status = reply["content"]["status"]
        outcome.payload = reply["content"].get("payload", [])
        outcome.expressions = reply["content"].get("user_expressions", {})
        return outcome

    def wait_for_stream(self, text: str) -> None:
        """Wait until a running cell has printed a text."""
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["msg_type"] == "stream" and text in message["content"]["text"]:
                return

    def interrupt(self) -> None:
        """What the stop button does."""
        self.manager.interrupt_kernel()

    def value(self, expression: str) -> Any:
        """A Python literal computed in the kernel, without leaving a trace in its history."""
        import ast

        message_id = self.client.execute(
            "", silent=True, user_expressions={"value": expression}, store_history=False
        )
        return ast.literal_eval(self.collect(message_id).expressions["value"]["data"]["text/plain"])

    def click(self, button: str) -> None:
        """Click a button of a widget, as a front end does."""
        comm = self.value(
            "[w.model_id for w in __import__('ipywidgets').Widget.widgets.values()"
            f" if getattr(w, 'description', '') == {button!r}][-1]"
        )
        content = {"comm_id": comm, "data": {"method": "custom", "content": {"event": "click"}}}
        message = self.client.session.msg("comm_msg", content)
        self.client.shell_channel.send(message)
        while True:
            heard = self.client.get_iopub_msg(timeout=PATIENCE)
            ours = heard["parent_header"].get("msg_id") == message["header"]["msg_id"]
            if ours and heard["content"].get("execution_state") == "idle":
                return

    def complete(self, source: str) -> list[str]:
        """What Tab offers at the end of the source."""
        message_id = self.client.complete(source)
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == message_id:
                break
        content = reply["content"]
        return [source[: content["cursor_start"]] + match for match in content["matches"]]

    def workspace(self) -> Workspace:
        """The project's workspace, opened by the test's own process."""
        return Workspace(self.project)

    def executions(self) -> list[Execution]:
        """Everything that the project has recorded, in order."""
        workspace = self.workspace()
        try:
            import sqlalchemy as sa

            return workspace.executions._select(sa.true())
        finally:
            workspace.close()

    def latest(self) -> Execution:
        """What was recorded last."""
        return self.executions()[-1]


def _note(outcome: Outcome, kind: str, content: dict[str, Any]) -> None:
    if kind == "stream":
        setattr(outcome, content["name"], getattr(outcome, content["name"]) + content["text"])
    elif kind == "display_data":
        outcome.displayed.append(content["data"])
    elif kind == "execute_result":
        outcome.result = content["data"]
    elif kind == "error":
        outcome.error = (content["ename"], content["evalue"])
        outcome.traceback = "\n".join(content["traceback"])


@pytest.fixture(scope="module")
def start_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Kernel]]:
    """Starts kernels that end with the module."""
    started: list[Kernel] = []

    def start(notebook: Path | None = None, key: Path | None = None) -> Kernel:
        folder = tmp_path_factory.mktemp("kernel")
        notebook = notebook or folder / "project" / "flights.ipynb"
        notebook.parent.mkdir(exist_ok=True)
        if not notebook.exists():
            notebook.write_text("{}")
        kernel = Kernel(notebook, key or folder / "signing-key")
        kernel.start()
        started.append(kernel)
        return kernel

    yield start
    for kernel in started:
        kernel.stop()


@pytest.fixture(scope="module")
def kernel(start_kernel: Callable[..., Kernel]) -> Kernel:
    """A kernel with nbmlops loaded."""
    kernel = start_kernel()
    store = kernel.project / ".nbmlops"
    store.mkdir()
    (store / "config.toml").write_text("value_limit = 64\n")
    assert kernel.run("%load_ext nbmlops").status == "ok"
    return kernel
