"""Tab completion of ``%mlops``: verbs, step, variable and pipeline names, options."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmlops.errors import NbmlopsError

if TYPE_CHECKING:
    import click

    from nbmlops.commands.suggesting import SuggestingGroup
    from nbmlops.magics.extension import Extension
    from nbmlops.magics.kernel import KernelSurface

_LINE = re.compile(r"\s*(%%?mlops\s.*)", re.DOTALL)
_NUMBERED = re.compile(r"(\D+|^)(\d*)")
_STEP_ARGUMENTS = {"step", "state", "before", "after", "version", "thing", "result", "reference"}
_PIPELINE_ARGUMENTS = {"pipeline", "thing"}

_RECENT_RUNS = 50
"""Runs that are offered, or among which those are looked for that can be gone on with."""

_FIRST = 1000.0
"""Above the priority of every matcher of IPython, so that none of them works in vain."""


def matcher_of(extension: Extension) -> Any:
    """What answers Tab on ``%mlops`` lines of a shell, there alone and instead of all others."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier="nbmlops", priority=_FIRST)  # type: ignore[untyped-decorator]
    def answer(context: Any) -> dict[str, Any]:
        line = _LINE.fullmatch(context.text_until_cursor)
        if line is None:
            return {"completions": []}
        word = _last_word(line[1])
        # a matcher without an answer suppresses nothing: then what is typed is the answer
        found = complete(extension.surface, line[1]) or [word]
        return {
            "completions": [SimpleCompletion(text, type="magic") for text in found],
            "matched_fragment": word,
            "suppress": True,
        }

    return answer


def complete(surface: KernelSurface, line: str) -> list[str]:
    """What may follow a ``%mlops`` line that ends where the cursor is.

    Args:
        surface: where it is typed.
        line: from the magic's name to the cursor, such as ``%mlops versions tr``.

    Returns:
        Whole words, sorted, numbers in them as numbers.
    """
    from nbmlops.commands.suggesting import SuggestingGroup
    from nbmlops.magics.dispatch import commands

    prefix = _last_word(line)
    words = line[: len(line) - len(prefix)].split()[1:]
    verb = _command(commands(), words)
    if verb is None:
        candidates = []
    elif isinstance(verb, SuggestingGroup):
        candidates = verb.visible()
    elif prefix.startswith("-"):
        candidates = [option for param in verb.params for option in _options(param)] + ["--help"]
    else:
        candidates = _values(surface, verb, prefix)
        if words[-1:] == ["--value"]:
            candidates = _outputs(surface, words)
        elif words[-1:] == ["--pool"]:
            candidates = _kept_in(surface, {"pool"})
        elif words[-1:] == ["--schedule"]:
            candidates = _kept_in(surface, {"schedule_id"})
        elif words[:1] == ["tag"] and words[1:]:
            candidates = _tags(surface) if not words[2:] else []
        elif words[:1] in (["show"], ["lineage"], ["env"], ["verify"], ["diff"]):
            candidates += _recent(surface)
    found = (candidate for candidate in candidates if candidate.startswith(prefix))
    return sorted(found, key=_in_order)


def _command(group: SuggestingGroup, words: list[str]) -> click.Command | None:
    """The command that words lead to: a group, where its verb is still to come."""
    import click

    found: click.Command | None = group
    for word in words:
        if not isinstance(found, click.Group):
            break
        found = found.get_command(click.Context(found), word)
    return found


def _in_order(word: str) -> list[tuple[str, int]]:
    return [(text, int(number or 0)) for text, number in _NUMBERED.findall(word)]


def _last_word(line: str) -> str:
    return "" if line[-1:].isspace() else line.rsplit(maxsplit=1)[-1]


def _options(param: click.Parameter) -> list[str]:
    import click

    if not isinstance(param, click.Option):
        return []
    return [option for option in param.opts if option.startswith("--")]


def _values(surface: KernelSurface, verb: click.Command, prefix: str) -> list[str]:
    import click

    arguments = [param for param in verb.params if isinstance(param, click.Argument)]
    if any(isinstance(argument.type, click.Path) for argument in arguments):
        return _notebooks(prefix)
    names = {argument.name for argument in arguments}
    refers = any("REF" in (argument.metavar or "") for argument in arguments)
    found = ["now", "latest"] if refers else []
    found += ["latest"] if "state" in names else []
    if not surface.has_store:
        return found
    try:
        if "state" in names:
            recent = surface.workspace.time_travel.recent(surface.recorded_as)
            found += [f"@{number}" for number in recent]
        if names & _STEP_ARGUMENTS:
            found += _step_names(surface, versions=bool(names - {"step"}))
        if "result" in names:
            found += surface.workspace.lineage.names(surface.recorded_as)
        if "run" in names:
            found += _unfinished_runs(surface)
        if verb.name == "resume":
            found += _paused_schedules(surface)
        if names & {"after", "reported"}:
            newest = surface.workspace.runs.newest(limit=_RECENT_RUNS)
            found += [run.reference for run in newest]
        found += _kept_names(surface, names)
    except NbmlopsError:
        return []  # a store that cannot be read has nothing to complete; the verb will say why
    return found


def _kept_names(surface: KernelSurface, names: set[str]) -> list[str]:
    """The names of pipelines, channels and pools, and the numbers of schedules and backfills.

    Each where an argument or option of that name takes them.
    """
    workspace = surface.workspace
    found = workspace.pipelines.names() if names & _PIPELINE_ARGUMENTS else []
    found += workspace.notify.channels() if "channel" in names else []
    found += [pool.name for pool in workspace.pools.all()] if "pool" in names else []
    if "schedule_id" in names:
        both = (*workspace.schedules.all(), *workspace.backfills.all())
        found += [str(one.id) for one in both]
    return found


def _kept_in(surface: KernelSurface, names: set[str]) -> list[str]:
    """As `_kept_names`, of a store that may not be there."""
    if not surface.has_store:
        return []
    try:
        return _kept_names(surface, names)
    except NbmlopsError:
        return []


def _unfinished_runs(surface: KernelSurface) -> list[str]:
    """The newest runs that can be gone on with."""
    from nbmlops.domain.runs import RunStatus

    done = (RunStatus.SUCCEEDED, RunStatus.RUNNING)
    newest = surface.workspace.runs.newest(limit=_RECENT_RUNS)
    return [run.reference for run in newest if run.status not in done]


def _paused_schedules(surface: KernelSurface) -> list[str]:
    """The schedules and backfills that can be gone on with."""
    workspace = surface.workspace
    both = (*workspace.schedules.all(), *workspace.backfills.all())
    return [str(one.id) for one in both if one.paused]


def _recent(surface: KernelSurface) -> list[str]:
    """The latest executions, as they are typed."""
    if not surface.has_store:
        return []
    try:
        recent = surface.workspace.time_travel.recent(surface.recorded_as)
    except NbmlopsError:
        return []
    return [f"@{number}" for number in recent]


def _outputs(surface: KernelSurface, words: list[str]) -> list[str]:
    """What the version that is typed before ``--value`` left, by name."""
    from nbmlops.domain.references import StepReference

    if not surface.has_store:
        return []
    history = surface.workspace.history
    for word in words[1:-1]:
        try:
            found = history.representative(history.version(StepReference.parse(word)))
        except NbmlopsError:
            continue  # an option, or a word that names no version
        if found is not None:
            return [value.name for value in found.record.outputs]
    return []


def _tags(surface: KernelSurface) -> list[str]:
    """The names that versions have."""
    if not surface.has_store:
        return []
    try:
        return sorted({tag.name for tag in surface.workspace.tags.all()})
    except NbmlopsError:
        return []


def _notebooks(prefix: str) -> list[str]:
    """Notebook files and folders whose path begins so."""
    folder, slash, _ = prefix.rpartition("/")
    try:
        listed = sorted(Path(f"{folder}{slash}" or ".").iterdir())
    except OSError:
        return []  # not a folder: nothing to complete
    shown = [path for path in listed if not path.name.startswith(".")]
    return [
        f"{folder}{slash}{path.name}{'/' if path.is_dir() else ''}"
        for path in shown
        if path.suffix == ".ipynb" or path.is_dir()
    ]


def _step_names(surface: KernelSurface, *, versions: bool) -> list[str]:
    history = surface.workspace.history
    names = {step.name for step in history.steps()}
    if not versions:
        return list(names)
    rows = [row for step in history.steps() for row in history.versions(step.name, step.notebook)]
    days = {f"{row.step}@{row.created_at.astimezone():%Y-%m-%d}" for row in rows}
    tags = [f"{row.step}@{tag}" for row in rows for tag in row.tags]
    latest = [f"{name}@latest" for name in names]
    return [*names, *(row.reference for row in rows), *tags, *latest, *days]
