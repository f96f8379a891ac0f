"""What a cell asks of the machine and the process that no variable, file or package tells."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from nbmlops.capture import variable_reads
from nbmlops.capture.set_orders import is_that_of_runs
from nbmlops.domain.accesses import SET_ORDER, ExternalAccess
from nbmlops.notebook.words import words_in

_DIGITS = 16
_OF_LOCALES = re.compile(r"LC_[A-Z]+|LANG|LANGUAGE").fullmatch
_OF_TEMPORARY_FILES = ("TMPDIR", "TEMP", "TMP")
_LOCAL_TIME = "/etc/localtime"
_HEAD = ".git/HEAD"
_PACKED = ".git/packed-refs"

Fact = Callable[[Mapping[str, str], Path], str]
"""Tells a fact, given the variables that the process was started with, and the project."""


def _time_zone(environment: Mapping[str, str], _: Path) -> str:
    named = environment.get("TZ")
    if named is not None:
        return f"TZ={named}"
    try:
        return hashlib.sha256(Path(_LOCAL_TIME).read_bytes()).hexdigest()
    except OSError:
        return ""  # UTC


def _locale(environment: Mapping[str, str], _: Path) -> str:
    return repr(sorted((name, value) for name, value in environment.items() if _OF_LOCALES(name)))


def _temporary_files(environment: Mapping[str, str], _: Path) -> str:
    return repr([environment.get(name) for name in _OF_TEMPORARY_FILES])


def _host(_: Mapping[str, str], __: Path) -> str:
    import platform

    return platform.node()


def _user(_: Mapping[str, str], __: Path) -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.getlogin()


def _limits(_: Mapping[str, str], __: Path) -> str:
    try:
        import resource
    except ImportError:
        return ""
    kinds = sorted({value for name, value in vars(resource).items() if name.startswith("RLIMIT_")})
    return repr([(kind, resource.getrlimit(kind)) for kind in kinds])


def _umask(_: Mapping[str, str], __: Path) -> str:
    """As the system tells it: to ask Python for it would set it."""
    try:
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith("Umask")), "")


def _commit(_: Mapping[str, str], project: Path) -> str:
    """The commit that is checked out in the nearest repository; empty where there is none."""
    root = next((one for one in (project, *project.parents) if (one / _HEAD).is_file()), None)
    if root is None:
        return ""
    head = (root / _HEAD).read_text("utf-8").strip()
    reference = head.removeprefix("ref: ")
    for file in (root / ".git" / reference, root / _PACKED):
        if reference != head and file.is_file():
            lines = file.read_text("utf-8").split("\n")
            found = [line for line in lines if file.name != "packed-refs" or reference in line]
            if found:
                return f"{reference} {found[0]}"
    return head


_FACTS: Mapping[str, Fact] = {
    "host name": _host,
    "time zone": _time_zone,
    "settings of the locale": _locale,
    "folder of temporary files": _temporary_files,
    "user of the process": _user,
    "limits of the process": _limits,
    "umask of the process": _umask,
    "commit that is checked out": _commit,
    "project's folder": lambda _, project: str(project),
    "interpreter's folder": lambda _, __: sys.prefix,
    "optimization of Python": lambda _, __: str(sys.flags.optimize),
}
"""Facts, named by two words, as no variable is → what tells them now."""

_ASKING: Mapping[str, tuple[str, ...]] = {
    "host name": ("gethostname", "getfqdn", "uname", r"platform\.node"),
    "time zone": (
        "fromtimestamp", "astimezone", "mktime", "tzname", "tzset", "tzlocal", "get_localzone",
        "localtime", "ctime", "altzone", r"timestamp\(\)", r"time\.timezone",
    ),
    "settings of the locale": (
        "setlocale", "getlocale", "localeconv", "nl_langinfo", "strcoll", "strxfrm",
        "getpreferredencoding", "getencoding", "getdefaultlocale",
    ),
    "folder of temporary files": ("gettempdir", "gettempdirb", "tempdir"),
    "user of the process": ("getuid", "geteuid", "getpwuid", "getlogin", "getgroups"),
    "limits of the process": ("getrlimit",),
    "umask of the process": ("umask",),
    "commit that is checked out": (r"\.git\b", "pygit2", "dulwich", r"\bRepo\("),
    "project's folder": (
        "getcwd", "cwd", "abspath", "realpath", "resolve", "absolute", r"%pwd\b", r"pwd\s*$",
    ),
    "interpreter's folder": (r"sys\.(?:executable|prefix|path|base_prefix|exec_prefix)\b",),
    "optimization of Python": ("assert", "__debug__", r"sys\.flags"),
}  # fmt: skip
"""Facts → the words, or what follows on each other, by which code asks for them."""

_WORD = re.compile(r"\w+")
_WORDS = {word: fact for fact, asking in _ASKING.items() for word in asking if word.isidentifier()}
_PHRASES = tuple(
    (_WORD.findall(phrase.replace(r"\b", ""))[0], re.compile(phrase), fact)
    for fact, asking in _ASKING.items()
    for phrase in asking
    if phrase not in _WORDS
)
"""What is looked for where its first word is there: words are found ten times as fast."""


def facts_asked(sources: Iterable[str], project: Path) -> Iterator[ExternalAccess]:
    """The facts that code asks for, as they are in this process.

    Args:
        sources: a cell, and all that it uses of the notebook and the project.
        project: the project's folder.
    """
    names = frozenset().union(*map(_asked, sources))
    environment = variable_reads.environment_at_start() if names else {}
    for name in sorted(names):
        yield ExternalAccess(kind="machine", name=name, detail=_told(name, environment, project))


def is_still_a_fact(access: ExternalAccess, project: Path) -> bool:
    """Whether a fact is in this process, and in one that it starts, as it was recorded."""
    if access.name == SET_ORDER:
        return is_that_of_runs(access, os.environ)
    return access.name in _FACTS and access.detail == _told(access.name, os.environ, project)


@lru_cache(maxsize=1024)
def _asked(source: str) -> frozenset[str]:
    plain = unicodedata.is_normalized("NFKC", source)
    words = words_in(source) if plain else frozenset(_WORD.findall(source))
    found = {_WORDS[word] for word in words & _WORDS.keys()}
    return frozenset(found).union(
        fact for word, phrase, fact in _PHRASES if word in words and phrase.search(source)
    )


def _told(name: str, environment: Mapping[str, str], project: Path) -> str:
    try:
        text = _FACTS[name](environment, project)
    except (OSError, ValueError):
        text = ""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:_DIGITS]}"
