"""The one command tree that ``%mlops`` and ``nbmlops`` host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from nbmlops.commands import (
    backfill,
    cancel,
    debug,
    diff,
    environments,
    firing,
    freshness,
    kernels,
    lineage,
    notify,
    panel,
    pipelines,
    plan,
    pools,
    proof,
    report,
    resume,
    runs,
    scheduler,
    schedules,
    show,
    steps,
    store,
    tests,
    timetravel,
)
from nbmlops.commands.suggesting import SuggestingGroup

SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Steps and their versions": (
        steps.track,
        steps.versions,
        diff.diff,
        steps.restore,
        proof.slice_,
        proof.verify,
        panel.panel,
    ),
    "Lineage and freshness": (lineage.lineage, lineage.why, freshness.status, freshness.refresh),
    "Time travel": (timetravel.log, timetravel.checkout, timetravel.undo),
    "Pipelines": (pipelines.build, pipelines.pipelines, pipelines.approve, pipelines.withdraw),
    "Runs": (
        plan.plan,
        runs.run,
        resume.resume,
        debug.debug,
        tests.test,
        cancel.cancel,
        runs.runs,
        show.show,
        report.report,
        kernels.kernels,
    ),
    "Schedules": (
        schedules.schedule,
        schedules.schedules,
        schedules.pause,
        schedules.unschedule,
        firing.trigger,
        firing.next_,
        backfill.backfill,
        pools.pools,
        scheduler.scheduler,
        notify.notify,
    ),
    "Environments and the store": (environments.env, store.gc, store.fsck),
}
HELP = """Versioned cells, approved pipelines, schedules that can be trusted.

In a notebook, type %mlops before each verb; in a shell, nbmlops.
"""
HIDDEN: tuple[click.Command, ...] = (schedules.scheduler_worker,)


class VerbGroup(SuggestingGroup):
    """A group whose help is ordered by task and whose typos are answered with the nearest verb."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb.

        Raises:
            click.UsageError: its words are wrong; knows the verb, whose help is the cure.
        """
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            name = ctx.invoked_subcommand or ""
            if error.ctx is None and name in self.commands:
                error.ctx = click.Context(self.commands[name], parent=ctx, info_name=name)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs by section."""
        del ctx
        width = max(len(name) for name in self.visible())
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (f"{command.name:<{width}}", command.get_short_help_str(limit=80))
                        for command in commands
                    ]
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
    group = VerbGroup(
        name,
        help=HELP,
        callback=callback,
        params=list(options),
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    for commands in (*SECTIONS.values(), HIDDEN):
        for command in commands:
            group.add_command(command)
    return group
