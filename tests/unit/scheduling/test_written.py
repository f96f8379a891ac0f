"""What makes a schedule fire is written as it could be asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbmlops.scheduling.triggers.when import When
from nbmlops.scheduling.triggers.written import written
from nbmlops.testing import NOON

ASKED = (
    When(cron=("0 6 * * 1-5",)),
    When(cron=("@daily", "0 */6 * * *")),
    When(every=("1h30m",)),
    When(at=("2999-12-24T18:00",)),
    When(after=("clean", "load:failed", "all:any")),
    When(on_change=("data/*.csv", "more")),
    When(metric=("train.auc < 0.8",)),
    When(on_data=("flights", "carriers")),
    When(http=True),
    When(every=("6h",), on_change=("data",), join="all"),
    When(cron=("0 * * * *",), between="08:00-18:00", days="mon,tue,fri", business_days=True),
)


@pytest.mark.parametrize("asked", ASKED, ids=repr)
def test_what_is_written_means_the_same(asked: When) -> None:
    trigger = asked.trigger(NOON, "Europe/Berlin")
    assert written(trigger, "Europe/Berlin") == replace(asked, days=asked.days)
    assert written(trigger, "Europe/Berlin").trigger(NOON, "Europe/Berlin") == trigger
