"""What code keeps is compared in one go, and says the same as when each part is looked into."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmlops.capture.holders import Holders
from nbmlops.capture.module_contents import contents
from nbmlops.capture.module_shapes import ModuleShapes
from nbmlops.capture.module_state import ModuleStates
from nbmlops.capture.parts import parts_of
from nbmlops.values.kinds import is_dunder

SOURCE = """
import collections, enum, functools, itertools, logging, operator, threading, types, typing
from dataclasses import dataclass, field

T, Names = typing.TypeVar("T"), typing.Union[int, typing.List[str]]
log, lock = logging.getLogger("kept"), threading.Lock()
LEVELS, ORDER, FLAGS = {"low": 1, "high": 2}, ["a", "b"], {1, 2}
PAIRS, NESTED = ({"a": []}, [1]), {"deep": [{"er": [{}]}], 3: (1, [2])}
by_kind, queue = collections.defaultdict(list), collections.deque([1, [2]])
counts, ordered = collections.Counter("aab"), collections.OrderedDict(a=1, b=2)
Point = collections.namedtuple("Point", "x y")
point = Point([1], 2)

class Table(dict):
    def __len__(self):
        return 0
    def __iter__(self):
        return iter(())

class Row(list):
    pass

table, row = Table(a=[1], b=2), Row([1, [2]])
table[Row] = [3]
env = {"found": [1]}
exec("def inside(kept=[1]):\\n    return found", env)
inside = env["inside"]
row.title = ["row"]

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

class Size(enum.IntEnum):
    SMALL = 1

class Node:
    made = 0
    known = {}
    def __init__(self, name):
        self.name, self.nodes, self.above = name, [], None
        self.known[name] = self
    def add(self, node):
        self.nodes.append(node)
        node.above = self

class Leaf(Node):
    kinds = ["leaf"]

class Slots:
    __slots__ = ("first", "second")
    def __init__(self):
        self.first, self.second = [1], None

class Half(Slots):
    __slots__ = ("third",)

root, slots, half = Node("root"), Slots(), Half()
root.add(Leaf("one"))

def counted(function):
    @functools.wraps(function)
    def wrapper(*args):
        wrapper.calls += 1
        seen.append(args)
        return function(*args)
    seen, wrapper.calls = [], 0
    return wrapper

@counted
def twice(x):
    return 2 * x

def remembering(x, found=[], *, more={}):
    found.append(x)
    return found

def again(n):
    def inner(k):
        return inner(k - 1) if k else n
    return inner

calls_itself = again(3)

@functools.lru_cache
def cached(x):
    return [x]

registry = {"node": Node, "leaf": Leaf, "twice": twice, "bound": root.add}
partly = functools.partial(remembering, [1], more={"a": 1})
get = operator.itemgetter("a")
numbers = itertools.count()
view = types.MappingProxyType(LEVELS)
same = ORDER
"""

HOSTILE = """
class Meta(type):
    def __eq__(cls, other):
        raise RuntimeError("not to be compared")
    __hash__ = None

class Odd(metaclass=Meta):
    inside = []

odd, odds = Odd(), {"a": Odd, "b": [Odd()]}
"""

USING = """
from keeping_module import *
import keeping_module
class More(Node):
    held = [root, ORDER, {"a": LEVELS}]
mine, more = [root, {"levels": LEVELS}], More("more")
"""

OF_BOTH = (
    "using.root.name = 'from there'", "using.mine.append(lib.NESTED)", "using.ORDER.append('d')",
    "using.More.held.append(1)", "using.more.nodes.append(using.mine)", "lib.mine = using.mine",
    "using.root = lib.Node('mine')", "del using.LEVELS", "using.keeping_module.FLAGS.add(7)",
    "lib.ORDER = using.mine", "using.Node.made += 1", "using.more.name = 'less'",
)  # fmt: skip

CHANGES = (
    "lib.LEVELS['low'] = 2", "lib.LEVELS['mid'] = 3", "lib.LEVELS.pop('high', 0)",
    "lib.LEVELS.clear()", "lib.ORDER.append('c')", "lib.ORDER.sort(reverse=True)",
    "lib.ORDER[:] = list(lib.ORDER)", "lib.FLAGS.add(3)", "lib.FLAGS.discard(1)",
    "lib.PAIRS[0]['a'].append(1)", "lib.PAIRS[1].append(lib.PAIRS)",
    "lib.NESTED['deep'][0]['er'][0]['x'] = 1", "lib.NESTED[3][1].append(2)",
    "lib.NESTED[(1, 2)] = []", "lib.by_kind['a'].append(1)", "lib.queue[1].append(3)",
    "lib.queue.rotate()", "lib.counts.update('b')", "lib.ordered.move_to_end('a')",
    "lib.point.x.append(1)", "lib.Colour.RED.note = [1]", "lib.Size.SMALL.note = 1",
    "lib.Colour.RED.__dict__.setdefault('note', []).append(2)", "lib.Node.made += 1",
    "lib.Node.known.clear()", "lib.Node('new')", "lib.root.add(lib.Leaf('two'))",
    "lib.root.nodes[0].name = 'other'", "lib.root.nodes[0].above = None",
    "lib.root.name, lib.root.title = None, lib.root.name", "lib.root = lib.Node('root')",
    "vars(lib.root).pop('above', 0)", "lib.Leaf.kinds.append('x')", "lib.Leaf.more = {}",
    "lib.slots.first.append(2)", "lib.slots.second = lib.slots.first",
    "lib.slots.first, lib.slots.second = lib.slots.second, lib.slots.first",
    "lib.half.third = 1", "lib.half.second = [3]", "lib.twice(2)", "lib.twice.calls = 7",
    "lib.remembering(1)",
    "lib.remembering.__kwdefaults__['more']['b'] = 1", "lib.remembering.note = []",
    "lib.cached(1)", "lib.cached.note = 1", "lib.registry['twice'] = lib.cached",
    "lib.registry.pop('leaf', 0)", "lib.partly.keywords['more']['a'] = 2",
    "lib.partly.note = 1", "lib.log.setLevel(10)",
    "lib.T.note = 1", "lib.again.__defaults__ = (4,)", "lib.calls_itself = lib.again(4)",
    "lib.added = [lib.root]", "lib.__dict__.pop('added', 0)",
    "lib.Node.add = lambda self, node: None", "lib.Leaf.kinds = tuple(lib.Leaf.kinds)",
    "lib.table[lib.Row].append(4)", "lib.table[lib.Table] = lib.table.pop(lib.Row)",
    "lib.env['found'].append(2)", "lib.env['more'] = 1", "lib.inside(0)",
    "lib.inside.note = [lib.env]",
    "lib.table['c'] = 1", "lib.table['a'].append(1)", "lib.table.note = []", "lib.row.append(3)",
    "lib.row[1].append(3)", "lib.row.title.append(4)", "lib.row.pop()",
    "lib.counts.note = 1", "lib.LEVELS['low'] = True", "lib.LEVELS['low'] = 1.0",
    "lib.FLAGS.update([1.0, True])",
    "len(lib.LEVELS), repr(lib.root.nodes), lib.get({'a': 1}), next(lib.numbers)",
    "lib.Node.known['self'] = lib.Node",
)  # fmt: skip


BY_EQUAL = ("lib.same = list(lib.same)", "lib.point = lib.Point([1], 2)")
"""Put something equal in place of what another module may have as well, which is a change then."""


@pytest.fixture
def lib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module of the project that holds much of everything."""
    (tmp_path / "keeping_module.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("keeping_module")
    sys.modules.pop("keeping_module")


def _looked_into(modules: list[Any]) -> dict[str, Any]:
    found = {}
    for module in modules:
        names = {name: value for name, value in vars(module).items() if not is_dunder(name)}
        told = contents(names).held
        found |= {f"{module.__name__}.{name}": tokens for name, tokens in told.items()}
    return found


def _follow(changes: list[str], lib: Any, *others: Any) -> None:
    shapes = ModuleShapes()
    states, holders = ModuleStates(shapes), Holders(shapes)
    for change in changes:
        held = parts_of(tuple(_data_of(lib))).mutable
        found = holders.holdings([lib, *others])
        assert set(held) <= set().union(*(each.mutable for each in found.parts))
        before, by_part = states.now(()), _looked_into([lib, *others])
        with suppress(AttributeError, LookupError, TypeError):  # another change stands in its way
            exec(change, {"lib": lib, "using": next(iter(others), lib)})
        now = _looked_into([lib, *others])
        other = {name for name in by_part | now if by_part.get(name) != now.get(name)}
        told = states.changed(before, ())
        assert bool(told) == bool(other), change
        assert told <= other, change


def _data_of(lib: Any) -> list[Any]:
    return [lib.LEVELS, lib.NESTED, lib.root, lib.slots, lib.Node.known, lib.registry, lib.partly]


@pytest.mark.parametrize("change", [*CHANGES, *BY_EQUAL])
def test_each_change_is_seen_the_first_time_and_the_second(lib: Any, change: str) -> None:
    _follow(["pass", change, "pass", change], lib)


def test_what_a_named_tuple_holds_is_compared(lib: Any) -> None:
    states = ModuleStates(ModuleShapes())
    for _ in range(2):
        before = states.now(())
        lib.point.x.append(1)
        assert states.changed(before, ()) == {"keeping_module.point"}


@settings(max_examples=40, deadline=None)
@given(changes=st.lists(st.sampled_from((*CHANGES, *OF_BOTH)), min_size=3, max_size=12))
def test_changes_in_any_order_are_seen(
    tmp_path_factory: pytest.TempPathFactory, changes: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    (folder / "keeping_module.py").write_text(SOURCE)
    (folder / "using_module.py").write_text(USING)
    names = ("using_module", "keeping_module")
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        using, lib = map(importlib.import_module, names)
        _follow(changes, lib, using)
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)


def test_classes_that_cannot_be_compared_are_told_by_who_they_are(lib: Any) -> None:
    exec(HOSTILE, vars(lib))
    states = ModuleStates(ModuleShapes())
    for change, name in (
        ("lib.Odd.inside.append(1)", "Odd"), ("lib.odd.inside = []", "odd"),
        ("lib.odds['b'][0].more = 1", "odds"), ("lib.LEVELS['low'] = 3", "LEVELS"),
    ):  # fmt: skip
        before = states.now(())
        assert states.changed(before, ()) == set()
        exec(change, {"lib": lib})
        assert states.changed(before, ()) == {f"keeping_module.{name}"}


@pytest.mark.parametrize("again", ["importlib.reload(lib)", "import_anew()", "del lib.Node"])
def test_what_another_module_has_of_an_earlier_import_is_looked_into_there(
    lib: Any, tmp_path: Path, again: str
) -> None:
    """As long as both have the same class, it is looked into where it is from."""

    def import_anew() -> None:
        del sys.modules["keeping_module"]
        importlib.import_module("keeping_module")

    (tmp_path / "using_module.py").write_text("from keeping_module import Node, remembering")
    using = importlib.import_module("using_module")
    try:
        states = ModuleStates(ModuleShapes())
        before = states.now(())
        using.Node.known["a"] = 1
        assert states.changed(before, ()) == {"keeping_module.Node"}
        exec(again, {"lib": lib, "importlib": importlib, "import_anew": import_anew})
        for _ in range(2):
            before = states.now(())
            using.Node.known["b"] = object()
            assert "using_module.Node" in states.changed(before, ())
        before = states.now(())
        sys.modules["keeping_module"].ORDER.append("z")
        assert "keeping_module.ORDER" in states.changed(before, ())
    finally:
        del sys.modules["using_module"]


def test_what_stays_is_not_looked_into_again(lib: Any) -> None:
    shapes = ModuleShapes()
    known = shapes.of(lib)
    assert {
        "LEVELS",
        "NESTED",
        "root",
        "Colour",
        "Names",
        "point",
        "lock",
        "table",
        "row",
        "counts",
    } <= set(known.quiet)
    assert "calls_itself" in known.still
    assert all(shapes.of(lib) is known for _ in range(3))


def test_what_changes_again_and_again_is_looked_into_each_time(lib: Any) -> None:
    """So that what is beside it need not be."""
    shapes = ModuleShapes()
    states = ModuleStates(shapes)
    for number in itertools.count():
        known, before = shapes.of(lib), states.now(())
        lib.NESTED[number] = number
        assert states.changed(before, ()) == {"keeping_module.NESTED"}
        if number > 1:
            assert shapes.of(lib) is known
        if number == 4:
            break
    assert "NESTED" in known.moving
    assert "LEVELS" in known.quiet
