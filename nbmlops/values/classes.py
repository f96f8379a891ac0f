"""Classes of the notebook made anew, past what the notebook does whenever one is made.

A metaclass, or ``__init_subclass__``, may put each new class into a registry. The registry is a
value like others and comes back with what it held: were that code to run again, the class would
be in it twice, or the registry would not be there yet. What a library does with a new class is
done again, as it keeps that to itself.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from enum import EnumMeta
from typing import Any

from cloudpickle import cloudpickle  # type: ignore[import-untyped]  # it has none

from nbmlops.values.kinds import ancestry, identity, name_of
from nbmlops.values.registered import register_only

_MAKING = frozenset(["__init__", "__new__", "__prepare__", "__setattr__"])
"""What a metaclass may say of how its classes are made."""

_BEGINNINGS = frozenset(["__init_subclass__", "__pydantic_init_subclass__"])
"""What a class may say of the classes that are made of it."""

_own = type.__dict__["__dict__"].__get__


def is_made_by_notebook(kind: type) -> bool:
    """Whether code of the notebook runs when a class such as this one is made."""
    return any(
        not _MAKING.isdisjoint(_own(one)) and _is_of_notebook(one) for one in ancestry(type(kind))
    ) or _is_begun_by_notebook(ancestry(kind)[1:])


def make(  # noqa: PLR0917  as cloudpickle calls it
    metaclass: Any,
    name: str,
    bases: tuple[Any, ...],
    given: dict[str, Any],
    tracker: str,
    more: None,  # noqa: ARG001  what cloudpickle has in reserve
) -> type:
    """A class without its content; pickles name this function.

    Args:
        metaclass: its type.
        name: its plain name.
        bases: as they were written, `typing.Generic` with its parameters.
        given: what a class must have from the beginning.
        tracker: tells that it is the same class, in the process that kept it.
        more: nothing.
    """
    known = _tracked(tracker)
    if known is not None:
        return known
    plain = types.resolve_bases(bases)
    inside = _owner(metaclass, "__prepare__").__prepare__(name, plain)
    inside.update((sys.intern(key), part) for key, part in given.items())
    if plain is not bases:
        inside["__orig_bases__"] = bases
    return _track(tracker, _made(metaclass, name, tuple(plain), inside))


def make_enumeration(  # noqa: PLR0917  as cloudpickle calls it
    bases: tuple[type, ...],
    name: str,
    qualified: str,
    members: dict[str, Any],
    module: str,
    tracker: str,
    more: None,  # noqa: ARG001  what cloudpickle has in reserve
) -> type:
    """An enumeration with its members; pickles name this function.

    Args:
        bases: the last one is an enumeration.
        name: its plain name.
        qualified: its qualified name.
        members: what they stand for, by name.
        module: the module in which it was defined.
        tracker: as for `make`.
        more: nothing.
    """
    known = _tracked(tracker)
    if known is not None:
        return known
    metaclass: Any = type(bases[-1])
    inside = _owner(metaclass, "__prepare__").__prepare__(name, bases)
    for key, value in members.items():
        inside[key] = value
    made = _made(metaclass, name, bases, inside)
    made.__module__, made.__qualname__ = module, qualified
    return _track(tracker, made)


def that_came(identities: Collection[int]) -> dict[str, type]:
    """Those of some classes that came back with values, and what they are made of, by name.

    Args:
        identities: of the classes.
    """
    known = list(cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS)  # noqa: SLF001  as cloudpickle does
    came = [kind for kind in known if identity(kind) in identities]
    return {name_of(one): one for kind in came for one in ancestry(kind) if one in known}


def like_inherited(kind: type) -> dict[str, Any]:
    """What a class holds although it would inherit the same, which cloudpickle leaves out.

    What it inherits may become another one later.
    """
    if issubclass(type(kind), EnumMeta):
        return {}
    lineage = ancestry(kind)[1:]
    return {
        name: part
        for name, part in _own(kind).items()
        if (name == "__hash__" or not name.startswith("_"))
        and any(_own(one).get(name, _own) is part for one in lineage)
    }


def fill(kind: Any, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Give a class its content; pickles name this function."""
    content = state[0]
    put = _owner(type(kind), "__setattr__").__setattr__
    for name, part in content.items():
        if name != _REGISTERED:
            put(kind, name, part)
    if _LINE in content:  # Python drops it with each attribute that is set
        put(kind, _LINE, content[_LINE])
    if _REGISTERED in content:
        register_only(kind, content[_REGISTERED])


_REGISTERED = "_abc_impl"
"""Under this name cloudpickle keeps the classes that were registered with an abstract one."""
_LINE = "__firstlineno__"


def _made(metaclass: Any, name: str, bases: tuple[type, ...], inside: Any) -> type:
    """A class that only libraries and Python have been told of."""
    with _untold([one for base in bases for one in ancestry(base)]):
        made: type = _owner(metaclass, "__new__").__new__(metaclass, name, bases, inside)
        _owner(metaclass, "__init__").__init__(made, name, bases, inside)
    return made


@contextmanager
def _untold(lineage: Iterable[type]) -> Iterator[None]:
    """While classes of the notebook pass on to libraries that another one is made of them."""
    told = [
        (kind, name, _own(kind)[name])
        for kind in dict.fromkeys(lineage)
        for name in _BEGINNINGS & _own(kind).keys()
        if _is_of_notebook(kind)
    ]
    try:
        for kind, name, _ in told:
            type.__setattr__(kind, name, classmethod(_passing_on(kind, name)))
        yield
    finally:
        for kind, name, way in told:
            type.__setattr__(kind, name, way)


def _passing_on(kind: type, name: str) -> Callable[..., Any]:
    """What only does what the ancestors of a class do."""

    def passed(made: type, **given: Any) -> Any:
        return getattr(super(kind, made), name)(**given)

    return passed


def _is_begun_by_notebook(lineage: Iterable[type]) -> bool:
    return any(not _BEGINNINGS.isdisjoint(_own(one)) and _is_of_notebook(one) for one in lineage)


def _owner(metaclass: type, name: str) -> Any:
    """The nearest ancestor of a metaclass that has something and is not of the notebook."""
    return next(
        one for one in ancestry(metaclass) if name in _own(one) and not _is_of_notebook(one)
    )


def _is_of_notebook(kind: type) -> bool:
    """Whether a class comes along by value, so that all it changes does as well."""
    return not cloudpickle._should_pickle_by_reference(kind)  # noqa: SLF001  the one that decides


def _tracked(tracker: str) -> type | None:
    found: type | None = cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.get(tracker)  # noqa: SLF001  as cloudpickle does
    return found


def _track(tracker: str, made: type) -> type:
    found: type = cloudpickle._lookup_class_or_track(tracker, made)  # noqa: SLF001  as cloudpickle does
    return found
