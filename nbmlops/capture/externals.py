"""What a cell used beside names and files: variables, hosts, databases, processes, folders."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from nbmlops.capture import variable_reads
from nbmlops.capture.auditing import STORED, sqlite_path
from nbmlops.capture.facts import facts_asked
from nbmlops.capture.files import open_files, real_path
from nbmlops.capture.places import Places
from nbmlops.capture.session_variables import (
    ALL,
    are_as_then,
    digest_of_all,
    given,
    is_of_the_session,
)
from nbmlops.capture.shells import Shells
from nbmlops.capture.variable_reads import VariableLog
from nbmlops.domain.accesses import (
    AS_FOUND,
    KEYED,
    NOT_SET,
    SHOWS_FILES,
    SQLITE,
    ExternalAccess,
    FileAccess,
)
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.syntax import line_magic, parse
from nbmlops.notebook.tree import walk
from nbmlops.values import hash_seeds, secrets

_SECRET = re.compile(r"pass|pwd|token|secret|key|sig|auth|cred|session", re.IGNORECASE)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/]")
_FILE_URL = "file"
_DATABASES = frozenset([
    "clickhouse", "cockroachdb", "mongodb", "mssql", "mysql", "mariadb", "oracle", "postgres",
    "postgresql", "redis", "redshift", "snowflake", "trino",
])  # fmt: skip
_VAGUE = frozenset(["host", "address"])
_PROBES = frozenset([
    "file", "getconf", "ldconfig", "ldd", "lsb_release", "lscpu", "lspci", "nvidia-smi",
    "rocminfo", "sw_vers", "sysctl", "system_profiler", "uname", "wmic",
])  # fmt: skip
"""Programs that libraries ask of processors, the system and shared libraries; they make nothing."""
_DIGITS = 16
_SHA = "sha256:"
VARIABLE = "nbmlops.variable"
"""An event of our own: the process of a node reads a variable that it has from here."""

_ALIASES = frozenset([
    "cat", "cp", "ldir", "less", "lf", "lk", "ll", "ls", "lx", "man", "mkdir", "more", "mv", "rm",
    "rmdir",
])  # fmt: skip
"""Magics of IPython that start the program of their name."""

_IN_A_TERMINAL = "in a terminal"
_SHELLS = frozenset(["sh", "bash", "dash", "zsh", "cmd", "cmd.exe"])


def named_in(sources: Iterable[str], literals: Iterable[str]) -> tuple[ExternalAccess, ...]:
    """What the code names: environment variables with their values' digests, shell lines, URLs.

    Args:
        sources: the cell, and the notebook's functions that it uses.
        literals: the strings in them.
    """
    found: list[ExternalAccess] = []
    for source in sources:
        variables, commands = _said(source)
        found += [variable_access(name) for name in variables]
        found += [ExternalAccess(kind="process", name=name) for name in commands]
    found += [url_access(text) for text in sorted(literals) if _is_url(text)]
    return tuple(dict.fromkeys(found))


def variables_in(sources: Iterable[str]) -> tuple[str, ...]:
    """The environment variables that sources read."""
    return tuple(dict.fromkeys(name for source in sources for name in _said(source)[0]))


def variables_set_in(source: str) -> frozenset[str]:
    """The environment variables that a cell sets or removes for certain: not under a condition."""
    if "environ" not in source:
        return frozenset()
    try:
        statements = parse(source).tree.body
    except CellSyntaxError:
        return frozenset()
    targets = [
        target
        for statement in statements
        if isinstance(statement, ast.Assign | ast.Delete)
        for target in statement.targets
        if isinstance(target, ast.Subscript) and _ends(target.value, "environ")
    ]
    return frozenset(filter(None, (_text(target.slice) for target in targets)))


def audited(
    events: Collection[tuple[str, tuple[Any, ...]]],
    places: Places,
    *,
    sources: Collection[str] = (),
    shown: Collection[ExternalAccess] = (),
) -> tuple[ExternalAccess, ...]:
    """What Python told of while the cell ran.

    Args:
        events: from the audit hook.
        places: tells which files count.
        sources: the cell, and the notebook's functions that it uses: programs by which libraries
            look at the machine count only where these name them.
        shown: what is told already: the programs that only showed files.
    """
    if not events:
        return ()
    text = "\n".join(sources)
    found: list[ExternalAccess] = []
    for event, arguments in events:
        with suppress(TypeError, ValueError, IndexError):  # the call itself has failed over it
            found += _access(event, arguments, places)
    urls = [access for access in dict.fromkeys(found) if access.kind == "url"]
    asked = {_host(access.name) for access in urls if access.detail not in _VAGUE}
    told = {access.name for access in shown}
    commands = any(told.isdisjoint(_said(source)[1]) for source in sources if _said(source)[1])
    named = asked | {access.name for access in urls if access.detail == "host"}
    return tuple(
        access
        for access in dict.fromkeys(found)
        if not (access.detail == "host" and access.name in asked)
        and not (access.kind == "process" and access.name in _PROBES and access.name not in text)
        and not (access.name == _IN_A_TERMINAL and commands)
        # an address beside a name is, as a rule, what the name stands for
        and not (access.detail == "address" and named)
    )


def shown_by_programs(
    shells: Shells,
    files: Collection[FileAccess],
    learned: Iterable[ExternalAccess],
    places: Places,
) -> Iterator[ExternalAccess]:
    """The programs that only showed files and folders, with the variables that say how.

    Args:
        shells: what was seen of them.
        files: what the cell did to files; one that was shown must be among those that were read,
            with its digest, or the programs count as any others; one that was written likewise.
        learned: what it learned of folders; those that were shown must be among them.
        places: how files are named.
    """
    if not shells.have_shown:
        return
    read = {file.path for file in files if file.mode == "read" and file.digest is not None}
    written = {file.path for file in files if file.mode == "write" and file.digest is not None}
    listed = {access.name for access in learned if access.kind == "listing" and access.detail}
    known = read.issuperset(places.name(real_path(path)) for path in shells.files)
    known = known and written.issuperset(places.name(real_path(path)) for path in shells.written)
    known = known and listed.issuperset(map(places.name, shells.folders))
    known = known and all(map(places.counts, shells.made)) and all(map(os.path.isdir, shells.made))
    for name in shells.programs:
        yield ExternalAccess(kind="process", name=name, detail=SHOWS_FILES if known else "")
    for folder in shells.made:
        yield from _path_access("os.mkdir", folder, places)
    if shells.asks_place:
        yield from facts_asked(("getcwd",), Path(places.project))
    yield from map(variable_access, shells.variables)


def without_shown(
    named: Iterable[ExternalAccess], shown: Collection[ExternalAccess]
) -> Iterator[ExternalAccess]:
    """What the code names, without the programs that were seen to do no more than show files."""
    seen = {access.name for access in shown if access.kind == "process"}
    for access in named:
        if access.kind != "process" or access.name not in seen:
            yield access


def url_access(text: str) -> ExternalAccess:
    """A URL without its credentials: neither user nor password, secrets in the query hidden."""
    parts = urlsplit(text)
    host = parts.netloc.rpartition("@")[2]
    scheme = parts.scheme.lower()
    query = "&".join(
        f"{quote(name)}={'...' if _SECRET.search(name) else quote(value)}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    name = f"{scheme}://{host}{parts.path}"
    database = scheme.partition("+")[0] in _DATABASES
    return ExternalAccess(kind="database" if database else "url", name=name, detail=query)


def folder_change(before: str, after: str, places: Places) -> tuple[ExternalAccess, ...]:
    """The working directory that a cell changed to."""
    if before == after:
        return ()
    return (ExternalAccess(kind="directory", name=places.name(after), detail="working directory"),)


def _access(event: str, arguments: tuple[Any, ...], places: Places) -> Iterator[ExternalAccess]:
    if event == "urllib.Request":
        if _is_url(str(arguments[0])):
            yield url_access(str(arguments[0]))
    elif event in ("socket.getaddrinfo", "http.client.send", "socket.connect"):
        yield from _host_access(event, arguments[0])
    elif event in ("sqlite3.connect", "os.mkdir"):
        yield from _path_access(event, arguments[0], places)
    elif event == secrets.TAKEN:
        yield secret_access(arguments[0], places)
    elif event in (STORED, VARIABLE):
        yield _own_access(event, arguments[0])
    elif event == "os.forkpty":
        yield ExternalAccess(kind="process", name=_IN_A_TERMINAL)
    elif event in ("subprocess.Popen", "os.system"):
        command = arguments[0] if event == "os.system" else _command_line(*arguments[:2])
        name = _command(command)
        if name:
            yield ExternalAccess(kind="process", name=name)


def _own_access(event: str, name: str) -> ExternalAccess:
    """What nbmlops itself tells of: a value of the history, or a variable of the environment."""
    if event == STORED:
        return ExternalAccess(kind="database", name=f"of the history ({name})")
    return _all_variables() if name == ALL else variable_access(name)


def _path_access(event: str, path: Any, places: Places) -> Iterator[ExternalAccess]:
    if event == "os.mkdir":
        if places.counts(path) and os.path.isdir(path):
            yield ExternalAccess(kind="folder", name=places.name(path), detail="made")
        return
    database = sqlite_path(path)
    if database is not None and places.counts(database):
        yield ExternalAccess(kind="database", name=places.name(database), detail=SQLITE)


def with_contents(
    accesses: Iterable[ExternalAccess], as_found: Mapping[str, str], places: Places
) -> Iterator[ExternalAccess]:
    """What a cell used, with the content of databases that it has written and left as found.

    Args:
        accesses: what it used.
        as_found: those databases, path → the digest of the content.
        places: how files are named.
    """
    told = {places.name(path): content for path, content in as_found.items()}
    for access in accesses:
        if access.kind != "database" or access.detail != SQLITE or access.name not in told:
            yield access
    for name, content in told.items():
        yield ExternalAccess(kind="database", name=name, detail=f"{AS_FOUND}{content}")


def logged_ahead(databases: Iterable[str], places: Places) -> Iterator[ExternalAccess]:
    """The databases of SQLite's that are still open and log ahead: nothing tells who reads them.

    Such a connection reads memory that it shares with others, and no file.

    Args:
        databases: the files of those that the session has opened.
        places: how files are named.
    """
    opened = open_files() if databases else frozenset()
    for path in databases:
        if f"{path}-shm" in opened:
            detail = f"{SQLITE}, with a log of its own"
            yield ExternalAccess(kind="database", name=places.name(path), detail=detail)


def _host_access(event: str, host: Any) -> Iterator[ExternalAccess]:
    if event != "socket.connect":
        name = os.fsdecode(host or "").rpartition("@")[2]  # urllib leaves the user in
        if name:
            yield ExternalAccess(kind="url", name=name, detail="host")
    elif isinstance(host, tuple):  # a path is a socket of this machine
        yield ExternalAccess(kind="url", name=host[0], detail="address")


def _command_line(program: Any, words: Any) -> str:
    """The line that a shell gets, or the program that starts without one."""
    if isinstance(words, (str, bytes)):
        return os.fsdecode(words)
    listed = [os.fsdecode(word) for word in words]
    shell = os.path.basename(os.fsdecode(program or listed[0])) in _SHELLS
    if shell and len(listed) > 2 and listed[1] in ("-c", "/c"):  # noqa: PLR2004 (sh -c LINE)
        return listed[2]
    return shlex.quote(listed[0])


def _command(line: str | bytes) -> str:
    """The name of the program that a line starts, without its arguments."""
    text = os.fsdecode(line)
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    program = next((word for word in words if not re.match(r"\w+=", word)), "")
    return os.path.basename(program)


def variable_access(name: str) -> ExternalAccess:
    """An environment variable with the digest of its present value."""
    return access_to(name, os.environ.get(name))


def access_to(name: str, value: str | None) -> ExternalAccess:
    """An environment variable with the digest of a value; ``None`` where it is not set.

    Where that is or holds a secret, or looks like one by its name, it is a keyed one.
    """
    value = given(name, value)
    detail = _open_digest(value)
    if value is not None:
        is_one = secrets.is_digest_of_one(detail.removeprefix(_SHA))
        if is_one or _SECRET.search(name) or secrets.masked(value) != value:
            detail = secrets.keyed(value) or "secret"
    return ExternalAccess(kind="variable", name=name, detail=detail)


def variables_read(log: VariableLog) -> Iterator[ExternalAccess]:
    """The environment variables that something read for a cell, as they were found."""
    if log.everything:
        yield _all_variables()
        return
    for name, value in variable_reads.found_outside(log).items():
        if not is_of_the_session(name):
            yield access_to(name, value)


def _all_variables() -> ExternalAccess:
    environment = variable_reads.environment_at_start()
    return ExternalAccess(kind="variable", name=ALL, detail=digest_of_all(environment))


def with_those_of_modules(
    externals: tuple[ExternalAccess, ...], modules: Mapping[str, str], project: Path
) -> tuple[ExternalAccess, ...]:
    """What a cell used, with what the project's modules may have taken for it, or for others.

    That is the variables that they have read in this process, and the facts that they ask for.

    Args:
        externals: what the cell used.
        modules: the modules that it uses, as `ModuleSources` gives them.
        project: the project's folder.
    """
    if not modules:
        return externals
    ends = tuple(f"/{label}" for label in modules)
    read = variable_reads.read_by_modules(lambda path: path.replace(os.sep, "/").endswith(ends))
    told = {access.name for access in externals if access.kind == "variable"}
    found = (access for access in variables_read(read) if access.name not in told)
    return tuple(dict.fromkeys((*externals, *found, *facts_asked(modules.values(), project))))


def without_digest(access: ExternalAccess) -> ExternalAccess:
    """A variable as a record may hold it: also one whose value has become a secret since."""
    if not access.detail.startswith(_SHA):
        return access
    value = os.environ.get(access.name)
    if _open_digest(value) == access.detail:
        return replace(access, detail=access_to(access.name, value).detail)
    is_one = secrets.is_digest_of_one(access.detail.removeprefix(_SHA))
    return replace(access, detail="secret") if is_one else access


def is_as_then(access: ExternalAccess) -> bool:
    """Whether a variable would have in a run the value that was seen, however that is told."""
    if access.name == ALL:
        return are_as_then(access.detail, os.environ)
    value = given(access.name, os.environ.get(access.name))
    if access.name == hash_seeds.VARIABLE:
        value = hash_seeds.seed_for_runs(os.environ)
    if access.detail.startswith(KEYED):
        return value is not None and secrets.keyed(value) == access.detail
    return access.detail == _open_digest(value)


def secret_access(place: str, places: Places) -> ExternalAccess:
    """A secret that was taken from a place; what tells it from another needs the user's key."""
    kind, _, path = place.partition(":")
    name = f"file:{places.name(path)}" if kind == "file" else place
    return ExternalAccess(kind="secret", name=name, detail=secrets.identity_of(place))


def _open_digest(value: str | None) -> str:
    if value is None:
        return NOT_SET
    return f"{_SHA}{hashlib.sha256(os.fsencode(value)).hexdigest()[:_DIGITS]}"


def _is_url(text: str) -> bool:
    if _URL.match(text) is None or text.lower().startswith(f"{_FILE_URL}:"):
        return False
    return _host(text) is not None


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _said(source: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The environment variables that a source reads, and the programs of its shell lines."""
    if not any(sign in source for sign in ("environ", "getenv", "!", "%", "magic")):
        return (), ()
    try:
        tree = parse(source).tree
    except CellSyntaxError:
        return (), ()
    variables, commands = [], []
    for node in walk(tree):
        name = _variable_read(node)
        if name is not None:
            variables.append(name)
        magic = line_magic(node) if isinstance(node, ast.Call) else None
        if magic is not None and magic[0] in ("!", "!!", "sx", "system"):
            commands.append(_command(magic[1]))
        elif magic is not None and magic[0] in _ALIASES:
            commands.append(magic[0])
    return tuple(variables), tuple(name for name in commands if name)


def _variable_read(node: ast.AST) -> str | None:
    """``os.environ["X"]``, ``os.environ.get("X")``, ``os.getenv("X")``, however imported."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return _text(node.slice) if _ends(node.value, "environ") else None
    if isinstance(node, ast.Compare) and _ends(node.comparators[0], "environ"):
        return _text(node.left)
    if not isinstance(node, ast.Call) or not node.args:
        return None
    gets = isinstance(node.func, ast.Attribute) and (
        node.func.attr == "get" and _ends(node.func.value, "environ")
    )
    return _text(node.args[0]) if gets or _ends(node.func, "getenv") else None


def _ends(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == name
    return isinstance(node, ast.Name) and node.id == name


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
