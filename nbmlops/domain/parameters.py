"""The typed parameters of a pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

ParameterType = Literal[
    "int", "float", "bool", "str", "list", "tuple", "dict", "set", "frozenset",
    "date", "datetime", "time", "timedelta", "decimal", "uuid",
    "path", "enum", "secret", "union", "any",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a value must be like. Values are *plain*: as JSON writes them.

    A date, a time and a length of time are their ISO 8601 text; a path, a decimal number and a
    UUID their text; a set is a list in order; a member of an enumeration its name; and a secret
    the place where it is: ``env:NAME``, ``keyring:SERVICE/NAME``, ``file:PATH``. The names of a
    mapping are texts: those that are none are their plain form as JSON.

    Attributes:
        type: the Python type.
        optional: whether ``None`` is allowed.
        choices: the values that are allowed; any where empty.
        minimum: the least value; ``above`` is less than every value.
        maximum: the greatest value; ``below`` is greater than every value.
        multiple: what every value is a whole number of times.
        shortest: the fewest characters or items; ``longest`` the most.
        items: what each item of a list, tuple or set, or each value of a mapping, must be like.
        keys: what each name of a mapping must be like; a text where it is ``None``.
        members: of a union what the value may be; of a tuple what is in each of its places.
        enum: the name of the notebook's enumeration.
    """

    type: ParameterType
    optional: bool = False
    choices: tuple[Any, ...] = ()
    minimum: Any = None
    maximum: Any = None
    above: Any = None
    below: Any = None
    multiple: Any = None
    shortest: int | None = None
    longest: int | None = None
    items: Shape | None = None
    keys: Shape | None = None
    members: tuple[Shape, ...] = ()
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
