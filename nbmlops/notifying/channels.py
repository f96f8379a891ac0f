"""Where notices go, and which of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from nbmlops.domain.notices import Notice, NoticeKind
from nbmlops.errors import UsageError

ChannelType = Literal["email", "webhook", "slack", "teams"]
Security = Literal["starttls", "tls", "none"]

TYPES: tuple[str, ...] = get_args(ChannelType)
SECURITIES: tuple[str, ...] = get_args(Security)
_UNASKED = (NoticeKind.TEST, NoticeKind.DRIFT_OVER)
KINDS = tuple(kind.value for kind in NoticeKind if kind not in _UNASKED)
"""What a channel may be told: with a drift also that it is over."""
USUAL = ("failed", "recovered", "late", "paused", "drift")
"""What a channel is told where nothing else is asked for: all but each success."""

_ALSO = {NoticeKind.RECOVERED: ("succeeded",), NoticeKind.DRIFT_OVER: ("drift",)}
_NAME = re.compile(r"[A-Za-z][\w-]{0,39}")
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_PLACE = re.compile(r"(env|file|keyring):\S+")
_NEEDS = {
    "email": ("to", "sender", "host"),
    "webhook": ("url",),
    "slack": ("url",),
    "teams": ("url",),
}
_LISTS = ("on", "pipelines", "schedules", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A place that notices are sent to.

    No secret is among its facts: what is one is written as its place (``env:NAME``,
    ``keyring:SERVICE/NAME`` or ``file:PATH``) and taken when a message is sent.

    Attributes:
        name: what people call it.
        type: what is spoken there.
        on: the kinds of notices that it gets.
        pipelines: those whose notices it gets; all where there are none.
        schedules: the ids of those whose notices it gets; all where there are none.
        report: whether the page of the run is attached to mails.
        link: an address with ``{run}``, ``{pipeline}`` and ``{number}``, under which people find
            runs.
        to: the addresses of an e-mail; ``sender`` is whom it is from.
        host: the mail server, and its ``port``.
        security: how the connection to it is encrypted.
        user: who logs in there, if anybody; ``password`` is the place of the password.
        url: where a webhook is called; those of Slack and Teams are secrets.
        secret: the place of what signs the calls of a webhook.
    """

    name: str
    type: ChannelType
    on: tuple[str, ...] = USUAL
    pipelines: tuple[str, ...] = ()
    schedules: tuple[int, ...] = ()
    report: bool = True
    link: str = ""
    to: tuple[str, ...] = ()
    sender: str = ""
    host: str = ""
    port: int = 587
    security: Security = "starttls"
    user: str = ""
    password: str = ""
    url: str = ""
    secret: str = ""

    def wants(self, notice: Notice) -> bool:
        """Whether a notice is for this channel.

        A recovery is a success as well, and is told to those who are told of either; that a drift
        is over to those who are told of drift.
        """
        if self.pipelines and notice.pipeline not in self.pipelines:
            return False
        if self.schedules and notice.schedule not in self.schedules:
            return False
        return any(kind in self.on for kind in (notice.kind.value, *_ALSO.get(notice.kind, ())))

    @property
    def place(self) -> str:
        """Where it goes, in a few words."""
        return ", ".join(self.to) if self.type == "email" else self.url

    @property
    def said(self) -> dict[str, Any]:
        """What differs from the defaults, by name, as a file keeps it."""
        kept = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name != "name" and (item.default is MISSING or value != item.default):
                kept[item.name] = list(value) if isinstance(value, tuple) else value
        return kept


def channel_of(name: str, said: Mapping[str, Any]) -> Channel:
    """Read what was said of a channel.

    Raises:
        UsageError: something of it is wrong, or missing.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a channel.", cure="Use letters, digits, - and _; such as ops."
        )
    known = {item.name: item.default for item in fields(Channel) if item.name != "name"}
    for key, value in said.items():
        if key not in known:
            raise _wrong(name, f"has {key!r}, which is not known", f"Known: {', '.join(known)}.")
        _check_kind(name, key, value, known[key])
    kept: dict[str, Any] = {
        key: tuple(value) if key in _LISTS else value for key, value in said.items()
    }
    if kept.get("type") not in TYPES:
        raise _wrong(name, f"has the type {kept.get('type')!r}", f"Use {' or '.join(TYPES)}.")
    made = Channel(name=name, **kept)
    _check(made)
    return made


def _check_kind(name: str, key: str, value: Any, default: Any) -> None:
    if key in _LISTS:
        kind = int if key == "schedules" else str
        fits = isinstance(value, list | tuple) and all(type(item) is kind for item in value)
    else:
        fits = type(value) is (str if default is MISSING else type(default))
    if not fits:
        raise _wrong(name, f"has {key} = {value!r}", "Give it as the reference describes it.")


def _check(channel: Channel) -> None:
    """Refuse what cannot work, before a night in which it should have."""
    name = channel.name
    for needed in _NEEDS[channel.type]:
        if not getattr(channel, needed):
            raise _wrong(name, f"says no {_WORDS.get(needed, needed)}", _CURES[channel.type])
    unknown = [kind for kind in channel.on if kind not in KINDS]
    if unknown or not channel.on:
        what = f"is to be told when {unknown[0]!r}" if unknown else "is told of nothing"
        raise _wrong(name, what, f"Choose from {', '.join(KINDS)}.")
    if channel.link and not channel.link.startswith(("http://", "https://")):
        raise _wrong(name, f"has the link {channel.link!r}", "Write https://…/{run}.")
    for key in ("password", "secret"):
        if getattr(channel, key) and not _PLACE.fullmatch(getattr(channel, key)):
            raise _wrong(name, f"holds its {key} itself", _PLACES)
    (_check_mail if channel.type == "email" else _check_address)(channel)


def _check_mail(channel: Channel) -> None:
    for address in (*channel.to, channel.sender):
        if not _ADDRESS.fullmatch(address):
            raise _wrong(channel.name, f"has the address {address!r}", "Write name@example.org.")
    if channel.security not in SECURITIES:
        cure = f"Choose from {', '.join(SECURITIES)}."
        raise _wrong(channel.name, f"has the security {channel.security!r}", cure)
    if not 0 < channel.port <= _LAST_PORT:
        raise _wrong(channel.name, f"has the port {channel.port}", "Write one from 1 to 65535.")
    if bool(channel.user) != bool(channel.password):
        missing = "password" if channel.user else "user"
        raise _wrong(channel.name, f"logs in without a {missing}", _PLACES)
    if channel.user and channel.security == "none":
        cure = "Encrypt the connection: --security starttls, or tls."
        raise _wrong(channel.name, "would send its password in clear", cure)


def _check_address(channel: Channel) -> None:
    if _PLACE.fullmatch(channel.url):
        return
    if channel.type != "webhook":
        raise _wrong(channel.name, "holds its address itself, which is a secret", _PLACES)
    try:
        parts = urlsplit(channel.url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname)
        hidden = parts.password is not None
        _ = parts.port
    except ValueError:
        fits = hidden = False
    if hidden:
        raise _wrong(channel.name, "holds a password in its address", _PLACES)
    if not fits:
        raise _wrong(channel.name, f"has the address {channel.url!r}", "Write https://….")


def _wrong(name: str, what: str, cure: str) -> UsageError:
    return UsageError(f"The channel {name!r} {what}.", cure=cure)


_LAST_PORT = 65535
_WORDS = {"to": "address", "sender": "sender", "host": "mail server", "url": "address to call"}
_PLACES = "Write where it is kept: env:NAME, keyring:SERVICE/NAME or file:PATH."
_CURES = {
    "email": "An e-mail needs --email ADDRESS, --from ADDRESS and --smtp HOST.",
    "webhook": "A webhook needs its address: --webhook https://….",
    "slack": "Slack needs the place of its webhook's address: --slack env:SLACK_URL.",
    "teams": "Teams needs the place of its webhook's address: --teams env:TEAMS_URL.",
}
