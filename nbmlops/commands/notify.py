"""The verbs of notifications: notify add, notify list, notify remove, notify test."""

from __future__ import annotations

from typing import Any

import click

from nbmlops.commands import wording
from nbmlops.commands.suggesting import SuggestingGroup
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Content, Span, View, line, table
from nbmlops.domain.notices import ChannelState
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.wire import document, plain
from nbmlops.errors import UsageError
from nbmlops.notifying.channels import KINDS, SECURITIES, Channel, channel_of

_PORTS = {"tls": 465, "none": 25}
_NOTHING = ChannelState()


@click.group(cls=SuggestingGroup)
def notify() -> None:
    """Tell people what schedules did: by e-mail, webhook, Slack or Teams.

    The scheduler sends the messages.
    """


@notify.command()
@click.argument("name")
@click.option("--email", "to", multiple=True, metavar="ADDRESS", help="Send mails there.")
@click.option("--webhook", metavar="URL", help="Call that address, or what is at env:NAME.")
@click.option("--slack", metavar="PLACE", help="Slack: where its webhook's address is kept.")
@click.option("--teams", metavar="PLACE", help="Teams: where its webhook's address is kept.")
@click.option("--smtp", metavar="HOST[:PORT]", help="The mail server.")
@click.option("--from", "sender", metavar="ADDRESS", help="Whom mails are from.")
@click.option("--user", help="Who logs in at the mail server.")
@click.option("--password", metavar="PLACE", help="env:NAME, keyring:SERVICE/NAME or file:PATH.")
@click.option(
    "--security",
    type=click.Choice(SECURITIES),
    default="starttls",
    show_default=True,
    help="How the connection to the mail server is encrypted.",
)
@click.option("--secret", metavar="PLACE", help="What signs the calls of a webhook.")
@click.option(
    "--on",
    type=click.Choice(KINDS),
    multiple=True,
    help="What to tell; all but each success where nothing is said.",
)
@click.option("--pipeline", "pipelines", multiple=True, help="Only of this pipeline.")
@click.option("--schedule", "schedules", type=int, multiple=True, help="Only of this schedule.")
@click.option("--link", metavar="URL", help="Where people find runs: https://…/{run}.")
@click.option("--no-report", is_flag=True, help="Attach no report to mails.")
@json_option
@click.pass_obj
def add(surface: Surface, /, name: str, as_json: bool, **said: Any) -> None:
    """Add a channel NAME.

    Secrets are never stored: say where each is kept (env:NAME, keyring:SERVICE/NAME, file:PATH).
    """
    channel = channel_of(name, _facts(said))
    _check_names(surface, channel)
    surface.workspace.notify.add(channel)
    told = ", ".join(channel.on)
    blocks = (
        line("Channel ", Span(name, "strong"), f" ({channel.type}): {told}."),
        line("Try it: ", Span(f"{surface.prefix} notify test {name}", "strong")),
    )
    view = View(document=document("channel/1", channel=channel), blocks=blocks)
    answer(surface, view, as_json=as_json)


@notify.command(name="list")
@json_option
@click.pass_obj
def list_(surface: Surface, as_json: bool) -> None:
    """List the channels, and how their messages stand."""
    service = surface.workspace.notify
    found, states = service.channels(), service.states()
    listing = [
        {"channel": channel, **plain(states.get(name, _NOTHING))} for name, channel in found.items()
    ]
    block: Block = table(
        ("name", "type", "to", "told of", "only", "sent", "waiting", "given up", "last error"),
        [_row(channel, states.get(name, _NOTHING)) for name, channel in found.items()],
        right=("sent", "waiting", "given up"),
    )
    if not found:
        example = "notify add ops --email me@example.org --from nb@example.org --smtp HOST"
        block = line("No channel yet. Add one: ", Span(f"{surface.prefix} {example}", "strong"))
    view = View(document=document("channels/1", channels=listing), blocks=(block,))
    answer(surface, view, as_json=as_json)


@notify.command()
@click.argument("channel")
@json_option
@click.pass_obj
def remove(surface: Surface, channel: str, as_json: bool) -> None:
    """Remove a channel; what waits for it is not sent."""
    service = surface.workspace.notify
    gone = service.get(channel)
    dropped = service.remove(channel)
    waited = f" {wording.count(dropped, 'message')} waited for it." if dropped else ""
    block = line(f"Channel {channel} is removed.{waited}")
    view = View(document=document("channel/1", channel=gone), blocks=(block,))
    answer(surface, view, as_json=as_json)


@notify.command()
@click.argument("channel")
@json_option
@click.pass_obj
def test(surface: Surface, channel: str, as_json: bool) -> None:
    """Send a message to a channel now, and say whether it arrived."""
    tried = surface.workspace.notify.test(channel)
    block = line(f"Sent to {tried.place}.")
    view = View(document=document("channel/1", channel=tried), blocks=(block,))
    answer(surface, view, as_json=as_json)


def _facts(said: dict[str, Any]) -> dict[str, Any]:
    """What the options say of a channel, in the words of its file."""
    ways = {"email": "to", "webhook": "webhook", "slack": "slack", "teams": "teams"}
    chosen = [kind for kind, option in ways.items() if said[option]]
    if len(chosen) != 1:
        raise UsageError(
            "A channel goes to one kind of place.",
            cure="Give one of --email (as often as needed), --webhook, --slack and --teams.",
        )
    kind = chosen[0]
    facts: dict[str, Any] = {"type": kind, **_of_mail(said)}
    if kind != "email":
        if any(said[name] for name in ("smtp", "sender", "user", "password")):
            raise UsageError("Mail servers are for e-mails.", cure=f"Leave them out for {kind}.")
        facts["url"] = said[kind]
    kept = ("to", "sender", "user", "password", "secret", "on", "pipelines", "schedules", "link")
    facts |= {name: said[name] for name in kept if said[name]}
    if "pipelines" in facts:
        facts["pipelines"] = [PipelineReference.parse(text).name for text in said["pipelines"]]
    return facts | ({"report": False} if said["no_report"] else {})


def _of_mail(said: dict[str, Any]) -> dict[str, Any]:
    if not said["smtp"]:
        return {}
    host, colon, port = said["smtp"].rpartition(":")
    if not colon:
        host, port = said["smtp"], str(_PORTS.get(said["security"], 587))
    if not port.isdecimal():
        raise UsageError(
            f"{said['smtp']!r} is no mail server.", cure="Write smtp.example.org, or with :587."
        )
    return {"host": host, "port": int(port), "security": said["security"]}


def _check_names(surface: Surface, channel: Channel) -> None:
    """A filter that fits nothing would keep everything back.

    Raises:
        UnknownNameError: there is no such pipeline or schedule.
    """
    for pipeline in channel.pipelines:
        surface.workspace.pipelines.get(PipelineReference(name=pipeline))
    for schedule in channel.schedules:
        surface.workspace.schedules.get(schedule)


def _row(channel: Channel, state: ChannelState) -> tuple[Content, ...]:
    only = [*channel.pipelines, *(f"schedule {number}" for number in channel.schedules)]
    return (
        Span(channel.name, "strong"),
        channel.type,
        channel.place,
        ", ".join(channel.on),
        ", ".join(only) or "-",
        str(state.sent),
        str(state.waiting),
        str(state.given_up),
        Span(state.last_error, "bad") if state.last_error else "-",
    )
