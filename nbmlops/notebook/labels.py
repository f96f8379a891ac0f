"""What a cell is: a step, by ``%mlops track NAME`` or a tag ``step:NAME``, or a test.

A test is a cell whose first line is ``%%mlops test [NAME]``, or that has the tag ``test``.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from nbmlops.domain.references import NAME
from nbmlops.domain.resources import ALL_OF_IT, GPU, resources_of
from nbmlops.domain.rules import StepRules
from nbmlops.domain.sizes import bytes_of
from nbmlops.durations import seconds_of
from nbmlops.errors import UsageError

TAG_PREFIX = "step:"

TAG_PREFIXES = (TAG_PREFIX, "block:")
"""What a tag that names a step begins with; the second is Kale's older word."""

TEST_TAG = "test"

_TAKEN = ("approved", "latest")
"""Words that references understand by themselves, such as ``checkout latest``."""

_TRACK = re.compile(r"%%?mlops[ \t]+track(?P<options>[ \t].*)?")
_TEST = re.compile(r"%%mlops[ \t]+test(?P<name>[ \t].*)?")
_RULES = {
    "--timeout": ("timeout", "90s, 30m or 1h30m"),
    "--retries": ("retries", "a whole number"),
    "--retry-delay": ("retry_delay", "10s, 5m or 1h"),
    "--memory": ("memory", "512M or 4G"),
    "--cpus": ("cpus", "a whole number"),
    "--gpus": ("gpus", "a whole number"),
    "--resources": ("resources", ALL_OF_IT),
    "--on-failure": ("on_failure", "fail, skip or continue"),
}


def _counted(text: str) -> int | None:
    return int(text) or None if text.isdecimal() else None


def _gpus(text: str) -> dict[str, float] | None:
    number = _counted(text)
    return {GPU: float(number)} if number else None


_READERS: Mapping[str, Callable[[str], Any]] = {
    "timeout": lambda text: seconds_of(text) or None,
    "retries": lambda text: int(text) if text.isdecimal() else None,
    "retry_delay": seconds_of,
    "memory": bytes_of,
    "cpus": _counted,
    "gpus": _gpus,
    "resources": resources_of,
    "on_failure": lambda text: text if text in ("fail", "skip", "continue") else None,
}
"""How each is read; ``None``, or a `UsageError`, where it is wrong."""

_COMMAND = re.compile(r"[ \t]*(%mlops\b.*|%(load|reload)_ext[ \t]+nbmlops[ \t]*(#.*)?)")
_CELL_COMMAND = re.compile(r"%%mlops\b")

_asked_again = lru_cache(maxsize=256)
"""While a cell is run and recorded, the same is asked of its source several times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a cell's first line or tag says of it.

    ``rules`` are what it says of the step's runs.
    ``kind`` is ``notebook`` for a bare ``%mlops track``, which records every cell. ``problem``
    says what is wrong with the options; the rest of the label holds all the same.
    """

    name: str | None
    metrics: tuple[str, ...] = ()
    kind: Literal["step", "notebook"]
    problem: str | None = None
    rules: StepRules = field(default_factory=StepRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTest:
    """That a cell is a test; ``name`` is empty where it has none."""

    name: str


def cell_test(source: str, tags: Sequence[str] = ()) -> CellTest | None:
    """Whether a cell is a test; ``None`` for every other one.

    A first line says so, whatever the tags are; the tag, where nothing makes the cell a step.
    """
    return _cell_test(source, tuple(tags))


@_asked_again
def _cell_test(source: str, tags: tuple[str, ...]) -> CellTest | None:
    position = _label_line(source)
    match = None if position is None else _TEST.fullmatch(source.splitlines()[position].strip())
    if match is not None:
        return CellTest(name=(match["name"] or "").partition("#")[0].strip())
    tagged = TEST_TAG in tags and label_of(source, tags) is None
    return CellTest(name="") if tagged else None


def label_of(source: str, tags: Sequence[str] = ()) -> Label | None:
    """The label of a cell, or ``None``; the line wins over the tag."""
    return _label_of(source, tuple(tags))


@_asked_again
def _label_of(source: str, tags: tuple[str, ...]) -> Label | None:
    position = _label_line(source)
    if position is not None:
        match = _TRACK.fullmatch(source.splitlines()[position].strip())
        return _parse(match["options"] or "") if match is not None else None
    names = [tag.partition(":")[2] for tag in tags if tag.startswith(TAG_PREFIXES)]
    names = [name for name in names if name]  # editors leave an empty one behind
    if not names:
        return None
    problem = name_problem(names[0])
    if len(names) > 1:
        problem = f"the cell has several step tags: {', '.join(names)}"
    return Label(name=None if name_problem(names[0]) else names[0], kind="step", problem=problem)


def name_problem(name: str) -> str | None:
    """What is wrong with a step's name; ``None`` for a good one."""
    if name in _TAKEN:
        return f"{name!r} says which version or state is meant: give the step another name"
    if NAME.fullmatch(name):
        return None
    return (
        f"{name!r} is not a step name: begin with a letter or '_' and use letters, digits, "
        "'_', '-' and '.'"
    )


@_asked_again
def strip_label(source: str) -> str:
    """The source with an empty line in place of the label, so that line numbers stay."""
    position = _label_line(source)
    return source if position is None else _blank(source, {position})


@_asked_again
def strip_commands(source: str) -> str:
    """The source with an empty line for each ``%mlops …`` and ``%load_ext nbmlops`` line.

    The label stays: it is what names the cell when it runs.
    """
    label = _label_line(source)
    lines = source.splitlines()
    if label is None and lines and any(_CELL_COMMAND.match(line) for line in lines[:1]):
        return "\n" * (len(lines) - 1)
    commands = {
        number
        for number, line in enumerate(lines)
        if number != label and _COMMAND.fullmatch(line) and not _inside_string(lines, number)
    }
    return _blank(source, commands) if commands else source


@_asked_again
def _label_line(source: str) -> int | None:
    """The 0-based line of the label, which makes the cell a step or a test.

    It is the first but for blank lines, comments and one cell magic.
    """
    magic_seen = False
    for number, line in enumerate(source.splitlines()):
        text = line.strip()
        if _TRACK.fullmatch(text) or _TEST.fullmatch(text):
            return number
        if text.startswith("%%") and not magic_seen:
            magic_seen = True
        elif text and not text.startswith("#"):
            return None
    return None


def _parse(options: str) -> Label:
    try:
        words = shlex.split(options, comments=True)
    except ValueError as error:
        return Label(name=None, kind="notebook", problem=f"{options.strip()!r}: {error}")
    names: list[str] = []
    metrics: list[str] = []
    rules: dict[str, Any] = {}
    problem: str | None = None
    unknown: str | None = None
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option in ("--metric", "-m"):
            value = value if equals else next(rest, "")
            metrics += [part for part in value.split(",") if part]
            problem = problem or (None if value else f"{option} needs the name of a metric")
        elif word == "--no-cache":
            rules["cache"] = False
        elif option in _RULES:
            found, wrong = _rule(option, value if equals else next(rest, ""))
            rules = _together(rules, found)
            problem = problem or wrong
        elif word.startswith("-"):
            problem = unknown = problem or _no_option(option)
        else:
            names.append(word)
    name = names[0] if names else None
    if len(names) > 1:  # behind an option that there is not, the others may be what it was given
        several = f"a step's name is one word, not {len(names)}: {', '.join(names)}"
        problem, name = unknown or several, None
    if name is not None and name_problem(name):
        problem, name = name_problem(name), None
    if rules and not names:
        problem = problem or "limits belong to a step, and this line names none"
    return Label(
        name=name,
        metrics=tuple(metrics),
        kind="step" if names else "notebook",
        problem=problem,
        rules=StepRules(**rules),
    )


def _no_option(option: str) -> str:
    known = ("--metric", "--no-cache", *_RULES)
    near = difflib.get_close_matches(option, known, n=1)
    return f"there is no option {option}" + "".join(f": write {one}" for one in near)


def _rule(option: str, value: str) -> tuple[dict[str, Any], str | None]:
    """One rule of a step's runs, and what is wrong with it."""
    name, cure = _RULES[option]
    with suppress(UsageError):
        found = _READERS[name](value)
        if found is not None:
            return {"resources" if name == "gpus" else name: found}, None
    return {}, f"{option} {value!r} is wrong: write {cure}"


def _together(rules: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What was said so far, and one more; resources stand beside each other."""
    resources = {**rules.get("resources", {}), **found.get("resources", {})}
    return {**rules, **found, **({"resources": resources} if resources else {})}


def _blank(source: str, numbers: set[int]) -> str:
    lines = source.splitlines(keepends=True)
    for number in numbers:
        kept = len(lines[number]) - len(lines[number].rstrip("\r\n"))
        lines[number] = lines[number][-kept:] if kept else ""
    return "".join(lines)


def _inside_string(lines: Sequence[str], number: int) -> bool:
    """Whether a line lies in a triple-quoted string: such a line is text, not a command."""
    before = "\n".join(lines[:number])
    return before.count('"""') % 2 == 1 or before.count("'''") % 2 == 1
