"""Whether code asks for folders' contents, of a path, or for what nobody sees it ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_ASKS = re.compile(
    r"\b(i?glob|rglob|listdir|scandir|f?walk|iterdir|l?exists|is_file|is_dir|isfile|isdir|getsize"
    r"|get[mc]time|l?stat|iter_modules|walk_packages|load_files|resolve|realpath|samefile|readlink"
    r"|is_?link|is_symlink|chmod)\s*\("
)

UNSEEN = frozenset([
    "access", "disk_usage", "getxattr", "listxattr", "lstat", "readlink", "stat", "statvfs",
])  # fmt: skip
"""Functions of ``os`` in C that ask of paths, and tell nobody that they were called."""

_NAMES = "|".join(sorted(UNSEEN))
_UNSEEN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"\b(os|posix|nt|shutil)\s*\.\s*(?P<name>{_NAMES})\b"), "`os.{}`"),
    (
        re.compile(
            r"\bfrom\s+(os|posix|nt|shutil)\s+import\s*(\([^)]*|[^\n]*)"
            rf"\b(?P<name>{_NAMES})\b"
        ),
        "`os.{}`",
    ),
    (
        re.compile(r"\bscandir\b[\s\S]*\.(?P<name>stat|is_symlink|is_junction|inode)\s*\("),
        "`{}` of an entry of `os.scandir`",
    ),
    (re.compile(r"\b(?P<name>st_atime(_ns)?|getatime)\b"), "`{}`"),
    (re.compile(r"\bposix\b[\s\S]*\b(?P<name>environ)\b"), "`posix.{}`"),
    (re.compile(r"\bctypes\b[\s\S]*\b(?P<name>getenv|environ)\b"), "`{}` of C"),
    (re.compile(r"\.(?P<name>getenv)\s*\(\s*b[\"']"), "`{}` of C"),
)
"""What asks in C; the time of the last access, which to ask for it may change; and variables of the
environment where Python does not know of it."""


def asks_of_files(sources: Iterable[str]) -> bool:
    """Whether sources name a function that lists a folder, or tells of a path."""
    return any(map(_asks_of_files, sources))


@lru_cache(maxsize=512)
def _asks_of_files(source: str) -> bool:
    return _ASKS.search(source) is not None


def asks_unseen(sources: Iterable[str]) -> str | None:
    """What sources name that tells of a path or variable, and is not seen to; ``None``: nothing.

    >>> asks_unseen(["import os", "size = os.stat(path).st_size"])
    '`os.stat`'
    """
    return next(filter(None, map(_asks_unseen, sources)), None)


@lru_cache(maxsize=512)
def _asks_unseen(source: str) -> str | None:
    for pattern, said in _UNSEEN:
        found = pattern.search(source)
        if found is not None:
            return said.format(found["name"])
    return None
