"""Which libraries a stored value needs to come back."""

from __future__ import annotations

import sys
from collections.abc import Iterable

_LIBRARIES = (
    "catboost", "keras", "lightgbm", "numpy", "pandas", "polars", "pyarrow", "scipy", "sklearn",
    "statsmodels", "torch", "xgboost",
)  # fmt: skip


def libraries_in(blocks: Iterable[bytes | memoryview]) -> dict[str, str]:
    """Versions of the loaded libraries that a pickle stream mentions.

    Args:
        blocks: the stream; no name is in two of them.
    """
    waited, found = {name for name in _LIBRARIES if name in sys.modules}, set[str]()
    for block in blocks:
        content = bytes(block)
        found |= {name for name in waited if name.encode() in content}
        waited -= found
    return {name: str(getattr(sys.modules[name], "__version__", "")) for name in sorted(found)}
