"""What restore says of a value that does not come back as it was recorded."""

from __future__ import annotations

import pytest
from cloudpickle import cloudpickle  # type: ignore[import-untyped]  # it has none

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

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


CLASSES = """
import dataclasses
class Base:
    pass
@dataclasses.dataclass
class Config:
    rate: float
class Model(Base):
    def __init__(self, config):
        self.config = config
class Other:
    pass
"""


def test_classes_of_what_was_restored_are_there_under_their_names(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a kernel that defines them otherwise, what is there stays."""
    train = "%mlops track train\nmodel = Model(Config(0.5))\nmany = [Config(1.0)]"
    new_notebook().run("%mlops track", CLASSES, train)
    second = new_notebook()
    second.run("%mlops restore train --values --no-source")
    assert "Defined Base, Config, Model, of which they are." in capsys.readouterr().out
    assert type(second["model"]) is second["Model"]
    assert type(second["many"][0]) is type(second["model"].config) is second["Config"]
    assert issubclass(second["Model"], second["Base"])
    assert "Other" not in second
    third = new_notebook()
    third.run("class Config:\n    x = 1", "Model = 3", "%mlops restore train --values --no-source")
    assert third["Config"].x == 1
    assert third["Model"] == 3


def test_what_was_restored_is_of_the_class_that_is_there(new_notebook: NewNotebook) -> None:
    """A class of another content is another one."""
    first = new_notebook()
    first.run("%mlops track", CLASSES, "%mlops track train\nmodel = Model(Config(0.5))")
    forget_classes()
    second = new_notebook()
    second.run(CLASSES, "%mlops restore train --values --no-source")
    assert type(second["model"]) is second["Model"]
    assert type(second["model"].config) is second["Config"]
    second.run("class Model(Base):\n    pass", "%mlops restore train --values --no-source")
    assert not isinstance(second["model"], second["Model"])


def forget_classes() -> None:
    """As in another process: nothing tells that a class is the one that was stored."""
    cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.clear()
    cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS.clear()


def test_what_restored_functions_need_and_the_kernel_lacks_is_named(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said before somebody calls them; what is there is not named."""
    cells = ("import math, re", "def words(text):\n    return re.findall(r'[a-z]+', text)")
    step = (
        "%mlops track made\nrate = 2\ndef scale(x):\n    return [rate * math.sqrt(len(words(x)))]"
        "\nclass Reader:\n    def read(self):\n        return re.compile(str(rate))"
    )
    new_notebook().run("%mlops track --values", *cells, step)
    second = new_notebook()
    second.run("%mlops restore made --values --no-source")
    said = capsys.readouterr().out
    assert "Not there, though needed: re for Reader; math, words for scale." in said
    assert "%mlops checkout latest" in said
    second.run(*cells, "%mlops restore made --values --no-source", "n = scale('a')")
    assert "though needed" not in capsys.readouterr().out
