"""What stays as it is stays the same object, whatever cells run again for others."""

from __future__ import annotations

import pytest

from tests.unit.history.test_timetravel import NewNotebook, new_notebook

__all__ = ["new_notebook"]

MADE = "g = (i for i in range(5)); y = [1]; z = bytearray(b'z'); d = {'z': z}"


@pytest.mark.parametrize("track", ["%mlops track", "%mlops track --values"])
def test_names_that_a_cell_binds_again_keep_their_objects(
    new_notebook: NewNotebook, track: str
) -> None:
    """Else what shares them, in names and elsewhere, would share them no more."""
    notebook = new_notebook()
    notebook.run(track, MADE, "other = y; keep = [z, y]", "first = next(g)", "g = 1")
    held = [notebook[name] for name in ("y", "z", "d")]
    notebook.run("%mlops undo --yes")
    assert next(notebook["g"]) == 1
    assert [notebook[name] is one for name, one in zip("yzd", held, strict=True)] == [True] * 3
    assert notebook["other"] is notebook["y"] is notebook["keep"][1]
    assert notebook["keep"][0] is notebook["z"] is notebook["d"]["z"]


def test_what_is_made_again_goes_on_with_what_it_was_made_of(new_notebook: NewNotebook) -> None:
    """A generator over a list, and whatever shares that list, stay together."""
    notebook = new_notebook()
    notebook.run("%mlops track", "y = [1, 2]; g = iter(y); box = {'y': y}; apart = [0]", "g = 5")
    apart = notebook["apart"]
    notebook.run("%mlops undo --yes", "y.append(3)")
    assert list(notebook["g"]) == [1, 2, 3]
    assert notebook["box"]["y"] is notebook["y"]
    assert notebook["apart"] is apart
