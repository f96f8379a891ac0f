"""Every verb exists once, says what it does, and so does each of its options."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from nbmlops.cli.main import command_line
from nbmlops.commands.root import HIDDEN, SECTIONS, command, command_group
from nbmlops.commands.spelling import VERBS, as_typed

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {name: command(name) for group in SECTIONS.values() for name in group}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_verb_and_its_options_have_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert command.get_short_help_str(limit=80).endswith((".", "…")) or command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[-1]}"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_a_verb_fits_a_terminal(name: str) -> None:
    assert len(COMMANDS[name].get_short_help_str(limit=200)) <= 80


def test_both_surfaces_host_the_same_commands() -> None:
    shell, notebook = command_line(), command_group("%mlops")
    assert isinstance(shell, click.Group)
    for group in (shell, notebook):
        context = click.Context(group)
        assert set(group.list_commands(context)) == {*COMMANDS, *HIDDEN}
        assert {name: group.get_command(context, name) for name in COMMANDS} == COMMANDS


@pytest.mark.parametrize("name", [*COMMANDS, *HIDDEN])
def test_a_verb_has_the_name_by_which_it_is_found(name: str) -> None:
    assert command(name).name == name


def test_a_verb_is_loaded_without_the_others() -> None:
    told = "import nbmlops.commands.root as r, sys; r.command('track'); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", told], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "nbmlops.commands.steps" in loaded
    assert "nbmlops.commands.schedules" not in loaded


def test_the_reference_names_every_verb() -> None:
    text = (ROOT / "docs" / "reference.md").read_text("utf-8")
    for name in COMMANDS:
        assert f"nbmlops {name}" in text or f"%mlops {name}" in text


def test_every_verb_is_spelt_for_the_notebook_but_those_that_need_a_process() -> None:
    assert set(VERBS) == set(COMMANDS) - {"scheduler", "ui"}


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("Build it: nbmlops build flights.ipynb.", "Build it: %mlops build flights.ipynb."),
        ("nbmlops run a, then nbmlops runs a", "%mlops run a, then %mlops runs a"),
        ("It needs a process: nbmlops scheduler", "It needs a process: nbmlops scheduler"),
        ("Upgrade nbmlops: pip install nbmlops", "Upgrade nbmlops: pip install nbmlops"),
        ("nbmlops is not installed", "nbmlops is not installed"),
    ],
)
def test_a_command_in_a_message_reads_as_it_is_typed_in_a_notebook(said: str, typed: str) -> None:
    assert as_typed(said, "%mlops") == typed
    assert as_typed(said, "nbmlops") == said
