"""Executions as people name them: ``@12``, or something that one made, ``@12:rows``."""

from __future__ import annotations

import re

from nbmlops.commands.surface import Surface
from nbmlops.domain.executions import Execution
from nbmlops.errors import UnknownNameError

EXECUTION = re.compile(r"@(?P<id>\d{1,18})(?::(?P<part>.+))?")
"""How a person names an execution, or something that it made."""


def execution_of(surface: Surface, number: int) -> Execution:
    """The execution with a number.

    Raises:
        UnknownNameError: there is none.
    """
    found = surface.workspace.executions.by_ids([number]).get(number)
    if found is None:
        cure = f"Type {surface.prefix} log to see which there are."
        raise UnknownNameError("execution", f"@{number}", cure=cure)
    return found


def named_execution(surface: Surface, text: str) -> Execution | None:
    """The execution that a text such as ``@12`` names; ``None`` where it names something else.

    Raises:
        UnknownNameError: there is none of that number.
    """
    found = EXECUTION.fullmatch(text.strip())
    if found is None or found["part"] is not None:
        return None
    return execution_of(surface, int(found["id"]))
