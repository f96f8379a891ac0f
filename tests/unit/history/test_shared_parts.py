"""Which parts of a value are one object is kept, and another way to share them is a change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from nbmlops.values.codec import decode, encode
from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

SHARED = "m = [[0] * 3] * 2"


def test_a_row_that_was_set_apart_by_an_equal_one_is_a_change(notebook: Notebook) -> None:
    notebook.run(SHARED, "m[1] = list(m[1])", "m[0][0] = 5")
    records = notebook.extension.surface.workspace.time_travel._executions
    second = notebook.latest - 1
    assert [value.name for value in records.by_ids([second])[second].record.outputs] == ["m"]


def test_rows_come_back_apart_or_as_one_as_they_were(notebook: Notebook) -> None:
    notebook.run(SHARED, "m[1] = list(m[1])")
    apart = notebook.latest
    notebook.run("m[0][1] = 7", f"%mlops checkout @{apart}")
    assert notebook["m"][0] is not notebook["m"][1]
    notebook.run("m[0][2] = 9", "%mlops undo", "%mlops undo")
    assert notebook["m"] == [[0] * 3] * 2
    assert notebook["m"][0] is notebook["m"][1]


def test_what_steps_share_is_shared_when_it_comes_back(notebook: Notebook) -> None:
    notebook.run("%mlops track --off", "%mlops track")
    notebook.run(
        "%mlops track deal\nimport random\nrng = random.Random(1)\n"
        "table = {'rng': rng, 'cards': []}\nhand = table['cards']",
        "%mlops track play\nhand.append(rng.random())\nplayed = table['rng'].random()",
        "%mlops undo",
    )
    assert notebook["table"]["rng"] is notebook["rng"]
    assert notebook["table"]["cards"] is notebook["hand"]
    assert notebook["hand"] == []
    notebook.run("rng = table = hand = None", "%mlops restore play@1 --values --no-source")
    assert notebook["table"]["rng"] is notebook["rng"]
    assert notebook["table"]["cards"] is notebook["hand"]


def test_values_that_only_share_in_another_way_are_equal(notebook: Notebook) -> None:
    notebook.run(SHARED, "m[1] = list(m[1])")
    records = notebook.extension.surface.workspace.time_travel._executions
    found = records.by_ids([notebook.latest - 1, notebook.latest])
    [before], [after] = (found[key].record.outputs for key in sorted(found))
    assert before.fingerprint == after.fingerprint
    assert not before.differs_from(after)


def test_a_value_that_came_back_and_is_only_read_has_not_changed(notebook: Notebook) -> None:
    notebook.run(SHARED, "m = None", "%mlops undo", "list.__len__(m)")
    records = notebook.extension.surface.workspace.time_travel._executions
    assert not records.by_ids([notebook.latest])[notebook.latest].record.outputs


def test_an_array_that_must_not_be_written_to_is_another_state(notebook: Notebook) -> None:
    notebook.run(
        "import numpy as np\na = np.arange(4.0)\nsame = a",
        "a.flags.writeable = False",
        "%mlops undo",
    )
    assert notebook["a"].flags.writeable
    assert notebook["a"] is notebook["same"]
    notebook.run("a[0] = 3", "a.flags.writeable = False", "a = None", "%mlops undo")
    assert not notebook["a"].flags.writeable


ARRAYS = [
    np.arange(200_000.0),
    np.arange(12.0).reshape(3, 4)[:, ::2],
    np.array([[1], None], dtype=object),
    np.broadcast_to(np.arange(3), (2, 3)),
]


@pytest.mark.parametrize("array", ARRAYS, ids=["large", "with gaps", "references", "broadcast"])
def test_an_array_that_must_not_be_written_to_comes_back_like_that(array: np.ndarray) -> None:
    array.flags.writeable = False
    encoded = encode({"a": array})
    found = decode(encoded.stream, [memoryview(bytearray(part)) for part in encoded.buffers])["a"]
    assert not found.flags.writeable
    assert found.tolist() == array.tolist()


def test_a_large_array_is_seen_to_be_closed_and_opened(notebook: Notebook) -> None:
    notebook.run("import numpy as np\na = np.arange(2_000_000.0)\nholder = [a]")
    there = notebook["a"]
    notebook.run("a.flags.writeable = False", "%mlops undo")
    assert notebook["a"] is there
    assert notebook["a"].flags.writeable
    notebook.run("a.flags.writeable = False", "a.flags.writeable = True", "%mlops undo")
    assert not notebook["a"].flags.writeable
    assert notebook["holder"][0] is notebook["a"]


def test_arrays_of_one_value_look_at_the_same_memory_again(notebook: Notebook) -> None:
    notebook.run(
        "import numpy as np\nviews = [np.arange(9.0)]; views += [views[0][:3]]",
        "views = None",
        "%mlops undo",
        "views[0][1] = 7",
    )
    assert notebook["views"][1][1] == 7


def test_memory_that_an_array_left_is_another_state(notebook: Notebook) -> None:
    notebook.run(
        "import numpy as np\na = np.arange(500_000.0)\nviews = [a, a[:9]]",
        "views[1] = views[1].copy()",
        "%mlops undo",
    )
    assert np.shares_memory(*notebook["views"])
    assert notebook["views"][0] is notebook["a"]


@dataclass(frozen=True, kw_only=True)
class Apart:
    """Names that share parts, a cell after which they share other ones, and what tells it."""

    name: str
    shared: str
    apart: str
    changed: str
    then: str
    holds: str


APART = (
    Apart(
        name="a list in a list",
        shared="L = [1]; x = [L]",
        apart="x[0] = list(L)",
        changed="x",
        then="L.append(2)",
        holds="x == [[1, 2]]",
    ),
    Apart(
        name="the list of an object",
        shared="class Box: pass\nL = [1]; x = Box(); x.held = L",
        apart="x.held = list(L)",
        changed="x",
        then="x.held.append(2)",
        holds="L == [1, 2]",
    ),
    Apart(
        name="an array in a dict",
        shared="import numpy as np\na = np.zeros(3); x = {'a': a[1:]}",
        apart="x['a'] = x['a'].copy()",
        changed="x",
        then="a[1] = 5",
        holds="x['a'][0] == 5",
    ),
    Apart(
        name="lists that come to be one",
        shared="L = [1]; x = [[1]]",
        apart="x[0] = L",
        changed="x",
        then="L.append(2)",
        holds="x == [[1]]",
    ),
    Apart(
        name="what a closure holds",
        shared=(
            "L = [1]\ndef make(held):\n    def get():\n        return held\n"
            "    def put(new):\n        nonlocal held\n        held = new\n"
            "    return get, put\nget, put = make(L)"
        ),
        apart="put(list(L))",
        changed="get put",
        then="L.append(2)",
        holds="get() == [1, 2]",
    ),
)


@pytest.mark.parametrize("case", APART, ids=lambda case: case.name)
def test_names_that_share_other_parts_with_others_have_changed(
    case: Apart, notebook: Notebook, new_notebook: NewNotebook
) -> None:
    """Though nothing has another content; going back, in this kernel or a later one, tells."""
    notebook.run(case.shared)
    here = notebook.latest
    notebook.run(case.apart)
    records = notebook.extension.surface.workspace.time_travel._executions
    found = records.by_ids([notebook.latest])[notebook.latest].record.outputs
    assert " ".join(sorted(value.name for value in found)) == case.changed
    notebook.run("%mlops undo", case.then)
    assert eval(case.holds, notebook.shell.user_ns)  # noqa: S307  the case is ours
    later = new_notebook()
    later.run("%mlops track --values", f"%mlops checkout @{here} --yes", case.then)
    assert eval(case.holds, later.shell.user_ns)  # noqa: S307  the case is ours


def test_what_is_read_shares_what_it_shared(notebook: Notebook) -> None:
    """Attributes of an object become a dict when they are asked for as one; that is no change."""
    notebook.run("class Box: pass\nbox = Box(); box.held = [1]; boxes = [box]; other = {1: box}")
    notebook.run("vars(box); n = [len(each.held) for each in boxes]; m = sorted(other)")
    records = notebook.extension.surface.workspace.time_travel._executions
    found = records.by_ids([notebook.latest])[notebook.latest].record.outputs
    assert sorted(value.name for value in found) == ["m", "n"]


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Names that look at the same memory, a write through one of them, and what that changes."""

    name: str
    made: str
    write: str
    changed: str
    look: str


MEMORY = (
    Memory(
        name="a frame over an array",
        made="a = np.ones((9, 3)); df = pd.DataFrame(a, copy=False)",
        write="a[0, 0] = 5",
        changed="a df",
        look="df.iloc[0, 0]",
    ),
    Memory(
        name="an array under a frame that is written to",
        made="a = np.ones((9000, 9)); df = pd.DataFrame(a, copy=False)",
        write="df.iloc[0, 0] = 5",
        changed="a df",
        look="a[0, 0]",
    ),
    Memory(
        name="a column over an array",
        made="a = np.ones(9); s = pd.Series(a, copy=False)",
        write="a[0] = 5",
        changed="a s",
        look="s[0]",
    ),
    Memory(
        name="times over an array",
        made="a = np.zeros(9, 'M8[ns]'); s = pd.Series(a, copy=False)",
        write="a[0] = '2026-01-01'",
        changed="a s",
        look="str(s[0])",
    ),
    Memory(
        name="what a frame gives away to be read",
        made="df = pd.DataFrame({'x': [1., 2.], 'y': 3.}); v = df['x'].to_numpy()",
        write="df.loc[0, 'x'] = 5",
        changed="df v",
        look="v[0]",
    ),
    Memory(
        name="a column of a frame, which copies, and what that gives away, which does not",
        made="df = pd.DataFrame({'x': [1., 2.], 'y': 3.}); s = df['x']; v = s.to_numpy()",
        write="df.loc[0, 'x'] = 5; s[1] = 7",
        changed="df s",
        look="(df['x'].tolist(), s.tolist(), v.tolist())",
    ),
    Memory(
        name="an index over an array",
        made="a = np.arange(3); i = pd.Index(a, copy=False)",
        write="a[0] = 5",
        changed="a i",
        look="i[0]",
    ),
    Memory(
        name="an array over bytes",
        made="b = bytearray(80); a = np.frombuffer(b)",
        write="b[7] = 5",
        changed="a b",
        look="a[0]",
    ),
    Memory(
        name="numbers of Python's own under an array",
        made="import array\nb = array.array('d', [1, 2]); a = np.frombuffer(b)",
        write="b[0] = 5",
        changed="a b",
        look="a[0]",
    ),
    Memory(
        name="a view of the bytes of an array",
        made="a = np.zeros((3, 3)); m = memoryview(a[1:]); r = m.toreadonly()",
        write="m[0, 0] = 5.0",
        changed="a m r",
        look="(a[1, 0], r[0, 0], r.readonly)",
    ),
    Memory(
        name="Arrow data over a part of an array",
        made="import pyarrow as pa\na = np.ones(9); p = pa.array(a[3:]); t = pa.table([a], ['x'])",
        write="a[3] = 5; a[0] = 4",
        changed="a p t",
        look="(p[0].as_py(), t['x'][0].as_py())",
    ),
    Memory(
        name="Arrow data over a column of a frame",
        made="import pyarrow as pa\ndf = pd.DataFrame({'x': [1., 2.]}); p = pa.array(df.x.values)",
        write="df.loc[0, 'x'] = 5",
        changed="df p",
        look="p[0].as_py()",
    ),
    Memory(
        name="an Arrow buffer over bytes",
        made="import pyarrow as pa\nb = bytearray(9); p = pa.py_buffer(b)",
        write="b[0] = 5",
        changed="b p",
        look="p.to_pybytes()[0]",
    ),
    Memory(
        name="a column of Polars over an array",
        made="import polars as pl\na = np.ones(9); s = pl.Series('x', a); f = pl.DataFrame(s)",
        write="a[3] = 5",
        changed="a f s",
        look="(s[3], f['x'][3])",
    ),
    Memory(
        name="a masked array, which is made again by its cell",
        made="a = np.ones(3); m = np.ma.array(a, mask=[0, 0, 1], copy=False)",
        write="a[0] = 5",
        changed="a m",
        look="m[0]",
    ),
)
TENSORS = (
    Memory(
        name="a tensor over a part of an array",
        made="a = np.ones(9); t = torch.from_numpy(a[3:])",
        write="t[0] = 5",
        changed="a t",
        look="a[3]",
    ),
    Memory(
        name="what a tensor gives away",
        made="t = torch.ones(9, requires_grad=True); a = t.detach().numpy()",
        write="a[0] = 5",
        changed="a t",
        look="(t.tolist()[0], t.requires_grad)",
    ),
    Memory(
        name="a view of a tensor",
        made="t = torch.ones((3, 3), dtype=torch.bfloat16); v = t.T[1:]",
        write="v[0, 0] = 5",
        changed="t v",
        look="(float(t[0, 1]), t.dtype == v.dtype, v.stride())",
    ),
    Memory(
        name="the weights of a layer",
        made="l = torch.nn.Linear(2, 2); w = l.weight.data",
        write="w[0] = 5",
        changed="l w",
        look="(l.weight[0].tolist(), type(l.weight) is torch.nn.Parameter)",
    ),
    Memory(
        name="a tensor over bytes",
        made="b = bytearray(9); t = torch.frombuffer(b, dtype=torch.uint8)",
        write="b[0] = 5",
        changed="b t",
        look="int(t[0])",
    ),
)
LIBRARIES = "import numpy as np; import pandas as pd"


@pytest.mark.parametrize("case", MEMORY, ids=lambda case: case.name)
def test_what_looked_at_the_same_memory_does_so_again(
    case: Memory, notebook: Notebook, new_notebook: NewNotebook
) -> None:
    """A write through one is a change of all; in this kernel, in new objects, in a later kernel."""
    _look_again(case, notebook, new_notebook, LIBRARIES)


@pytest.mark.parametrize("case", TENSORS, ids=lambda case: case.name)
def test_tensors_look_at_the_same_memory_again(
    case: Memory, notebook: Notebook, new_notebook: NewNotebook
) -> None:
    pytest.importorskip("torch")
    _look_again(case, notebook, new_notebook, f"{LIBRARIES}; import torch")


def _look_again(
    case: Memory, notebook: Notebook, new_notebook: NewNotebook, libraries: str
) -> None:
    notebook.run(libraries, case.made)
    here = notebook.latest
    notebook.run(case.write)
    expected = _seen(case, notebook)
    records = notebook.extension.surface.workspace.time_travel._executions
    found = records.by_ids([notebook.latest])[notebook.latest].record.outputs
    assert {value.name for value in found} == set(case.changed.split())
    back = f"%mlops checkout @{here} --yes"
    notebook.run(back, case.write)
    assert _seen(case, notebook) == expected
    notebook.run("del " + ", ".join(case.changed.split()), back, case.write)
    assert _seen(case, notebook) == expected
    later = new_notebook()
    later.run("%mlops track --values", back, case.write)
    assert _seen(case, later) == expected


def _seen(case: Memory, notebook: Notebook) -> object:
    return eval(case.look, notebook.shell.user_ns)  # noqa: S307  the case is ours


def test_frames_of_arrow_that_only_read_the_same_memory_stay_apart(notebook: Notebook) -> None:
    """Nobody can write to it, so that to change one name is not to keep the others anew."""
    notebook.run(
        "import polars as pl, pyarrow as pa\nt = pa.table({'x': [1, 2]}); u = t.select(['x'])",
        "f = pl.DataFrame({'x': [1, 2]}); g = f.with_columns(y=3); v = f['x'].to_numpy()",
    )
    watch = notebook.extension.recorder._watch
    assert all(len(family) == 1 for family in watch.families(["t", "u", "f", "g", "v"]))


def test_memory_that_cannot_be_shared_again_is_told_of_before(notebook: Notebook) -> None:
    notebook.run(LIBRARIES, "a = np.ones(3)\nm = np.ma.array(a, copy=False)", "a = m = None")
    assert "--yes" in notebook.said("%mlops undo")


def test_a_frame_that_leaves_the_memory_of_an_array_has_changed(notebook: Notebook) -> None:
    """A second column of the frame over that memory makes it copy what is written to."""
    notebook.run(LIBRARIES, "a = np.ones(3); s = pd.Series(a, copy=False); t = s[:]")
    here = notebook.latest
    notebook.run("s.iloc[0] = 1.0")
    records = notebook.extension.surface.workspace.time_travel._executions
    found = records.by_ids([notebook.latest])[notebook.latest].record.outputs
    assert [value.name for value in found] == ["s"]
    notebook.run(f"%mlops checkout @{here}", "a[0] = 5")
    assert (notebook["s"][0], notebook["t"][0]) == (5, 5)
