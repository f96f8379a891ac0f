"""Classes that change something when they are made: it is seen, and comes back as it was."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

BASE = """
found = {}
class Base:
    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        if cls.__name__ in found:
            raise ValueError('registered twice')
        found[cls.__name__] = cls
"""
WITH_WORDS = """
class Base:
    known = []
    def __init_subclass__(cls, *, key, **more):
        super().__init_subclass__(**more)
        cls.key = key
        Base.known.append(cls)
"""
METACLASS = """
found = []
class Meta(type):
    def __new__(meta, name, bases, inside, *, tag='none'):
        return super().__new__(meta, name, bases, {**inside, 'tag': tag})
    def __init__(cls, name, bases, inside, **more):
        super().__init__(name, bases, inside)
        found.append(cls)
"""
ABSTRACT = """
from abc import ABCMeta, abstractmethod
found = []
class Meta(ABCMeta):
    def __new__(meta, *arguments):
        made = super().__new__(meta, *arguments)
        found.append(made)
        return made
class Base(metaclass=Meta):
    @abstractmethod
    def f(self): ...
"""
SINGLE = """
class Single(type):
    made = {}
    def __call__(cls, *arguments):
        if cls not in Single.made:
            Single.made[cls] = super().__call__(*arguments)
        return Single.made[cls]
"""
NAMED = """
seen = []
class Field:
    def __set_name__(self, owner, name):
        self.name = name
        seen.append((owner.__name__, name))
    def __get__(self, instance, owner=None):
        return self if instance is None else vars(instance)[self.name]
    def __set__(self, instance, value):
        vars(instance)[self.name] = value
"""
MODELS = """
from pydantic import BaseModel
found = {}
class Base(BaseModel):
    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        found[cls.__name__] = cls
    @classmethod
    def __pydantic_init_subclass__(cls, **more):
        found['model ' + cls.__name__] = cls
"""
MAPPED = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase):
    pass
"""
TABLE = """
class User(Base):
    __tablename__ = 'users'
    id: Mapped[int] = mapped_column(primary_key=True)
"""
EVENTS = """
from dataclasses import dataclass
found = {}
@dataclass
class Event:
    time: int = 0
    def __init_subclass__(cls, *, kind, **more):
        super().__init_subclass__(**more)
        found[kind] = cls
"""
GENERIC = """
from typing import Generic, TypeVar
T = TypeVar('T')
found = []
class Base(Generic[T]):
    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        found.append(cls)
"""
MEMBERS = """
import enum
found = []
class Own(enum.Enum):
    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        found.append(cls)
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells of which the last one makes a class, or uses one, and what it wrote beside that."""

    name: str
    cells: tuple[str, ...]
    wrote: frozenset[str]
    held: str


CASES = (
    Case(
        name="a base that registers what is made of it",
        cells=(BASE, "class A(Base): pass", "a = A()\nclass B(A): pass"),
        wrote=frozenset({"B", "a", "found"}),
        held="list(found.values()) == [A, B] and type(a) is A",
    ),
    Case(
        name="a base that is told a word, and keeps the registry itself",
        cells=(WITH_WORDS, "class A(Base, key='k'): pass"),
        wrote=frozenset({"A", "Base"}),
        held="Base.known == [A] and A.key == 'k' and Base.__subclasses__()[-1] is A",
    ),
    Case(
        name="a metaclass that registers",
        cells=(METACLASS, "class A(metaclass=Meta, tag='t'): pass", "class B(A): pass"),
        wrote=frozenset({"B", "found"}),
        held="found == [A, B] and (A.tag, B.tag) == ('t', 'none') and type(B) is Meta",
    ),
    Case(
        name="a metaclass of abstract classes that registers",
        cells=(ABSTRACT, "class A(list, Base):\n    def f(self): return 1", "Base.register(dict)"),
        wrote=frozenset({"Base", "found"}),
        held="found == [Base, A] and isinstance({}, Base) and A((1,)).f() == 1"
        " and Base.__abstractmethods__ == {'f'}",
    ),
    Case(
        name="a metaclass that makes one instance of each class",
        cells=(SINGLE, "class A(metaclass=Single): pass", "a = A()"),
        wrote=frozenset({"Single", "A", "a"}),
        held="A() is a and Single.made == {A: a}",
    ),
    Case(
        name="an abstract class with which one is registered",
        cells=("import abc\nclass Kind(abc.ABC): pass", "class A: pass", "n = Kind.register(A)"),
        wrote=frozenset({"Kind", "n"}),
        held="isinstance(A(), Kind) and not isinstance(1, Kind) and n is A",
    ),
    Case(
        name="a decorator that registers",
        cells=("found = {}\ndef known(cls):\n    found['a'] = cls\n    return cls",
               "@known\nclass A: pass"),
        wrote=frozenset({"A", "found"}),
        held="found == {'a': A}",
    ),
    Case(
        name="fields that are told their names",
        cells=(NAMED, "class A:\n    x = Field()\na = A()\na.x = 1"),
        wrote=frozenset({"A", "a", "seen"}),
        held="seen == [('A', 'x')] and a.x == 1 and A.x.name == 'x'",
    ),
    Case(
        name="places for what instances hold",
        cells=(BASE, "class A(Base):\n    __slots__ = ('x',)",
               "class B(A): pass\nb = B()\nb.x = 1"),
        wrote=frozenset({"B", "b", "found"}),
        held="b.x == 1 and list(found.values()) == [A, B] and 'x' not in vars(b)",
    ),
    Case(
        name="models of pydantic",
        cells=(MODELS, "class A(Base):\n    x: int = 1\na = A(x=3)"),
        wrote=frozenset({"A", "a", "found"}),
        held="found == {'A': A, 'model A': A} and a == A(x='3') and A.__bases__ == (Base,)",
    ),
    Case(
        name="data classes",
        cells=(EVENTS, "@dataclass\nclass Click(Event, kind='c'):\n    x: int = 1\nc = Click(2)"),
        wrote=frozenset({"Click", "c", "found"}),
        held="found == {'c': Click} and c == Click(2, 1)",
    ),
    Case(
        name="attributes that are like those of the class above",
        cells=("class A:\n    x = 1\n    y = 2", "class B(A):\n    x = 1\nA.x = A.y = 5"),
        wrote=frozenset({"A", "B"}),
        held="(B.x, B.y) == (1, 5)",
    ),
    Case(
        name="generic classes",
        cells=(GENERIC, "class A(Base[int]): pass\nclass B(Base[T]): pass"),
        wrote=frozenset({"A", "B", "found"}),
        held="found == [A, B] and A.__orig_bases__ == (Base[int],) and B.__parameters__ == (T,)",
    ),
    Case(
        name="enumerations",
        cells=(MEMBERS, "class Colour(Own):\n    RED = 1\n    GREEN = [2]\nred = Colour.RED"),
        wrote=frozenset({"Colour", "found", "red"}),
        held="found == [Colour] and red is Colour.RED is Colour(1) and Colour.GREEN.value == [2]",
    ),
    Case(
        name="flags of which combinations were used",
        cells=("import enum\nclass F(enum.Flag):\n    A = 1\n    B = 2", "both = F.A | F.B"),
        wrote=frozenset({"both"}),
        held="both == F.A | F.B == F(3)",
    ),
)  # fmt: skip


def wrote(notebook: Notebook) -> frozenset[str]:
    """The names that the latest cell bound or changed."""
    latest = notebook.extension.recorder.latest
    assert latest is not None
    return frozenset(value.name for value in latest.record.outputs)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_making_a_class_changed_is_recorded_and_comes_back_once(
    case: Case,
    notebook: Notebook,
    new_notebook: NewNotebook,
    capsys: pytest.CaptureFixture[str],
) -> None:
    notebook.run(*case.cells)
    assert wrote(notebook) >= case.wrote
    notebook.run(f"assert {case.held}")
    later = new_notebook()
    later.run("%mlops checkout latest", f"assert {case.held}")  # without --yes: nothing runs again
    assert "not the same" not in capsys.readouterr().out


def test_mapped_classes_are_made_again_with_what_their_cell_imports(
    notebook: Notebook, new_notebook: NewNotebook
) -> None:
    notebook.run(MAPPED, TABLE, "user = User(id=3)")
    later = new_notebook()
    later.run(
        "%mlops checkout latest --yes",
        "assert user.id == 3 and type(user) is User and list(Base.metadata.tables) == ['users']",
    )


def test_a_protocol_that_was_asked_about_is_the_same(notebook: Notebook) -> None:
    notebook.run(
        "from typing import Protocol, runtime_checkable\n@runtime_checkable\n"
        "class Sized(Protocol):\n    def size(self) -> int: ...",
        "is_sized = isinstance(1, Sized)",
    )
    assert wrote(notebook) == {"is_sized"}
