"""What a command shows, before a surface decides how: text, HTML or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Tone = Literal["plain", "good", "bad", "warn", "dim", "strong"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in a tone."""

    text: str
    tone: Tone = "plain"


Content = str | Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of text made of spans."""

    spans: tuple[Content, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a header; columns named in ``right`` are aligned right."""

    title: str = ""
    columns: tuple[str, ...]
    rows: tuple[tuple[Content, ...], ...]
    right: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names with their values."""

    title: str = ""
    facts: tuple[tuple[str, Content], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Source, or another text whose white space matters."""

    text: str
    language: str = "python"
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture as SVG, with the text that says the same in a terminal."""

    svg: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image with the line that stands under it, and in a terminal for it."""

    caption: str
    media_type: str = ""
    content: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Images side by side."""

    title: str
    pictures: tuple[Picture, ...]


Block = Line | Table | Facts | Code | Drawing | Pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The answer of one command.

    ``document`` is what ``--json`` prints; it names its schema. ``blocks`` say the same to a
    person.
    """

    document: dict[str, Any]
    blocks: tuple[Block, ...]

    @property
    def media_type(self) -> str:
        """Our MIME type for the document: ``application/vnd.nbmlops.versions+json``."""
        name = str(self.document["schema"]).removeprefix("nbmlops.").partition("/")[0]
        return f"application/vnd.nbmlops.{name}+json"


def line(*spans: Content) -> Line:
    """A line of text."""
    return Line(spans=spans)


def facts(title: str, told: Iterable[tuple[str, Content]]) -> Facts:
    """Names with their values, without those that have none: ``-`` stands for that."""
    return Facts(title=title, facts=tuple(fact for fact in told if fact[1] not in ("", "-")))


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Content]],
    *,
    title: str = "",
    right: Sequence[str] = (),
) -> Table:
    """A table."""
    return Table(
        title=title,
        columns=tuple(columns),
        rows=tuple(tuple(row) for row in rows),
        right=frozenset(right),
    )
