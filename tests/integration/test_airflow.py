"""A real Airflow runs the file that we write for it, in an environment of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import nbformat
import pytest

from nbmlops.domain.deployments import Division
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.exporters.airflow import asset_of, dag_file
from nbmlops.exporters.files import write
from nbmlops.scheduling.triggers.when import When
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

AIRFLOW = os.environ.get("NBMLOPS_AIRFLOW", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.skipif(
        not AIRFLOW, reason="NBMLOPS_AIRFLOW names no interpreter with Airflow: make airflow"
    ),
]


Airflow = Callable[..., subprocess.CompletedProcess[str]]

BESIDE = """
from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset

with DAG("beside", schedule=Asset("{asset}")):
    PapermillOperator(
        task_id="report", input_nb="{source}", output_nb="{theirs}", parameters={{"rows": 7}}
    )
    BashOperator(
        task_id="engine",
        bash_command="papermill --engine nbmlops {source} {ours} -p rows 8",
        append_env=True,
    )
"""


@pytest.fixture
def variables(mlops_workspace: Workspace) -> dict[str, str]:
    """Those of an Airflow with a database and a port of its own, beside the project."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    return {
        **os.environ,
        "AIRFLOW_HOME": str(mlops_workspace.project.parent / "airflow"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": address.rpartition(":")[2],
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{address}/execution/",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "PATH": f"{Path(AIRFLOW).parent}:{os.environ['PATH']}",
    }


@pytest.fixture
def airflow(variables: dict[str, str]) -> Airflow:
    """Airflow's command line, with a database of its own."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AIRFLOW, "-m", "airflow", *words],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )

    migrated = run("db", "migrate")
    assert migrated.returncode == 0, migrated.stdout
    return run


def _version(workspace: Workspace, notebook: Notebook) -> PipelineVersion:
    notebook.cell("rows = 3\nday = '2026-01-01'", "parameters")
    notebook.step("load", "data = [rows, len(day)]")
    notebook.step("left", "low = min(data)").step("right", "high = max(data)")
    notebook.step("join", "import nbmlops\nnbmlops.metric('sum', low + high)\nprint(day)")
    made = workspace.pipelines.build(notebook.save("flow.ipynb")).version
    return workspace.approvals.approve(made, comment="good")


@contextmanager
def _standalone(variables: dict[str, str], log: Path) -> Iterator[None]:
    """All of Airflow's processes, from when its API answers.

    `airflow standalone` starts the scheduler beside the API's server. A task that is handed out
    before that answers is killed by Airflow after five tries, before anything of ours begins.
    """
    with log.open("wb") as told:
        process = subprocess.Popen(
            [AIRFLOW, "-m", "airflow", "standalone"],
            env=variables,
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _await_health(f"http://127.0.0.1:{variables['AIRFLOW__API__PORT']}", process)
            yield
        finally:
            _stop(process)


def _await_health(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx.HTTPError):
            parts = httpx.get(f"{address}/api/v2/monitor/health").json()
            if all(parts[part]["status"] == "healthy" for part in ("scheduler", "dag_processor")):
                return
        time.sleep(1)
    pytest.fail("airflow standalone did not start")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End all of its processes: the first one ends the others, but not what these have started."""
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(30)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _ended(workspace: Workspace, kind: str, count: int) -> list[Run]:
    """At least so many runs that Airflow has started for a reason, oldest due time first."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        runs = [run for run in workspace.runs.newest() if f"/{kind}__" in run.trigger]
        ended = [run for run in runs if run.status is not RunStatus.RUNNING]
        if len(ended) >= count:
            return sorted(ended, key=lambda run: run.trigger)
        time.sleep(1)
    return []


def _backfill(airflow: Airflow, start: str, end: str) -> subprocess.CompletedProcess[str]:
    """Ask for a backfill.

    Where another process of Airflow writes at that moment, SQLite refuses it; Airflow then takes
    back what it has made of it, for somebody to ask again.
    """
    span = ("--from-date", start, "--to-date", end)
    for _ in range(5):
        made = airflow("backfill", "create", "--dag-id", "flow", *span)
        if "database is locked" not in made.stdout:
            break
    return made


def _deploy(
    workspace: Workspace,
    version: PipelineVersion,
    home: Path,
    division: Division,
    *,
    cron: str = "0 6 * * *",
    day: str = "{{ ds }}",
) -> None:
    when = When(cron=(cron,))
    timing = workspace.deployments.timing(when, timezone="Europe/Berlin", missed="latest")
    made = workspace.deployments.deploy(
        version, timing, parameters={"day": day, "rows": 5}, division=division
    )
    write(home / "airflow" / "dags", "flow.py", dag_file(made))


def test_a_dag_of_several_tasks_leaves_a_whole_run_and_one_is_refused(
    mlops_workspace: Workspace,
    mlops_notebook: Notebook,
    tmp_path: Path,
    airflow: Airflow,
) -> None:
    """For Airflow's logical date; when the approval is withdrawn, nothing runs."""
    version = _version(mlops_workspace, mlops_notebook)
    _deploy(mlops_workspace, version, tmp_path, "chains")
    done = airflow("dags", "test", "flow", NOON.isoformat())
    assert done.returncode == 0, done.stdout
    runs = mlops_workspace.runs.newest()
    assert [run.rules.only for run in runs[::4]] == [None, ("load",)], done.stdout
    assert {run.status for run in runs} == {RunStatus.SUCCEEDED}
    assert runs[0].trigger.startswith("airflow:flow/manual__")
    assert runs[0].parameters == {"rows": 5, "day": "2026-01-01"}
    assert runs[0].metrics == {"sum": 15.0}

    mlops_workspace.approvals.withdraw(version, comment="wrong")
    refused = airflow("dags", "test", "flow", NOON.isoformat())
    assert refused.returncode != 0 or "failed" in refused.stdout
    assert "flow@1 is not approved; " in refused.stdout
    assert len(mlops_workspace.runs.newest()) == len(runs) == 5


def test_the_provider_for_papermill_may_be_there_as_well(
    mlops_workspace: Workspace,
    mlops_notebook: Notebook,
    tmp_path: Path,
    airflow: Airflow,
) -> None:
    """A DAG of ours runs as without it, and its operator runs what is no pipeline, as without us.

    That DAG waits for the asset of ours; our engine is there by papermill's command.
    """
    if "papermill" not in airflow("providers", "list", "--output", "plain").stdout:
        pytest.skip("the provider is not installed: make airflow")
    version = _version(mlops_workspace, mlops_notebook)
    _deploy(mlops_workspace, version, tmp_path, "chains")
    report = Notebook(tmp_path).cell("rows = 1", "parameters").cell("print(rows * 2)")
    source = report.save("report.ipynb")
    theirs, ours = tmp_path / "theirs.ipynb", tmp_path / "ours.ipynb"
    asset = asset_of(str(mlops_workspace.project), "flow")
    text = BESIDE.format(asset=asset, source=source, theirs=theirs, ours=ours)
    (tmp_path / "airflow" / "dags" / "beside.py").write_text(text, encoding="utf-8")

    done = airflow("dags", "test", "flow", NOON.isoformat())
    assert done.returncode == 0, done.stdout
    whole = mlops_workspace.runs.newest()[0]
    assert (whole.status, whole.metrics) == (RunStatus.SUCCEEDED, {"sum": 15.0}), done.stdout

    beside = airflow("dags", "test", "beside", NOON.isoformat())
    assert beside.returncode == 0, beside.stdout
    shown = [nbformat.read(path, as_version=4).cells[-1].outputs[0] for path in (theirs, ours)]
    assert [output.text for output in shown] == ["14\n", "16\n"]


def test_the_scheduler_of_airflow_runs_a_schedule_and_a_backfill(
    mlops_workspace: Workspace,
    mlops_notebook: Notebook,
    tmp_path: Path,
    variables: dict[str, str],
    airflow: Airflow,
) -> None:
    """Each due time leaves a run, which knows it and the one before; here, each minute's."""
    version = _version(mlops_workspace, mlops_notebook)
    log = tmp_path / "standalone.log"
    began = datetime.now(UTC)
    with _standalone(variables, log):
        since = "{{ data_interval_start | ts }} {{ ts }}"
        _deploy(mlops_workspace, version, tmp_path, "run", cron="* * * * *", day=since)
        scheduled = _ended(mlops_workspace, "scheduled", 2)
        made = _backfill(airflow, "2026-01-05T06:00", "2026-01-05T06:01")
        assert made.returncode == 0, made.stdout
        filled = _ended(mlops_workspace, "backfill", 2)
    told = log.read_text("utf-8", errors="replace")
    assert [run.parameters["day"] for run in filled] == [
        "2026-01-05T06:59:00+01:00 2026-01-05T07:00:00+01:00",
        "2026-01-05T07:00:00+01:00 2026-01-05T07:01:00+01:00",
    ], told
    assert len(scheduled) >= 2, told
    assert {run.status for run in (*scheduled, *filled)} == {RunStatus.SUCCEEDED}, told
    assert {run.metrics["sum"] for run in filled} == {56.0}

    minute = timedelta(minutes=1)
    spans = [run.parameters["day"].split() for run in scheduled]
    times = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in spans]
    assert {end - start for start, end in times} == {minute}
    assert all(began - minute <= end <= datetime.now(UTC) for _, end in times)
    stated = [run.trigger.partition("scheduled__")[2] for run in scheduled]
    assert [datetime.fromisoformat(found) for found in stated] == [end for _, end in times]
    assert len(set(stated)) == len(stated)
