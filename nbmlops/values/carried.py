"""What a pickle stream tells of the functions and classes that travel in it.

The pickler is named for more than these: by it, types are found again that have no name but in
`types`. They are nobody's code, and results of many libraries hold a method or a namespace.
"""

from __future__ import annotations

import re

_NOTEBOOK = (b"nbmlops.values.classes", b"__main__")
_BINDING = b"nbmlops.values.binding"
_BINDING_CODE = (b"make_function", b"make_class", b"make_cell")
"""What a stream names that binds code to a namespace; views are bound as well."""
_PICKLER = b"cloudpickle"
_CODE = (
    b"_make_", b"_fill_function", b"_function_setstate", b"_class_setstate", b"_empty_cell_value",
    b"_file_reconstructor", b"subimport", b"_rehydrate_skeleton_class", b"CodeType",
)  # fmt: skip
"""What it names beside the pickler where that makes functions, classes or code, or looks for a
module: which modules inside of that were imported is what the cells above have done.
"""
_DRAWN = re.compile(rb"\x8c.matplotlib\.", re.DOTALL)
"""A module of matplotlib's by its name, and no text that speaks of one."""


def carries_code(stream: bytes) -> bool:
    """Whether functions or classes are inside that a kernel makes anew, or what is drawn.

    A figure holds methods of its own, and comes back without pyplot knowing it.

    Args:
        stream: a pickle, or several in a row, by this release or another one.
    """
    if any(name in stream for name in _NOTEBOOK):
        return True
    if _BINDING in stream and any(maker in stream for maker in _BINDING_CODE):
        return True
    if _PICKLER not in stream:
        return False
    return any(name in stream for name in _CODE) or _DRAWN.search(stream) is not None
