"""Secrets of this process: taken from where they are kept, and never written anywhere."""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from json import JSONEncoder
from pathlib import Path
from types import ModuleType
from typing import Any, Self
from urllib.parse import quote, quote_plus

from nbmlops.domain.accesses import KEYED
from nbmlops.domain.values import WITHHELD
from nbmlops.errors import SecretError, StoreError
from nbmlops.values.kinds import is_a
from nbmlops.values.signing import Signer, key_file

MASK = WITHHELD

TAKEN = "nbmlops.secret"
"""An event of our own: a secret was taken from a place, which is its argument."""

_SHORTEST = 4
"""Characters from which on a text is searched for a secret: a shorter one is in every text."""
_SHORTEST_LINE = 16
_SHORTEST_ENCODED = 8
"""As pictures are base64 as well, in which a shorter text may be found by chance."""
_SHORTEST_IN_HEX = 6
"""As digests are hexadecimal as well."""
_MOST_PARTS = 10_000
_LONG = 100
"""Characters of a text in which one spelling after the other is looked for."""

_texts: dict[str, None] = {}
_digests: set[str] = set()
_taken: dict[str, str] = {}


class Secret(str):
    """A text that is taken from where secrets are kept, at the moment in which it is needed.

    It is a plain text to whoever uses it. Its ``repr`` and its pickle hold its place only.

    Args:
        source: ``env:NAME``, ``keyring:SERVICE/NAME`` or ``file:PATH``.

    Raises:
        SecretError: there is no such place, or nothing is there.
    """

    __slots__ = ("source",)
    source: str

    def __new__(cls, source: str) -> Self:
        """Take the secret from its place."""
        text = take(source)
        remember(text)
        made = super().__new__(cls, text)
        made.source = source
        place = _absolute(source)
        _taken[place] = text
        sys.audit(TAKEN, place)
        return made

    def __repr__(self) -> str:
        return f"Secret({self.source!r})"

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (self.source,)


def take(source: str) -> str:
    """The secret that is at a place.

    Raises:
        SecretError: there is no such place, or nothing is there.
    """
    kind, _, name = source.partition(":")
    if kind not in _TAKERS or not name:
        raise SecretError(  # the text may be the secret itself
            "A secret is given by its place.",
            cure='Write Secret("env:NAME"), "keyring:SERVICE/NAME" or "file:PATH".',
        )
    taken = _TAKERS[kind](name)
    if not taken:
        raise SecretError(f"There is no secret at {source}.", cure=_CURES[kind].format(name))
    return taken


def remember(text: str) -> None:
    """From now on this text is a secret of this process."""
    _digests.add(_digest(text.encode()))
    whole = [text, *(line for line in text.splitlines() if len(line) >= _SHORTEST_LINE)]
    for part in whole:
        if len(part) >= _SHORTEST:
            _texts.update(dict.fromkeys(_spellings(part)))
    _pattern.cache_clear()


def known() -> bool:
    """Whether this process has had a secret."""
    return bool(_digests)


def masked(text: str) -> str:
    """A text without the secrets in it."""
    if not _texts:
        return text
    if len(text) > _LONG and not any(map(text.__contains__, _texts)):
        return text  # found out much faster than by a pattern of so many spellings
    return _pattern().sub(MASK, text)


def without_begun(text: str) -> str:
    """A text without an end that may be the beginning of a secret, of which the rest follows."""
    longest = max(map(len, _texts), default=0)
    for length in range(min(longest - 1, len(text)), _SHORTEST - 1, -1):
        if any(secret.startswith(text[-length:]) for secret in _texts):
            return text[:-length]
    return text


def masked_inside(value: Any) -> Any:
    """JSON without the secrets in its texts."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: masked_inside(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked_inside(item) for item in value]
    return value


def is_digest_of_one(digest: str) -> bool:
    """Whether this is the beginning of a SHA-256 digest of a secret."""
    return bool(digest) and any(known_digest.startswith(digest) for known_digest in _digests)


def in_bytes(parts: Iterable[Any]) -> bool:
    """Whether bytes hold a secret, as UTF-8 or as numpy's text."""
    if not _texts:
        return False
    wanted = [text.encode(code) for text in _texts for code in ("utf-8", "utf-32-le")]
    return any(word in bytes(part) for part in parts for word in wanted)


def carried_by(value: Any) -> bool:
    """Whether a value is a secret, or a container or plain object that holds one."""
    if not _digests:
        return False
    return any(isinstance(text, Secret) or _is_open(text) for text in _texts_in(value))


def exposed_by(value: Any) -> bool:
    """Whether a value holds the text of a secret that its pickle would hold as well."""
    if not _digests:
        return False
    return any(_is_open(text) for text in _texts_in(value) if not isinstance(text, Secret))


def place_of(value: Any) -> str | None:
    """Where a secret was taken from; ``None`` of anything else."""
    return value.source if is_a(value, Secret) else None


def identity_of(place: str) -> str:
    """A keyed digest of what was taken from a place, as `TAKEN` tells it; empty if unknown."""
    text = _taken.get(place)
    return (keyed(text) if text is not None else None) or ""


def keyed(text: str) -> str | None:
    """A fingerprint that says whether a secret changed, and nothing of it without the user's key.

    Args:
        text: the secret, or a fingerprint of what holds it.
    """
    try:
        return f"{KEYED}{_signer(key_file()).sign(text.encode())[:32]}"
    except StoreError:
        return None


def forget() -> None:
    """Forget every secret; for tests."""
    _texts.clear()
    _digests.clear()
    _taken.clear()
    _pattern.cache_clear()
    _signer.cache_clear()


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_texts, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))


@cache
def _signer(path: Path) -> Signer:
    return Signer.for_user(path)


def _spellings(text: str) -> tuple[str, ...]:
    """A text as it is, in capitals, backwards, and as Python, JSON, HTML, URLs and encodings do."""
    return (
        *_in_base64(text.encode()),
        *_in_base32(text.encode()),
        *_in_hex(text.encode()),
        *([text[::-1]] if len(text) >= _SHORTEST_ENCODED else []),
        *(_in_other_capitals(text) if _is_no_word(text) else []),
        text,
        repr(text)[1:-1],
        JSONEncoder().encode(text)[1:-1],
        html.escape(text),
        quote(text),
        quote(text, safe=""),
        quote_plus(text),
    )


def _is_no_word(text: str) -> bool:
    """Whether a text in other capitals is found in no text by chance."""
    return len(text) >= (_SHORTEST_IN_HEX if not text.isalpha() else _SHORTEST_ENCODED)


def _in_other_capitals(text: str) -> tuple[str, ...]:
    return text.upper(), text.lower(), text.capitalize(), text.title(), text.swapcase()


def _in_base64(content: bytes) -> Iterator[str]:
    """What base64 makes of a content in the midst of any other: three ways, in two alphabets."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content)
        sure = slice(-(-before * 4 // 3), (before + len(content)) * 4 // 3)
        own = encoded[sure].decode()
        if len(own) >= _SHORTEST_ENCODED:
            yield own
            yield own.replace("+", "-").replace("/", "_")


def _in_base32(content: bytes) -> Iterator[str]:
    """What base32 makes of a content in the midst of any other, in capitals or not."""
    for before in range(5):
        encoded = base64.b32encode(bytes(before) + content)
        sure = slice(-(-before * 8 // 5), (before + len(content)) * 8 // 5)
        own = encoded[sure].decode()
        if len(own) >= _SHORTEST_ENCODED:
            yield own
            yield own.lower()


def _in_hex(content: bytes) -> Iterator[str]:
    """A content in hexadecimal digits, with what people put between the bytes."""
    if len(content) < _SHORTEST_IN_HEX:
        return
    for between in ("", ":", " ", "-"):
        own = content.hex(between) if between else content.hex()
        yield own
        yield own.upper()


def _is_open(text: str) -> bool:
    return masked(text) != text or _digest(text.encode(errors="replace")) in _digests


def _texts_in(value: Any) -> Iterator[str]:
    waiting, seen = [value], 0
    while waiting and seen < _MOST_PARTS:
        item = waiting.pop()
        seen += 1
        if is_a(item, str):
            yield item
        elif is_a(item, bytes):
            yield item.decode(errors="replace")
        else:
            with suppress(Exception):  # its own code is asked for what it holds
                waiting += _inside(item)


def _inside(item: Any) -> list[Any]:
    if is_a(item, ModuleType) and sys.modules.get(item.__name__) is item:
        return []  # it is imported again: neither its pickle nor its text holds what it does
    if is_a(item, dict):
        return [*item.keys(), *item.values()]
    if is_a(item, (list, tuple, set, frozenset)):
        return [*item]
    own = getattr(item, "__dict__", None)
    return [own] if type(own) is dict else []


def _absolute(source: str) -> str:
    """A place, that of a file as it is from every folder."""
    kind, _, name = source.partition(":")
    if kind != "file":
        return source
    return f"{kind}:{os.path.abspath(Path(name).expanduser())}"  # noqa: PTH100 (keeps links)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _of_file(name: str) -> str | None:
    path = Path(name).expanduser()
    try:
        content = path.read_bytes()
        _digests.add(_digest(content))
        return content.decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return None


def _of_keyring(name: str) -> str | None:
    service, _, user = name.partition("/")
    try:
        import keyring
    except ImportError as error:
        raise SecretError(
            f"The secret keyring:{name} needs the keyring library.",
            cure="Install it: pip install 'nbmlops[keyring]'.",
        ) from error
    try:
        return keyring.get_password(service, user)
    except keyring.errors.KeyringError:
        return None


_TAKERS: dict[str, Callable[[str], str | None]] = {
    "env": os.environ.get,
    "file": _of_file,
    "keyring": _of_keyring,
}
_CURES = {
    "env": "Set the environment variable {} where the kernel, or the scheduler, starts.",
    "file": "Write it into {}, readable by you alone.",
    "keyring": "Keep it: keyring set SERVICE NAME.",
}
