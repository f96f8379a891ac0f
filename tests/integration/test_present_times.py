"""A cell that takes the present date from its data runs again in each run, and others do not."""

from __future__ import annotations

from typing import Any

import pytest

from nbmlops.pipelines.purity import from_outside

pytestmark = pytest.mark.slow

SETUP = """
import gzip, pickle, sqlite3, pandas as pd, polars as pl
trips = pd.DataFrame({'day': ['2026-01-02', '2026-01-03'], 'leaves': ['06:30', '07:15']})
days = pd.CategoricalIndex(['2026-01-02', 'now'])
words = pd.DataFrame({'day': ['2026-01-02'], 'next': ['today']})
pl.DataFrame({'d': ['2026-01-02', 'today']}).write_parquet('days.parquet')
with gzip.open('days.csv.gz', 'wt') as file: file.write('d\\n2026-01-02\\nnow\\n')
with open('days.pkl', 'wb') as file: pickle.dump({'d': ['2026-01-02', 'now']}, file)
with open('lasting.pkl', 'wb') as file: pickle.dump({'d': ['2026-01-02', 'known']}, file)
days_db, lasting_db = sqlite3.connect('days.db'), sqlite3.connect('lasting.db')
pd.DataFrame({'d': ['2026-01-02', 'now']}).to_sql('days', days_db)
pd.DataFrame({'d': ['2026-01-02', '2026-01-03']}).to_sql('days', lasting_db)
days_db.close(), lasting_db.close()
del file, days_db, lasting_db
"""
PRESENT = (
    "t = pd.to_datetime(trips['leaves'])",
    "t = pd.Timestamp('06:30')",
    "t = pd.DatetimeIndex(days)",
    "t = pd.to_datetime(words['next'])",
    "words['same'] = words['next']\nt = pd.to_datetime(words['same'])",
    "t = pd.to_datetime(pd.read_csv('days.csv.gz')['d'])",
    "t = [pd.Timestamp(one) for one in pl.read_parquet('days.parquet')['d'].to_list()]",
    "t = [pd.Timestamp(one) for one in pickle.load(open('days.pkl', 'rb'))['d']]",
    (
        "database = sqlite3.connect('days.db')\n"
        "t = pd.to_datetime(pd.read_sql('select d from days', database)['d'])\ndatabase.close()"
    ),
)
LASTING = (
    "t = pd.to_datetime(trips['day'])",
    "t = pd.to_datetime(trips['day'] + ' ' + trips['leaves'])",
    "t = pd.to_datetime(trips['leaves'], format='%H:%M')",
    "t = pd.to_datetime(words['day'])",
    "n = len(days)",
    "t = str(pd.Timestamp(pickle.load(open('lasting.pkl', 'rb'))['d'][0]))",
)


def test_who_takes_the_present_time_from_data_reads_the_clock(kernel: Any) -> None:
    kernel.run("%mlops track")
    assert kernel.run(SETUP).status == "ok"
    for source in PRESENT:
        assert kernel.run(source).status == "ok", source
        assert from_outside(kernel.latest().record) == "reads the clock", source
    for source in LASTING:
        assert kernel.run(source).status == "ok", source
        assert from_outside(kernel.latest().record) is None, source
