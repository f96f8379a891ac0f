"""What restore says of a value that does not come back as it was recorded."""

from __future__ import annotations

import pytest

from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

HOLLOW = """
class Hollow:
    def __init__(self, x):
        self.x = x
    def __reduce__(self):
        return (list, ([self.x],))
"""


def test_restore_names_what_did_not_come_back_as_recorded(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.run(HOLLOW, "%mlops track made\nodd = Hollow(1)\nplain = [1]")
    capsys.readouterr()
    notebook.run("%mlops restore made@1 --values --no-source")
    said = capsys.readouterr().out
    assert "Restored plain of made@1." in said
    assert "Not the same as recorded: odd." in said
    assert notebook["odd"] == [1]
