"""A group of commands that answers a typo with the nearest name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import click

from nbmlops.errors import UnknownNameError


class SuggestingGroup(click.Group):
    """A group whose typos are answered with the nearest verb.

    Attributes:
        meant: what other tools call our verbs.
    """

    meant: Mapping[str, str] = MappingProxyType({})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take `help` for a verb, as other tools do: of all of them, or of the one behind it."""
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a verb.

        Raises:
            UnknownNameError: there is none of that name.
        """
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            meant = self.meant.get(name)
            cure = f"Did you mean {meant!r}?" if meant is not None else ""
            verb = args[1] if len(args) > 1 else ""
            if verb in self.visible() and not cure:
                said = " ".join([ctx.command_path, verb, name, *args[2:]])
                cure = f"The verb comes first: {said}."
            raise UnknownNameError("verb", name, self.visible(), cure=cure)
        return super().resolve_command(ctx, args)

    def visible(self) -> list[str]:
        """The names of the verbs that people use."""
        return [name for name, command in self.commands.items() if not command.hidden]
