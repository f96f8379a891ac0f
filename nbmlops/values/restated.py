"""What libraries write anew each time, or with what they have found out meanwhile: its content."""

from __future__ import annotations

import functools
from itertools import chain, repeat
from typing import Any

from nbmlops.values.beside import pickled
from nbmlops.values.forms import Anatomist, Anatomy
from nbmlops.values.kinds import ancestry, name_of, package_of

_OF_TRAINING = frozenset(["model_guid", "train_finish_time"])
"""What CatBoost notes of the training itself."""


def catboost_model(value: Any) -> Anatomy:
    """Of a model of CatBoost: its trees, as the bytes of one are in another order each time."""
    state = dict(value.__getstate__())
    content = state.pop("__model", None)
    if content is None:
        return ("catboost", type(value), state)
    return ("catboost", type(value), state, _trees(value) or content)


def _trees(value: Any) -> tuple[Any, ...] | None:
    """What a trained model predicts by; ``None`` where it does not tell."""
    try:
        splits = [value._object._get_tree_splits(tree, None) for tree in range(value.tree_count_)]  # noqa: SLF001  it has no other name
        borders = value.get_borders()
    except Exception:  # noqa: BLE001  of categories and texts it tells with the data alone
        return None
    told = value.get_metadata()
    notes = {name: told[name] for name in told.keys() if name not in _OF_TRAINING}  # noqa: SIM118  it is no dict
    leaves = (value.get_leaf_values(), value.get_leaf_weights(), value.get_tree_leaf_counts())
    return (splits, borders, *leaves, value.get_scale_and_bias(), notes)


def dask_expression(value: Any) -> Anatomy:
    """Of what dask is to compute: without what it has found out about it."""
    names = chain(value._parameters, repeat(""))  # noqa: SLF001  it has no other name
    told = zip(names, value.operands, strict=False)
    return ("dask", type(value), [part for name, part in told if name not in _FOUND_OUT])


_FOUND_OUT = frozenset(["_dataset_info_cache", "_pd_length_stats"])
"""Parts of an expression of dask that are filled in when it is asked."""


def sqlalchemy_item(value: Any) -> Anatomy:
    """Of a table, a column, a type or a query: what it says.

    Without what was computed of it, the number that each column has in its process, what a query
    notes by addresses, and the options of dialects that are the usual ones.
    """
    kind: Any = type(value)
    made = pickled(value)
    state = (made[2] if len(made) > _STATE else None) or {}
    if type(state) is not dict:
        return ("sqlalchemy", *made)
    passed = _computed(kind).union(state.get("_memoized_keys", ()))
    if state.get("unique") is True:
        passed |= _BY_ADDRESS
    told = {name: part for name, part in state.items() if name not in passed}
    if not told.get("info", True):
        del told["info"]
    dialects = state.get("dialect_options", {})
    options = {name: {**one._non_defaults} for name, one in dialects.items()}  # noqa: SLF001  as above
    given = {name: said for name, said in options.items() if said}
    return ("sqlalchemy", *made[:2], told, given)


_STATE = 2
_BY_ADDRESS = frozenset(["_anon_map_key", "_identifying_key", "key"])
_PASSING = frozenset([
    "_creation_order", "_memoized_keys", "_orig", "base_columns", "columns", "comparator",
    "description", "dialect_options", "entity_namespace", "exported_columns", "proxy_set",
])  # fmt: skip


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def _computed(kind: type) -> frozenset[str]:
    """The names under which objects of a class keep what is computed of them, and numbers.

    Those of public names are told by each object, as it may have been given them as well.
    """
    return _PASSING.union(
        str(name)
        for ancestor in ancestry(kind)
        for name, part in vars(ancestor).items()
        if package_of(type(part)) == "sqlalchemy"
        and "memoized" in name_of(type(part))
        and str(name).startswith("_")
    )


def spacy_document(value: Any) -> Anatomy:
    """Of a document of spaCy: without the words of its language, which each new text adds to."""
    make, (_, *parts), *_ = pickled(value)
    return ("spacy", make, parts)


def parquet_fragment(value: Any) -> Anatomy:
    """Of a Parquet file in a data set: all of its row groups are named once it was read."""
    make, (*given, groups) = value.__reduce__()
    if groups is not None and len(groups) == value.metadata.num_row_groups:
        groups = None
    return ("fragment", make, given, groups)


ANATOMISTS: dict[tuple[str, str], Anatomist] = {
    ("catboost", "_CatBoostBase"): catboost_model,
    ("dask", "Expr"): dask_expression,
    ("pyarrow", "ParquetFileFragment"): parquet_fragment,
    ("spacy", "Doc"): spacy_document,
    ("sqlalchemy", "ClauseElement"): sqlalchemy_item,
    ("sqlalchemy", "SchemaItem"): sqlalchemy_item,
    ("sqlalchemy", "TypeEngine"): sqlalchemy_item,
}
