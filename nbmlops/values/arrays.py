"""What arrays and tensors are made of: type, shape and the digest of their memory.

The libraries are not imported: a value of theirs can only exist where they are loaded.
"""

from __future__ import annotations

import sys
from typing import Any

from nbmlops.values.forms import Anatomist, Anatomy, digest_buffer


def array(value: Any) -> Anatomy:
    """Of a `numpy.ndarray` (any strides; C order counts, not the layout)."""
    return ("numpy.ndarray", str(type(value)), *_content(value))


def masked(value: Any) -> Anatomy:
    """Of a `numpy.ma.MaskedArray`; what lies under the mask does not count."""
    numpy = sys.modules["numpy"]
    mask = numpy.ma.getmaskarray(value)
    data = numpy.asarray(value.data)
    if mask.dtype == bool:
        data = numpy.where(mask, numpy.zeros((), data.dtype), data)
    fill = value._fill_value  # noqa: SLF001  the property would set what it gives
    if fill is None:
        fill = numpy.ma.default_fill_value(value)
    fill = numpy.asarray(fill, dtype=data.dtype)
    return ("numpy.MaskedArray", type(value), mask, data, fill, bool(value.hardmask))


def dtype(value: Any) -> Anatomy:
    """Of a `numpy.dtype`."""
    return ("numpy.dtype", _dtype_name(value))


def scalar(value: Any) -> Anatomy:
    """Of a numpy scalar, which differs from the Python number of the same value."""
    return ("numpy.generic", *_content(sys.modules["numpy"].asarray(value)))


def tensor(value: Any) -> Anatomy:
    """Of a `torch.Tensor`, wherever it lives; sparse and quantized ones as torch pickles them."""
    torch = sys.modules["torch"]
    if value.layout is not torch.strided or value.is_quantized:
        return ("torch.Tensor", value.__reduce_ex__(5))
    flat = value.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    return (
        "torch.Tensor", type(value), str(value.dtype), str(value.device), tuple(value.shape),
        value.requires_grad, digest_buffer(flat.view(torch.uint8).numpy()),
        value.grad if value.is_leaf else None,
    )  # fmt: skip


ANATOMISTS: dict[tuple[str, str], Anatomist] = {
    ("numpy", "MaskedArray"): masked,
    ("numpy", "dtype"): dtype,
    ("numpy", "generic"): scalar,
    ("numpy", "memmap"): array,
    ("numpy", "ndarray"): array,
    ("torch", "Tensor"): tensor,
}


def _content(value: Any) -> tuple[Any, ...]:
    kind = value.dtype
    if kind.names is not None:
        # Field by field: the bytes between the fields are whatever was there before.
        fields = tuple(_content(value[name]) for name in kind.names)
        return (_dtype_name(kind), value.shape, fields)
    if kind.hasobject or kind.kind == "T":
        return (_dtype_name(kind), value.shape, value.ravel().tolist())
    return (_dtype_name(kind), value.shape, digest_buffer(_memory(value)))


def _memory(value: Any) -> Any:
    numpy = sys.modules["numpy"]
    plain = numpy.ascontiguousarray(value).reshape(-1)
    if value.dtype.char in "gG":
        return _long_doubles(plain)
    return plain.view(numpy.ndarray).view(numpy.uint8) if plain.dtype.itemsize else b""


def _long_doubles(value: Any) -> Any:
    """The bytes of long doubles without the padding behind each, which holds anything."""
    numpy = sys.modules["numpy"]
    facts = numpy.finfo(numpy.longdouble)
    used = -(-facts.bits // 8) if facts.nmant > _X87 else 10
    each = value.view(numpy.ndarray).view(numpy.longdouble)
    octets = each.view(numpy.uint8).reshape(each.size, each.dtype.itemsize)
    return numpy.ascontiguousarray(octets[:, :used])


_X87 = 63
"""Bits of the mantissa of an x87 long double, which takes ten bytes."""


def _dtype_name(kind: Any) -> str:
    return repr(kind) if kind.names is not None or kind.kind in "VT" else str(kind.str)
