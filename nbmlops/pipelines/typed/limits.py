"""What the words beside a parameter limit it to, and what of them remains as its help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nbmlops.domain.parameters import Shape
from nbmlops.pipelines.typed import choosing, describe, ranges, texts
from nbmlops.pipelines.typed.choosing import Listed
from nbmlops.pipelines.typed.clauses import Clause, clauses, without
from nbmlops.pipelines.typed.colab import form_of
from nbmlops.pipelines.typed.fit import fit, same
from nbmlops.pipelines.typed.scalars import UnfitError

_BOUNDS = ("minimum", "maximum", "above", "below")
_UNLIMITED: dict[str, Any] = {"choices": (), **dict.fromkeys(_BOUNDS)}
_PAIR = 2
_NOTHING = ("none", "null")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """A shape with what words say of it.

    Attributes:
        shape: with the limits.
        help: the words without those that are limits now.
        note: why words that look like a limit are none; empty where there are no such.
    """

    shape: Shape
    help: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Of which parameter the words are; ``known`` says whether it has a default."""

    name: str
    known: bool
    default: Any = None


def limited(shape: Shape, text: str, subject: Subject) -> Limited:
    """The shape with the range and the choices that a comment, or the text of a note, tells.

    What an annotation says goes before. Words of which the default is no instance are prose.

    Args:
        shape: what is known of the parameter without the words.
        text: the words.
        subject: the parameter.
    """
    if shape.type in ("bool", "secret") or not text:
        form = form_of(text)
        return Limited(shape=shape, help=form[2] if form is not None else text)
    against = ""
    for told, help_ in _told(shape, text, subject):
        if _limits(told) in (_limits(shape), _UNLIMITED):
            return Limited(shape=shape, help=help_)
        if _limits(shape) != _UNLIMITED:
            said = (
                f"says {describe.allowed(told)!r}, and the annotation {describe.allowed(shape)!r}"
            )
            return Limited(shape=shape, help=text, note=f"{said}, which holds")
        if _fits(told, subject):
            return Limited(shape=told, help=help_)
        against = against or describe.allowed(told)
    if against:
        note = f"says {against!r}, which its default {subject.default!r} is not: it limits nothing"
        return Limited(shape=shape, help=text, note=note)
    return Limited(shape=shape, help=text, note=_doubt(shape, text, subject))


def _told(shape: Shape, text: str, subject: Subject) -> Iterator[tuple[Shape, str]]:
    """Each reading of the words that limits the type, with what remains of them."""
    bare = replace(shape, **_UNLIMITED)
    form = form_of(text)
    if form is not None:
        bounds, listed, help_ = form
        told = _choosing(bare, listed, subject) if listed is not None else _bounded(bare, bounds)
        yield (told or bare), help_
        return
    for clause in clauses(text):
        found = _range(bare, clause, subject) or _choice(bare, clause, subject)
        if found is not None:
            yield found, clause.rest
    dotted = ranges.dotted(text, shape.type)
    if dotted is not None and (found := _bounded(bare, dotted[0])) is not None:
        yield found, without(text, *dotted[1])


def _range(shape: Shape, clause: Clause, subject: Subject) -> Shape | None:
    """The shape with a range; ``None`` where it is none, or may be one of several."""
    bounds = ranges.bounds_in(clause.text, shape.type, subject.name)
    if not bounds or ranges.like_one(clause.rest, shape.type):
        return None
    found = _bounded(shape, bounds)
    if found is None or not clause.text.startswith("[") or shape.type != "int":
        return found
    ends = (found.minimum, found.maximum)  # of [16, 32] nobody knows
    return None if subject.known and subject.default in ends and ends[1] - ends[0] > 1 else found


def _choice(shape: Shape, clause: Clause, subject: Subject) -> Shape | None:
    listed = None if clause.cut else choosing.listed_in(clause.text)
    pair = listed is not None and len(listed.items) == _PAIR and clause.text.endswith(("]", ")"))
    if pair and shape.type in ranges.VALUES:
        return None  # the ends of a range, or choices
    return _choosing(shape, listed, subject) if listed is not None else None


def _bounded(shape: Shape, bounds: Mapping[ranges.Bound, str]) -> Shape | None:
    try:
        values = {bound: fit(shape, texts.read(shape, text)) for bound, text in bounds.items()}
    except UnfitError:  # a fraction, for a whole number
        return None
    return replace(shape, **values)


def _choosing(shape: Shape, listed: Listed, subject: Subject) -> Shape | None:
    """The shape with choices; ``None`` where one is of another type, or it may be a sentence."""
    named = [item for item in listed.items if item.lower() not in _NOTHING]
    try:
        values = tuple(fit(shape, texts.read(shape, item)) for item in named)
    except UnfitError:
        return None
    among = any(same(subject.default, value) for value in values)
    if listed.plain and not among and not (listed.piped and shape.type == "str"):
        return None
    optional = shape.optional or len(named) < len(listed.items)
    return replace(shape, choices=values, optional=optional)


def _fits(shape: Shape, subject: Subject) -> bool:
    try:
        fit(shape, subject.default)
    except UnfitError:
        return not subject.known
    return True


def _limits(shape: Shape) -> dict[str, Any]:
    return {name: getattr(shape, name) for name in _UNLIMITED}


def _doubt(shape: Shape, text: str, subject: Subject) -> str:
    """Why words that look like a limit are taken as help."""
    found = ranges.like_one(text, shape.type)
    if found and shape.type in ranges.VALUES:
        return f"mentions {found!r}, which limits nothing; write 1..12 for a range from 1 to 12"
    if found:
        return f"mentions {found!r}, which limits nothing; write limits with Annotated[…]"
    found = choosing.like_one(text, str(subject.default))
    if found and not shape.choices:
        return f"mentions {found!r}, which limits nothing; write 'one of: a, b' for choices"
    return ""
