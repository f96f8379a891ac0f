"""Whose a module is."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from nbmlops.values import homes
from nbmlops.values.homes import (
    file_of,
    foreign,
    is_local,
    not_foreign,
    note_foreign,
    note_installed,
    own_module,
)


class _Says:
    """Calls itself a module, as the libraries of cffi among the modules do."""

    __class__ = types.ModuleType  # type: ignore[assignment]


def test_what_only_says_that_it_is_a_module_belongs_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "says", _Says())  # type: ignore[arg-type]
    assert isinstance(sys.modules["says"], types.ModuleType)
    assert own_module("says") is None
    assert file_of(sys.modules["says"]) is None


def test_what_is_noted_for_forked_processes_is_all_but_the_modules_of_the_project(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(homes, "_foreign", frozenset())
    monkeypatch.setattr(homes, "_order", [])
    made = types.ModuleType("made_in_a_notebook")
    monkeypatch.setitem(sys.modules, "made_in_a_notebook", made)
    assert not foreign()
    note_foreign()
    assert "json" in foreign()
    assert "made_in_a_notebook" not in foreign()


def test_what_a_distribution_lists_in_a_folder_of_the_search_path_is_no_code_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pip install --target` puts libraries into a folder of any name, beside other modules."""
    told = tmp_path / "library-1.0.dist-info" / "RECORD"
    told.parent.mkdir()
    told.write_text("library/__init__.py,sha256=abc,12\nsingle.py,,\n../../bin/tool,,\n")
    (tmp_path / "broken-1.0.dist-info").mkdir()
    of_library = [tmp_path / "library" / "core.py", tmp_path / "single.py"]
    of_project = [tmp_path / "mine.py", tmp_path / "library_of_mine.py", tmp_path / "singles.py"]
    assert all(is_local(str(file)) for file in (*of_library, *of_project))
    monkeypatch.syspath_prepend(tmp_path)
    note_installed("/somewhere/else")
    assert not any(is_local(str(file)) for file in of_library)
    assert all(is_local(str(file)) for file in of_project)
    note_installed(str(tmp_path))
    assert all(is_local(str(file)) for file in of_library), "in the project it may be edited"
    monkeypatch.undo()
    note_installed("/somewhere/else")
    assert all(is_local(str(file)) for file in of_library)


def test_modules_loaded_anew_are_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "_foreign", frozenset())
    monkeypatch.setattr(homes, "_order", [])
    assert not_foreign() == list(sys.modules)
    early, late = types.ModuleType("made_early"), types.ModuleType("made_late")
    monkeypatch.setitem(sys.modules, "made_early", early)
    note_foreign()
    monkeypatch.setitem(sys.modules, "made_late", late)
    assert "json" not in not_foreign()
    assert [name for name in not_foreign() if name.startswith("made_")] == [
        "made_early",
        "made_late",
    ]
    monkeypatch.delitem(sys.modules, "json")
    monkeypatch.setitem(sys.modules, "json", types.ModuleType("json"))
    assert not_foreign() == list(sys.modules)
