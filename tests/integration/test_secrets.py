"""A secret is used by a run, and nothing that the run leaves behind holds it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from nbmlops.domain.references import PipelineReference
from nbmlops.domain.runs import RunStatus
from nbmlops.errors import SecretError
from nbmlops.store.objects.base import ObjectStore
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

TOKEN, OTHER, FILED = "t0ken-of-the-run", "0ther-of-the-run", "f1led-of-the-run"

PARAMETERS = """
import os
from nbmlops import Secret
token: Secret = Secret("env:NBMLOPS_TEST_ONE")
other = os.environ["NBMLOPS_TEST_TWO"]  # secret
filed = Secret("file:secret.txt")
"""
LOAD = """
import sys
headers = {"Authorization": f"Bearer {token}"}
both = [str(token), other, filed]
print(token, other, filed)
print(headers, file=sys.stderr)
for number in range(3):
    print(both[number][:7], end="", flush=True)
    print(both[number][7:], flush=True)
os.system("echo of a program: $NBMLOPS_TEST_TWO; echo $NBMLOPS_TEST_TWO >&2")
display({"text/html": f"<b>{other}</b>", "text/plain": repr(both)}, raw=True)
length = len(token)
headers
"""


def _contents(objects: ObjectStore, store: Path) -> bytes:
    """Every byte that the store and the run's folder hold, objects as they were before packing."""
    kept = list(map(objects.get, objects.keys()))
    files = [path.read_bytes() for path in store.rglob("*") if path.is_file()]
    return b"\0".join([*kept, *files])


@pytest.mark.slow
def test_a_run_leaves_no_trace_of_its_secrets(
    mlops_workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    """Nor does it print them, where a program of a cell does."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with which ipykernel lets programs print past it
    project = mlops_workspace.project
    (project / "secret.txt").write_text(f"{FILED}\n", encoding="utf-8")
    path = (
        Notebook(project)
        .cell(PARAMETERS, "parameters")
        .step("load", LOAD)
        .step("fail", "assert length == len(other)\nraise ValueError(f'no {token}')")
        .save("secret.ipynb")
    )
    version = mlops_workspace.pipelines.build(path).version
    with pytest.raises(SecretError, match="env:NBMLOPS_TEST_ONE"):
        mlops_workspace.runs.run(version, {})
    for name, value in (("ONE", TOKEN), ("TWO", OTHER), ("THREE", OTHER)):
        monkeypatch.setenv(f"NBMLOPS_TEST_{name}", value)

    run = mlops_workspace.runs.run(version, {"token": "env:NBMLOPS_TEST_THREE"})

    assert run.status is RunStatus.FAILED
    assert run.failure is not None
    assert run.failure.message == "no [secret]"
    assert run.parameters["token"] == "env:NBMLOPS_TEST_THREE"
    executions = {found.record.step: found.record for found in mlops_workspace.runs.executions(run)}
    values = {value.name: value for value in executions["load"].outputs}
    assert values["length"].manifest is not None
    assert values["headers"].manifest is None
    assert values["headers"].summary.text == "[secret]"
    everything = _contents(mlops_workspace.objects, mlops_workspace.store)
    printed = "".join(capfd.readouterr())
    for text in (TOKEN, OTHER, FILED):
        assert text.encode() not in everything
        assert text not in printed
    shown = mlops_workspace.runs.folder(run).notebook.read_text("utf-8")
    assert "of a program: [secret]" in shown
    for text in (TOKEN, OTHER, FILED):  # printed in two pieces
        assert f'"{text[7:]}' not in shown
        for digest in (hashlib.sha256(text.encode()), hashlib.sha256(f"{text}\n".encode())):
            assert digest.hexdigest()[:16].encode() not in everything
    assert mlops_workspace.pipelines.get(PipelineReference(name="secret")) == version
