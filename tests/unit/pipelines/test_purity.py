"""What asks for the present time, and what only looks as if it did."""

from __future__ import annotations

import pytest

from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.pipelines.novelties import novelties
from nbmlops.pipelines.purity import from_outside, new_in_each_run, tells_the_time
from nbmlops.testing import NOON

ASKS = (
    "import time\nprint(time.strftime('%H:%M'))",
    "import time as t\nx = t.localtime()",
    "from time import gmtime\nx = gmtime()",
    "import time\nx = time.ctime()",
    "import pandas as pd\nx = pd.Timestamp('now')",
    "import pandas as pd\nx = pd.Timestamp(\"today\", tz='UTC')",
    "import pandas as pd\nx = pd.to_datetime(['today', 'now'])",
    "import numpy as np\nx = np.datetime64('today')",
    "from email.utils import formatdate\nx = formatdate()",
    "import uuid\nx = uuid.uuid1()",
    "rows = duckdb.sql('select now()').df()",
    "rows = db.execute('select * from t where day = CURRENT_DATE')",
    "rows = db.execute(\"select datetime('now')\")",
    "def stamp():\n    import time\n    return time.strftime('%Y')",
    "class Job:\n    @property\n    def now(self):\n        return time.time()",
    "from time import time as tick\nrows = sorted(rows, key=tick)",
    "import time as _t\nrows = list(map(_t.localtime, rows))",
    "x = getattr(time, 'time')()",
    "from dateutil.parser import parse\nx = parse('10:00')",
    "when = 'now'\nx = pd.Timestamp(when)",
    "def until(day='today'):\n    return pd.to_datetime(day)",
    "x = np.array(['now'], dtype='datetime64[s]')",
    "x = pd.Series(['today']).astype('datetime64[ns]')",
    "x = df[df.d < 'now']",
    "x = df.loc['2026-01-01':'today']",
    "x = operator.methodcaller('now')(datetime.datetime)",
    "x = getattr(datetime.datetime, 'now')()",
)
ASKS_NOT = (
    "when = 'now'",
    "x = pd.to_datetime(df['d']); y = df['today']",
    "x = {'now': 1}; y = row['now']",
    "x = day.strftime('%H:%M')",
    "x = row['today'] + row['now']",
    "x = pd.to_datetime(frame['today'])",
    "print('now we go')",
    "x = pd.Timestamp('2026-11-21')",
    "x = frame.time.sum() + row.now",
    "import time\ntime.sleep(1)",
    "import time as _t\ntick = _t.time",
    "@dataclass\nclass Event:\n    at: float = field(default_factory=time.time)",
    "stamp = partial(time.strftime, '%X')",
    "x = uuid.uuid4()",
    "x = frame.memory_usage().sum()",
)
CHANCE = (
    "x = uuid.uuid4()",
    "x = os.urandom(3)",
    "x = os.getloadavg()",
    "import resource as r\nx = r.getrusage(r.RUSAGE_SELF).ru_maxrss",
    "from shutil import disk_usage\nx = disk_usage('.').free",
    "x = psutil.virtual_memory().available",
    "x = psutil.Process().memory_info().rss",
    "current, peak = tracemalloc.get_traced_memory()",
    "import secrets\nx = secrets.choice(rows)",
    "from secrets import token_hex as new\nx = new()",
    "x = random.SystemRandom().random()",
    "rows = list(iter(uuid.uuid4, None))",
    "x = os.getpid()",
)
NO_CHANCE = (
    "x = random.choice(rows)",
    "x = np.random.default_rng().random()",
    "import secrets\nx = secrets.compare_digest(a, b)",
    "x = uuid.UUID(text)",
    "new = uuid.uuid4",
    "class Row:\n    key: str = field(default_factory=uuid.uuid4)",
)


@pytest.mark.parametrize("source", ASKS)
def test_code_that_asks_for_the_present_time_is_known(source: str) -> None:
    assert tells_the_time(source)


@pytest.mark.parametrize("source", ASKS_NOT)
def test_code_that_does_not_is_left_alone(source: str) -> None:
    assert not tells_the_time(source)


@pytest.mark.parametrize("source", CHANCE)
def test_what_no_seed_repeats_is_new_in_each_run(source: str) -> None:
    assert str(new_in_each_run(novelties(source))).startswith("takes what is new in each run")


@pytest.mark.parametrize("source", NO_CHANCE)
def test_what_a_seed_repeats_is_not(source: str) -> None:
    assert new_in_each_run(novelties(source)) is None


READ = FileAccess(path="x.db", mode="read", digest="ab", known_by="open")
WRITTEN = FileAccess(path="x.db", mode="write", digest="cd", known_by="open")
UNKNOWN = FileAccess(path="x.db", mode="read", known_by="open")


@pytest.mark.parametrize(
    ("files", "detail", "compared"),
    [
        ((READ,), "sqlite", True),
        ((READ, WRITTEN), "sqlite", True),
        ((WRITTEN,), "sqlite", False),
        ((UNKNOWN, WRITTEN), "sqlite", False),
        ((), "sqlite", False),
        ((READ,), "sqlite, with a log of its own", False),
    ],
)
def test_a_database_in_a_file_is_compared_where_its_content_before_the_cell_is_known(
    files: tuple[FileAccess, ...], detail: str, *, compared: bool
) -> None:
    record = ExecutionRecord(
        notebook="n.ipynb", step=None, cell_id="a", source="", digest="d", session="s",
        started_at=NOON, duration=1, status=ExecutionStatus.OK, author="tester", files=files,
        externals=(ExternalAccess(kind="database", name="x.db", detail=detail),),
    )  # fmt: skip
    assert from_outside(record) == (None if compared else "uses the database x.db")
