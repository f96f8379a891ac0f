"""Dicts of equal content in another order are kept apart, and a new order is a change."""

from __future__ import annotations

from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]


def test_equal_dicts_come_back_each_in_its_own_order(notebook: Notebook) -> None:
    notebook.run("a = {'x': 1, 'y': 2}", "b = {'y': 2, 'x': 1}", "a = b = None", "%mlops undo")
    assert list(notebook["a"]) == ["x", "y"]
    assert list(notebook["b"]) == ["y", "x"]


def test_a_dict_that_was_put_in_another_order_is_put_back(notebook: Notebook) -> None:
    notebook.run("d = {'x': 1, 'y': 2}", "other = 1", "d['x'] = d.pop('x')")
    assert list(notebook["d"]) == ["y", "x"]
    notebook.run("%mlops undo")
    assert list(notebook["d"]) == ["x", "y"]
    assert notebook["other"] == 1


def test_a_dict_that_came_back_is_seen_to_be_put_in_another_order(notebook: Notebook) -> None:
    notebook.run("d = [{'y': 1, 'x': 2}]", "d = None", "%mlops undo")
    notebook.run("d[0]['y'] = d[0].pop('y')", "%mlops undo")
    assert list(notebook["d"][0]) == ["y", "x"]


def test_a_dict_that_is_only_read_has_not_changed(notebook: Notebook) -> None:
    notebook.run("d = {'y': 1, 'x': 2}", "d = None", "%mlops undo", "dict.keys(d)")
    record = notebook.extension.surface.workspace.time_travel._executions
    last = record.by_ids([notebook.latest])[notebook.latest].record
    assert not last.outputs
