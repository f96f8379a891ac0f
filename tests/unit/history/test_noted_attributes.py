"""What is noted on values, in them or beside their pickle is seen to change, and comes back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

UNITS = "import numpy as np\nclass Units(np.ndarray): pass\n"
FRAME = """
import pandas as pd
class Frame(pd.DataFrame):
    _metadata = ["tags"]
    @property
    def _constructor(self):
        return Frame
"""
PAIR = """
def make():
    kept = []
    return (lambda x: kept.append(x)), (lambda: kept)
"""
COUNTER = """
class Counter:
    counts = []
    def add(self):
        self.counts.append(1)
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A cell that makes something, one that changes it in place, and what held before."""

    name: str
    make: str
    change: str
    held: str


CASES = (
    Case(
        name="an attribute of an array",
        make=UNITS + "v = np.zeros(2).view(Units)\nv.unit = ['m']",
        change="v.unit.append('s')",
        held="v.unit == ['m'] and type(v) is Units",
    ),
    Case(
        name="an attribute that something else holds",
        make=UNITS + "unit = ['m']\nv = np.zeros(2).view(Units)\nv.unit = unit",
        change="unit.append('s')",
        held="v.unit == ['m'] and v.unit is unit",
    ),
    Case(
        name="an array of a class over the memory of another",
        make=UNITS + "a = np.zeros(4)\nv = a[:2].view(Units)\nv.unit = ['m']",
        change="v[:] = 7",
        held="v.unit == ['m'] and a.sum() == 0 and np.shares_memory(a, v)",
    ),
    Case(
        name="a note on a masked array",
        make="import numpy as np\nv = np.ma.masked_array([1.0, 2.0], [0, 1])\nv.note = [1]",
        change="v.note.append(2)",
        held="v.note == [1] and v.mask.tolist() == [False, True]",
    ),
    Case(
        name="metadata of a frame",
        make=FRAME + "v = Frame({'a': [1]})\nv.tags = [1]",
        change="v.tags.append(2)",
        held="v.tags == [1] and type(v) is Frame",
    ),
    Case(
        name="attrs of a frame",
        make="import pandas as pd\nv = pd.DataFrame({'a': [1]})\nv.attrs['k'] = [1]",
        change="v.attrs['k'].append(2)",
        held="v.attrs == {'k': [1]}",
    ),
    Case(
        name="metadata of a table",
        make="import pyarrow as pa\nt = pa.table({'a': [1]})\nv = [t]",
        change="v[0] = t.replace_schema_metadata({'k': '2'})",
        held="v[0].schema.metadata is None",
    ),
    Case(
        name="an attribute of a dict",
        make="class Names(dict): pass\nv = Names(a=1)\nv.note = [1]",
        change="v.note.append(2)",
        held="v.note == [1] and v == {'a': 1} and type(v) is Names",
    ),
    Case(
        name="an attribute of counts",
        make="from collections import Counter\nclass Counts(Counter): pass\n"
        "v = Counts('aab')\nv.note = [1]",
        change="v.note.append(2)",
        held="v.note == [1] and v['a'] == 2 and type(v) is Counts",
    ),
    Case(
        name="an attribute of an exception with arguments of its own",
        make="class OddError(Exception):\n  def __init__(self, what, where):\n"
        "    super().__init__(what)\n    self.where = where\nv = OddError('a', [1])",
        change="v.where.append(2)",
        held="v.where == [1] and v.args == ('a',)",
    ),
    Case(
        name="notes of an exception",
        make="v = ValueError('a')\nv.add_note('b')",
        change="v.add_note('c')",
        held="v.__notes__ == ['b']",
    ),
    Case(
        name="the context of an exception",
        make="v = ValueError('a')\nw = KeyError('b')\nv.__context__ = w",
        change="v.__context__ = None\nw.note = 1",
        held="v.__context__ is w and not hasattr(w, 'note')",
    ),
    Case(
        name="the elements of an array of Python's own",
        make="import array\nv = array.array('i', [1, 2])\nw = v",
        change="v.append(3)\nv[0] = 9",
        held="v is w and v == array.array('i', [1, 2])",
    ),
    Case(
        name="bytes through a view",
        make="held = bytearray(b'abc')\nv = memoryview(held)",
        change="v[0] = 65",
        held="held == b'abc' and (v.__setitem__(1, 66) or held == b'aBc')",
    ),
    Case(
        name="a dict behind a proxy",
        make="import types\nheld = {'a': [1]}\nv = types.MappingProxyType(held)",
        change="held['a'].append(2)\nheld['b'] = 3",
        held="v == {'a': [1]} and v['a'] is held['a']",
    ),
    Case(
        name="a generator of Python's own",
        make="import random\nv = random.Random(4)\nw = [v]",
        change="first = v.random()",
        held="w[0] is v and v.random() == random.Random(4).random()",
    ),
    Case(
        name="a slot that was not set",
        make="class Slots:\n  __slots__ = ('a', 'b')\nv = Slots()\nv.a = [1]",
        change="v.b = 2",
        held="not hasattr(v, 'b') and v.a == [1]",
    ),
    Case(
        name="a partial",
        make="import functools\nheld = [1]\nv = functools.partial(max, held)\nv.note = [1]",
        change="held.append(2)\nv.note.append(2)",
        held="v.args[0] is held and held == [1] and v.note == [1]",
    ),
    Case(
        name="an attribute of a function that remembers its results",
        make="import functools\n@functools.cache\ndef v(n):\n  return n\nw = [v]\nv.note = [1]",
        change="v.note.append(2)\nv.tag = 'x'",
        held="v.note == [1] and not hasattr(v, 'tag') and w[0] is v and v(3) == 3",
    ),
    Case(
        name="closures over one list",
        make=PAIR + "put, get = make()",
        change="put(1)",
        held="get() == [] and (put(3) or get() == [3])",
    ),
    Case(
        name="an attribute of a class",
        make=COUNTER + "c = Counter()",
        change="c.add()",
        held="Counter.counts == [] and c.counts is Counter.counts and type(c) is Counter",
    ),
)

MODES = "import enum\nclass Mode(enum.Enum):\n  A = [1]\n  B = {'k': 1}\n  C = 3\n"
ENUMERATIONS = (
    Case(
        name="what a member stands for",
        make=MODES,
        change="Mode.A.value.append(2)",
        held="Mode.A.value == [1] and Mode([1]) is Mode.A",
    ),
    Case(
        name="what a member with another name stands for",
        make=MODES + "m = Mode.B",
        change="m.value['j'] = 2",
        held="Mode.B.value == {'k': 1} and m is Mode.B",
    ),
    Case(
        name="members in a list",
        make=MODES + "all_ = list(Mode)",
        change="all_[0].value.append(2)",
        held="Mode.A.value == [1] and all_[0] is Mode.A and all_ == list(Mode)",
    ),
    Case(
        name="what something else holds",
        make=MODES + "x = Mode.A.value",
        change="x.append(2)",
        held="Mode.A.value == [1] and x is Mode.A.value",
    ),
    Case(
        name="a note on a member",
        make=MODES + "m = Mode.C",
        change="m.note = 'x'",
        held="not hasattr(Mode.C, 'note') and m is Mode.C and Mode(3) is m",
    ),
    Case(
        name="an attribute of an enumeration",
        make=MODES + "Mode.kept = []",
        change="Mode.kept.append(1)\nMode.more = 1",
        held="Mode.kept == [] and not hasattr(Mode, 'more') and len(Mode) == 3",
    ),
)


@pytest.mark.parametrize("case", [*CASES, *ENUMERATIONS], ids=lambda case: case.name)
def test_a_change_in_place_is_seen_and_undone(
    notebook: Notebook, case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.run(case.make, "other = 1", case.change, "%mlops undo")
    notebook.run(f"assert {case.held}")
    assert notebook["other"] == 1
    assert "not the same" not in capsys.readouterr().out


def test_an_enumeration_goes_back_again_and_again(notebook: Notebook) -> None:
    notebook.run(MODES, "m = Mode.A", "Mode.A.value.append(2)", "m = None")
    notebook.run("%mlops undo", "assert m is Mode.A and m.value == [1, 2]")
    notebook.run("%mlops undo", "assert m is Mode.A and m.value == [1]")
    notebook.run("%mlops checkout latest", "assert m is None and Mode.A.value == [1, 2]")
