"""The REST endpoints hold to their OpenAPI document, whatever is asked of them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import requests
import schemathesis
from hypothesis import Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from nbmlops.server.endpoints import ENDPOINTS
from nbmlops.server.operations import operations_of
from nbmlops.server.questions import Nothing
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

TOKEN = "only-for-this-test"
BASE = "/user/analyst/"
"""As behind JupyterHub."""

PHASES = (Phase.explicit, Phase.generate)

NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "cells": [
        {
            "cell_type": "code",
            "id": "train",
            "metadata": {"tags": ["step:train"]},
            "source": "auc = 0.5",
            "outputs": [],
            "execution_count": None,
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Served:
    """A running Jupyter server, and what a client sends to be let in."""

    address: str
    headers: dict[str, str]

    def document(self) -> dict[str, Any]:
        """What the server says of itself."""
        request = urllib.request.Request(  # noqa: S310  # of the server that we have started
            f"{self.address}nbmlops/api/openapi.json", headers=self.headers
        )
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # as above
            found: dict[str, Any] = json.load(answer)
            return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A Jupyter server over a folder in which a pipeline was built, at an address below a hub's."""
    root = tmp_path_factory.mktemp("served")
    notebook = root / "flights.ipynb"
    notebook.write_text(json.dumps(NOTEBOOK))
    workspace = Workspace.at(notebook, create=True)
    assert workspace is not None
    workspace.pipelines.build(notebook)
    workspace.close()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    found = Served(f"http://127.0.0.1:{port}{BASE}", {"Authorization": f"token {TOKEN}"})
    with (root.parent / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_server", "--allow-root", f"--port={port}"),
                *("--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0"),
                *(f"--ServerApp.base_url={BASE}", f"--IdentityProvider.token={TOKEN}"),
                "--ServerApp.jpserver_extensions={'nbmlops': True}",
                f"--ServerApp.root_dir={root}",
            ],
            env=os.environ | {"JUPYTER_CONFIG_DIR": str(root.parent / "config")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(found, server, root.parent / "server.log")
        yield found
    finally:
        server.terminate()
        server.wait(20)
        stop = [sys.executable, "-m", "nbmlops", "--project", root, "scheduler", "stop"]
        subprocess.run(stop, capture_output=True, check=False)  # one that it was asked to start


def _wait(found: Served, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            found.document()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server did not start:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="module")
def contract(served: Served) -> Any:
    """The document that the server serves, as schemathesis reads it."""
    found = schemathesis.openapi.from_dict(served.document())
    found.config.update(base_url=f"{served.address}nbmlops/api")
    found.config.generation.allow_extra_parameters = False  # front ends add such against caches
    found.config.generation.with_security_parameters = False  # another test asks as a stranger
    return found


OPERATIONS = [
    pytest.param(name, verb, mode, id=f"{verb} {name}, {mode.value}")
    for name, endpoint in ENDPOINTS.items()
    for verb, told in operations_of(endpoint).items()
    for mode in GenerationMode
    if told.asks is not Nothing or mode is GenerationMode.POSITIVE
]


@pytest.mark.parametrize(("name", "verb", "mode"), OPERATIONS)
def test_whatever_is_asked_the_answer_is_one_that_the_document_tells(
    contract: Any, served: Served, name: str, verb: str, mode: GenerationMode
) -> None:
    """Both with arguments that fit and with such that do not."""
    strategy = contract[f"/{name}"][verb.upper()].as_strategy(generation_mode=mode)

    @settings(max_examples=12, deadline=None, derandomize=True, database=None, phases=PHASES)
    @given(case=strategy)
    def holds(case: Any) -> None:
        answer = case.call(headers=served.headers)
        # that a name is right is known to the store alone: what fits may be refused all the same
        case.validate_response(
            answer, headers=served.headers, excluded_checks=[positive_data_acceptance]
        )

    holds()


def test_what_is_still_as_it_was_is_not_sent_again(served: Served) -> None:
    query = {"notebook": "flights.ipynb", "pipeline": "flights"}
    again = {}
    for name, endpoint in ENDPOINTS.items():
        address = f"{served.address}nbmlops/api/{name}"
        if "get" not in operations_of(endpoint):
            continue
        first = requests.get(address, query, headers=served.headers, timeout=10)
        if first.ok:
            known = served.headers | {"If-None-Match": first.headers["ETag"]}
            second = requests.get(address, query, headers=known, timeout=10)
            again[name] = (second.status_code, second.content)
    assert set(again.values()) == {(304, b"")}
    assert {"steps", "freshness", "runs", "openapi.json"} <= set(again)


def test_a_page_that_has_the_cookie_alone_changes_nothing(served: Served) -> None:
    """As one of another site, which cannot read the token against forged requests."""
    query = {"notebook": "flights.ipynb", "schedule": 1}
    with requests.Session() as session:
        assert session.get(
            f"{served.address}nbmlops/api/status", params={"token": TOKEN}, timeout=10
        ).ok
        assert session.get(f"{served.address}nbmlops/api/status", timeout=10).ok
        refused = session.post(f"{served.address}nbmlops/api/call", params=query, timeout=10)
    assert refused.status_code == 403
    assert "_xsrf" in refused.json()["message"]
    assert refused.json()["cure"] == "Reload the page, and try again."
