"""How late schedules fire, beside others."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

from benchmarks.environments import python_of
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.projects import project
from benchmarks.schedules import approved_pipeline, schedule
from nbmlops.domain.schedules import Policies

_AT_ONCE = 4
"""Schedules that are due in the same second."""

_TOO_LATE = 75
"""The exit code that says that making the schedules took too long."""

_PATIENCE = 60

_NEEDED = f"""
import json, os, sys, time
TOO_LATE = {_TOO_LATE}
given = json.load(sys.stdin)
noted = []
"""
"""How each of them begins: given the due times and when to end, in seconds since 1970."""

_OURS = (
    _NEEDED
    + "from benchmarks.punctuality import fire\nnoted = fire(given)\nprint(json.dumps(noted))"
)

_APSCHEDULER = _NEEDED + dedent("""
    from datetime import UTC, datetime
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.cron import CronTrigger

    def note(number):
        noted.append((number, time.time()))

    stores = {"default": SQLAlchemyJobStore(url="sqlite:///jobs.db")}
    scheduler = BackgroundScheduler(jobstores=stores, timezone=UTC)
    scheduler.start(paused=True)
    for number, due in enumerate(given["due"]):
        at = datetime.fromtimestamp(due, UTC)
        when = CronTrigger(hour=at.hour, minute=at.minute, second=at.second, timezone=UTC)
        scheduler.add_job(note, when, args=[number], misfire_grace_time=None)
    if time.time() > given["due"][0]:
        os._exit(TOO_LATE)
    scheduler.resume()
    time.sleep(given["until"] - time.time())
    scheduler.shutdown(wait=False)
    print(json.dumps(noted))
""")

_JUPYTER_SCHEDULER = _NEEDED + dedent("""
    import asyncio
    from datetime import UTC, datetime
    from jupyter_scheduler.environments import CondaEnvironmentManager
    from jupyter_scheduler.orm import JobDefinition, create_session, create_tables
    from jupyter_scheduler.scheduler import Scheduler

    class Noting(Scheduler):
        def create_job(self, model):
            noted.append((int(model.name), time.time()))

    url = "sqlite:///" + os.path.abspath("jobs.db")
    create_tables(url)
    with create_session(url)() as session:
        for number, due in enumerate(given["due"]):
            at = datetime.fromtimestamp(due, UTC)
            when = f"{at.minute} {at.hour} * * * {at.second}"
            session.add(JobDefinition(
                name=str(number), schedule=when, timezone="UTC", input_filename="a.ipynb",
                runtime_environment_name="python3", output_formats=["ipynb"],
            ))
        session.commit()
    scheduler = Noting(
        root_dir=os.getcwd(), environments_manager=CondaEnvironmentManager(), db_url=url
    )

    async def run():
        try:
            await asyncio.wait_for(scheduler.task_runner.start(), given["until"] - time.time())
        except asyncio.TimeoutError:
            pass

    if time.time() > given["due"][0]:
        os._exit(TOO_LATE)
    asyncio.run(run())
    print(json.dumps(noted))
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tool:
    """What fires schedules: its script, seconds that it needs before and after, and where it is."""

    name: str
    script: str
    before: int
    after: int
    packages: tuple[str, ...] = ()


_TOOLS = (
    _Tool(name="nbmlops scheduler", script=_OURS, before=8, after=3),
    _Tool(
        name="APScheduler",
        script=_APSCHEDULER,
        before=8,
        after=3,
        packages=("apscheduler", "sqlalchemy"),
    ),
    _Tool(
        name="jupyter-scheduler, which looks every 10 s",
        script=_JUPYTER_SCHEDULER,
        before=8,
        after=12,
        packages=("jupyter-scheduler",),
    ),
)


def measure(effort: Effort) -> Iterator[Comparison]:
    """A thousand schedules, some of which are due in each second of a window."""
    count, window = effort.times(1000, 8), effort.times(25, 2)
    tools = _TOOLS[:1] if effort.quick else _TOOLS
    yield Comparison(
        title=f"How late they fire: {count:,} schedules, {_AT_ONCE} due in each second",
        figures=tuple(_figure(tool, count, window, quick=effort.quick) for tool in tools),
        note="nbmlops: to the first line of a worker's process; the others: to the call of the "
        "job, which starts no process here; all with their jobs in SQLite",
        key="punctuality",
    )


def _figure(tool: _Tool, count: int, window: int, *, quick: bool) -> Figure:
    before = 3 if quick else tool.before
    while True:
        try:
            python = python_of(tool.packages, shared=())
            with project() as folder:
                late = _lateness(tool, python, folder, (count, window, before))
        except subprocess.CalledProcessError as error:
            if error.returncode == _TOO_LATE and before < _PATIENCE:
                before *= 2
                continue
            return Figure(name=tool.name, skipped=str(error.stderr).strip().splitlines()[-1])
        except RuntimeError as error:
            return Figure(name=tool.name, skipped=str(error))
        return Figure(name=tool.name, wall=tuple(late))


def _lateness(
    tool: _Tool, python: Path, folder: Path, sizes: tuple[int, int, int]
) -> Sequence[float]:
    count, window, before = sizes
    start = int(time.time()) + before
    due = [start + number // _AT_ONCE for number in range(count)]
    expected = sum(each <= start + window for each in due)
    given = {"due": due, "until": start + window + tool.after, "project": str(folder)}
    done = subprocess.run(
        [str(python), "-c", tool.script],
        cwd=Path(__file__).parent.parent if not tool.packages else folder,
        input=json.dumps(given),
        check=True,
        capture_output=True,
        text=True,
    )
    noted = json.loads(done.stdout.splitlines()[-1])
    late = [at - due[number] for number, at in noted if due[number] <= start + window]
    if len(late) != expected:
        raise RuntimeError(f"{len(late)} of {expected} due times were fired")
    return late


_WORKER = """
import sys, time
began = time.time()
import sqlite3
fire, token = sys.argv[-3], sys.argv[-1]
with open("fired", "a") as file:
    file.write(f"{fire} {began}\\n")
catalog = sqlite3.connect(sys.argv[1], timeout=30)
with catalog:
    catalog.execute("update fires set status = 'succeeded', lease_until = null "
                    "where id = ? and token = ?", (fire, token))
"""


def fire(given: dict[str, Any]) -> list[tuple[int, float]]:
    """In a process of its own: fire schedules with workers that only say when they began.

    Returns:
        The number of each that fired, and when, as the workers have seen it.
    """
    from nbmlops.scheduling.scheduler import Scheduler
    from nbmlops.store.catalog.ledger import LedgerRecords
    from nbmlops.store.catalog.pipelines import PipelineRecords
    from nbmlops.store.catalog.runs import RunRecords
    from nbmlops.store.catalog.schedules import ScheduleRecords

    with approved_pipeline() as (workspace, version):
        os.chdir(workspace.project)
        database, now = workspace.database, datetime.now(UTC)
        records = ScheduleRecords(database)
        first, *_ = [
            schedule(records, version, now, cron=_cron(due), policies=Policies())
            for due in given["due"]
        ]
        if time.time() > given["due"][0]:
            os._exit(_TOO_LATE)
        scheduler = Scheduler(
            records=records,
            ledger=LedgerRecords(database),
            runs=RunRecords(database),
            versions=PipelineRecords(database),
            changes=database.change_counter,
            ask_to_stop=lambda *_: None,
            command=(sys.executable, "-I", "-S", "-c", _WORKER, str(workspace.catalog)),
            workers=2 * _AT_ONCE,
            log=workspace.project / "scheduler.log",
        )
        threading.Timer(given["until"] - time.time(), scheduler.stop).start()
        scheduler.run()
        fired = [line.split() for line in Path("fired").read_text(encoding="ascii").splitlines()]
        return [(_schedule_of(workspace.catalog, int(f)) - first, float(at)) for f, at in fired]


def _cron(due: int) -> str:
    at = datetime.fromtimestamp(due, UTC)
    return f"{at.second} {at.minute} {at.hour} * * *"


def _schedule_of(catalog: Path, number: int) -> int:
    (found,) = (
        sqlite3.connect(catalog)
        .execute("select schedule_id from fires where id = ?", (number,))
        .fetchone()
    )
    return int(found)
