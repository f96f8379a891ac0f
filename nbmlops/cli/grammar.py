"""The grammar of international addresses, read when such an address is checked."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_NAME = "rfc3987_syntax"


def postpone_grammar() -> None:
    """Import the library that has the grammar when something of it is asked for.

    Whoever reads notebooks imports ``jsonschema``, which imports that library where it is
    installed, and builds its parser: that takes longer than most commands, and no notebook has
    such addresses. Only for processes in which no other program's code runs.
    """
    found = None if _NAME in sys.modules else find_spec(_NAME)
    if found is not None:
        standing_in = _Postponed(_NAME)
        standing_in.__spec__ = found
        standing_in.__path__ = list(found.submodule_search_locations or ())
        sys.modules[_NAME] = standing_in


class _Postponed(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return getattr(_grammar(), name)

    @staticmethod
    def is_valid_syntax(*given: Any, **named: Any) -> Any:
        """What ``jsonschema`` takes from it by name."""
        return _grammar().is_valid_syntax(*given, **named)


def _grammar() -> ModuleType:
    if isinstance(sys.modules.get(_NAME), _Postponed):
        del sys.modules[_NAME]
    return import_module(_NAME)
