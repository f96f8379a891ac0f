"""Code of the notebook and views of arrays as parts of a whole namespace.

A value that is kept for itself takes its functions and classes along as copies. A namespace that
comes back wants them bound to what is there: functions see the kernel's global variables,
closures that share a variable go on sharing it, an instance belongs to the class that is there,
an array that looked at the memory of another one does so again.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import EnumMeta
from typing import Any, Literal, NamedTuple
from weakref import WeakSet

from cloudpickle import cloudpickle  # type: ignore[import-untyped]  # it has none

from nbmlops.errors import NotFingerprintableError
from nbmlops.values import blocks, classes, foreign
from nbmlops.values.arrays import is_plain_array, is_writeable
from nbmlops.values.beside import attributes_of
from nbmlops.values.enumerations import fill_members, members_of
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.kinds import is_a, package_of

_SLOTS = (
    "__qualname__", "__annotations__", "__kwdefaults__", "__defaults__", "__module__", "__doc__",
)  # fmt: skip
_FIELDS = "__dataclass_fields__"
_fresh: WeakSet[type] = WeakSet()
"""Classes that were just made and have no content yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What is to be known of values that are kept together.

    ``classes`` are the identities of those that are bound to a name of the notebook; ``views``
    maps the identity of an array, or of a view of bytes, to the array or the buffer of bytes
    whose memory it looks at.
    """

    classes: frozenset[int] = frozenset()
    views: Mapping[int, Any] = field(default_factory=dict)
    roots: frozenset[int] = field(init=False)
    """The identities of the arrays and buffers that others look at."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "roots", frozenset(map(id, self.views.values())))


def reduce(value: Any, together: Together) -> Any:
    """How a value is pickled as a part of the namespace; `NotImplemented` for as always."""
    found = _reduce_memory(value, together) if together.views else NotImplemented
    if found is not NotImplemented:
        return found
    if is_a(value, types.FunctionType) and value.__globals__ is _namespace():
        return _reduce_function(value)
    if is_a(value, types.CellType):
        return (make_cell, (), _content(value), None, None, fill_cell)
    if is_a(value, type) and not cloudpickle._should_pickle_by_reference(value):  # noqa: SLF001  the one that decides
        known = together.classes
        bound = id(value) in known or id(_with_slots(value)) in known
        return _reduce_class(value, bound=bound)
    return NotImplemented


def _reduce_memory(value: Any, together: Together) -> Any:
    """How something is pickled that has memory in common with something else."""
    package = package_of(type(value))
    if package in ("torch", "pyarrow"):
        return foreign.reduce(value, together.views)
    root = together.views.get(id(value))
    if root is not None and root is not value:
        return _reduce_view(value, root)
    if id(value) in together.roots and _has_references(value):
        return _reduce_references(value)
    return blocks.reduce(value, together.views) if package == "pandas" else NotImplemented


def reduce_class(value: type) -> Any:
    """How a class of the notebook is pickled, by value; `NotImplemented` for others."""
    reduced = _quietly(value, cloudpickle._class_reduce(value))  # noqa: SLF001  it knows what a class is made of
    slots = type.__dict__["__dict__"].__get__(value).get("__slots__")
    # `typing.NamedTuple` gives them itself, and takes none
    made_anew = NamedTuple in getattr(value, "__orig_bases__", ())
    if slots is None or reduced is NotImplemented or made_anew:
        return reduced
    maker, arguments, *rest = reduced
    if maker not in (cloudpickle._make_skeleton_class, classes.make):  # noqa: SLF001  enumerations have their own
        return reduced
    metaclass, name, bases, given, *more = arguments
    # cloudpickle sets them when the class is made: too late to give its instances places for them
    return maker, (metaclass, name, bases, {**given, "__slots__": slots}, *more), *rest


def reduce_instanced(value: type) -> Any:
    """How a class is pickled with its instances.

    They come back as those of the class of that name and content that is there, if one is.
    """
    return _reduce_class(value, bound=False)


def _quietly(value: type, reduced: Any) -> Any:
    """The same without code of the notebook that runs whenever a class is made."""
    if reduced is NotImplemented or len(reduced) < _WITH_STATE:
        return reduced
    maker, arguments, state, items, pairs, _ = reduced
    if classes.is_made_by_notebook(value):
        maker = _QUIET_MAKERS.get(maker, maker)
    content = {**classes.like_inherited(value), **state[0]}
    return maker, arguments, (content, *state[1:]), items, pairs, classes.fill


_WITH_STATE = 6
"""The parts of what a class is pickled as that has content."""
_QUIET_MAKERS = {
    cloudpickle._make_skeleton_class: classes.make,  # noqa: SLF001  what cloudpickle names
    cloudpickle._make_skeleton_enum: classes.make_enumeration,  # noqa: SLF001
}


def make_function(code: types.CodeType, name: str, cells: tuple[types.CellType, ...] | None) -> Any:
    """A function over the kernel's namespace."""
    return types.FunctionType(code, _namespace(), name, None, cells)


def fill_function(function: Any, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Give a function what it had beside its code."""
    attributes, slots = state
    function.__dict__.update(attributes)
    for name, value in slots.items():
        setattr(function, name, value)


def make_cell() -> types.CellType:
    """A variable that closures share, not assigned yet."""
    return types.CellType()


def fill_cell(cell: types.CellType, content: tuple[Any, ...]) -> None:
    """Assign to a variable that closures share."""
    if content:
        cell.cell_contents = content[0]


def make_class(
    maker: Any, arguments: tuple[Any, ...], tracker: str, name: str, content: str | None
) -> type:
    """The class of that name and content that is there; else the one that it was; else a new one.

    Args:
        maker: makes it, with ``arguments``.
        arguments: what the maker takes.
        tracker: tells that it is the same class, in the process that kept it.
        name: its qualified name.
        content: its fingerprint; a class of that name and content is taken for it.
    """
    known: type | None = cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.get(tracker)  # noqa: SLF001  as cloudpickle does
    live = _namespace().get(name)
    if live is not known and isinstance(live, type) and _has_content(live, content):
        cloudpickle._lookup_class_or_track(tracker, live)  # noqa: SLF001  unless it has one
        return live
    if known is not None:
        return known
    made: type = maker(*arguments)
    _fresh.add(made)
    return made


def fill_class(kind: type, state: tuple[Any, ...]) -> None:
    """Give a new class its content; one that was there too, if it comes back itself.

    Args:
        kind: the class.
        state: whether it comes back itself, its content, and of an enumeration its members.
    """
    bound, content, *members = state
    if kind in _fresh:
        _fresh.discard(kind)
    elif not bound:
        return
    else:
        for name in [name for name in vars(kind) if _is_extra(name, kind, content[0])]:
            delattr(kind, name)
        if isinstance(kind, EnumMeta):
            content = ({name: part for name, part in content[0].items() if name[0] != "_"}, {})
    classes.fill(kind, content)
    for inside in members:
        fill_members(kind, inside)


def make_view(root: Any, layout: tuple[Any, tuple[int, ...], tuple[int, ...], int, bool]) -> Any:
    """An array that looks at the memory of another one.

    Args:
        root: the array that has the memory, or a buffer of bytes.
        layout: element type, shape, strides in bytes, offset in bytes from the start of the
            memory to the first element, and whether the view must not be written to.
    """
    import numpy as np
    from numpy.lib.stride_tricks import as_strided

    dtype, shape, strides, offset, fixed = layout
    if not isinstance(root, np.ndarray):
        root = np.frombuffer(root, np.uint8)
    flat = root.reshape(-1, order="A")
    if dtype.hasobject:  # of references numpy makes no other arrays
        view = as_strided(flat[offset // root.itemsize :], shape, strides)
    else:
        view = np.ndarray(shape, dtype, buffer=flat.view(np.uint8), offset=offset, strides=strides)
    if fixed or not root.flags.writeable:
        view.flags.writeable = False
    return view


def make_memory_view(root: Any, layout: tuple[int, int, str, Any, bool]) -> memoryview:
    """A view of bytes of an array or a buffer.

    Args:
        root: what has the memory, in one piece.
        layout: offset and length in bytes, format, shape, and whether it must not be written to.
    """
    offset, length, form, shape, fixed = layout
    bare = _in_order(root)
    view = memoryview(bare)
    if (offset, length, form, shape) != (0, view.nbytes, view.format, view.shape):
        view = view.cast("B")[offset : offset + length]
        view = view if form == "B" and len(shape) == 1 else view.cast(form, shape)  # type: ignore[call-overload]
    return view.toreadonly() if fixed else view


def make_view_of(kind: type, root: Any, layout: Any) -> Any:
    """The same of an array of a subclass, what is noted on it not yet included."""
    return make_view(root, layout).view(kind)


def note(array: Any, attributes: dict[str, Any]) -> None:
    """Note on an array of a subclass what was noted on it, and nothing else."""
    vars(array).clear()
    vars(array).update(attributes)


def make_references(shape: tuple[int, ...], order: Literal["C", "F"]) -> Any:
    """An array of references, to nothing as yet: views may look at it before it is filled."""
    import numpy as np

    return np.empty(shape, object, order)


def fill_references(array: Any, items: list[Any]) -> None:
    """Put objects into an array of references, in the order of its memory."""
    flat = array.reshape(-1, order="A")
    for place, item in enumerate(items):
        flat[place] = item


def _reduce_references(value: Any) -> Any:
    # numpy would give the array other memory for what is in it, which may hold views of the array
    made = (value.shape, "F" if value.flags.fnc else "C")
    items = value.reshape(-1, order="A").tolist()
    return (make_references, made, items, None, None, fill_references)


def _in_order(root: Any) -> Any:
    """An array in the order of its memory; a buffer as it is."""
    return root.T if hasattr(root, "dtype") and not root.flags.c_contiguous else root


def _has_references(value: Any) -> bool:
    """Whether a value is an array of references to objects."""
    return hasattr(value, "dtype") and bool(value.dtype.hasobject)


def _reduce_view(value: Any, root: Any) -> Any:
    offset = foreign.address_of(value) - foreign.address_of(root)
    if isinstance(value, memoryview):
        told = (offset, value.nbytes, value.format, value.shape, value.readonly)
        return (make_memory_view, (root, told))
    layout = (value.dtype, value.shape, value.strides, offset, not is_writeable(value))
    if is_plain_array(value):
        return (make_view, (root, layout))
    return (make_view_of, (type(value), root, layout), attributes_of(value), None, None, note)


def _reduce_function(value: types.FunctionType) -> Any:
    slots = {name: getattr(value, name) for name in _SLOTS}
    state = (dict(value.__dict__), slots)
    arguments = (value.__code__, value.__name__, value.__closure__)
    return (make_function, arguments, state, None, None, fill_function)


def _reduce_class(value: type, *, bound: bool) -> Any:
    reduced = reduce_class(value)
    if reduced is NotImplemented or len(reduced) < _WITH_STATE:
        return reduced
    maker, arguments, content = reduced[:3]
    tracker = cloudpickle._get_or_create_tracker_id(value)  # noqa: SLF001  as cloudpickle does
    told = (maker, arguments, tracker, value.__qualname__, _print(value))
    members = (members_of(value),) if isinstance(value, EnumMeta) else ()
    return (make_class, told, (bound, content, *members), None, None, fill_class)


def _with_slots(kind: type) -> Any:
    """The data class with slots that was made from a class without, which nobody names.

    They share all that they hold.
    """
    named = _namespace().get(kind.__qualname__)
    fields = vars(kind).get(_FIELDS)
    is_made = fields is not None and is_a(named, type) and vars(named).get(_FIELDS) is fields
    return named if is_made else kind


def _is_extra(name: str, kind: type, content: Mapping[str, Any]) -> bool:
    """Whether an attribute came to a class later."""
    is_ours = not (name.startswith("__") and name.endswith("__"))
    if isinstance(kind, EnumMeta):
        return is_ours and name not in content and name[0] != "_" and name not in kind.__members__
    return is_ours and name not in content and name != "_abc_impl" and not isinstance(
        vars(kind)[name], types.MemberDescriptorType
    )  # fmt: skip


def _content(cell: types.CellType) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # not assigned yet
        return ()


def _print(kind: type) -> str | None:
    try:
        return fingerprint(kind)
    except NotFingerprintableError:
        return None


def _has_content(kind: type, content: str | None) -> bool:
    return content is not None and _print(kind) == content


def _namespace() -> dict[str, Any]:
    return vars(sys.modules["__main__"])
