"""What calls set for the whole process, or in a library: the rules of `known`, applied."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nbmlops.notebook.dataflow import known
from nbmlops.notebook.dataflow.effects import Holds
from nbmlops.notebook.dataflow.expressions import dotted
from nbmlops.notebook.dataflow.handed import Handed
from nbmlops.notebook.dataflow.sql_texts import only_asks
from nbmlops.notebook.dataflow.state import union

_SETTING = known.SETTINGS | known.SETTING_METHODS


class Call(NamedTuple):
    """A call with what is known of it.

    ``words`` are what is called, where that is a dotted name; ``full`` is its dotted origin where
    that is an import, else empty, and ``package`` the top-level package of that; ``receiver`` is
    what a method is called on, ``callee`` what a plain function's name holds; ``given`` are all
    arguments, with what they hold in ``arguments``, and ``keywords`` the named ones; ``alone``
    says that the call is a statement, so that it is there for what it does.
    """

    node: ast.Call
    words: Sequence[str]
    name: str
    full: str
    package: str
    is_method: bool
    receiver: Holds
    callee: Holds
    given: Sequence[ast.expr]
    arguments: Sequence[Holds]
    keywords: Mapping[str, ast.expr]
    alone: bool

    @property
    def is_class(self) -> bool:
        """Whether an imported callee is, by its name, a class."""
        return bool(self.full) and self.name[:1].isupper()


def is_constant(node: ast.expr, value: object) -> bool:
    """Whether an expression is written as this very constant."""
    return isinstance(node, ast.Constant) and repr(node.value) == repr(value)


class Settings(Handed):
    """Walks calls that set something."""

    def set_up(self, call: Call) -> None:
        """Settings of the process."""
        if (
            call.name in _SETTING
            or call.full in known.SETTING_FUNCTIONS
            or (call.alone and (self._sets_up(call) or self._asks_shell(call)))
            or self._registers(call)
            or self._changes_default(call)
            or (call.name in ("setattr", "delattr") and any(map(self.is_import, self._first(call))))
        ):
            self.shift(known.PROCESS, reads=False)
            if self._keeps_given(call):
                given = union(call.arguments)
                self.found.handed |= {t for t in given if not self.is_import(t)}

    def _asks_shell(self, call: Call) -> bool:
        return call.is_method and self.names_shell(call.node.func)

    def _registers(self, call: Call) -> bool:
        """Whether what a call returned takes code, such as ``register_accessor("x")(X)``."""
        inner = call.node.func
        if not isinstance(inner, ast.Call):
            return False
        full = self.origin(dotted(inner.func))
        return bool(full) and full.rpartition(".")[2].startswith(known.SETTING_WORDS)

    @staticmethod
    def _changes_default(call: Call) -> bool:
        """Whether a function of DuckDB may change the connection that all code shares."""
        if call.package != "duckdb" or not call.arguments or call.is_class:
            return False
        if call.name == "connect":
            return any(is_constant(part, ":default:") for part in call.node.args)
        if call.name.startswith(("from_", "read_")) and call.name not in known.QUERYING:
            return False
        text = call.node.args[0] if call.name in known.QUERYING and call.node.args else None
        if not isinstance(text, ast.Constant):
            return True
        return not only_asks(str(text.value))

    @staticmethod
    def _keeps_given(call: Call) -> bool:
        """Whether what sets up a library may keep what it is given, and change it later."""
        sets = call.name in known.SETTINGS or call.full.startswith(known.SETTING_PLACES)
        sets = sets or call.full in known.SETTING_FUNCTIONS
        sets = sets or (call.package == "duckdb" and call.name != "register")
        copies = sets or call.name.startswith(known.COPYING_WORDS)
        return call.name in known.KEEPING or not copies

    @staticmethod
    def _first(call: Call) -> Holds:
        return call.arguments[0] if call.arguments and not call.full else {}

    def _sets_up(self, call: Call) -> bool:
        """Whether a function of a library is called for what it leaves, not what it returns."""
        if not call.full:
            return False
        if call.full.startswith(known.SETTING_PLACES) or call.name in known.SETTING_UP:
            return True
        if call.name in known.FILE_WRITERS:
            return False
        shown = call.full.startswith(("sys.stdout.", "sys.stderr."))
        return call.name.startswith(known.SETTING_WORDS) or (
            call.package in known.SETTING_PACKAGES and not shown and not self.is_inert(call.full)
        )
