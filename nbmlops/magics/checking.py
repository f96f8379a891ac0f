"""Test cells that a person runs: what their assertions say, and whether they passed."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import Any

from nbmlops.capture.assertions import Introspection
from nbmlops.capture.cell import tags_of
from nbmlops.capture.failure import failure_of
from nbmlops.notebook.labels import CellTest, cell_test


class CheckedCells:
    """Watches one shell for test cells.

    - rewrites their assertions, so that a failing one says what its parts were;
    - says in one line below the cell whether it passed.

    Args:
        shell: the IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._introspection = Introspection()
        self._test: CellTest | None = None
        self._began = 0.0

    def attach(self) -> None:
        """Begin; before the recorder, which looks at the names that a cell leaves."""
        self._shell.events.register("pre_run_cell", self._before)
        self._shell.events.register("post_run_cell", self._after)

    def detach(self) -> None:
        """Leave the shell as it was."""
        self._rewrite_no_more()
        for event, callback in (("pre_run_cell", self._before), ("post_run_cell", self._after)):
            with suppress(ValueError):
                self._shell.events.unregister(event, callback)

    def _before(self, info: Any) -> None:
        if not info.store_history or self._test is not None:
            return  # run by the front end for itself, or by another cell
        self._test = cell_test(info.raw_cell, tags_of(info, self._shell))
        if self._test is not None:
            # not for other cells: IPython walks the tree of a cell again where there is one
            self._shell.ast_transformers.append(self._introspection)
            self._introspection.begin()
            self._began = time.perf_counter()

    def _after(self, result: Any) -> None:
        if self._test is None or (result is not None and not result.info.store_history):
            return
        test, self._test = self._test, None
        self._introspection.end(self._shell.user_ns)
        self._rewrite_no_more()
        if result is not None:
            sys.stdout.write(f"{self._said(test, result)}\n")

    def _rewrite_no_more(self) -> None:
        with suppress(ValueError):
            self._shell.ast_transformers.remove(self._introspection)

    def _said(self, test: CellTest, result: Any) -> str:
        name = f"test {test.name}" if test.name else "test"
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            checks = self._introspection.checks
            count = "1 assertion" if checks == 1 else f"{checks} assertions"
            return f"{name} passed: {count}, {1000 * (time.perf_counter() - self._began):.0f} ms"
        found = failure_of(error, source=result.info.raw_cell, step=None, cell_id=None)
        state = "failed" if found.kind == "AssertionError" else "ended in an error"
        place = f", line {found.line}" if found.line else ""
        why = next(iter(found.message.splitlines()), "") or "assert"
        why = why if found.kind == "AssertionError" else f"{found.kind}: {why}"
        return f"{name} {state}{place}: {why}"
