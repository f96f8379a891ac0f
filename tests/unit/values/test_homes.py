"""Whose a module is."""

from __future__ import annotations

import sys
import types

import pytest

from nbmlops.values import homes
from nbmlops.values.homes import file_of, foreign, note_foreign, own_module


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
    made = types.ModuleType("made_in_a_notebook")
    monkeypatch.setitem(sys.modules, "made_in_a_notebook", made)
    assert not foreign()
    note_foreign()
    assert "json" in foreign()
    assert "made_in_a_notebook" not in foreign()
