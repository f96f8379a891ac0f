"""Templates in the values of parameters."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nbmlops.domain.parameters import Occasion, Parameter, Shape
from nbmlops.errors import ParameterError
from nbmlops.pipelines.typed.check import check, parse

SCHEMA = (
    Parameter(name="month", type="int", minimum=1, maximum=12, default=1),
    Parameter(name="day", type="date", default="2026-01-01"),
    Parameter(name="at", type="datetime", optional=True),
    Parameter(name="name", type="str", default="{{ ds }}"),
    Parameter(name="days", type="list", items=Shape(type="date"), default=[]),
    Parameter(name="files", type="list", items=Shape(type="str"), default=[]),
    Parameter(name="file", type="path", optional=True),
    Parameter(name="span", type="timedelta", optional=True),
    Parameter(name="to", type="union", members=(Shape(type="date"), Shape(type="int")), default=1),
    Parameter(name="seen", type="set", items=Shape(type="date"), default=[]),
)
BERLIN = ZoneInfo("Europe/Berlin")
DUE = Occasion(
    logical_date=datetime(2026, 3, 5, tzinfo=BERLIN),
    interval_start=datetime(2026, 3, 4, tzinfo=BERLIN),
    interval_end=datetime(2026, 3, 5, tzinfo=BERLIN),
    trigger="schedule:1",
    changed_files=("data/ä 1.csv", "it's.csv"),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("month={{ logical_date.month }}", 3),
        ("day={{ ds }}", "2026-03-05"),
        ("day={{ data_interval_start }}", "2026-03-04"),
        ("day={{ data_interval_end | ds }}", "2026-03-05"),
        ("day={{ macros.ds_add(ds, -5) }}", "2026-02-28"),
        ("day={{ logical_date - macros.timedelta(days=1) }}", "2026-03-04"),
        ("files={{ changed_files }}", ["data/ä 1.csv", "it's.csv"]),
        ("file={{ changed_files[0] }}", "data/ä 1.csv"),
        ("span={{ data_interval_end - data_interval_start }}", "P1D"),
        ("to={{ ds }}", "2026-03-05"),
        ("to={{ logical_date.day }}", 5),
        ('seen=["{{ ds }}", "2026-01-01"]', ["2026-01-01", "2026-03-05"]),
        ("at={{ ts }}", "2026-03-05T00:00:00+01:00"),
        ("name={{ run_id }}", "scheduled__2026-03-05T00:00:00+01:00"),
        ("name={{ logical_date.strftime('%B') }}-{{ ds_nodash }}", "March-20260305"),
        ('days=["{{ ds }}", "2026-01-01"]', ["2026-03-05", "2026-01-01"]),
        ("days={{ [ds] | tojson }}", ["2026-03-05"]),
        ("name={% raw %}{{ ds }}{% endraw %}", "{{ ds }}"),
    ],
)
def test_a_template_is_filled_in_before_the_type_is_checked(text: str, value: Any):
    (name,) = stored = parse(SCHEMA, [text])
    assert check(SCHEMA, stored, DUE)[name] == value


def test_a_default_is_not_a_template():
    assert check(SCHEMA, {}, DUE)["name"] == "{{ ds }}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("day={{ dss }}", "'dss' is undefined.*It may use"),
        ("day={{ ds", "cannot be filled in"),
        ("month={{ logical_date.year }}", "from 1 to 12, not '2026'"),
        ("name={{ logical_date.__class__ }}", "cannot be filled in"),
        ("name={{ macros.ds_add.__globals__ }}", "cannot be filled in"),
        ("name={{ range(9) }}", "'range' is undefined"),
        ("day={{ macros.ds_add('x', 1) }}", "cannot be filled in"),
        ('days=["{{ ds }}x"]', "a list"),
    ],
)
def test_a_wrong_template_is_refused_in_one_sentence(text: str, words: str):
    with pytest.raises(ParameterError, match=words):
        check(SCHEMA, parse(SCHEMA, [text]), DUE)
