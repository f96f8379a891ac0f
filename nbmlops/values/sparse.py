"""What sparse matrices and search trees are made of, without what a reader leaves in them."""

from __future__ import annotations

from typing import Any

from nbmlops.values.forms import Anatomist, Anatomy

_PARTS = {
    "bsr": ("indptr", "indices", "data"),
    "coo": ("coords", "data"),
    "csc": ("indptr", "indices", "data"),
    "csr": ("indptr", "indices", "data"),
    "dia": ("offsets", "data"),
    "lil": ("rows", "data"),
}
# Of a tree's state: how often it was asked, and what that cost.
_COUNTS = slice(7, 11)


def matrix(value: Any) -> Anatomy:
    """Of a scipy sparse array or matrix.

    Reading may sort its indices and sum its duplicates in place, so that their order does not
    count; an explicit zero does.
    """
    kind = value.format
    if kind == "dok":
        parts = [dict(value.items())]
    else:
        if not getattr(value, "has_canonical_format", True):
            value = value.copy()
            value.sum_duplicates()
        parts = [getattr(value, name) for name in _PARTS[kind]]
    return ("scipy.sparse", type(value), tuple(map(int, value.shape)), value.dtype, *parts)


def tree(value: Any) -> Anatomy:
    """Of a scikit-learn search tree."""
    state = list(value.__getstate__())
    del state[_COUNTS]
    return ("sklearn.tree", type(value), *state)


def tree_in_place(value: Any) -> Anatomy:
    """Of a scipy search tree, without its nodes, which hold addresses and follow from the rest."""
    _, *rest = value.__getstate__()
    return ("scipy.tree", type(value), *rest)


ANATOMISTS: dict[tuple[str, str], Anatomist] = {
    ("scipy", "_spbase"): matrix,
    ("scipy", "cKDTree"): tree_in_place,
    ("sklearn", "BinaryTree32"): tree,
    ("sklearn", "BinaryTree64"): tree,
}
