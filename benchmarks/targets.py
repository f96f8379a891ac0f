"""What the figures ought to be."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.readings import (
    A_MINUTE,
    A_SECOND,
    BYTES,
    FASTER,
    INCREASE,
    MEDIAN,
    MORE,
    MORE_P99,
    P95,
    P99,
    RATIO,
    Reading,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A figure that is to keep to a limit.

    Attributes:
        what: the figure, in words.
        key: the table that it is in.
        name: its line there.
        reading: which number of that line.
        limit: the least of it, or the most; seconds, percent or a ratio.
        against: the line that it is compared with; by default the first.
        beside: lines of others, shown next to it.
    """

    what: str
    key: str
    name: str
    reading: Reading
    limit: float
    against: str = ""
    beside: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """``≤ 2 ms``."""
        sign = "≥" if self.reading.at_least else "≤"
        return f"{sign} {self.reading.shown(self.limit)}"


_KEPT = "nbmlops, all values kept"
_WATCHED = ("Kishu", "ipyflow", "dill, the session after each cell", "mlflow.autolog")
_STEPS = "tracked, named steps with values stored"
_KEEPING = "tracked, unnamed cells, all values kept"
_ENGINE = "papermill --engine nbmlops"
_JOBLIB = ("joblib.hash",)
_BACK = ("Kishu checkout", "dill.load_session")
_CLAIM = "claim, 1,500 schedules with one due time each"

RECORDING = (
    Target(what="a trivial cell, recorded, values kept, on top (p50)", key="peers/trivial",
           name=_KEPT, reading=MORE, limit=2e-3, beside=_WATCHED),
    Target(what="the same (p99)", key="peers/trivial", name=_KEPT, reading=MORE_P99, limit=20e-3,
           beside=_WATCHED),
    Target(what="the same at a person's pace, six seconds apart (p50)", key="cells/paced",
           name=_KEEPING, reading=MORE, limit=2e-3),
    Target(what="a call into a package of the project with 40 modules (p50)", key="cells/package",
           name=_KEEPING, reading=MORE, limit=2e-3),
    Target(what="the turns of a loop of 3 million", key="cells/turns", name=_KEEPING,
           reading=INCREASE, limit=2),
    Target(what="a cell with such a loop, on top", key="peers/loop", name=_KEPT,
           reading=INCREASE, limit=2, beside=_WATCHED),
    Target(what="`len(L)` of 200,000 dicts", key="peers/len", name=_KEPT, reading=MEDIAN,
           limit=0.1, beside=_WATCHED),
    Target(what="one of 100,000 small objects changed", key="peers/objects", name=_KEPT,
           reading=MEDIAN, limit=0.3, beside=_WATCHED),
    Target(what="peak memory, a frame of 500 MB", key="memory/frame", name=_KEEPING,
           reading=INCREASE, limit=10),
    Target(what="peak memory, 200,000 dicts", key="memory/dicts", name=_KEEPING,
           reading=INCREASE, limit=10),
    Target(what="peak memory, 200,000 dicts that hold a dict each", key="memory/nested",
           name=_KEEPING, reading=INCREASE, limit=10),
    Target(what="the demo notebook end to end, on top", key="cells/demo-whole",
           name="tracked, unnamed cells", reading=INCREASE, limit=5),
    Target(what="the same with all values kept", key="cells/demo-whole", name=_KEEPING,
           reading=INCREASE, limit=5),
    Target(what="its cells after the imports, all values kept", key="cells/demo", name=_KEEPING,
           reading=INCREASE, limit=5),
    Target(what="the same cells beside others, on top", key="peers/demo", name="nbmlops",
           reading=INCREASE, limit=5, beside=_WATCHED),
    Target(what="the same with all values kept", key="peers/demo", name=_KEPT, reading=INCREASE,
           limit=5, beside=_WATCHED),
    Target(what="a notebook of small cells, on top", key="peers/tour", name="nbmlops",
           reading=INCREASE, limit=5, beside=_WATCHED),
    Target(what="the same with all values kept", key="peers/tour", name=_KEPT, reading=INCREASE,
           limit=5, beside=_WATCHED),
    Target(what="a fingerprint of a float frame of 160 MB", key="fingerprints/frame",
           name="nbmlops fingerprint", reading=MEDIAN, limit=30e-3, beside=_JOBLIB),
    Target(what="of a column of 1,000,000 Python strings", key="fingerprints/objects",
           name="nbmlops fingerprint", reading=MEDIAN, limit=0.1, beside=_JOBLIB),
    Target(what="a frame of 1 GB gets ten columns: the store grows by more than these",
           key="storing/grown", name="what the store grew by", reading=INCREASE, limit=10),
    Target(what="the same by cells, all values kept", key="columns/grown",
           name="what the store grew by", reading=INCREASE, limit=10),
    Target(what="their peak memory", key="columns/peak", name=_KEPT, reading=INCREASE, limit=10),
    Target(what="1 GB restored, to its first use", key="storing/restored", name="nbmlops",
           reading=MEDIAN, limit=0.1, beside=("pickle",)),
    Target(what="the same in another process", key="storing/restored",
           name="nbmlops, in another process", reading=MEDIAN, limit=0.1, beside=("pickle",)),
    Target(what="a dropped column of 96 MB taken back, to its first use", key="undoing/column",
           name="nbmlops undo", reading=MEDIAN, limit=0.3, beside=_BACK),
    Target(what="a cell of a small notebook taken back", key="undoing/small",
           name="nbmlops undo", reading=MEDIAN, limit=0.3, beside=_BACK),
    Target(what="the versions of a step, of 1,000,000 executions (p95)", key="versions",
           name="the versions of a step", reading=P95, limit=20e-3),
    Target(what="what a variable was made from (p95)", key="versions",
           name="what a variable was made from", reading=P95, limit=20e-3),
    Target(what="what used it (p95)", key="versions", name="what used it", reading=P95,
           limit=20e-3),
    Target(what="`why` (p95)", key="versions", name="why", reading=P95, limit=20e-3),
    Target(what="the table of 100,000 executions, to its first rows on the screen",
           key="executions", name="the table opened in JupyterLab", reading=MEDIAN, limit=0.3),
    Target(what="JupyterLab opened with the extension, beyond JupyterLab alone",
           key="front_end/load", name="with nbmlops", reading=MORE, limit=50e-3),
    Target(what="a key pressed in a notebook of 500 cells, beyond JupyterLab alone",
           key="front_end/typing", name="with nbmlops", reading=MORE, limit=2e-3),
    Target(what="from the end of a cell to its badge (p95)", key="front_end/badge",
           name="from the end of a cell to its badge", reading=P95, limit=0.15),
    Target(what="`%load_ext nbmlops`", key="loading", name="%load_ext nbmlops", reading=MORE,
           limit=0.15, beside=("import ipywidgets", "import pandas", "import mlflow")),
    Target(what="one metric", key="metrics", name="nbmlops.metric", reading=MEDIAN, limit=50e-6,
           beside=("mlflow.log_metric on SQLite",)),
)  # fmt: skip

PIPELINES = (
    Target(what="20 small steps, beside papermill on 20 notebooks: times as fast",
           key="pipelines/whole", name="nbmlops run", reading=FASTER, limit=10,
           against="papermill, a command for each step"),
    Target(what="the same, beside all notebooks in one process", key="pipelines/whole",
           name="nbmlops run", reading=FASTER, limit=10,
           against="papermill, all notebooks in one process"),
    Target(what="the same, beside Ploomber", key="pipelines/whole", name="nbmlops run",
           reading=FASTER, limit=1, against="ploomber build"),
    Target(what="the same, beside DVC with plain scripts", key="pipelines/whole",
           name="nbmlops run", reading=FASTER, limit=1, against="dvc repro"),
    Target(what="9 unchanged steps again, no kernel", key="pipelines/unchanged",
           name="nbmlops, within a process", reading=MEDIAN, limit=0.1,
           beside=("nbmlops run", "dvc repro", "ploomber build")),
    Target(what="400 cells, beside nbclient", key="runs/400", name=_ENGINE, reading=RATIO,
           limit=1.3, beside=("papermill",)),
    Target(what="60 cells that print 1 MB each, beside nbclient", key="runs/outputs",
           name=_ENGINE, reading=RATIO, limit=1.3, beside=("papermill",)),
    Target(what="a warm kernel, to the end of a cell with pandas and scikit-learn", key="warm",
           name="warm", reading=MEDIAN, limit=0.15, beside=("cold",)),
    Target(what="the DAG of 200 cells", key="building", name="200 cells", reading=MEDIAN,
           limit=0.2),
)  # fmt: skip

SCHEDULES = (
    Target(what="how late 1,000 schedules fire (p99)", key="punctuality",
           name="nbmlops scheduler", reading=P99, limit=0.25,
           beside=("APScheduler", "jupyter-scheduler, which looks every 10 s")),
    Target(what="the same (p50)", key="punctuality", name="nbmlops scheduler", reading=MEDIAN,
           limit=0.25, beside=("APScheduler", "jupyter-scheduler, which looks every 10 s")),
    Target(what="claims on SQLite", key="ledger/claims", name=_CLAIM, reading=A_SECOND,
           limit=1000),
    Target(what="10,000 missed ticks of a schedule", key="ledger/missed",
           name="one schedule, 10,000 ticks, all made up for", reading=MEDIAN, limit=2),
    Target(what="of 1,000 schedules", key="ledger/missed",
           name="1,000 schedules, 10 ticks each, the latest made up for", reading=MEDIAN, limit=2),
    Target(what="10,000 missed ticks of a schedule: memory on top", key="absence",
           name="one schedule, 10,000 ticks, all made up for", reading=BYTES, limit=32e6),
    Target(what="100,000 of them: times as much (flat)", key="absence",
           name="one schedule, 100,000 ticks, all made up for", reading=RATIO, limit=2),
    Target(what="the next attempt after SIGKILL of a scheduler and its worker (p99)", key="soak",
           name="scheduler and worker killed", reading=P99, limit=10),
    Target(what="of the worker alone (p99)", key="soak", name="worker killed", reading=P99,
           limit=10),
    Target(what="runs of a notebook of one cell, through warm kernels", key="throughput",
           name="nbmlops, three processes", reading=A_MINUTE, limit=500,
           beside=("papermill.execute_notebook, three processes",)),
    Target(what="the same, fired by a scheduler", key="throughput",
           name="nbmlops scheduler, three workers", reading=A_MINUTE, limit=500,
           beside=("papermill.execute_notebook, three processes",)),
)  # fmt: skip

TARGETS = {"Recording": RECORDING, "Pipelines": PIPELINES, "Schedules": SCHEDULES}
