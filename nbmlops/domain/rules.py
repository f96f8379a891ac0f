"""How long a run may take, how often a step is tried again, and what a failure stops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from nbmlops.config import Settings
from nbmlops.durations import seconds_of

OnFailure = Literal["fail", "skip", "continue"]

LONGEST_PAUSE = 600.0
"""Seconds; the pause before an attempt grows no further."""


def back_off(delay: float | None, failures: int) -> float:
    """Seconds to wait after so many failures: the delay, and twice as long each time."""
    return min((delay or 0.0) * 2.0 ** min(failures - 1, 64), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRules:
    """What a run keeps to; ``None`` where nothing was said.

    Attributes:
        timeout: seconds for the whole run, with all its attempts and the pauses between them.
        step_timeout: seconds for one attempt at each step.
        cell_timeout: seconds for each cell.
        retries: how many more times a step that fails is tried.
        retry_delay: seconds before the second attempt; each further pause is twice as long.
        keep_going: whether steps that do not depend on one that failed run all the same.
        no_cache: whether every step runs, whatever is recorded; of the runs of a schedule.
        force: steps that run whatever is recorded, likewise.
        only: the steps that a part of a pipeline is for, which runs by itself; such a run is no
            run of the pipeline to whoever waits for one.
    """

    timeout: float | None = None
    step_timeout: float | None = None
    cell_timeout: float | None = None
    retries: int | None = None
    retry_delay: float | None = None
    keep_going: bool | None = None
    no_cache: bool | None = None
    force: tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None

    @classmethod
    def kept(cls, said: Mapping[str, Any] | None) -> RunRules:
        """What was said, as a store keeps it."""
        found = dict(said or {})
        for name in ("force", "only"):
            if found.get(name) is not None:
                found[name] = tuple(found[name])
        return cls(**found)

    @classmethod
    def of(cls, settings: Settings) -> RunRules:
        """What the settings of a project say."""
        return cls(
            timeout=_seconds(settings.timeout),
            step_timeout=_seconds(settings.step_timeout),
            cell_timeout=_seconds(settings.cell_timeout),
            retries=settings.retries,
            retry_delay=_seconds(settings.retry_delay),
            keep_going=settings.keep_going,
        )

    def over(self, defaults: RunRules) -> RunRules:
        """These rules, and where nothing was said the defaults."""
        said = {item.name: getattr(self, item.name) for item in fields(self)}
        return RunRules(
            **{
                name: getattr(defaults, name) if value is None else value
                for name, value in said.items()
            }
        )

    def for_steps(self, names: Iterable[str]) -> RunRules:
        """The same for a run of these steps; of all of them where there are none."""
        return replace(self, only=self.only or tuple(names) or None)

    @property
    def said(self) -> dict[str, Any]:
        """What was said, by name."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRules:
    """What the label of a step says of its runs; it goes before the rules of the run.

    Attributes:
        timeout: seconds for one attempt.
        retries: how many more times it is tried when it fails.
        retry_delay: seconds before the second attempt.
        on_failure: when it has failed for good: ``fail`` the run; ``skip`` what depends on it,
            and go on; or ``continue`` as if it had not failed, which the run's warnings say.
        cache: whether a recorded result may be taken.
        memory: bytes that its kernel may take.
        cpus: processors that its kernel may use.
        resources: what else the machine of its kernel must have to spare, by the name under which
            workers announce it, such as ``GPU``.
    """

    timeout: float | None = None
    retries: int | None = None
    retry_delay: float | None = None
    on_failure: OnFailure = "fail"
    cache: bool = True
    memory: int | None = None
    cpus: int | None = None
    resources: Mapping[str, float] = field(default_factory=dict)


def _seconds(text: str) -> float | None:
    return seconds_of(text) if text else None
