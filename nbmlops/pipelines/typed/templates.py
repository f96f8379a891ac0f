"""Templates in the values of parameters: ``{{ ds }}``, filled in for each run.

Names, macros and filters are those that Airflow has for a run's dates.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nbmlops.domain.parameters import Occasion, Parameter
from nbmlops.errors import ParameterError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

NAMES = (
    "logical_date", "data_interval_start", "data_interval_end", "run_id",
    "ds", "ds_nodash", "ts", "ts_nodash", "changed_files", "macros",
)  # fmt: skip
"""What a template may use."""

_LONGEST = 100_000
"""Characters that a template may become."""


class _Macros:
    """Date arithmetic: ``macros.ds_add(ds, -7)``."""

    timedelta = timedelta
    datetime = datetime
    date = date

    @staticmethod
    def ds_add(ds: str, days: int) -> str:
        """A day so many days later."""
        return (date.fromisoformat(ds) + timedelta(days=days)).isoformat()

    @staticmethod
    def ds_format(ds: str, input_format: str, output_format: str) -> str:
        """A day in another format, as strptime and strftime write them."""
        return datetime.strptime(ds, input_format).strftime(output_format)  # noqa: DTZ007 (a day)


class _Listed(list[str]):
    """A list that a template writes as the value of a parameter is written: as JSON."""

    def __str__(self) -> str:
        return json.dumps(list(self), ensure_ascii=False)


def has_one(text: str) -> bool:
    """Whether a text has a template in it."""
    return "{{" in text or "{%" in text


def inside(value: Any) -> bool:
    """Whether a list or mapping holds a text with a template."""
    if isinstance(value, str):
        return has_one(value)
    if isinstance(value, dict):
        return any(map(inside, value.values()))
    return isinstance(value, list | tuple) and any(map(inside, value))


def fill(text: str, occasion: Occasion, parameter: Parameter) -> str:
    """Fill in a template.

    Args:
        text: the template.
        occasion: what the run is for.
        parameter: for which it is; a date takes the day of a time.

    Raises:
        ParameterError: it is not a template, or uses a name that there is not.
    """
    from jinja2 import TemplateError

    try:
        filled = _environment().from_string(text).render(_context(occasion))
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise _wrong(text, parameter, error) from error
    if len(filled) > _LONGEST:
        raise _wrong(text, parameter, f"it becomes longer than {_LONGEST} characters")
    return _day(filled) if parameter.type == "date" else filled


def fill_inside(value: Any, occasion: Occasion, parameter: Parameter) -> Any:
    """Fill in the templates that a list or mapping holds.

    Raises:
        ParameterError: as `fill` says.
    """
    if isinstance(value, str):
        return fill(value, occasion, parameter) if has_one(value) else value
    if isinstance(value, list | tuple):
        return [fill_inside(item, occasion, parameter) for item in value]
    if isinstance(value, dict):
        return {key: fill_inside(item, occasion, parameter) for key, item in value.items()}
    return value


def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    environment.globals.clear()  # such as range, with which a template may take all memory
    environment.filters |= {"ds": _ds, "ds_nodash": _ds_nodash, "ts": _ts, "ts_nodash": _ts_nodash}
    return environment


def _context(occasion: Occasion) -> dict[str, Any]:
    moment = occasion.logical_date
    kind = "manual" if occasion.trigger == "manual" else "scheduled"
    return {
        "logical_date": moment,
        "data_interval_start": occasion.interval_start,
        "data_interval_end": occasion.interval_end,
        "run_id": f"{kind}__{moment.isoformat()}",
        "ds": _ds(moment),
        "ds_nodash": _ds_nodash(moment),
        "ts": _ts(moment),
        "ts_nodash": _ts_nodash(moment),
        "changed_files": _Listed(occasion.changed_files),
        "macros": _Macros,
    }


def _ds(moment: date) -> str:
    return moment.strftime("%Y-%m-%d")


def _ds_nodash(moment: date) -> str:
    return moment.strftime("%Y%m%d")


def _ts(moment: datetime) -> str:
    return moment.isoformat()


def _ts_nodash(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%S")


def _day(text: str) -> str:
    """The day of a time, so that a date may be ``{{ data_interval_start }}``."""
    try:
        return datetime.fromisoformat(text.strip()).date().isoformat()
    except ValueError:
        return text


def _wrong(text: str, parameter: Parameter, reason: Exception | str) -> ParameterError:
    return ParameterError(
        f"The template {text[:80]!r} of the parameter {parameter.name!r} cannot be filled in: "
        f"{str(reason).rstrip('.')}.",
        cure=f"It may use: {', '.join(NAMES)}.",
    )
