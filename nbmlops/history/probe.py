"""The inside of a re-execution: puts inputs into the clean kernel, and compares what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbmlops.capture import metrics, randomness
from nbmlops.capture.environment import describe
from nbmlops.capture.outputs import DisplayedOutput, OutputTap
from nbmlops.capture.prints import take_print
from nbmlops.domain.clock import Clock
from nbmlops.domain.environments import Environment
from nbmlops.domain.executions import Metric
from nbmlops.domain.values import ValueRecord
from nbmlops.domain.verifications import OutputVerdict, Verdict
from nbmlops.domain.wire import decode, encode
from nbmlops.errors import NbmlopsError
from nbmlops.history.distance import compare
from nbmlops.history.guard import is_below
from nbmlops.history.repeated_files import text_of
from nbmlops.store.values import ValueStore
from nbmlops.values import databases
from nbmlops.values.homes import file_of, is_local


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a re-execution is told.

    ``stored`` maps an input to the manifest of its value, ``rebuilt`` one that cells before make
    again to its recorded fingerprint. ``outputs`` and ``metrics`` are the recorded ones, to be
    compared, each number as `written` has it; ``variables`` are those that count as metrics.
    ``not_put_back`` are outputs that shared parts with an input which is loaded without them.
    ``answer`` is the file into which an `Answer` goes. ``modules`` are the recorded sources of
    local modules by label. ``scratch`` is the folder below which the copies have the paths of the
    originals, empty where there is none.
    """

    answer: str
    stored: dict[str, str] = field(default_factory=dict)
    rebuilt: dict[str, str | None] = field(default_factory=dict)
    not_put_back: tuple[str, ...] = ()
    random_state: str | None = None
    outputs: tuple[ValueRecord, ...] = ()
    metrics: dict[str, tuple[str, ...]] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    tolerance: float | None = None
    modules: dict[str, str] = field(default_factory=dict)
    project: str = ""
    scratch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a re-execution found.

    ``prints`` are the fingerprints of what it made, ``inputs`` says of those that could not be
    put back, or that were rebuilt otherwise, why. ``edited`` are modules that had another source
    than the recorded one.
    """

    environment: Environment
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: tuple[OutputVerdict, ...] = ()
    prints: dict[str, str | None] = field(default_factory=dict)
    displayed: tuple[DisplayedOutput, ...] = ()

    @property
    def figures(self) -> tuple[DisplayedOutput, ...]:
        """Those of the displayed outputs that are images."""
        return tuple(item for item in self.displayed if item.media_type.startswith("image/"))

    edited: tuple[str, ...] = ()


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
        self._tap = OutputTap(namespace["get_ipython"]())

    def begin(self) -> None:
        """Put back the inputs and, at last, the random state."""
        asked = self._request
        databases.lie_in(asked.scratch + asked.project)
        for name, print_ in asked.rebuilt.items():
            known = name in self._namespace
            found = self._print(self._namespace[name]) if known else None
            if print_ is None or found != print_:
                self._inputs[name] = "was not kept, and could not be rebuilt as it was"
        loaded = self._values.load_all(asked.stored)
        for name, value in loaded.values.items():
            self._namespace[name] = self._there(value)
        for name, why in loaded.missing.items():
            self._inputs[name] = f"could not be loaded: {why}"
        state = self._random_state()
        self._write(Answer(environment=describe(), inputs=self._inputs))
        metrics.open_log(self._log)
        self._tap.__enter__()
        if state is not None:
            randomness.bring_back(state)

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
        self._tap.__exit__(None, None, None)
        metrics.close_log(self._log)
        self._log.add_named(self._request.variables, self._namespace)
        verdicts = [self._output(recorded) for recorded in self._request.outputs]
        verdicts += self._metrics()
        prints = {
            recorded.name: self._print(self._namespace.get(recorded.name))
            for recorded in self._request.outputs
        }
        prints |= {f"metric {name}": repr(made) for name, made in _series(self._log.all()).items()}
        self._write(
            Answer(
                environment=describe(),
                inputs=self._inputs,
                outputs=tuple(verdicts),
                prints=prints,
                displayed=tuple(self._tap.outputs),
                edited=self._edited(),
            )
        )

    def _print(self, value: Any) -> str | None:
        return take_print(self._here(value)).text

    def _here(self, value: Any) -> Any:
        """A path in the copy as that of the original; anything else as it is."""
        scratch = self._request.scratch
        if not scratch or not isinstance(value, (str, Path)) or scratch not in str(value):
            return value
        return type(value)(str(value).replace(scratch, ""))

    def _there(self, value: Any) -> Any:
        """A recorded path into the project as that of its copy."""
        scratch, project = self._request.scratch, self._request.project
        if not scratch or not isinstance(value, (str, Path)) or not is_below(str(value), project):
            return value
        return type(value)(scratch + str(value))

    def _edited(self) -> tuple[str, ...]:
        """The modules whose loaded file holds another source than the recorded one."""
        found = {file_of(module) for module in list(sys.modules.values())}
        files = [path for path in found if path and is_local(path)]
        return tuple(
            label
            for label, source in self._request.modules.items()
            if (path := self._file(label, files)) is not None and text_of(Path(path)) != source
        )

    def _file(self, label: str, files: Sequence[str]) -> str | None:
        """The file of a module that is loaded: of the copy, the project or a folder elsewhere."""
        original = str(Path(self._request.project, label))
        for path in (self._request.scratch + original, original):
            if path in files:
                return path
        if Path(original).exists():
            return None  # it is the project's, and was not imported
        return next((path for path in files if path.endswith(os.sep + label)), None)

    def _write(self, answer: Answer) -> None:
        Path(self._request.answer).write_bytes(encode(answer))

    def _output(self, recorded: ValueRecord) -> OutputVerdict:
        verdict, why = self._verdict(recorded)
        if verdict is Verdict.DIFFERENT and recorded.name in self._request.not_put_back:
            verdict = Verdict.NOT_COMPARABLE
            why = "it changed through what it shared with an input, which was put back without it"
        return OutputVerdict(name=recorded.name, verdict=verdict, why=why)

    def _verdict(self, recorded: ValueRecord) -> tuple[Verdict, str]:
        if recorded.name not in self._namespace:
            return Verdict.DIFFERENT, "it was not made"
        if recorded.fingerprint is None:
            return Verdict.NOT_COMPARABLE, recorded.reason or "it has no content to compare"
        value = self._here(self._namespace[recorded.name])
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
        for name, numbers in self._request.metrics.items():
            series = [float(number) for number in numbers]
            made = found.get(name, [])[-len(series) :]
            verdict, why = Verdict.IDENTICAL, ""
            if made != series and repr(made) != repr(series):  # NaN is not equal to itself
                verdict, why = compare(series, made, tolerance=self._request.tolerance)
            verdicts.append(OutputVerdict(name=f"metric {name}", verdict=verdict, why=why))
        return verdicts


def written(reported: Iterable[Metric]) -> dict[str, tuple[str, ...]]:
    """Metrics as a `Request` has them: JSON has no NaN, and no infinite number."""
    return {name: tuple(map(repr, series)) for name, series in _series(reported).items()}


def _series(reported: Iterable[Metric]) -> dict[str, list[float]]:
    series: dict[str, list[float]] = {}
    for metric in reported:
        series.setdefault(metric.name, []).append(metric.value)
    return series
