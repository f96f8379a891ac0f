"""Shell lines that do nothing but show or copy files and folders which they name; pure.

Such a line is ``head -n 5 data.csv`` or ``cat a.txt | sort``: what it prints depends on its words,
on the content of these files, on the names in these folders, and perhaps on the language that the
environment sets. Some do nothing where all is there already: ``mkdir -p out``, ``pip install six``.
Of all others nothing is said: what a program asks for beside that, only it knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_TOKEN = re.compile(
    r"""\s*(?:(?P<quiet>[12]?>[ ]?/dev/null|2>&1)(?![^\s|;&])"""
    r"""|(?P<ends>\|\||&&|;)|(?P<pipe>\|)|(?P<takes><(?![<>&(]))|(?P<gives>>(?![<>&|(]))"""
    r"""|(?P<word>(?:'[^']*'|"[^"$`\\!]*"|[\w@%+=:,./*?^-])+))"""
)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_LANGUAGE = ("LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES")
_WIDTH = ("COLUMNS",)
_PIP = re.compile(r"pip3?(\.\d+)?")
_PYTHON = re.compile(r"(.*/)?python[\d.]*")
_MODULE = ("-m", "pip")
_QUIET = frozenset(["-q", "-qq", "-qqq", "--quiet"])
_REQUIREMENT = re.compile(r"[A-Za-z\d][\w.-]*(([=!~]=|[<>]=?)[\d.*]+(,([=!~]=|[<>]=?)[\d.*]+)*)?")
"""What pip installs only where it is not there: a name, with versions, from an index."""

_PLAIN_COUNTS = frozenset("cl")
"""Options of ``wc`` under which it counts bytes and lines alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    """What the words of a program mean.

    Its one-letter options stand alone (``flags``) or take a value (``valued``); others are not
    known. ``counts`` says that ``-5`` is a number of lines. Of what is left, so many words are
    ``texts`` and the others files, at most ``most``; ``needs`` are options without which it does
    something else.
    """

    flags: str = ""
    valued: str = ""
    counts: bool = False
    texts: int = 0
    most: int = 1_000
    variables: tuple[str, ...] = ()
    shows_folders: bool = False
    makes_folders: bool = False
    copies: bool = False
    asks_place: bool = False
    needs: str = ""


_ALL_TEXTS = 1_000
_DIGESTS = _Program(flags="bt")
_GREP = _Program(flags="cEFGhHilnoqsvwxz", valued="eABCm", texts=1, variables=_LANGUAGE)
_PROGRAMS: Mapping[str, _Program] = {
    "basename": _Program(texts=_ALL_TEXTS),
    "cat": _Program(flags="AbeEnstTuv"),
    "cp": _Program(flags="f", copies=True),
    "cut": _Program(flags="nsz", valued="bcdf", variables=_LANGUAGE),
    "dirname": _Program(texts=_ALL_TEXTS),
    "echo": _Program(flags="eEn", texts=_ALL_TEXTS),
    "egrep": _GREP,
    "fgrep": _GREP,
    "grep": _GREP,
    "head": _Program(flags="qvz", valued="cn", counts=True),
    "ls": _Program(flags="1aAr", variables=(*_LANGUAGE, *_WIDTH), shows_folders=True),
    "md5sum": _DIGESTS,
    "mkdir": _Program(flags="p", makes_folders=True, needs="p"),
    "nl": _Program(valued="bvw"),
    "pwd": _Program(most=0, asks_place=True),
    "rev": _Program(variables=_LANGUAGE),
    "sha1sum": _DIGESTS,
    "sha256sum": _DIGESTS,
    "sort": _Program(flags="bdfghiMnrsuVz", valued="kt", variables=_LANGUAGE),
    "tac": _Program(),
    "tail": _Program(flags="qvz", valued="cn", counts=True),
    "tr": _Program(flags="cCdst", texts=_ALL_TEXTS, variables=_LANGUAGE),
    "uniq": _Program(flags="cdDiuz", valued="fsw", most=1, variables=_LANGUAGE),
    "wc": _Program(flags="clLmw", variables=_LANGUAGE),
}
"""Programs that take nothing but files and what others print, and write none but copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What lines depend on: files and folders as they name them, and variables.

    Words with ``*`` or ``?`` are patterns. ``programs`` are those that are started, ``written`` the
    files into which they print or copy; what is shown of these is not told. ``made`` are folders
    that are there afterwards, ``installed`` what is asked of pip; ``asks_place`` says that the
    working directory is shown.
    """

    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()
    asks_place: bool = False

    def then(self, other: Shown) -> Shown | None:
        """What two programs depend on; ``None`` where that is a matter of who is faster."""
        files = [file for file in other.files if file not in self.written]
        written = {*self.written, *other.written}
        changed = written or self.made or other.made
        if (changed and (self.folders or other.folders)) or not set(other.written).isdisjoint(
            (*self.files, *files)
        ):
            return None
        return Shown(
            programs=tuple(dict.fromkeys((*self.programs, *other.programs))),
            files=tuple(dict.fromkeys((*self.files, *files))),
            written=tuple(dict.fromkeys((*self.written, *other.written))),
            folders=tuple(dict.fromkeys((*self.folders, *other.folders))),
            variables=tuple(dict.fromkeys((*self.variables, *other.variables))),
            made=tuple(dict.fromkeys((*self.made, *other.made))),
            installed=tuple(dict.fromkeys((*self.installed, *other.installed))),
            asks_place=self.asks_place or other.asks_place,
        )


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as a program gets it, but for a pattern, which the shell replaces by names."""

    text: str
    is_pattern: bool


@dataclass(slots=True)
class _Command:
    """One program with its words; ``taken`` are files that it gets by ``<``, ``given`` by ``>``."""

    words: list[_Word] = field(default_factory=list)
    taken: list[_Word] = field(default_factory=list)
    given: list[_Word] = field(default_factory=list)
    piped: bool = False


def shown_by(text: str) -> Shown | None:
    """What shell lines depend on, where that is files and folders; ``None`` where it may be more.

    >>> shown_by("head -n 2 data.csv | cut -d, -f1").files
    ('data.csv',)
    >>> shown_by("ls data").folders
    ('data',)
    >>> shown_by("python train.py") is None
    True
    """
    found = Shown()
    lines = [line.strip() for line in text.splitlines()]
    for line in lines:
        if not line or line.startswith("#"):
            continue
        for command in _commands(line) or [_Command()]:
            shown = _shown(command)
            told = found.then(shown) if shown is not None else None
            if told is None:
                return None
            found = told
    return found if found != Shown() or any(lines) else None


def _commands(line: str) -> list[_Command] | None:
    """The programs of a line with their words; ``None`` where the shell would do more."""
    commands, at, waits = [_Command()], 0, ""
    while at < len(line):
        token = _TOKEN.match(line, at)
        if token is None or (waits and token["word"] is None):
            return None
        at, kind = token.end(), token.lastgroup or ""
        if kind == "word":
            word = _word(token["word"])
            if word is None:
                return None
            command = commands[-1]
            {"takes": command.taken, "gives": command.given}.get(waits, command.words).append(word)
        elif kind in ("ends", "pipe"):
            commands.append(_Command(piped=kind == "pipe"))
        waits = kind if kind in ("takes", "gives") else ""
    mixed = any(_changes(last) and piped.piped for last, piped in pairwise(commands))
    return None if waits or mixed else commands


def _changes(command: _Command) -> bool:
    """Whether a program writes files or makes folders, while others that it prints to may read."""
    program = _PROGRAMS.get(command.words[0].text) if command.words else None
    copies = program is not None and (program.copies or program.makes_folders)
    return bool(command.given) or copies


def _word(raw: str) -> _Word | None:
    """A word without its quotes; ``None`` for a pattern with some."""
    bare = _QUOTED.sub("", raw)
    is_pattern = _is_pattern(bare)
    if is_pattern and bare != raw:
        return None
    return _Word(_QUOTED.sub(lambda found: found[1] or found[2] or "", raw), is_pattern)


def _is_pattern(word: str) -> bool:
    return "*" in word or "?" in word


def _shown(command: _Command) -> Shown | None:
    """What one program depends on."""
    name = command.words[0].text if command.words else ""
    program = _PROGRAMS.get(name)
    rest = _without_options(command.words[1:], program) if program is not None else None
    if program is None:
        return _installing(command)
    if rest is None or not rest[0].issuperset(program.needs):
        return None
    options, operands = rest
    texts = operands[: 0 if "e" in options & set(program.valued) else program.texts]
    places = operands[len(texts) :]
    if len(places) > program.most or not _are_plain(
        texts, [*places, *command.taken], command.given
    ):
        return None
    found = tuple(word.text for word in (*places, *command.taken))
    if program.copies or program.makes_folders:
        return _making(name, program, places, command)
    if not (found or command.piped or program.shows_folders or _says_by_itself(program)):
        return None  # it waits for what somebody types
    plain = name == "wc" and options and options <= _PLAIN_COUNTS
    return Shown(
        programs=(name,),
        files=() if program.shows_folders else found,
        written=tuple(word.text for word in command.given),
        folders=(found or (".",)) if program.shows_folders else (),
        variables=() if plain else program.variables,
        asks_place=program.asks_place,
    )


def _says_by_itself(program: _Program) -> bool:
    """Whether a program needs no file, and nothing that others print."""
    return program.texts == _ALL_TEXTS or program.asks_place


def _making(
    name: str, program: _Program, places: Sequence[_Word], command: _Command
) -> Shown | None:
    """What a program depends on that copies a file, or makes folders."""
    words = tuple(word.text for word in places)
    if command.taken or command.given or any(word.is_pattern for word in places):
        return None
    if program.makes_folders:
        return Shown(programs=(name,), made=words) if words else None
    if len(words) != 2:  # noqa: PLR2004 (from one to the other)
        return None
    return Shown(programs=(name,), files=words[:1], written=words[1:])


def _installing(command: _Command) -> Shown | None:
    """What pip is asked to have installed, where it does nothing if that is there already."""
    words = [word.text for word in command.words]
    name = words[0] if words else ""
    if _PYTHON.fullmatch(name) and tuple(words[1:3]) == _MODULE:
        words = words[2:]
    elif _PIP.fullmatch(name) is None:
        return None
    wanted = tuple(word for word in words[2:] if word not in _QUIET)
    if words[1:2] != ["install"] or not wanted or command.taken or command.given:
        return None
    if not all(_REQUIREMENT.fullmatch(word) for word in wanted):
        return None
    return Shown(programs=(name,), installed=wanted)


def _are_plain(texts: Sequence[_Word], read: Sequence[_Word], given: Sequence[_Word]) -> bool:
    """Whether no text is a pattern, no file the terminal, and no file that is written either."""
    patterns = any(word.is_pattern for word in (*texts, *given))
    return not patterns and all(word.text not in ("", "-") for word in (*read, *given))


def _without_options(
    words: Sequence[_Word], program: _Program
) -> tuple[frozenset[str], list[_Word]] | None:
    """The letters of the options and the words that are none; ``None`` for unknown options."""
    letters: set[str] = set()
    operands: list[_Word] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        text = word.text
        if not text.startswith("-") or text == "-":
            operands.append(word)
            continue
        if word.is_pattern or text.startswith("--"):
            return None
        if program.counts and text[1:].isdigit():
            continue
        for at, letter in enumerate(text[1:], start=2):
            letters.add(letter)
            if letter in program.valued:
                if at == len(text) and not waiting:
                    return None
                if at == len(text) and waiting.pop(0).is_pattern:
                    return None
                break
            if letter not in program.flags:
                return None
    return frozenset(letters), operands
