"""Ploomber's pipelines are read as they are, or refused with the task and the reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from nbmlops.pipelines.importing.nodes import Imported, Reference, Text
from nbmlops.pipelines.importing.ploomber import read_ploomber

LOAD = "# %% tags=['parameters']\nupstream = None\nproduct = None\n\n# %%\nprint(product)\n"
FIT = "# + tags=['parameters']\nupstream = ['load']\nproduct = None\n# -\n\nprint(upstream)\n"
FUNCTIONS = """
def clean(product, upstream):
    return upstream['load']['data']

def best(product, upstream):
    return upstream["fit-*"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the sources of tasks."""
    (tmp_path / "load.py").write_text(LOAD)
    (tmp_path / "fit.py").write_text(FIT)
    (tmp_path / "bare.py").write_text("print(1)\n")
    (tmp_path / "functions.py").write_text(FUNCTIONS)
    return tmp_path


def imported(text: str, folder: Path, env: dict[str, Any] | None = None) -> Imported:
    """What is read from the text of a pipeline."""
    return read_ploomber(yaml.safe_load(text), folder, env or {})


def test_tasks_are_linked_by_what_their_sources_say(folder: Path) -> None:
    found = imported(
        """
        tasks:
          - {source: functions.best, product: out/best.txt}
          - source: fit.py
            name: fit-[[k]]
            product: {nb: "out/[[k]].html", model: out/m.txt}
            grid: {k: [1, 2]}
          - {source: functions.clean, product: out/clean.csv}
          - source: load.py
            product: {nb: out/load.ipynb, data: out/load.csv}
        """,
        folder,
    )
    assert found.problems == ()
    assert [node.name for node in found.nodes] == ["load", "fit-1", "fit-2", "best", "clean"]
    by_name = {node.name: node for node in found.nodes}
    assert by_name["best"].upstream == {"fit-*": ("fit-1", "fit-2")}
    assert by_name["clean"].upstream == {"load": "load"}
    assert by_name["fit-2"].product == {"nb": "out/2-1.html", "model": "out/m-1.txt"}
    assert by_name["fit-2"].parameters == {"k": 2}


def test_values_of_env_yaml_are_parameters(folder: Path) -> None:
    found = imported(
        """
        tasks:
          - source: load.py
            product: {nb: "out/{{tag}}/load.ipynb"}
            params: {rows: "{{rows}}", inner: "{{deep.one}}"}
        """,
        folder,
        {"rows": 5, "tag": "a", "deep": {"one": 1}},
    )
    (node,) = found.nodes
    assert node.product == {"nb": Text(("out/", Reference("tag"), "/load.ipynb"))}
    assert node.parameters == {"rows": Reference("rows"), "inner": 1}
    assert {one.name: one.default for one in found.parameters} == {"tag": "a", "rows": 5}
    assert "deep of env.yaml" in found.notes[0]


def test_each_grid_of_a_task_fills_in_what_it_has(folder: Path) -> None:
    found = imported(
        """
        tasks:
          - source: load.py
            name: fit-[[a]][[b]]
            product: {nb: "[[a]]/x.html"}
            grid: [{a: [1]}, {a: [2], b: [3]}]
        """,
        folder,
    )
    assert [(one.name, one.product["nb"]) for one in found.nodes] == [
        ("fit-1", "1/x-0.html"),
        ("fit-23", "2/x-1.html"),
    ]


@dataclass(frozen=True)
class Refused:
    """A task that cannot be imported, as YAML, and what is said of it."""

    task: str
    said: str


REFUSED = [
    Refused("{source: query.sql, product: [t, table]}", "runs SQL"),
    Refused("{source: plot.R, product: a.html}", "'plot' is a .R file; only notebooks and Python"),
    Refused("{source: plot.md, product: a.html}", "'plot' is a .md file"),
    Refused("{source: gone.py, product: a.ipynb}", "no file gone.py"),
    Refused("{source: functions.gone, product: a}", "no function 'gone'"),
    Refused("{source: bare.py, product: a.ipynb}", "no cell tagged 'parameters'"),
    Refused("{source: fit.py, product: a.ipynb}", "needs load, which is not there"),
    Refused("{source: load.py, product: a.ipynb, on_finish: hooks.check}", "hook on_finish"),
    Refused("{source: load.py, product: a.ipynb, client: db.get}", "'client'"),
    Refused("{source: load.py, product: a.pdf}", "make it .ipynb or .html"),
    Refused("{source: load.py}", "has no product"),
    Refused("{source: load.py, product: a.ipynb, params: {n: 'm::f'}}", "made by a function"),
    Refused("{source: load.py, product: 'out/{{git}}.ipynb'}", "changes from run to run"),
    Refused("{source: load.py, product: 'out/{{gone}}.ipynb'}", "not in env.yaml"),
    Refused("{source: load.py, product: a.ipynb, class: ScriptRunner}", "class ScriptRunner"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.said)
def test_what_cannot_be_kept_is_refused(case: Refused, folder: Path) -> None:
    assert case.said in " ".join(imported(f"tasks:\n  - {case.task}", folder).problems)


@pytest.mark.parametrize("key", ["clients", "serializer", "on_finish"])
def test_what_holds_for_all_tasks_is_refused(key: str, folder: Path) -> None:
    text = f"{key}: a.b\ntasks:\n  - {{source: load.py, product: a.ipynb}}"
    assert repr(key) in " ".join(imported(text, folder).problems)
