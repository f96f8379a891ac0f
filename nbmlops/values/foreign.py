"""Tensors and Arrow buffers over the memory of an array: they come back over it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from nbmlops.errors import NotStorableError
from nbmlops.values.kinds import module_of, name_of
from nbmlops.values.reducers import set_gradient


def reduce(value: Any, views: Mapping[int, Any]) -> Any:
    """How it is pickled; `NotImplemented` for what looks at memory of its own.

    Args:
        value: anything.
        views: what looks at the memory of something else: tensors by identity, buffers by the
            address at which they begin, below zero.

    Raises:
        NotStorableError: a tensor of a class of its own, or with attributes.
    """
    root = views.get(id(value))
    if root is not None:
        return _reduce_tensor(value, root)
    kind: Any = type(value)
    if (module_of(kind), name_of(kind)) != ("pyarrow.lib", "Buffer"):
        return NotImplemented
    root = views.get(-value.address)
    if root is None:
        return NotImplemented
    return make_buffer, (root, value.address - address_of(root), value.size)


def memory_of_tensor(tensor: Any) -> Any:
    """All bytes of the storage that a tensor looks at, as an array."""
    torch = sys.modules["torch"]
    return torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage()).numpy()


def make_buffer(root: Any, offset: int, size: int) -> Any:
    """An Arrow buffer over memory; pickles name this function.

    Args:
        root: an array or a buffer of bytes that has the memory.
        offset: where it begins, in bytes.
        size: how many bytes it has.
    """
    return import_module("pyarrow").py_buffer(_bytes_of(root)[offset : offset + size])


def make_tensor(root: Any, layout: tuple[Any, ...]) -> Any:
    """A tensor over memory; pickles name this function.

    Args:
        root: an array or a buffer of bytes that has the memory.
        layout: element type, shape, strides in elements, offset in bytes from the start of the
            memory, whether it is a parameter, and whether it takes a gradient.
    """
    torch = import_module("torch")
    dtype, shape, strides, offset, parameter, wants_gradient = layout
    bare = _bytes_of(root)
    memory = torch.from_numpy(bare[offset % dtype.itemsize :] if len(bare) else bare)
    storage = memory.untyped_storage()
    made = torch.empty(0, dtype=dtype).set_(storage, offset // dtype.itemsize, shape, strides)
    if parameter:
        return torch.nn.Parameter(made, requires_grad=wants_gradient)
    return made.requires_grad_(wants_gradient)


def _reduce_tensor(value: Any, root: Any) -> Any:
    if not _comes_back(value):
        told = "a tensor of it looks at memory of another value in a way that cannot be kept"
        raise NotStorableError(told)
    layout = (
        value.dtype,
        tuple(value.shape),
        value.stride(),
        value.data_ptr() - address_of(root),
        type(value).__name__ == "Parameter",
        value.requires_grad,
    )
    if not value.is_leaf or value.grad is None:
        return make_tensor, (root, layout)
    return make_tensor, (root, layout), value.grad, None, None, set_gradient


def _comes_back(tensor: Any) -> bool:
    """Whether a tensor can be made again over memory that is there."""
    torch = sys.modules["torch"]
    plain = type(tensor) in (torch.Tensor, torch.nn.Parameter) and not vars(tensor)
    strided = tensor.layout is torch.strided and not tensor.is_quantized
    return plain and strided and not tensor.is_conj() and not tensor.is_neg()


def _bytes_of(root: Any) -> Any:
    """The memory of an array in one piece, or of a buffer, byte by byte."""
    import numpy as np

    if not isinstance(root, np.ndarray):
        return np.frombuffer(root, np.uint8)
    return root.reshape(-1, order="A").view(np.uint8)


def address_of(part: Any) -> int:
    """Where an array begins, or a buffer of bytes."""
    if not hasattr(part, "__array_interface__"):
        part = _bytes_of(part)
    found: int = part.__array_interface__["data"][0]
    return found
