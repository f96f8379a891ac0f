"""A worker that only says that it was there: ``soak_worker.py CATALOG FOLDER WORK --fire ID …``.

It keeps to the ledger as any worker does, in a process that starts within milliseconds: it takes
over the claim, opens a run, works, and closes both under its token. It says so to whoever counts
by appending to a file, of which the schedulers know nothing: ``begun`` or ``done``, the schedule,
the due time, the attempt's process, and when.

A run's effect and its record are two things: who is killed between them has done what no ledger
knows of. So the effect, here a line, and the record are written under a lock that the killer
holds as well.
"""

import fcntl
import os
import socket
import sqlite3
import sys
import time
from pathlib import Path

PATIENCE = 60
_HELD = "from fires where id = :fire and token = :token and status = 'claimed'"


def main() -> None:
    """Run one due time."""
    catalog, folder, work = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    claim = {"fire": int(sys.argv[-3]), "token": int(sys.argv[-1])}
    database = sqlite3.connect(catalog, timeout=PATIENCE, isolation_level=None)
    due = _begin(database, claim)
    if due is None:
        return
    _say(folder, "begun", due)
    time.sleep(work)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        database.execute("begin immediate")
        if database.execute(f"select 1 {_HELD}", claim).fetchone():
            _say(folder, "done", due)
            _close(database, claim)
        database.execute("commit")


def _begin(database: sqlite3.Connection, claim: dict[str, int]) -> tuple[int, str] | None:
    """Take the claim over and open a run; what is due, unless another has the claim."""
    database.execute("begin immediate")
    query = f"select schedule_id, due_at {_HELD}"
    due: tuple[int, str] | None = database.execute(query, claim).fetchone()
    if due is not None:
        opened = database.execute(
            "insert into runs (pipeline_id, number, pipeline_version_id, parameters, status,"
            " trigger, author, started_at, warnings, host, process) select v.pipeline_id,"
            " coalesce((select max(number) from runs where pipeline_id = v.pipeline_id), 0) + 1,"
            " v.id, '{}', 'running', 'schedule:' || s.id, 'bench', :at, '[]', :host, :process"
            " from schedules s join pipeline_versions v on v.id = s.pipeline_version_id"
            " where s.id = :schedule",
            {"at": _now(), "host": socket.gethostname(), "process": os.getpid()}
            | {"schedule": due[0]},
        )
        database.execute(
            "update fires set run_id = :run where id = :fire", claim | {"run": opened.lastrowid}
        )
    database.execute("commit")
    return due


def _close(database: sqlite3.Connection, claim: dict[str, int]) -> None:
    database.execute(
        "update runs set status = 'succeeded', ended_at = :at"
        " where id = (select run_id from fires where id = :fire)",
        claim | {"at": _now()},
    )
    database.execute(
        "update fires set status = 'succeeded', lease_until = null, note = null"
        " where id = :fire and token = :token",
        claim,
    )


def _say(folder: Path, word: str, due: tuple[int, str]) -> None:
    at = due[1].replace(" ", "T")[:19]
    line = f"{word} {due[0]} {at} {os.getpid()} {time.time():.3f}\n"
    observed = os.open(folder / "observed", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(observed, line.encode())
    os.close(observed)


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()) + ".000000"


if __name__ == "__main__":
    main()
