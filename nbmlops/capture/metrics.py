"""Metrics that a cell reports while it runs."""

from __future__ import annotations

import decimal
import numbers
import operator
import warnings
from collections.abc import Mapping
from typing import Any

from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Metric
from nbmlops.errors import UsageError


class MetricLog:
    """The metrics of one execution, in the order in which they were reported."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._metrics: list[Metric] = []
        self._counts: dict[str, int] = {}

    def add(self, name: str, value: float, step: int | None = None) -> None:
        """Keep one value; ``step`` counts on from the last one where it is not given."""
        step = self._counts.get(name, 0) if step is None else step
        self._counts[name] = step + 1
        self._metrics.append(Metric(name=name, value=value, step=step, recorded_at=self._clock()))

    def add_named(self, names: tuple[str, ...], namespace: Mapping[str, Any]) -> list[str]:
        """Keep the variables that the cell names with ``--metric``.

        Returns:
            What is wrong with those that could not be kept.
        """
        problems = []
        for name in names:
            if name not in namespace:
                problems.append(f"--metric {name}: the cell made no variable of that name.")
                continue
            try:
                self.add(name, as_number(name, namespace[name]))
            except UsageError as error:
                problems.append(str(error))
        return problems

    def all(self) -> tuple[Metric, ...]:
        """What was reported so far."""
        return tuple(self._metrics)


_open: list[MetricLog] = []


def open_log(log: MetricLog) -> None:
    """From now on `metric` reports to this log."""
    _open.append(log)


def close_log(log: MetricLog) -> None:
    """`metric` reports to this log no more."""
    if log in _open:
        _open.remove(log)


def current_log() -> MetricLog | None:
    """That of the cell that is recorded now; ``None`` where none is."""
    return _open[-1] if _open else None


def metric(name: str, value: float, step: int | None = None) -> None:
    """Report a metric of the step that is running.

    What cannot be kept is warned of, never raised: a training that diverges goes on.

    Args:
        name: what it is called, such as ``auc``.
        value: a number, NaN and infinite ones too; numpy scalars and tensors of one element count.
        step: its place in a series, such as the epoch; counts on by itself where not given.
    """
    if not _open:
        warnings.warn(
            f"metric {name!r} is not kept: no recorded cell is running "
            "(put %mlops track NAME on the cell's first line)",
            stacklevel=2,
        )
        return
    try:
        place = None if step is None else _whole(name, step)
        _open[-1].add(str(name), as_number(name, value), place)
    except UsageError as error:
        warnings.warn(str(error), stacklevel=2)


def as_number(name: str, value: Any) -> float:
    """A value as a float.

    Raises:
        UsageError: it is not one number, or too large for a float.
    """
    number, shown = _scalar(value), f"a {type(value).__name__}"
    if isinstance(number, numbers.Real | decimal.Decimal):
        try:
            return float(number)
        except (OverflowError, ValueError):  # or a decimal that signals
            shown = "beyond what a float holds"
    raise UsageError(f"The metric {name!r} is not kept: it is {shown}.", cure="Report one number.")


def _whole(name: str, step: Any) -> int:
    try:
        return operator.index(_scalar(step))
    except TypeError as error:
        raise UsageError(
            f"The metric {name!r} is not kept: its step is {step!r}.",
            cure="Count in whole numbers.",
        ) from error


def _scalar(value: Any) -> Any:
    """What an array or tensor of one element holds."""
    if not hasattr(value, "dtype"):
        return value
    try:
        return value.item()
    except (AttributeError, TypeError, ValueError, RuntimeError):  # it has several elements
        return value
