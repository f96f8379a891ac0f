"""Which names of a kernel's namespace are the notebook's own."""

from __future__ import annotations

import random
from typing import Any

from nbmlops.capture.shell_names import OwnNames, is_shell_name

HIDDEN = {"exit": object(), "In": ["", "n = 0"]}


def own_in(namespace: dict[str, Any]) -> dict[str, Any]:
    """What is expected, each name asked for itself."""
    return {
        name: value
        for name, value in namespace.items()
        if not is_shell_name(name) and not (name in HIDDEN and HIDDEN[name] is value)
    }


def test_they_are_told_from_those_of_the_shell_whatever_is_bound_and_deleted() -> None:
    """Also where the shell has more names than the notebook, as after many cells."""
    chance = random.Random(0)  # noqa: S311 (no secret)
    namespace: dict[str, Any] = {**HIDDEN, "__name__": "__main__", "_": ""}
    own = OwnNames(namespace, HIDDEN)
    for cell in range(200):
        namespace[f"_i{cell}"] = "n = 0"
        namespace[f"name_{chance.randrange(150)}"] = cell
        if chance.random() < 0.2:
            namespace.pop(f"name_{chance.randrange(150)}", None)
        found = own.held()
        assert found == own_in(namespace)
        assert list(found) == list(own_in(namespace))


def test_a_name_of_the_shell_that_a_cell_binds_is_the_notebooks_own() -> None:
    namespace: dict[str, Any] = {**HIDDEN}
    own = OwnNames(namespace, HIDDEN)
    assert own.held() == {}
    namespace["exit"] = 3
    assert own.held() == {"exit": 3}
    namespace["exit"] = HIDDEN["exit"]
    assert own.held() == {}


def test_one_that_was_deleted_and_bound_again_is_found() -> None:
    namespace: dict[str, Any] = {"a": 1, "_i1": "a = 1", "b": 2}
    own = OwnNames(namespace, {})
    assert own.held() == {"a": 1, "b": 2}
    del namespace["a"]
    assert own.held() == {"b": 2}
    namespace["a"] = 3
    assert own.held() == {"b": 2, "a": 3}
