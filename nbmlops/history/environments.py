"""What versions and runs ran in: find, compare, make again."""

from __future__ import annotations

from dataclasses import dataclass

from nbmlops.capture.environment import describe
from nbmlops.domain.differences import Change
from nbmlops.domain.environments import DirectPackage, Environment
from nbmlops.domain.executions import Execution
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.references import RunReference, StepReference
from nbmlops.errors import StoreError, UnknownNameError
from nbmlops.history.compare import environment_changes
from nbmlops.history.versions import HistoryService
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.runs import RunRecords

NOW = "now"
"""The name of the environment in which the question is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedEnvironment:
    """An environment, and what ran in it: ``train@2``, ``flights#3``, ``@12``, or ``now``."""

    name: str
    environment: Environment


class EnvironmentService:
    """Finds environments by what ran in them.

    - resolves step versions and runs to the environment of their executions;
    - compares two; writes one as a requirements file.
    """

    def __init__(
        self, *, history: HistoryService, runs: RunRecords, executions: ExecutionRecords
    ) -> None:
        self._history = history
        self._runs = runs
        self._executions = executions

    def of_version(self, reference: StepReference) -> NamedEnvironment:
        """What the execution that speaks for a step version ran in.

        Raises:
            UnknownNameError: there is no such version, or its environment is not known.
        """
        version = self._history.version(reference)
        execution = self._history.representative(version)
        return self._named(version.reference, execution.record.environment if execution else None)

    def of_pipeline(self, version: PipelineVersion) -> NamedEnvironment:
        """What a pipeline version was built from; where nothing was recorded, this process."""
        if version.environment is None:
            return self.now()
        return self._named(version.reference, version.environment)

    def of_run(self, reference: RunReference) -> NamedEnvironment:
        """What the kernel of a run was.

        Raises:
            UnknownNameError: there is no such run, or none of its steps was recorded.
        """
        run = self._runs.get(reference.pipeline, reference.number)
        if run is None:
            number = reference.number or "latest"
            known = [found.reference for found in self._runs.newest(limit=20)]
            raise UnknownNameError("run", f"{reference.pipeline}#{number}", known)
        digests = [found.record.environment for found in self._executions.of_run(run.id)]
        return self._named(run.reference, next(filter(None, reversed(digests)), None))

    def of_execution(self, execution: Execution) -> NamedEnvironment:
        """What one execution ran in.

        Raises:
            StoreError: its environment is not known.
        """
        version = execution.version
        name = f"@{execution.id}" if version is None else f"@{execution.id} ({version.reference})"
        return self._named(name, execution.record.environment)

    def latest(self) -> NamedEnvironment:
        """What the newest execution ran in of which that is known.

        Raises:
            StoreError: nothing has been recorded yet.
        """
        number = self._executions.latest_with_environment()
        if number is None:
            raise StoreError(
                "No environment has been recorded yet.", cure="Run a cell that is recorded."
            )
        return self.of_execution(self._executions.by_ids([number])[number])

    def now(self) -> NamedEnvironment:
        """What this process runs in."""
        return NamedEnvironment(name=NOW, environment=describe())

    def _named(self, name: str, digest: str | None) -> NamedEnvironment:
        found = self._executions.environment(digest) if digest else None
        if found is None:
            raise StoreError(
                f"The environment of {name} was not recorded.", cure="Run it again to record it."
            )
        return NamedEnvironment(name=name, environment=found)


def compare(before: NamedEnvironment, after: NamedEnvironment) -> tuple[Change, ...]:
    """What differs, each by its name; what one side does not know does not differ."""
    return environment_changes(before.environment, after.environment)


def lock(named: NamedEnvironment) -> str:
    """A requirements file that makes the environment again, as pip and uv read it.

    Distributions that no index gave are comments where they lie on one machine only.
    """
    environment = named.environment
    header = [
        f"# The environment of {named.name}, written by nbmlops.",
        f"# Python {environment.python} ({environment.implementation}), {environment.platform}",
        f"# Make it again: uv venv --python {environment.python}, then uv pip install -r THIS_FILE",
    ]
    lines = [
        _requirement(name, version, environment.direct.get(name))
        for name, version in environment.distributions.items()
    ]
    return "\n".join([*header, "", *lines]) + "\n"


def _requirement(name: str, version: str, direct: DirectPackage | None) -> str:
    if direct is None:
        return f"{name}=={version}"
    if not direct.url.startswith("file:"):
        return f"{name} @ {direct.url}"
    kind = "editable, from" if direct.editable else "from"
    content = f"; SHA-256 of its Python files: {direct.digest}" if direct.digest else ""
    return f"# {name} {version}: {kind} {direct.url}{content}"
