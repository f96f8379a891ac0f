"""Elyra's pipelines are read as they are, or refused with the node and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.pipelines.importing.elyra import read_elyra
from nbmlops.pipelines.importing.nodes import Node, Reference, ordered


def node(
    key: str, file: str, links: Sequence[str] = (), op: str = "execute-python-node", **given: Any
) -> dict[str, Any]:
    """A node as the editor writes it."""
    ports = [{"node_id_ref": link, "port_id_ref": "outPort"} for link in links]
    return {
        "id": key,
        "type": "execution_node",
        "op": op,
        "app_data": {
            "component_parameters": {"filename": file, "runtime_image": "a/b:1", **given},
            "label": "",
            "ui_data": {"label": file},
        },
        "inputs": [{"id": "inPort", "links": ports}],
    }


def pipeline(nodes: Sequence[dict[str, Any]], **properties: Any) -> dict[str, Any]:
    """A pipeline as the editor writes it."""
    flow = {"id": "main", "nodes": nodes, "app_data": {"properties": properties}}
    return {
        "doc_type": "pipeline",
        "version": "3.0",
        "primary_pipeline": "main",
        "pipelines": [flow],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with scripts."""
    for name in ("load", "clean", "fit"):
        (tmp_path / f"{name}.py").write_text(f"print({name!r})\n")
    return tmp_path


def test_nodes_come_behind_those_that_they_are_linked_to(folder: Path) -> None:
    found = read_elyra(
        pipeline(
            [node("c", "fit.py", ["b", "a"]), node("b", "clean.py", ["a"]), node("a", "load.py")]
        ),
        folder,
    )
    assert found.problems == ()
    assert [(one.name, one.needs) for one in found.nodes] == [
        ("load", ()),
        ("clean", ("load",)),
        ("fit", ("clean", "load")),
    ]
    assert "runtime image of fit, clean, load" in found.notes[0]


def test_variables_and_parameters_of_a_node_are_its_environment(folder: Path) -> None:
    variables = ["A=1=2", {"env_var": "B", "value": "x"}]
    declared = {"name": "rows", "default_value": {"type": "Integer", "value": 5}, "required": False}
    found = read_elyra(
        pipeline(
            [node("a", "load.py", env_vars=variables, pipeline_parameters=["rows"])],
            pipeline_parameters=[declared],
            pipeline_defaults={"env_vars": [{"env_var": "C", "value": "y"}]},
        ),
        folder,
    )
    assert found.problems == ()
    wanted = {"C": "y", "A": "1=2", "B": "x", "rows": Reference("rows")}
    assert found.nodes[0].environment == wanted
    assert [(one.name, one.annotation, one.default) for one in found.parameters] == [
        ("rows", "int", 5)
    ]


@dataclass(frozen=True)
class Refused:
    """Nodes that cannot be imported, and what is said of them."""

    said: str
    nodes: list[dict[str, Any]] = field(default_factory=list)


REFUSED = [
    Refused("component of a runtime (bash-operator)", [node("a", "load.py", op="bash-operator")]),
    Refused("R script", [node("a", "load.R", op="execute-r-node")]),
    Refused("circle: ", [node("a", "load.py", ["b"]), node("b", "fit.py", ["a"])]),
    Refused("there is no file gone.py", [node("a", "gone.py")]),
    Refused("needs gone.csv", [node("a", "load.py", dependencies=["gone.csv"])]),
    Refused("secrets of Kubernetes", [node("a", "load.py", kubernetes_secrets=[{"name": "s"}])]),
    Refused("volumes of Kubernetes", [node("a", "load.py", mounted_volumes=[{"path": "/m"}])]),
    Refused("parameter 'rows'", [node("a", "load.py", pipeline_parameters=["rows"])]),
    Refused("property 'novel'", [node("a", "load.py", novel=1)]),
    Refused("a node that is not there", [node("a", "load.py", ["z"])]),
    Refused("no nodes", []),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.said)
def test_what_cannot_be_kept_is_refused(case: Refused, folder: Path) -> None:
    found = read_elyra(pipeline(case.nodes), folder)
    assert case.said in " ".join(found.problems)


def test_malformed_json_is_refused_in_words(folder: Path) -> None:
    assert read_elyra({"doc_type": "pipeline", "pipelines": [3]}, folder).problems


@given(st.data())
def test_every_order_respects_every_link(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 12))
    nodes = []
    for at in range(size):
        needs = data.draw(st.sets(st.integers(0, at - 1)) if at else st.just(set[int]()))
        code = tuple(f"n{need}" for need in sorted(needs))
        nodes.append(Node(name=f"n{at}", path="x.py", kind="script", code=("",), needs=code))
    found = ordered(data.draw(st.permutations(nodes)))
    place = {one.name: at for at, one in enumerate(found)}
    assert len(place) == size
    assert all(place[need] < place[one.name] for one in found for need in one.needs)
