"""Which globals functions load or bind, as their code tells."""

from __future__ import annotations

import dis
import functools
import types
from typing import Any

from nbmlops.values.kinds import is_a

_OF_GLOBALS = frozenset(["LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL"])


def globals_of(part: Any) -> frozenset[str]:
    """The globals that a function loads or binds, if it is one."""
    return _globals_in(part.__code__) if is_a(part, types.FunctionType) else frozenset()


@functools.lru_cache(maxsize=1024)
def _globals_in(code: types.CodeType) -> frozenset[str]:
    inner = [_globals_in(part) for part in code.co_consts if isinstance(part, types.CodeType)]
    own = (step.argval for step in dis.get_instructions(code) if step.opname in _OF_GLOBALS)
    return frozenset(own).union(*inner)
