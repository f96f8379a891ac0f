"""What libraries write anew each time, or with what they have found out meanwhile: its content."""

from __future__ import annotations

from typing import Any

from nbmlops.values.forms import Anatomist, Anatomy

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
    return ("dask", type(value), list(value.operands))


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
}
