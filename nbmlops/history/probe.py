"""The inside of a re-execution: puts inputs into the clean kernel, and compares what came of it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbmlops.capture import metrics, randomness
from nbmlops.capture.environment import describe
from nbmlops.capture.namespace import take_print
from nbmlops.domain.clock import Clock
from nbmlops.domain.environments import Environment
from nbmlops.domain.executions import Metric
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.verifications import OutputVerdict, Verdict
from nbmlops.domain.wire import decode, encode
from nbmlops.errors import NbmlopsError
from nbmlops.history.distance import compare
from nbmlops.store.values import ValueStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a re-execution is told.

    ``stored`` maps an input to the manifest of its value, ``rebuilt`` one that cells before make
    again to its recorded fingerprint. ``outputs`` and ``metrics`` are the recorded ones, to be
    compared; ``variables`` are those that count as metrics. ``answer`` is the file into which an
    `Answer` goes.
    """

    answer: str
    stored: dict[str, str] = field(default_factory=dict)
    rebuilt: dict[str, str | None] = field(default_factory=dict)
    random_state: str | None = None
    outputs: tuple[ValueRecord, ...] = ()
    metrics: tuple[Metric, ...] = ()
    variables: tuple[str, ...] = ()
    tolerance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a re-execution found.

    ``prints`` are the fingerprints of what it made, ``inputs`` says of those that could not be
    put back, or that were rebuilt otherwise, why.
    """

    environment: Environment
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: tuple[OutputVerdict, ...] = ()
    prints: dict[str, str | None] = field(default_factory=dict)


class Probe:
    """Works inside the clean kernel, in cells before and behind those that run again.

    Args:
        request: the file with the `Request`.
        namespace: the kernel's.
        values: where recorded values are kept.
        clock: gives the present, for metrics that the cells report.
    """

    def __init__(
        self, request: Path, namespace: dict[str, Any], *, values: ValueStore, clock: Clock
    ) -> None:
        self._request = decode(request.read_bytes(), Request)
        self._namespace = namespace
        self._values = values
        self._log = metrics.MetricLog(clock)
        self._inputs: dict[str, str] = {}

    def begin(self) -> None:
        """Put back the inputs and, at last, the random state."""
        asked = self._request
        for name, print_ in asked.rebuilt.items():
            found = take_print(self._namespace[name]).text if name in self._namespace else None
            if print_ is None or found != print_:
                self._inputs[name] = "was not kept, and could not be rebuilt as it was"
        for name, manifest in asked.stored.items():
            try:
                self._namespace[name] = self._values.load(manifest)
            except NbmlopsError as error:
                self._inputs[name] = f"could not be loaded: {error.message}"
        state = self._random_state()
        self._write(Answer(environment=describe(), inputs=self._inputs))
        metrics.open_log(self._log)
        if state is not None:
            _restore(state)

    def _random_state(self) -> dict[str, Any] | None:
        if self._request.random_state is None:
            return None
        try:
            state: dict[str, Any] = self._values.load(self._request.random_state)
        except NbmlopsError as error:
            self._inputs["random state"] = f"could not be loaded: {error.message}"
            return None
        return state

    def end(self) -> None:
        """Compare what was made with what was recorded."""
        metrics.close_log(self._log)
        self._log.add_named(self._request.variables, self._namespace)
        verdicts = [self._output(recorded) for recorded in self._request.outputs]
        verdicts += self._metrics()
        prints = {
            recorded.name: take_print(self._namespace.get(recorded.name)).text
            for recorded in self._request.outputs
        }
        prints |= {f"metric {name}": repr(made) for name, made in _series(self._log.all()).items()}
        self._write(
            Answer(
                environment=describe(), inputs=self._inputs, outputs=tuple(verdicts), prints=prints
            )
        )

    def _write(self, answer: Answer) -> None:
        Path(self._request.answer).write_bytes(encode(answer))

    def _output(self, recorded: ValueRecord) -> OutputVerdict:
        verdict, why = self._verdict(recorded)
        return OutputVerdict(name=recorded.name, verdict=verdict, why=why)

    def _verdict(self, recorded: ValueRecord) -> tuple[Verdict, str]:
        if recorded.name not in self._namespace:
            return Verdict.DIFFERENT, "it was not made"
        if recorded.fingerprint is None:
            return Verdict.NOT_COMPARABLE, recorded.reason or "it has no content to compare"
        value = self._namespace[recorded.name]
        found = take_print(value)
        if found.text == recorded.fingerprint:
            return Verdict.IDENTICAL, ""
        if found.text is None:
            return Verdict.DIFFERENT, f"it cannot be compared any more: {found.reason}"
        return self._distance(recorded.manifest, value)

    def _distance(self, manifest: str | None, value: Any) -> tuple[Verdict, str]:
        if manifest is None:
            return Verdict.DIFFERENT, "its content was not kept, so that nobody can say where"
        try:
            before = self._values.load(manifest)
        except NbmlopsError as error:
            return Verdict.DIFFERENT, f"where, cannot be said: {error.message}"
        return compare(before, value, tolerance=self._request.tolerance)

    def _metrics(self) -> list[OutputVerdict]:
        found = _series(self._log.all())
        verdicts = []
        for name, series in _series(self._request.metrics).items():
            made = found.get(name, [])[-len(series) :]
            verdict, why = Verdict.IDENTICAL, ""
            if made != series:
                verdict, why = compare(series, made, tolerance=self._request.tolerance)
            verdicts.append(OutputVerdict(name=f"metric {name}", verdict=verdict, why=why))
        return verdicts


def _series(reported: tuple[Metric, ...]) -> dict[str, list[float]]:
    series: dict[str, list[float]] = {}
    for metric in reported:
        series.setdefault(metric.name, []).append(metric.value)
    return series


def _restore(state: dict[str, Any]) -> None:
    """Put the generators back; those that were loaded then are loaded now, before the cell."""
    for name, module in (("numpy", "numpy.random"), ("torch", "torch")):
        if name in state:
            importlib.import_module(module)
    randomness.restore(state)
