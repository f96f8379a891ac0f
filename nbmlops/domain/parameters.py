"""The typed parameters of a pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

ParameterType = Literal[
    "int", "float", "bool", "str", "list", "tuple", "dict",
    "date", "datetime", "path", "enum", "secret", "any",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a value must be like. Values are *plain*: as JSON writes them.

    A date and a datetime are their ISO 8601 text, a path its text, a member of an enumeration its
    name, and a secret the place where it is: ``env:NAME``, ``keyring:SERVICE/NAME``,
    ``file:PATH``.

    Attributes:
        type: the Python type.
        optional: whether ``None`` is allowed.
        choices: the values that are allowed; any where empty.
        minimum: the least value; ``above`` is less than every value.
        maximum: the greatest value; ``below`` is greater than every value.
        shortest: the fewest characters or items; ``longest`` the most.
        items: what each item of a list or tuple, or each value of a mapping, must be like.
        enum: the name of the notebook's enumeration.
    """

    type: ParameterType
    optional: bool = False
    choices: tuple[Any, ...] = ()
    minimum: Any = None
    maximum: Any = None
    above: Any = None
    below: Any = None
    shortest: int | None = None
    longest: int | None = None
    items: Shape | None = None
    enum: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Shape):
    """One parameter, inferred from the cell tagged ``parameters``.

    ``default`` is meaningful only where ``required`` is false; ``help`` is the comment behind the
    assignment, or above it.
    """

    name: str
    default: Any = None
    required: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a run is for, in the words of a schedule; times are aware.

    ``logical_date`` is the due time, or when a manual run was asked for. The interval reaches
    from the due time before to this one; both of its ends are the logical date of a manual run.
    ``changed_files`` are those whose change led to the run, relative to the project.
    """

    logical_date: datetime
    interval_start: datetime
    interval_end: datetime
    trigger: str = "manual"
    changed_files: tuple[str, ...] = ()

    @classmethod
    def at(cls, moment: datetime) -> Occasion:
        """A manual run for a moment."""
        return cls(logical_date=moment, interval_start=moment, interval_end=moment)
