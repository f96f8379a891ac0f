"""What values of Python's own library are made of, where their pickle does not tell."""

from __future__ import annotations

import functools
import random
import sys
import types
from typing import Any

from nbmlops.errors import NotFingerprintableError
from nbmlops.values.forms import LEAVES, Anatomist, Anatomy
from nbmlops.values.kinds import ancestry, identity, module_of, name_of, package_of

_RESULTS = "_cache"
_SPLINE = frozenset({"_data"})
# What an object remembers from run to run without meaning it.
_MEMORIES: dict[tuple[str, str], frozenset[str]] = {
    ("bs4", "BeautifulSoup"): frozenset({"builder", "currentTag", "tagStack"}),  # of parsing
    ("httpx", "Headers"): frozenset({"_encoding"}),
    ("matplotlib", "CallbackRegistry"): frozenset({"_cid_gen"}),  # goes on with each pickling
    ("matplotlib", "Colormap"): frozenset({"_isinit", "_lut"}),
    ("matplotlib", "TransformNode"): frozenset({"_invalid", "_inverted"}),
    ("networkx", "Graph"): frozenset([  # views of it, and what algorithms found
        "__networkx_cache__", "adj", "degree", "edges", "in_degree", "in_edges", "nodes",
        "out_degree", "out_edges", "pred", "succ",
    ]),
    ("pandas", "BaseGrouper"): frozenset({"_cache"}),
    ("pandas", "BaseWindow"): frozenset({"_cache"}),
    ("pandas", "Grouping"): frozenset({"_cache"}),
    ("pandas", "Resampler"): frozenset({"_cache"}),
    ("pydantic", "Decorator"): frozenset({"cls_ref"}),  # an address
    ("scipy", "Delaunay"): frozenset({  # what queries have found
        "_transform", "_vertex_neighbor_vertices", "_vertex_to_simplex",
    }),
    ("scipy", "TukeyHSDResult"): frozenset({"_ci", "_ci_cl"}),
    ("scipy", "UnivariateDistribution"): frozenset({
        "_constant_cache", "_method_cache", "_moment_central_cache", "_moment_methods",
        "_moment_raw_cache", "_moment_standardized_cache", "_support_cache",
    }),
    ("scipy", "UnivariateSpline"): _SPLINE,
    ("scipy", "Voronoi"): frozenset({"_ridge_dict"}),
    ("sklearn", "_VectorizerMixin"): frozenset({"_stop_words_id"}),  # an address
    ("sklearn", "Bunch"): frozenset({"_deprecated_key_to_warnings"}),  # its pickle drops it
    ("statsmodels", "GLM"): frozenset({"_tmp_like_exog"}),  # to work in, never cleared
    ("statsmodels", "ModelData"): frozenset([  # names and dates of what was printed or predicted
        _RESULTS, "predict_dates", "predict_end", "predict_start",
    ]),
    ("statsmodels", "RegressionResults"): frozenset({"_nobs_int", "diagn", "het_scale"}),
    ("statsmodels", "Results"): frozenset({"_summary_cache", "_summary_statistics_cache"}),
    ("statsmodels", "SimpleTable"): frozenset({"_colwidths"}),
    ("sympy", "FactKB"): frozenset({"rules"}),  # of the library, in the order of the process
    ("xarray", "DataArray"): frozenset({"_cache"}),  # its accessors
    ("xarray", "Dataset"): frozenset({"_cache"}),
    ("xarray", "GroupBy"): frozenset({"_dims", "_groups", "_sizes"}),
    ("xarray", "Variable"): frozenset({"_cache"}),
}  # fmt: skip


def time_zone(value: Any) -> Anatomy:
    """Of a `zoneinfo.ZoneInfo`: its name, however it was looked up.

    Raises:
        NotFingerprintableError: it has none.
    """
    if value.key is None:
        raise NotFingerprintableError("a time zone that was read from a file")
    return ("zoneinfo", type(value), value.key)


def memory_view(value: memoryview) -> Anatomy:
    """Of a `memoryview`: what it shows, not what it was made from."""
    return ("memoryview", value.format, value.shape, value.tobytes())


def dict_view(value: Any) -> Anatomy:
    """Of the keys, values or items of a dict, in their order."""
    return ("dict view", type(value).__name__, list(value))


ANATOMISTS: dict[tuple[str, str], Anatomist] = {
    ("builtins", "dict_items"): dict_view,
    ("builtins", "dict_keys"): dict_view,
    ("builtins", "dict_values"): dict_view,
    ("builtins", "memoryview"): memory_view,
    ("zoneinfo", "ZoneInfo"): time_zone,
}


def global_generator(value: Any) -> tuple[str, str] | None:
    """The module and the name of a random generator that the whole process shares.

    An object that draws from it does not hold it: its state is recorded by itself.
    """
    if value is random._inst:  # noqa: SLF001  it has no other name
        return ("random", "_inst")
    shared = getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)
    if shared is not None and value is shared:
        return ("numpy.random.mtrand", "_rand")
    return None


def is_its_own_state(value: Any, made: Any) -> bool:
    """Whether a dict keeps its items as its attributes: ``self.__dict__ = self``.

    Args:
        value: a dict of a class of its own.
        made: what it pickles as.
    """
    if type(made) is not tuple or len(made) <= _STATE or made[_STATE] is not value:
        return False
    attributes = attributes_in(type(value))
    return attributes is not None and attributes.__get__(value) is value


_STATE = 2


def attributes_in(kind: type) -> Any:
    """What gives, and sets, the attributes of instances of a class; ``None`` where none have any.

    Attributes of the classes of `collections` never are what these hold.
    """
    for ancestor in ancestry(kind):
        found = _OWN.__get__(ancestor).get("__dict__")
        if type(found) is types.GetSetDescriptorType:
            return None if module_of(ancestor) == "collections" else found
    return None


_OWN = type.__dict__["__dict__"]


def remembers(kind: type) -> bool:
    """Whether objects of a class keep what they have only computed, such as cached properties."""
    return any(_remembered(kind))


def keeps_results(kind: type) -> bool:
    """Whether objects of a class keep what they have computed where cells may write over it.

    What pandas keeps of its objects is its own, and may be as large as they are.
    """
    return package_of(kind) != "pandas" and _RESULTS in _remembered(kind)[1]


def results_may_be_kept() -> bool:
    """Whether any value that was taken apart so far had a part that keeps results so."""
    return bool(_KEEPERS)


_KEEPERS: set[str] = set()
"""Packages with classes that keep results, as far as values of theirs were met."""


def without_memories(value: Any, state: Any) -> Any:
    """The state of an object without what it has only computed from the rest of it.

    A cached property counts where its value can be changed in place, unless it is kept in a dict
    of its own, as pandas and statsmodels do it: results that cells ask for are mostly arrays.
    """
    kind: Any = type(value)
    cached, memories = _remembered(kind)
    if not (cached or memories):
        return state
    if memories == _SPLINE:
        return _without_workspace(state)
    if isinstance(state, tuple):  # of a class with slots
        return tuple(
            (without_memories(value, part) or None) if type(part) is dict else part
            for part in state
        )
    if not isinstance(state, dict):
        return state
    return {
        name: part
        for name, part in state.items()
        if name not in memories
        and not (name in cached and _is_fixed(part))
        and not (name in _NOTES and not part and type(part) in _UNSET and _has_notes(kind))
    }


_NOTES = frozenset({"_attrs", "_encoding"})
"""What xarray has as soon as it is asked for."""
_UNSET = (dict, type(None))


def _has_notes(kind: type) -> bool:
    return package_of(kind) == "xarray"


_CACHED = frozenset([
    ("pandas", "CachedProperty"), ("statsmodels", "CachedAttribute"),
    ("statsmodels", "CachedWritableAttribute"), ("statsmodels", "cache_readonly"),
])  # fmt: skip
"""What properties are made of whose results are in a dict."""


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def _remembered(kind: type) -> tuple[frozenset[str], frozenset[str]]:
    """The names of a class's cached properties, and of what it remembers besides."""
    cached: set[str] = set()
    memories: set[str] = set()
    plain: set[int] = set()  # the types of most members; not all types can be hashed
    for ancestor in ancestry(kind):
        memories |= _MEMORIES.get((package_of(ancestor), name_of(ancestor)), frozenset())
        for name, part in vars(ancestor).items():
            made_of: Any = type(part)
            if identity(made_of) in plain:
                continue
            if issubclass(made_of, functools.cached_property):
                cached.add(str(name))
            elif (package_of(made_of), name_of(made_of)) in _CACHED:
                memories.add(_RESULTS)
            else:
                plain.add(identity(made_of))
    if _RESULTS in memories and package_of(kind) != "pandas":
        _KEEPERS.add(package_of(kind))
    return frozenset(cached), frozenset(memories)


def _without_workspace(state: Any) -> Any:
    """Of a spline of FITPACK: of its arrays those parts that were ever written.

    The rest of them, and two that FITPACK only works in, have what happened to lie there.
    """
    data = state.get("_data")
    if type(data) is not tuple or len(data) != _FITPACK:
        return state
    knots = data[7]
    return {**state, "_data": (*data[:8], data[8][:knots], data[9][:knots], data[10])}


_FITPACK = 14
"""The parts that FITPACK takes and gives: arguments, number of knots, knots, coefficients, rest."""


def _is_fixed(value: Any) -> bool:
    """Whether nothing in a value can be changed."""
    if type(value) in LEAVES:
        return True
    return type(value) in (tuple, frozenset) and all(map(_is_fixed, value))
