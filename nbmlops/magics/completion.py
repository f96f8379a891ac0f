"""Tab completion of ``%mlops``: verbs, step, pipeline and run names, options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbmlops.errors import NbmlopsError

if TYPE_CHECKING:
    import click

    from nbmlops.magics.extension import Extension
    from nbmlops.magics.kernel import KernelSurface

_EVENT = r"%%?mlops"
_STEP_ARGUMENTS = {"step", "before", "after", "version", "thing"}
_PIPELINE_ARGUMENTS = {"pipeline", "thing"}


def register(extension: Extension) -> None:
    """Complete ``%mlops`` lines of a shell."""
    extension.shell.set_hook("complete_command", _completer(extension), re_key=_EVENT)


def unregister(extension: Extension) -> None:
    """Complete them no more."""
    dispatcher = extension.shell.strdispatchers.get("complete_command")
    if dispatcher is not None:
        dispatcher.regexs = {
            key: chain for key, chain in dispatcher.regexs.items() if key.pattern != _EVENT
        }


def complete(surface: KernelSurface, line: str) -> list[str]:
    """What may follow a ``%mlops`` line that ends where the cursor is.

    Args:
        surface: where it is typed.
        line: from the magic's name to the cursor, such as ``%mlops versions tr``.

    Returns:
        Whole words, sorted.
    """
    from nbmlops.magics.dispatch import commands
    from nbmlops.magics.extension import split

    prefix = _last_word(line)
    words = split(line[: len(line) - len(prefix)])[1:]
    group = commands()
    verb = group.commands.get(words[0]) if words else None
    if verb is None:
        candidates = group.visible() if not words else []
    elif prefix.startswith("-"):
        candidates = [option for param in verb.params for option in _options(param)] + ["--help"]
    else:
        candidates = _values(surface, verb)
    return sorted(candidate for candidate in candidates if candidate.startswith(prefix))


def _completer(extension: Extension) -> Any:
    def answer(_shell: Any, event: Any) -> list[str]:
        line = event.text_until_cursor.lstrip()
        found = complete(extension.surface, line)
        # IPython asks for what follows the last of its delimiters, '@', ':' and '#' among them
        given = len(_last_word(line)) - len(event.symbol)
        return [word[given:] for word in found]

    return answer


def _last_word(line: str) -> str:
    return "" if line[-1:].isspace() else line.rsplit(maxsplit=1)[-1]


def _options(param: click.Parameter) -> list[str]:
    import click

    if not isinstance(param, click.Option):
        return []
    return [option for option in param.opts if option.startswith("--")]


def _values(surface: KernelSurface, verb: click.Command) -> list[str]:
    import click

    arguments = {param.name for param in verb.params if isinstance(param, click.Argument)}
    found: list[str] = []
    if not surface.has_store:
        return found
    try:
        if arguments & _STEP_ARGUMENTS:
            found += _step_names(surface, versions=bool(arguments - {"step"}))
        if arguments & _PIPELINE_ARGUMENTS:
            found += surface.workspace.pipelines.names()
    except NbmlopsError:
        return []  # a store that cannot be read has nothing to complete; the verb will say why
    return found


def _step_names(surface: KernelSurface, *, versions: bool) -> list[str]:
    history = surface.workspace.history
    names = {step.name for step in history.steps()}
    if not versions:
        return list(names)
    references = [
        row.reference
        for step in history.steps()
        for row in history.versions(step.name, step.notebook)
    ]
    return [*names, *references]
