"""Real runs on a Dask cluster: a scheduler and two worker processes, one of which is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from nbmlops.domain.executions import Execution
from nbmlops.domain.plans import CachePolicy
from nbmlops.domain.runs import CellProgress, Run, RunStatus
from nbmlops.domain.schedules import FireStatus, Policies
from nbmlops.errors import ClusterError
from nbmlops.scheduling.triggers.when import When
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytest.importorskip("distributed", reason="needs nbmlops[dask]")
pytestmark = pytest.mark.slow


class DaskProcesses:
    """A scheduler and its workers, as processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self._scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(file))
        _wait(file.exists)
        self.place = json.loads(file.read_text("utf-8"))["address"].removeprefix("tcp://")
        self.address = f"dask://{self.place}"

    def add_worker(self, *, machine: Sequence[str] = (), resources: str = "") -> None:
        """Start a worker with one thread, by a command that puts it on another machine."""
        options = ["--nworkers", "1", "--nthreads", "1", "--no-nanny"]
        options += ["--resources", resources] if resources else []
        folder = ("--local-directory", str(self._folder))
        words = ("worker", f"tcp://{self.place}", *options, *folder)
        self.workers.append(self._start(*words, machine=machine))

    def wait_for_workers(self) -> None:
        """Wait until all of them are there."""
        from distributed import Client

        with Client(f"tcp://{self.place}", set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=30)

    def end(self) -> None:
        """End them all."""
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.wait()

    def _start(self, *words: str, machine: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        host = ("--host", "127.0.0.1", "--no-dashboard")
        with (self._folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [*machine, sys.executable, "-m", "dask", *words, *host],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONWARNINGS": "default"},
            )


def _wait(met: object) -> None:
    until = time.monotonic() + 30
    while not met():  # type: ignore[operator] # a callable
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """A scheduler without workers."""
    processes = DaskProcesses(tmp_path_factory.mktemp("dask"))
    yield processes
    processes.end()


def _one_of_each(made: list[Execution]) -> dict[str, Execution]:
    steps = [one.record.step for one in made if one.record.step]
    assert len(steps) == len(set(steps))
    return {str(one.record.step): one for one in made if one.record.step}


def _outputs(workspace: Workspace, run: Run) -> list[str]:
    cells = json.loads(workspace.runs.folder(run).notebook.read_text("utf-8"))["cells"]
    return ["".join(one["text"]) for cell in cells for one in cell.get("outputs", ())]


def _left(made: dict[str, Execution]) -> dict[str, list[object]]:
    return {
        step: [(value.name, value.fingerprint) for value in one.record.outputs]
        for step, one in made.items()
    }


def test_what_cannot_be_a_cluster_is_said_within_ten_seconds(
    cluster: DaskProcesses, mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """A wrong address, a scheduler that is not there, and one without workers: no run is made."""
    mlops_notebook.step("load", "data = 1")
    version = mlops_workspace.pipelines.build(mlops_notebook.save("p.ipynb")).version
    for address, said in (
        ("localhost:8786", "is not the address of a cluster"),
        ("dask://127.0.0.1:9", "No Dask scheduler answers at dask://127.0.0.1:9"),
        (cluster.address, "has no workers"),
    ):
        began = time.monotonic()
        with pytest.raises(ClusterError, match=said):
            mlops_workspace.runs.run(version, {}, on=address)
        assert time.monotonic() - began < 10
    assert mlops_workspace.runs.newest() == []


def test_a_killed_worker_costs_the_steps_that_it_ran_and_nothing_else(
    cluster: DaskProcesses, mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """Another worker does them again, the lost attempt says so, and no step is recorded twice."""
    cluster.add_worker()
    cluster.add_worker()
    cluster.wait_for_workers()
    mlops_notebook.cell("import os\nimport time\nfrom pathlib import Path")
    mlops_notebook.step("load", "data = [3, 4]\nprint('loaded')")
    wait = "for _ in range({}):\n    time.sleep(0.1)\n"
    mlops_notebook.step("left", wait.format(25) + "low = min(data)\nprint('low', low)")
    mlops_notebook.step("right", wait.format(25) + "high = max(data)\nprint('high', high)")
    mlops_notebook.step("join", "result = [low, high]\nprint(result)")
    version = mlops_workspace.pipelines.build(mlops_notebook.save("p.ipynb")).version
    seen: list[CellProgress] = []

    def observe(progress: CellProgress) -> None:
        seen.append(progress)
        if {one.step for one in seen if one.event == "started"} >= {"left", "right"} and not killer:
            killer.append(threading.Timer(1.0, cluster.workers[0].send_signal, (signal.SIGKILL,)))
            killer[0].start()

    killer: list[threading.Timer] = []
    run = mlops_workspace.runs.run(version, {}, on=cluster.address, observer=observe)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, None)
    assert killer
    assert [attempt.status for attempt in run.attempts] == [RunStatus.LOST, RunStatus.SUCCEEDED]
    lost = run.attempts[0].failure
    assert lost is not None
    assert lost.kind == "WorkerLost"
    assert lost.step in {"left", "right"}
    made = _one_of_each(mlops_workspace.runs.executions(run))
    assert set(made) == {"load", "left", "right", "join"}
    assert _outputs(mlops_workspace, run) == ["loaded\n", "low 3\n", "high 4\n", "[3, 4]\n"]
    local = mlops_workspace.runs.run(version, {}, policy=CachePolicy(enabled=False))
    assert _left(made) == _left(_one_of_each(mlops_workspace.runs.executions(local)))
    assert mlops_workspace.plans.plan(version, {}).all_cached
    assert not list(mlops_workspace.store.glob("nbmlops-*"))


def test_a_schedule_whose_runs_are_on_a_cluster_outlives_a_killed_worker(
    cluster: DaskProcesses, mlops_workspace: Workspace, mlops_notebook: Notebook, tmp_path: Path
) -> None:
    """Two worker processes, one killed while it runs a step: the due time succeeds at once."""
    while sum(worker.poll() is None for worker in cluster.workers) < 2:
        cluster.workers[:] = [worker for worker in cluster.workers if worker.poll() is None]
        cluster.add_worker()
    cluster.wait_for_workers()
    mark = tmp_path / "begun"
    note = f"with open({str(mark)!r}, 'a') as file:\n    file.write(f'{{os.getppid()}} ')\n"
    mlops_notebook.cell("import os\nimport time")
    mlops_notebook.step("load", "data = [3, 4]")
    mlops_notebook.step("total", note + "time.sleep(3)\nresult = sum(data)")
    version = mlops_workspace.pipelines.build(mlops_notebook.save("far.ipynb")).version
    mlops_workspace.approvals.approve(version, comment="for the test")
    schedule = mlops_workspace.schedules.create(
        "far", when=When(http=True), policies=Policies(engine=cluster.address)
    )
    mlops_workspace.schedules.fire_now(schedule.id)

    def kill() -> None:
        _wait(mark.exists)
        _of_kernel(cluster, int(mark.read_text("utf-8").split()[0])).send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with mlops_workspace.scheduler(max_fires=1) as scheduler:
        assert scheduler.run() == 1
    killer.join()
    (fire,) = mlops_workspace.schedules.fires(schedule)
    (run,) = mlops_workspace.runs.newest()
    assert (fire.status, fire.attempts, fire.note) == (FireStatus.SUCCEEDED, 1, None)
    assert [attempt.status for attempt in run.attempts] == [RunStatus.LOST, RunStatus.SUCCEEDED]
    assert set(_one_of_each(mlops_workspace.runs.executions(run))) == {"load", "total"}
    assert len(mark.read_text("utf-8").split()) == 2


def _of_kernel(cluster: DaskProcesses, parent: int) -> subprocess.Popen[bytes]:
    """The worker that is, or has started, the parent of a kernel."""
    import psutil

    above = {parent, *(one.pid for one in psutil.Process(parent).parents())}
    return next(worker for worker in cluster.workers if worker.pid in above)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for processors")
def test_a_worker_holds_each_step_to_its_own_limits(
    cluster: DaskProcesses, mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """As a run on this machine does, and with the same words."""
    if not cluster.workers:
        cluster.add_worker()
        cluster.wait_for_workers()
    mlops_notebook.cell("import os, time")
    mlops_notebook.cell("%mlops track small --cpus 1\nfew = len(os.sched_getaffinity(0))")
    mlops_notebook.cell(
        "%mlops track large\nheap = bytearray(500_000_000)\ntime.sleep(0.5)\ndel heap"
    )
    mlops_notebook.cell(
        "%mlops track over --memory 350M\nheap = bytearray(500_000_000)\ntime.sleep(30)"
    )
    version = mlops_workspace.pipelines.build(mlops_notebook.save("p.ipynb")).version
    run = mlops_workspace.runs.run(version, {}, on=cluster.address)
    made = {one.record.step: one.record for one in mlops_workspace.runs.executions(run)}
    assert [value.summary.text for value in made["small"].outputs] == ["1"]
    assert run.failure is not None
    assert "step over was over its limit of 350M" in run.failure.message
    assert "were in use when it began" in run.failure.message


def test_a_step_that_asks_for_a_gpu_runs_where_a_worker_announces_one(
    machines: DaskProcesses, mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """Never elsewhere; where no worker has it no run is made, unless its result still holds."""
    machines.add_worker()
    machines.wait_for_workers()
    known = Notebook(mlops_workspace.project).cell("%mlops track train --gpus 1\nmodel = 1")
    taken = mlops_workspace.pipelines.build(known.save("known.ipynb")).version
    for place in (None, machines.address):  # this machine asks for nothing
        assert mlops_workspace.runs.run(taken, {}, on=place).status is RunStatus.SUCCEEDED
    mlops_notebook.cell("import os, time")
    worker = "time.sleep(1)\n{} = os.getppid()\nprint(os.environ.get('CUDA_VISIBLE_DEVICES'))"
    for name in ("plain", "other"):
        mlops_notebook.step(name, worker.format(name))
    for name in ("train", "tune"):
        mlops_notebook.cell(f"%mlops track {name} --gpus 1\n{worker.format(name)}")
    version = mlops_workspace.pipelines.build(mlops_notebook.save("p.ipynb")).version
    began = time.monotonic()
    with pytest.raises(ClusterError, match="No Dask worker announces 1 GPU") as refused:
        mlops_workspace.runs.run(version, {}, on=machines.address)
    assert time.monotonic() - began < 10
    assert '--resources "GPU=1"' in str(refused.value.cure)
    with mlops_workspace.runs.place(machines.address) as venue:
        venue.require(mlops_workspace.plans.plan(taken, {}), taken.spec)
        with pytest.raises(ClusterError, match="No Dask worker announces 1 GPU"):
            venue.require(mlops_workspace.plans.plan(version, {}), version.spec)
    assert {one.pipeline for one in mlops_workspace.runs.newest()} == {"known"}

    machines.add_worker(machine=("env", "CUDA_VISIBLE_DEVICES=7"), resources="GPU=1")
    machines.wait_for_workers()
    run = mlops_workspace.runs.run(version, {}, on=machines.address)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, None)
    made = _one_of_each(mlops_workspace.runs.executions(run))
    assert set(made) == {"plain", "other", "train", "tune"}
    places = {step: int(one.record.outputs[0].summary.text) for step, one in made.items()}
    assert _of_kernel(machines, places["train"]) is machines.workers[1]
    assert _of_kernel(machines, places["tune"]) is machines.workers[1]
    assert _outputs(mlops_workspace, run)[2:] == ["7\n", "7\n"]  # as of its worker

    def observe(progress: CellProgress) -> None:
        if (progress.step, progress.event) == ("train", "started"):
            machines.workers[1].kill()

    run = mlops_workspace.runs.run(version, {}, on=machines.address, observer=observe)
    assert [one.status for one in run.attempts] == [RunStatus.LOST, RunStatus.FAILED]
    assert run.failure is not None
    assert "has no worker with GPU=1 any more" in run.failure.message
    assert 'Start one that does: dask worker … --resources "GPU=1"' in run.failure.message
    assert "kernelspec" not in run.failure.message


_ELSEWHERE = """
mount --make-rprivate / && mount -t proc proc /proc &&
mount --bind "$0" /proc/sys/kernel/random/boot_id && hostname elsewhere && exec "$@"
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Sequence[str]:
    """What runs a command as on another machine: with other processes, name and boot."""
    boot = tmp_path / "boot_id"
    boot.write_text("11111111-2222-3333-4444-555555555555\n")
    namespaces = ("--mount", "--pid", "--uts", "--fork", "--kill-child")
    command = ("unshare", *namespaces, "sh", "-c", _ELSEWHERE, str(boot))
    if not shutil.which("unshare") or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("namespaces are not allowed here")
    return command


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[DaskProcesses]:
    """A scheduler without workers, of which some will be on another machine."""
    folder = tmp_path / "dask"
    folder.mkdir()
    processes = DaskProcesses(folder)
    yield processes
    processes.end()


def test_a_machine_of_the_team_takes_steps_and_is_lost(
    machines: DaskProcesses,
    elsewhere: Sequence[str],
    mlops_notebook: Notebook,
    mlops_workspace: Workspace,
    postgres_url: str,
) -> None:
    """It needs a catalog that machines may share; what it had begun another one does."""
    project = mlops_workspace.project
    machines.add_worker(machine=elsewhere)
    machines.wait_for_workers()
    short = Notebook(project).cell("import platform").step("load", "data = [3, 4]")
    where = short.step("where", "print(platform.node(), sum(data))").save("where.ipynb")
    wait = "for _ in range({}):\n    time.sleep(0.1)\n"
    mlops_notebook.cell("import time").step("load", "data = [3, 4]\nprint('loaded')")
    mlops_notebook.step("left", wait.format(25) + "low = min(data)")
    mlops_notebook.step("right", wait.format(25) + "high = max(data)")
    long = mlops_notebook.step("join", "result = [low, high]").save("long.ipynb")
    alone = mlops_workspace.pipelines.build(where).version
    with pytest.raises(ClusterError, match=r"is on another machine \(elsewhere\)"):
        mlops_workspace.runs.run(alone, {}, on=machines.address)
    mlops_workspace.close()

    settings = f'[store]\ncatalog = "{postgres_url}"\n'
    (project / ".nbmlops" / "config.toml").write_text(settings, encoding="utf-8")
    team = Workspace(project, author="tester")
    try:
        run = team.runs.run(team.pipelines.build(where).version, {}, on=machines.address)
        assert (run.status, _outputs(team, run)) == (RunStatus.SUCCEEDED, ["elsewhere 7\n"])
        (data,) = _one_of_each(team.runs.executions(run))["load"].record.outputs
        assert team.values.load(str(data.manifest)) == [3, 4]
        version = team.pipelines.build(long).version
        run = team.runs.run(version, {}, on=machines.address, observer=_Loss(machines))
        assert (run.status, run.failure) == (RunStatus.SUCCEEDED, None)
        assert [one.status for one in run.attempts] == [RunStatus.LOST, RunStatus.SUCCEEDED]
        assert set(_one_of_each(team.runs.executions(run))) == {"load", "left", "right", "join"}
        assert team.plans.plan(version, {}).all_cached
    finally:
        team.close()


class _Loss:
    """Observes a run on one worker, and puts another in its place while a step runs."""

    def __init__(self, machines: DaskProcesses) -> None:
        self._machines = machines
        self._timer: threading.Timer | None = None

    def __call__(self, progress: CellProgress) -> None:
        if (progress.step, progress.event) == ("left", "started") and self._timer is None:
            self._machines.add_worker()
            self._timer = threading.Timer(1.0, self._machines.workers[0].kill)
            self._timer.start()
