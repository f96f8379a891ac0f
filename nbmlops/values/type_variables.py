"""How variables and aliases of types are pickled that a notebook defined: by what they are."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

_NOTEBOOK = "__main__"
_NOTED = ("bound", "covariant", "contravariant", "infer_variance", "default")
"""What a variable may take beside its name and constraints; newer Pythons know more of it."""


def variable(value: Any) -> Any:
    """Of a `TypeVar`, `ParamSpec` or `TypeVarTuple`; `NotImplemented` of a library's own.

    Under its name there is nothing in another kernel.
    """
    if value.__module__ != _NOTEBOOK:
        return NotImplemented
    from cloudpickle import cloudpickle  # type: ignore[import-untyped]  # it has none

    found = {name: getattr(value, f"__{name}__", None) for name in _NOTED}
    noted = {name: part for name, part in found.items() if part not in (None, False)}
    if noted.get("default") is getattr(typing, "NoDefault", None):
        noted.pop("default", None)
    tracker = cloudpickle._get_or_create_tracker_id(value)  # noqa: SLF001  as of classes
    constraints = getattr(value, "__constraints__", ())
    return make_variable, (type(value), value.__name__, constraints, noted, tracker)


def make_variable(
    kind: Any, name: str, constraints: tuple[Any, ...], noted: dict[str, Any], tracker: str
) -> Any:
    """A variable of the notebook, the one that is there already; pickles name this function."""
    from cloudpickle import cloudpickle

    made = kind(name, *constraints, **noted)
    made.__module__ = _NOTEBOOK
    return cloudpickle._lookup_class_or_track(tracker, made)  # noqa: SLF001  as of classes


def alias(value: Any) -> Any:
    """Of what ``type X = …`` defines; `NotImplemented` of a library's own."""
    if value.__module__ not in (_NOTEBOOK, __name__):
        return NotImplemented
    return make_alias, (value.__name__, value.__value__, value.__type_params__)


def make_alias(name: str, value: Any, parameters: tuple[Any, ...]) -> Any:
    """An alias of the notebook; pickles name this function."""
    kind: Any = vars(typing)["TypeAliasType"]
    return kind(name, value, type_params=parameters)


REDUCERS: dict[type, Callable[[Any], Any]] = {
    **{
        vars(typing)[name]: variable
        for name in ("TypeVar", "ParamSpec", "TypeVarTuple")
        if name in vars(typing)
    },
    **({vars(typing)["TypeAliasType"]: alias} if "TypeAliasType" in vars(typing) else {}),
}
