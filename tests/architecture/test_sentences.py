"""Every sentence that the server says to a reader is there in each language."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import nbmlops

PACKAGE = Path(nbmlops.__file__).parent
WRITTEN = sorted(PACKAGE.glob("locale/*/server.json"))


def sentences() -> Iterator[str]:
    """The texts that are given to ``said``, each written out where it is said."""
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text("utf-8")
        if "from nbmlops.domain.sentences import said" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "said":
                text = node.args[0]
                assert isinstance(text, ast.Constant), f"{path}:{node.lineno}"
                yield str(text.value)


def places(text: str) -> set[str]:
    return set(re.findall(r"%\d", text))


def test_there_are_languages() -> None:
    assert {path.parent.name for path in WRITTEN} == {
        path.name for path in (PACKAGE / "locale").iterdir() if path.is_dir()
    }


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.parent.name)
def test_a_language_has_each_sentence_and_no_other(path: Path) -> None:
    texts = json.loads(path.read_text("utf-8"))
    assert set(texts) == set(sentences())
    assert list(texts) == sorted(texts)
    for english, other in texts.items():
        assert places(english) == places(other), english
