"""Workers that are forked from a process which has imported what runs need."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from nbmlops.execution.kernels.process import UNKNOWN, WarmProcess
from nbmlops.scheduling.workers import Worker, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Catalog

    from nbmlops.domain.schedules import Claim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")

COLD = (sys.executable, "-S", "-E", "-c", "raise SystemExit(3)")
NURSERY = """
import os, random, sys, time
from nbmlops.scheduling.nursery import nursed

def prepare():
    random.random()
    sys.path.insert(0, {folder!r})
    import helper

hatched = nursed(prepare)
if hatched is None:
    os._exit(0)
print(hatched.fire, os.getpid(), os.getsid(0), os.getcwd(), os.environ.get("CHANGED"),
      random.random(), len(os.listdir("/proc/self/fd")), flush=True)
os.environ["CHANGED"] = "yes"
os.chdir("/")
random.seed(1)
if hatched.token == 2:
    time.sleep(60)
if hatched.token == 3:
    import atexit
    class Torn:
        def __del__(self):
            print("taken apart", flush=True)
    os.torn = Torn()  # of a module that it has inherited
    atexit.register(print, "exit handler")
    hatched.departure.allow(hatched.inherited)
    raise SystemExit
raise SystemExit(4)
"""


@pytest.fixture
def workers(catalog: Catalog, tmp_path: Path) -> Iterator[Workers]:
    """Workers of a nursery that have been asked for once."""
    (tmp_path / "helper.py").write_text("x = 1\n")
    script = NURSERY.format(folder=str(tmp_path))
    found = Workers(COLD, nursery=(sys.executable, "-c", script), log=catalog.log)
    _ended(found.start(_claim(catalog), catalog.now))
    yield found
    found.kill()
    found.close()


def _claim(catalog: Catalog) -> Claim:
    schedule = catalog.schedule()
    catalog.open(schedule, 0)
    return catalog.claim(schedule)


def _ended(worker: Worker) -> int | None:
    until = time.monotonic() + 20
    while not worker.ended:
        assert time.monotonic() < until
        time.sleep(0.01)
    return worker.process.returncode


def _warm(workers: Workers, start: Callable[[], Worker]) -> Worker:
    """The first worker that is forked; the nursery is still importing before."""
    until = time.monotonic() + 20
    while True:
        worker = start()
        if isinstance(worker.process, WarmProcess):
            return worker
        assert time.monotonic() < until
        _ended(worker)
        workers.forget(worker)
        time.sleep(0.1)


def test_no_forked_worker_sees_what_another_has_changed(workers: Workers, catalog: Catalog) -> None:
    """Variables, working directory, random state, open files and session are its own."""
    forked = [_warm(workers, lambda: workers.start(_claim(catalog), catalog.now)) for _ in "ab"]
    assert [_ended(worker) for worker in forked] == [4, 4]
    said = [line.split() for line in catalog.log.read_text().splitlines()]
    assert [int(line[0]) for line in said] == [worker.claim.fire.id for worker in forked]
    for line, worker in zip(said, forked, strict=True):
        assert int(line[1]) == int(line[2]) == worker.process.pid
        assert line[3:5] == [os.getcwd(), "None"]  # noqa: PTH109
    assert said[0][5] != said[1][5]
    assert said[0][6] == said[1][6]


def test_a_forked_worker_lives_on_when_the_nursery_is_killed(
    workers: Workers, catalog: Catalog
) -> None:
    """The next one starts cold, beside a new nursery."""
    _warm(workers, lambda: workers.start(_claim(catalog), catalog.now))
    worker = workers.start(_taken_over(catalog), catalog.now)
    assert isinstance(worker.process, WarmProcess)
    os.kill(_parent_of(worker.process.pid), signal.SIGKILL)
    time.sleep(0.2)
    assert not worker.ended
    claim = _claim(catalog)
    with pytest.raises(OSError, match="does not answer"):
        workers.start(claim, catalog.now)
    assert isinstance(workers.start(claim, catalog.now).process, subprocess.Popen)
    worker.process.kill()
    assert _ended(worker) == UNKNOWN


def test_a_scheduler_that_sleeps_wakes_when_a_worker_ends(
    workers: Workers, catalog: Catalog
) -> None:
    """Whether it was forked or started; nobody looks from time to time."""
    _warm(workers, lambda: workers.start(_claim(catalog), catalog.now))
    forked = workers.start(_taken_over(catalog), catalog.now)
    assert isinstance(forked.process, WarmProcess)
    _alone(workers, forked)
    began = time.monotonic()
    workers.sleep(0.2)
    assert time.monotonic() - began > 0.15
    os.kill(forked.process.pid, signal.SIGKILL)
    _wakes_for(workers, forked)
    workers.close()
    started = workers.start(_claim(catalog), catalog.now)
    assert isinstance(started.process, subprocess.Popen)
    _wakes_for(workers, started)


def test_how_a_forked_worker_was_killed_is_known(workers: Workers, catalog: Catalog) -> None:
    _warm(workers, lambda: workers.start(_claim(catalog), catalog.now))
    worker = workers.start(_taken_over(catalog), catalog.now)
    os.kill(worker.process.pid, signal.SIGKILL)
    assert _ended(worker) == -signal.SIGKILL


def test_a_forked_worker_that_is_done_does_all_but_taking_itself_apart(
    workers: Workers, catalog: Catalog
) -> None:
    """Exit handlers run and what was printed is written; the exit code says that it went well."""
    _warm(workers, lambda: workers.start(_claim(catalog), catalog.now))
    worker = workers.start(_taken_over(catalog, times=2), catalog.now)
    assert _ended(worker) == 0
    assert catalog.log.read_text().splitlines()[-1] == "exit handler"


def test_nothing_is_forked_from_code_that_has_changed(
    workers: Workers, catalog: Catalog, tmp_path: Path
) -> None:
    _warm(workers, lambda: workers.start(_claim(catalog), catalog.now))
    (tmp_path / "helper.py").write_text("x = 1000\n")
    assert isinstance(workers.start(_claim(catalog), catalog.now).process, subprocess.Popen)
    _warm(workers, lambda: workers.start(_claim(catalog), catalog.now))


def test_workers_start_where_no_nursery_can(catalog: Catalog) -> None:
    workers = Workers(COLD, nursery=("/no/such/command",), log=catalog.log)
    for _ in range(3):
        assert _ended(workers.start(_claim(catalog), catalog.now)) == 3


def _alone(workers: Workers, worker: Worker) -> None:
    """See to it that the others have ended, and forget them."""
    for other in [one for one in workers.running if one is not worker]:
        _ended(other)
        workers.forget(other)


def _wakes_for(workers: Workers, worker: Worker) -> None:
    """The end of a worker ends a sleep; it is then forgotten."""
    _alone(workers, worker)
    began = time.monotonic()
    while not worker.ended:
        workers.sleep(60)
        assert time.monotonic() - began < 30
    workers.forget(worker)


def _taken_over(catalog: Catalog, *, times: int = 1) -> Claim:
    """A claim with a second token, or a later one."""
    claim: Claim | None = _claim(catalog)
    until = catalog.now + timedelta(hours=1)
    for _ in range(times):
        assert claim is not None
        fire = claim.fire
        catalog.schedules.retry(fire.id, claim.token, catalog.now, "again", attempts=1)
        token = catalog.schedules.claim(fire, owner="me", lease_until=until, now=catalog.now)
        claim = catalog.schedules.claimed(fire.id, token or 0)
    assert claim is not None
    return claim


def _parent_of(pid: int) -> int:
    import psutil

    return int(psutil.Process(pid).ppid())
