"""The typed parameters of a pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ParameterType = Literal["int", "float", "bool", "str", "list", "dict", "any"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter, inferred from the cell tagged ``parameters``.

    ``default`` is meaningful only where ``required`` is false; ``optional`` allows ``None``;
    ``help`` is the comment behind the assignment.
    """

    name: str
    type: ParameterType
    default: Any = None
    required: bool = False
    optional: bool = False
    help: str = ""
