"""Clocks and chance are found behind the values that a cell uses, and only there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from nbmlops.capture.novelties import reached

MODULE = """
import os, time as _t
def latest(): return Timestamp("now")
def size_of(path): return os.stat(path).st_size
source = _t.time
def when(): return source()
def plain(): return 3
def through(): return when()
class Clock:
    def read(self): return source()
    def size(self): return 2
"""

NOTEBOOK = """
import datetime, example_clock, functools, operator, os, posix, random, time, types, uuid
from dataclasses import dataclass, field
from example_clock import *

now = datetime.datetime.now
tick = time.time
table = {"t": time.time_ns, "n": 1}
part = functools.partial(time.strftime, "%X")
system = random.SystemRandom()
own = random.Random(1)
ident = uuid.uuid4
bytes_of = os.urandom
clock = example_clock.Clock()
lazy = map(lambda _: time.time(), [1])
rows = [1, 2, "x"] * 1000

class Job:
    rate = 2
    @property
    def now(self): return time.time()
    def size(self): return self.rate
    def slow(self): return self.inner()
    def inner(self): return tick()
    def __str__(self): return str(time.time())
job = Job()

@dataclass
class Event:
    at: float = field(default_factory=time.time)
    key: object = field(default_factory=uuid.uuid4)

@dataclass
class Row:
    at: list = field(default_factory=list)
row = Row()

@functools.cache
def memo(): return now()

def deco(f):
    @functools.wraps(f)
    def inner(): return f()
    return inner

@deco
def wrapped(): return time.time()

def harmless(): return time.sleep(0)
def given(at=tick): return at()
asof, settings, other = "now", {"end": "Today"}, {"n": "tomorrow"}
words = ["a", "now"]
@dataclass
class Settings:
    end: str = "now"
mine = Settings()
space = types.SimpleNamespace(end="now")
def until(day="today"): return day
def parsed(text): return pd.Timestamp(text)
at_end = functools.partial(str, "now")
asking = operator.methodcaller("now")
def looked(path): return os.stat(path).st_mode
may = os.access
system_ = os
def counts():
    yield tick()
made = counts()
def day(): return datetime.datetime.now(datetime.UTC).date()
"""

REACHED = {
    "tick()": {"time.time"},
    "now()": {"datetime.datetime.now", "datetime.now"},
    "table['t']()": {"time.time_ns"},
    "part()": {"time.strftime"},
    "system.random()": {"random.SystemRandom"},
    "ident()": {"uuid.uuid4"},
    "bytes_of(3)": {"posix.urandom", "os.urandom"},
    "when()": {"time.time"},
    "example_clock.through()": {"time.time"},
    "clock.read()": {"time.time"},
    "list(lazy)": {"time.time"},
    "next(made)": {"time.time"},
    "job.now": {"time.time"},
    "job.slow()": {"time.time"},
    "print(job)": {"time.time"},
    "Event()": {"time.time", "uuid.uuid4"},
    "memo()": {"datetime.datetime.now", "datetime.now"},
    "wrapped()": {"time.time"},
    "given()": {"time.time"},
    "day()": {"datetime.datetime.now", "datetime.now"},
    "pd.Timestamp(asof)": {'"now"'},
    "settings['end']": {'"Today"'},
    "words": {'"now"'},
    "mine.end": {'"now"'},
    "space.end": {'"now"'},
    "until()": {'"today"'},
    "at_end()": {'"now"'},
    "parsed('x')": {"parser"},
    "example_clock.latest()": {'"now"', "parser"},
    "asking(datetime.datetime)": {"methodcaller('now')"},
    "looked('x')": {"os.stat"},
    "may('x', 4)": {"posix.access"},
    "system_.readlink('x')": {"system_.readlink"},
    "posix.environ[b'X']": {"posix.environ"},
    "example_clock.size_of('x')": {"os.stat"},
}
NOT_REACHED = (
    "own.random()",
    "other['n']",
    "rows[0]",
    "clock.size()",
    "plain()",
    "example_clock.plain()",
    "harmless()",
    "row.at",
    "time.sleep(0)",
    "random.random()",
)


@pytest.fixture
def namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the names of a notebook hold; its functions and classes are those of ``__main__``."""
    (tmp_path / "example_clock.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "example_clock", raising=False)
    found: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(NOTEBOOK, "<ipython-input-1>", "exec"), found)
    return found


def _reached(source: str, namespace: dict[str, Any]) -> set[str]:
    names = set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", source)) & namespace.keys()
    return set(reached(source, sorted(names), namespace))


@pytest.mark.parametrize("source", REACHED)
def test_what_is_new_each_time_is_found_behind_values(
    source: str, namespace: dict[str, Any]
) -> None:
    found = _reached(source, namespace)
    assert found
    assert found <= REACHED[source]


@pytest.mark.parametrize("source", NOT_REACHED)
def test_what_is_not_reached_is_left_alone(source: str, namespace: dict[str, Any]) -> None:
    assert _reached(source, namespace) == set()


def test_values_that_refuse_to_be_looked_at_do_no_harm() -> None:
    class Refusing:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    assert _reached("refuse()", {"refuse": Refusing(), "partial": [Refusing()] * 3}) == set()
