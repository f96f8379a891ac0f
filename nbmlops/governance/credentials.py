"""What looks like a credential in sources and outputs; what was found is never repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LONGEST_LINE = 20_000
"""Characters of a line that are looked at: outputs may hold a picture in one."""

_KNOWN = (
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_|github_pat_)[0-9A-Za-z_]{36,}")),
    ("a GitLab token", re.compile(r"\bglpat-[0-9A-Za-z_-]{20,}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("an API key", re.compile(r"\bsk-(?:[a-z]+-)*[0-9A-Za-z_-]{32,}")),
    ("a JSON web token", re.compile(r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.")),
    ("a password in an address", re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"{}]{1,80}:[^\s/@'\"{}]{3,}@")),
)  # fmt: skip
_ASSIGNED = re.compile(
    r"""(?ix)
    (?P<name>\b\w{0,40}(?:password|passwd|passphrase|secret|token|api_?key|access_?key)\w{0,20})
    ["']? \s* (?:=|:) \s* (?P<quote>["']) (?P<value>[^"'\s]{6,}) (?P=quote)
    """
)
_PLACES = ("env:", "keyring:", "file:")
_STANDS_FOR_ONE = re.compile(r"(?i)^(?:[*x.<>_-]+|changeme|your[-_].*|<.*>|\$?\{.*\}?)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that looks like a credential.

    ``where`` is the title of the cell; ``inside`` what of it holds the line, which is 1-based.
    ``what`` names the kind, never the text.
    """

    where: str
    inside: str
    line: int
    what: str


def findings(text: str, *, where: str, inside: str) -> Iterator[Finding]:
    """What looks like a credential in a text, at most once a line.

    >>> [one.what for one in findings("password = 'hunter22'", where="load", inside="source")]
    ['password holds a text']
    """
    for number, line in enumerate(text.splitlines(), start=1):
        what = _in_line(line[:_LONGEST_LINE])
        if what is not None:
            yield Finding(where=where, inside=inside, line=number, what=what)


def _in_line(line: str) -> str | None:
    for what, pattern in _KNOWN:
        if pattern.search(line):
            return what
    for match in _ASSIGNED.finditer(line):
        value = match["value"]
        if not value.startswith(_PLACES) and not _STANDS_FOR_ONE.match(value):
            return f"{match['name']} holds a text"
    return None
