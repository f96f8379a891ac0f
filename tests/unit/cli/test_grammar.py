"""Commands that read notebooks do not wait for a grammar that no notebook needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("rfc3987_syntax")

STARTED = "from nbmlops.cli.grammar import postpone_grammar\npostpone_grammar()\n"


CONFORMS = "jsonschema.Draft7Validator.FORMAT_CHECKER.conforms"


def test_what_reads_notebooks_does_not_build_it() -> None:
    """Addresses are checked all the same, with the grammar that is then built."""
    assert _runs(
        f"{STARTED}import sys, nbclient, nbformat, jsonschema\n"
        f"check = {CONFORMS}\n"
        "assert 'lark' not in sys.modules\n"
        "assert check('http://\u00e4/', 'iri') and not check('http://[', 'iri')\n"
        "assert 'lark' in sys.modules\n"
    )


def test_whoever_imports_it_has_it() -> None:
    """All of it."""
    assert _runs(f"{STARTED}import rfc3987_syntax\nassert rfc3987_syntax.parse('iri', 'http://a/')")


def _runs(program: str) -> bool:
    return subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
