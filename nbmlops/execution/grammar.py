"""Keep a grammar that no notebook needs from being built."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

_PACKAGE = "rfc3987_syntax"


@contextmanager
def deferred_grammar() -> Iterator[None]:
    """Import jsonschema in here, and it loads its grammar of addresses when it first needs it.

    papermill reads notebooks with nbformat, which imports jsonschema, which imports
    rfc3987-syntax where it is installed, as beside a Jupyter server. That one builds a parser
    for international addresses at import, for 1.7 seconds; no schema of a notebook has one.
    A schema that does have one is checked by the real parser all the same. Without effect where
    the package is missing or was imported before.
    """
    if _PACKAGE in sys.modules or find_spec(_PACKAGE) is None:
        yield
        return
    stand_in = _StandIn(_PACKAGE)
    sys.modules[_PACKAGE] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(_PACKAGE) is stand_in:
            del sys.modules[_PACKAGE]


class _StandIn(ModuleType):
    """Has the one function that jsonschema takes."""

    @staticmethod
    def is_valid_syntax(term: str, value: str) -> bool:
        """Whether a text is what the grammar calls ``term``."""
        return bool(importlib.import_module(_PACKAGE).is_valid_syntax(term, value))
