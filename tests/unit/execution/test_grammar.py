"""Importing papermill without the grammar that jsonschema would build."""

from __future__ import annotations

import subprocess
import sys

IMPORTED = """
import sys
from nbmlops.execution.grammar import deferred_grammar
with deferred_grammar():
    import papermill.execute
assert "jsonschema" in sys.modules
assert "rfc3987_syntax" not in sys.modules
"""
CHECKED = """
import jsonschema
checker = jsonschema.Draft7Validator.FORMAT_CHECKER
assert checker.conforms("http://münchen.example/straße", "iri")
assert not checker.conforms("no address", "iri")
assert "lark" in sys.modules
"""


def run(source: str) -> None:
    """Run source in a fresh process, in which nothing is imported yet."""
    subprocess.run([sys.executable, "-c", source], check=True, timeout=60)


def test_papermill_is_imported_without_building_the_grammar() -> None:
    run(f"{IMPORTED}assert 'lark' not in sys.modules")


def test_the_real_grammar_checks_addresses_when_one_is_to_be_checked() -> None:
    run(IMPORTED + CHECKED)


def test_a_grammar_that_was_built_before_stays() -> None:
    run(
        "import rfc3987_syntax as before\n"
        + IMPORTED.replace(
            'assert "rfc3987_syntax" not in sys.modules',
            'assert sys.modules["rfc3987_syntax"] is before',
        )
    )
