"""A slice that is asked for in a kernel makes what that kernel holds."""

from __future__ import annotations

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]


def sources(kernel: Notebook, thing: str) -> list[str]:
    """The cells of a slice that is asked for in a kernel."""
    slices = kernel.extension.surface.workspace.slices
    session = kernel.extension.recorder.session.id
    return [cell.source for cell in slices.write(thing, session=session).slice.cells]


def test_a_variable_is_that_of_the_kernel_in_which_it_is_asked_for(
    new_notebook: NewNotebook,
) -> None:
    """Also where another kernel has made one of that name since."""
    one = new_notebook()
    one.run("%mlops track", "x = 1", "import nbmlops\nnbmlops.metric('auc', x)")
    two = new_notebook()
    two.run("%mlops track", "x = 2", "y = x", "import nbmlops\nnbmlops.metric('auc', x + 1)")
    assert sources(one, "x") == ["x = 1"]
    assert sources(two, "x") == ["x = 2"]
    assert sources(one, "auc")[0] == "x = 1"
    assert sources(one, "y") == ["x = 2", "y = x"]


def test_a_variable_is_what_it_was_before_what_was_undone(notebook: Notebook) -> None:
    """In its kernel and for whoever asks in a shell; what else made it is found all the same."""
    notebook.run("x = [1]", "x = [2]", "z = x", "%mlops undo", "%mlops undo")
    assert notebook["x"] == [1]
    assert sources(notebook, "x") == ["x = [1]"]
    assert sources(notebook, "z") == ["x = [2]", "z = x"]
    workspace = notebook.extension.surface.workspace
    for home in ("ipython", None):
        [cell] = workspace.slices.write("x", notebook=home).slice.cells
        assert cell.source == "x = [1]"
        [maker] = workspace.lineage.variable("x", notebook=home).executions
        assert workspace.executions.by_ids([maker])[maker].record.source == "x = [1]"
    assert workspace.lineage.variable("z").executions
