"""The options that say when a schedule fires."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

timezone_option = click.option(
    "--timezone", help="An IANA time zone, such as Europe/Berlin; this machine's if not."
)
"""``--timezone`` of every verb that says when something runs."""

_OPTIONS = (
    click.option(
        "--cron",
        multiple=True,
        metavar="EXPRESSION",
        help="Five fields such as '0 6 * * *', six with seconds in front, or @hourly, @daily, "
        "@midnight, @weekly, @monthly, @yearly, @annually.",
    ),
    click.option(
        "--every", multiple=True, metavar="TIME", help="After so much time, each time: 15m, 6h."
    ),
    click.option("--at", multiple=True, metavar="TIME", help="Once: 2026-12-24T18:00."),
    click.option(
        "--on-change",
        multiple=True,
        metavar="FILES",
        help="When the content of files changes: 'data/*.parquet', a file or a folder.",
    ),
    click.option(
        "--after",
        multiple=True,
        metavar="PIPELINE[:OUTCOME]",
        help="When a run of another pipeline has succeeded; or :failed, or :any.",
    ),
    click.option(
        "--when",
        "metric",
        multiple=True,
        metavar="CONDITION",
        help="When a metric of a pipeline's runs crosses a threshold: 'train.auc < 0.8'.",
    ),
    click.option(
        "--on-data",
        multiple=True,
        metavar="NAME",
        help="When a data set gets a new version: see nbmlops data.",
    ),
    click.option("--http", is_flag=True, help="When somebody calls who has the token."),
    click.option(
        "--any/--all",
        "is_any",
        default=True,
        help="Of several of these, each by itself; or once all have happened since the last time.",
    ),
    click.option("--between", metavar="HOURS", help="Only within hours: 08:00-18:00."),
    click.option("--days", metavar="DAYS", help="Only on weekdays: mon-fri, or mon,wed,fri."),
    click.option("--business-days", is_flag=True, help="Only on working days."),
    click.option("--holidays", metavar="PLACE", help="Not on holidays there: DE, DE-BE, US-CA."),
)
_NAMES = (
    *("cron", "every", "at", "on_change", "after", "metric", "on_data", "http"),
    *("between", "days", "business_days", "holidays"),
)


def trigger_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--cron``, ``--every`` and the others; the command gets them as ``when``."""

    @functools.wraps(command)
    def with_when(*args: Any, **given: Any) -> Any:
        from nbmlops.scheduling.triggers.when import When

        said = {name: given.pop(name) for name in _NAMES}
        when = When(**said, join="any" if given.pop("is_any") else "all")
        return command(*args, when=when, **given)

    for option in reversed(_OPTIONS):
        with_when = option(with_when)
    return with_when


def missed_option(who: str) -> Callable[[Command], Command]:
    """``--missed``, for what passed while nobody was there to start it: ``no scheduler ran``."""
    return click.option(
        "--missed",
        type=click.Choice(["all", "latest", "skip"]),
        default="all",
        show_default=True,
        help=f"What to do with due times that passed more than a minute ago, while {who}.",
    )
