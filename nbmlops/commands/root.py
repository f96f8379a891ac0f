"""The one command tree that ``%mlops`` and ``nbmlops`` host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import click

from nbmlops.commands.mistakes import is_in_no_folder
from nbmlops.commands.suggesting import SuggestingGroup
from nbmlops.errors import UsageError

# Read as "module.verb": a line in a notebook loads the verb that it names, and not all of them.
SECTIONS: dict[str, dict[str, str]] = {
    "Steps and their versions": {
        "track": "steps.track",
        "versions": "steps.versions",
        "diff": "diff.diff",
        "restore": "steps.restore",
        "tag": "tags.tag",
        "slice": "proof.slice_",
        "verify": "proof.verify",
        "panel": "panel.panel",
        "ui": "ui.ui",
    },
    "Lineage and freshness": {
        "lineage": "lineage.lineage",
        "why": "lineage.why",
        "status": "freshness.status",
        "refresh": "freshness.refresh",
    },
    "Time travel": {
        "log": "timetravel.log",
        "checkout": "timetravel.checkout",
        "undo": "timetravel.undo",
    },
    "Pipelines": {
        "build": "pipelines.build",
        "pipelines": "pipelines.pipelines",
        "approve": "pipelines.approve",
        "request-changes": "pipelines.request_changes",
        "withdraw": "pipelines.withdraw",
    },
    "Runs": {
        "plan": "plan.plan",
        "run": "runs.run",
        "resume": "resume.resume",
        "debug": "debug.debug",
        "test": "tests.test",
        "cancel": "cancel.cancel",
        "runs": "runs.runs",
        "show": "show.show",
        "report": "report.report",
        "kernels": "kernels.kernels",
    },
    "Schedules": {
        "schedule": "schedules.schedule",
        "schedules": "schedules.schedules",
        "pause": "schedules.pause",
        "unschedule": "schedules.unschedule",
        "trigger": "firing.trigger",
        "next": "firing.next_",
        "backfill": "backfill.backfill",
        "pools": "pools.pools",
        "scheduler": "scheduler.scheduler",
        "notify": "notify.notify",
        "deploy": "deploy.deploy",
    },
    "Data sets": {
        "data": "data.data",
    },
    "Environments and the store": {
        "env": "environments.env",
        "gc": "store.gc",
        "fsck": "store.fsck",
        "store": "store_places.store",
    },
}
HELP = """Versioned cells, approved pipelines, schedules that can be trusted.

In a notebook, type %mlops before each verb; in a shell, nbmlops.
"""
HIDDEN = {
    "scheduler-nursery": "schedules.scheduler_nursery",
    "scheduler-worker": "schedules.scheduler_worker",
    "deployed-task": "deployed.deployed_task",
}
_MEANT = {"delete": "unschedule", "remove": "unschedule"}
_PLACES = {name: place for verbs in (*SECTIONS.values(), HIDDEN) for name, place in verbs.items()}


def command(name: str) -> click.Command:
    """A verb by its name."""
    module, _, verb = _PLACES[name].partition(".")
    found: click.Command = getattr(import_module(f"nbmlops.commands.{module}"), verb)
    return found


class VerbGroup(SuggestingGroup):
    """A group whose help is ordered by task and whose typos are answered with the nearest verb.

    A verb is loaded when it is asked for.
    """

    meant = _MEANT

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb.

        Raises:
            click.UsageError: its words are wrong; knows the verb, whose help is the cure.
            UsageError: the working directory is not there any more, and the verb needs it.
        """
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            name = ctx.invoked_subcommand or ""
            if error.ctx is None and name in self.commands:
                error.ctx = click.Context(self.commands[name], parent=ctx, info_name=name)
            raise
        except FileNotFoundError as error:
            if not is_in_no_folder():
                raise
            raise UsageError(
                "The working directory is not there any more: it was deleted or moved.",
                cure="Go to a folder that is there (cd, in a notebook %cd), then type this again.",
            ) from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all verbs."""
        del ctx
        return sorted(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A verb; ``None`` where there is none of that name."""
        if cmd_name in _PLACES and cmd_name not in self.commands:
            self.add_command(command(cmd_name), cmd_name)
        return super().get_command(ctx, cmd_name)

    def visible(self) -> list[str]:
        """The names of the verbs that people use."""
        return [name for verbs in SECTIONS.values() for name in verbs]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs by section."""
        del ctx
        width = max(map(len, self.visible()))
        for title, verbs in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(f"{name:<{width}}", command(name).get_short_help_str(80)) for name in verbs]
                )


def command_group(
    name: str,
    *,
    callback: Callable[..., None] | None = None,
    options: Sequence[click.Parameter] = (),
) -> VerbGroup:
    """All verbs under a name.

    Args:
        name: what is typed before a verb: ``%mlops`` or ``nbmlops``.
        callback: called with the options before the verb.
        options: those that only one surface has.
    """
    return VerbGroup(
        name,
        help=HELP,
        callback=callback,
        params=list(options),
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
