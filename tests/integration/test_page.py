"""The page of a project and the verb that serves it, in real servers."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from nbmlops.domain import wire
from nbmlops.server.page import BUILT
from nbmlops.server.responses import NotebookRow, NotebooksResponse
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytest_plugins = ["pytest_jupyter.jupyter_server"]
pytestmark = pytest.mark.slow

Fetch = Callable[..., Awaitable[HTTPResponse]]

needs_build = pytest.mark.skipif(
    not (BUILT / "page.js").exists(),
    reason="the front end is not built: npm --prefix labextension run build:prod",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a pipeline that has run, and a notebook whose file is gone."""
    folder = tmp_path_factory.mktemp("root") / "pro<ject"
    (folder / "reports").mkdir(parents=True)
    written = Notebook(folder / "reports").step("load", "rows = [1]").step("train", "auc = 1.0")
    lost = Notebook(folder).step("gone", "left = 2").save("lost.ipynb")
    workspace = Workspace(folder)
    for path in (written.save("flights.ipynb"), lost):
        workspace.runs.run(workspace.pipelines.build(path).version, {})
    workspace.close()
    lost.unlink()
    return folder


@pytest.fixture
def jp_root_dir(project: Path) -> Path:
    """The server serves the project."""
    return project


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    """The extension is switched on, as its installed configuration does."""
    return {"ServerApp": {"jpserver_extensions": {"nbmlops": True}}}


async def test_the_notebooks_of_a_project_are_listed_with_what_is_known_of_each(
    jp_fetch: Fetch,
) -> None:
    response = await jp_fetch("nbmlops", "api", "notebooks", params={"notebook": "_.ipynb"})
    found = wire.decode(response.body, NotebooksResponse)
    assert found.recorded
    assert found.project == "."
    assert found.notebooks == (
        NotebookRow(notebook="lost.ipynb", exists=False, steps=1, pipelines=1),
        NotebookRow(notebook="reports/flights.ipynb", exists=True, steps=2, pipelines=1),
    )


async def test_the_page_speaks_the_language_that_the_browser_asks_for(jp_fetch: Fetch) -> None:
    german = await jp_fetch("nbmlops", "ui", headers={"Accept-Language": "de-AT,en;q=0.5"})
    page = german.body.decode()
    assert '<html lang="de-DE">' in page
    assert "Zeitpl" in page
    assert "pro<ject" not in page  # a folder may be called anything
    english = await jp_fetch("nbmlops", "ui")
    assert '<html lang="en">' in english.body.decode()


@pytest.mark.parametrize("path", ["ui", "ui/files/page.js"])
async def test_the_page_and_its_files_are_for_those_who_are_logged_in(
    jp_fetch: Fetch, path: str
) -> None:
    with pytest.raises(HTTPClientError) as refusal:
        await jp_fetch(
            "nbmlops", path, headers={"Authorization": "token wrong"}, follow_redirects=False
        )
    assert refusal.value.code in {HTTPStatus.FOUND, HTTPStatus.FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Serving:
    """``nbmlops ui`` as it runs, and what it said where it is."""

    process: subprocess.Popen[str]
    address: str

    @property
    def base(self) -> str:
        """The address of the server."""
        return self.address.partition("/nbmlops/ui")[0]

    def get(self, address: str, opener: urllib.request.OpenerDirector) -> tuple[str, str]:
        """Where one gets to from an address, and what is there."""
        with opener.open(address, timeout=30) as answer:
            return answer.url, answer.read().decode()


@pytest.fixture
def serving(project: Path) -> Iterator[Serving]:
    """A server that was started in the folder of the notebook, below the project's."""
    process = start(project / "reports")
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+/nbmlops/ui\?token=\w+", line)
    assert found, line + process.stdout.read()
    with process:
        yield Serving(process=process, address=found.group())
        process.kill()


@needs_build
def test_ui_serves_the_project_to_who_has_the_token_and_ends_with_ctrl_c(
    serving: Serving, project: Path
) -> None:
    stranger = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    url, _ = serving.get(f"{serving.base}/nbmlops/ui", stranger)
    assert "/login" in url
    asked = f"{serving.base}/nbmlops/api/notebooks?notebook=_.ipynb"
    assert refused(asked, stranger) == HTTPStatus.FORBIDDEN

    reader = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    _, page = serving.get(serving.address, reader)
    assert 'id="nbmlops-page"' in page
    script = re.search(r'src="([^"]+page\.js)"', page)
    assert script is not None
    _, code = serving.get(serving.base + script.group(1), reader)
    assert "import" in code
    _, found = serving.get(asked, reader)
    assert "reports/flights.ipynb" in found
    for missing in ("/api/kernels", "/api/contents", "/api/terminals"):
        assert refused(serving.base + missing, reader) == HTTPStatus.NOT_FOUND

    serving.process.send_signal(signal.SIGINT)
    serving.process.wait(timeout=30)
    assert serving.process.stdout is not None
    output = serving.process.stdout.read()
    assert serving.process.returncode == 0
    assert output.splitlines() == ["Stop it with Ctrl-C.", "Stopped."]
    assert str(project) not in output


@needs_build
def test_ui_takes_the_next_port_unless_one_is_asked_for(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(project, "--port", str(port))
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"Port {port} of 127.0.0.1 cannot be listened at" in output
    assert "Choose another one with --port" in output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--language", "tlh"), "It speaks: de_DE, en."),
        (("--host", "no.such.host.invalid"), "is no name or address of this machine"),
        (("--port", "70000"), "70000 is not in the range"),
    ],
)
def test_ui_says_what_is_wrong_with_its_words(
    project: Path, words: tuple[str, ...], said: str
) -> None:
    process = start(project, *words)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said in output
    assert "Traceback" not in output


def test_ui_says_where_there_is_no_project(tmp_path: Path) -> None:
    process = start(tmp_path)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"There is no project in {tmp_path}" in output
    assert "nbmlops --project FOLDER ui" in output
    assert not list(tmp_path.iterdir())


def refused(address: str, opener: urllib.request.OpenerDirector) -> int:
    """With which code an address is refused."""
    with pytest.raises(HTTPError) as refusal:
        opener.open(address, timeout=30)
    refusal.value.close()
    return refusal.value.code


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """``nbmlops ui`` in a folder."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "nbmlops", "ui", "--no-browser", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
