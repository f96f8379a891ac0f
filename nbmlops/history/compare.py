"""What differs between two versions of a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.differences import Change, VersionDiff
from nbmlops.domain.environments import Environment
from nbmlops.domain.executions import Execution, StepVersion
from nbmlops.domain.listings import detail_said
from nbmlops.domain.sentences import said
from nbmlops.domain.values import ValueRecord
from nbmlops.notebook.diff import lines_changed, unified
from nbmlops.values.excerpts import excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two things that are compared: code, and what is known of an execution of it.

    ``execution`` is ``None`` where there is none, ``environment`` where it is unknown.
    """

    name: str
    source: str
    definitions: Mapping[str, str]
    execution: Execution | None
    environment: Environment | None


def compare(before: Side, after: Side) -> VersionDiff:
    """Put two versions, or two executions, side by side."""
    first, second = (
        side.execution.record if side.execution is not None else None for side in (before, after)
    )
    return VersionDiff(
        before=before.name,
        after=after.name,
        source=unified(before.source, after.source, before_name=before.name, after_name=after.name),
        before_source=before.source,
        after_source=after.source,
        definitions=changes(before.definitions, after.definitions),
        inputs=_values(first.inputs if first else (), second.inputs if second else ()),
        outputs=_values(first.outputs if first else (), second.outputs if second else ()),
        metrics=changes(
            {metric.name: f"{metric.value:.6g}" for metric in first.metrics} if first else {},
            {metric.name: f"{metric.value:.6g}" for metric in second.metrics} if second else {},
        ),
        parameters=changes(
            {name: repr(value) for name, value in first.parameters.items()} if first else {},
            {name: repr(value) for name, value in second.parameters.items()} if second else {},
        ),
        files=changes(
            files_said(first.files) if first else {}, files_said(second.files) if second else {}
        ),
        externals=changes(
            externals_said(first.externals) if first else {},
            externals_said(second.externals) if second else {},
        ),
        environment=environment_changes(before.environment, after.environment),
    )


def summarize(before: StepVersion | None, after: StepVersion) -> str:
    """What made a new version, in a few words."""
    if before is None:
        return said("first version")
    added, removed = lines_changed(before.source, after.source)
    lines = said("+%1 -%2 lines", str(added), str(removed)) if added or removed else ""
    functions = [change.name for change in changes(before.definitions, after.definitions)]
    uses = said("uses %1", ", ".join(functions)) if functions else ""
    return said("%1; %2", lines, uses) if lines and uses else lines or uses


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """The names of which the texts differ, or that only one side has."""
    return tuple(
        Change(name=name, before=before.get(name), after=after.get(name))
        for name in names(before, after)
        if before.get(name) != after.get(name)
    )


def _values(before: Iterable[ValueRecord], after: Iterable[ValueRecord]) -> tuple[Change, ...]:
    first = {value.name: value for value in before}
    second = {value.name: value for value in after}
    return tuple(
        Change(
            name=name,
            before=value_said(first.get(name), beside=second.get(name)),
            after=value_said(second.get(name), beside=first.get(name)),
        )
        for name in names(first, second)
        if _differ(first.get(name), second.get(name))
    )


def names(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """The names of both sides, in the order of the first."""
    return [*before, *(name for name in after if name not in before)]


def _differ(before: ValueRecord | None, after: ValueRecord | None) -> bool:
    return before is None or after is None or before.differs_from(after)


def value_said(value: ValueRecord | None, *, beside: ValueRecord | None = None) -> str | None:
    """A value in a few words, with the start of its fingerprint.

    Args:
        value: the value; ``None`` where there is none.
        beside: another one, from which it is to be told: of a long text that part is said.
    """
    if value is None:
        return None
    summary = value.summary
    shape = " x ".join(str(length) for length in summary.shape) if summary.shape else ""
    other = beside.summary.text if beside is not None else ""
    text = "" if summary.shape else excerpt(summary.text, other)
    print_ = (value.fingerprint or "unknown")[:8]
    kind = summary.kind.rpartition(".")[2]
    kind = "" if text.startswith(f"{kind}(") else kind
    return " ".join(part for part in (kind, shape, text, f"[{print_}]") if part)


def files_said(accesses: Iterable[FileAccess]) -> dict[str, str]:
    """Each access by how and what, with size and the start of the digest."""
    return {
        f"{access.mode} {access.path}": " ".join(
            [
                "size unknown" if access.size is None else f"{access.size} B",
                f"[{(access.digest or 'unknown')[:8]}]",
            ]
        )
        for access in accesses
    }


def externals_said(accesses: Iterable[ExternalAccess]) -> dict[str, str]:
    """Each access by kind and name, with its detail."""
    return {
        f"{access.kind} {access.name}": detail_said(access)
        or ("changed" if access.kind == "state" else "used")
        for access in accesses
    }


def environment_changes(
    before: Environment | None, after: Environment | None
) -> tuple[Change, ...]:
    """What differs between two environments; nothing where one of them is not known."""
    if before is None or after is None:
        return ()
    return tuple(
        Change(name=name, before=here, after=there)
        for name, (here, there) in before.differences(after).items()
    )
