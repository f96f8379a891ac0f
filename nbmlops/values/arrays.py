"""What arrays are made of: type, shape and the digest of their memory.

The libraries are not imported: a value of theirs can only exist where they are loaded.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from nbmlops.values.beside import Beside, attributes_of
from nbmlops.values.digests import digest_buffer
from nbmlops.values.forms import Anatomist, Anatomy
from nbmlops.values.kinds import ancestry, module_of, name_of


def array(value: Any) -> Anatomy:
    """Of a `numpy.ndarray` (any strides; C order counts, not the layout)."""
    return ("numpy.ndarray", str(type(value)), *_content(value))


def subclassed(value: Any) -> Anatomy:
    """Of an array whose class adds attributes, perhaps, but no way to pickle them."""
    plain = sys.modules["numpy"].ndarray.view(value, sys.modules["numpy"].ndarray)
    return ("numpy subclass", type(value), *_content(plain), *_beside(value))


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
    facts = (mask, data, fill, bool(value.hardmask))
    return ("numpy.MaskedArray", type(value), *facts, *_beside(value))


def dtype(value: Any) -> Anatomy:
    """Of a `numpy.dtype`."""
    return ("numpy.dtype", _dtype_name(value), *_noted(value))


def scalar(value: Any) -> Anatomy:
    """Of a numpy scalar, which differs from the Python number of the same value."""
    return ("numpy.generic", *_content(sys.modules["numpy"].asarray(value)))


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def pickles_as_numpy(kind: type) -> bool:
    """Whether arrays of a class pickle as plain ones do, so that attributes would be lost."""
    names = ("__reduce__", "__reduce_ex__", "__setstate__")
    array_type = _plain_array(kind)
    return array_type is not None and all(
        getattr(kind, name) is getattr(array_type, name) for name in names
    )


def is_plain_array(value: Any) -> bool:
    """Whether a value is an array of numpy's own class, without attributes."""
    return (module_of(type(value)), name_of(type(value))) == _ARRAY


def is_plain_array_type(kind: type) -> bool:
    """Whether a type is numpy's own class of arrays, of which no instance has attributes."""
    return kind is getattr(sys.modules.get("numpy"), "ndarray", None)


def attributes(value: Any) -> dict[str, Any]:
    """What is noted on an array of a subclass, without what numpy notes there itself."""
    return {name: part for name, part in attributes_of(value).items() if name not in _OF_NUMPY}


_OF_NUMPY = frozenset([
    "_basedict", "_baseclass", "_data", "_fill_value", "_hardmask", "_isfield", "_mask", "_mmap",
    "_optinfo", "_sharedmask", "filename", "mode", "offset",
])  # fmt: skip


def is_writeable(value: Any) -> bool:
    """Whether an array may be written to; numpy warns who asks ``flags.writeable`` of some.

    Such are those of `numpy.broadcast_arrays`, which may not be in a later version.
    """
    return bool(value.flags.num & _WRITEABLE)


def are_writeable(values: Iterable[Any]) -> bool:
    """Whether all of some arrays may be written to."""
    return all(map(_WRITEABLE.__and__, set(map(_FLAGS, values))))


_FLAGS = attrgetter("flags.num")
_WRITEABLE = 0x0400
"""``NPY_ARRAY_WRITEABLE``."""


ANATOMISTS: dict[tuple[str, str], Anatomist] = {
    ("numpy", "MaskedArray"): masked,
    ("numpy", "dtype"): dtype,
    ("numpy", "generic"): scalar,
    ("numpy", "memmap"): array,
    ("numpy", "ndarray"): array,
}


def _plain_array(kind: type) -> Any:
    return next((one for one in ancestry(kind) if (module_of(one), name_of(one)) == _ARRAY), None)


_ARRAY = ("numpy", "ndarray")


def _beside(value: Any) -> tuple[Beside, ...]:
    """What is noted on an array, which is stored along with it."""
    found = attributes(value)
    return (Beside(found, {}),) if found else ()


def _content(value: Any) -> tuple[Any, ...]:
    kind = value.dtype
    if kind.names is not None:
        # Field by field: the bytes between the fields are whatever was there before.
        fields = tuple(_content(value[name]) for name in kind.names)
        return (_dtype_name(kind), value.shape, fields, *_noted_on(kind))
    if kind.hasobject or kind.kind == "T":
        return (_dtype_name(kind), value.shape, value.ravel().tolist(), *_noted_on(kind))
    is_small = value.nbytes < _FEW and is_plain_array_type(type(value))
    is_copied = is_small and kind.char not in _LONG_DOUBLES
    content = digest_buffer(value.tobytes() if is_copied else memory_in_order(value))
    return (_dtype_name(kind), value.shape, content, *_noted_on(kind))


_FEW = 1024
"""Bytes that are copied sooner than looked at where they are."""
_LONG_DOUBLES = frozenset("gG")


def memory_in_order(value: Any) -> Any:
    """The bytes of an array without objects in C order, copied only where it lies otherwise."""
    numpy = sys.modules["numpy"]
    plain = numpy.ascontiguousarray(value).reshape(-1)
    if value.dtype.char in _LONG_DOUBLES:
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
    if kind.names is not None:
        return _name_of_records(kind)
    return repr(kind) if kind.kind in "VT" else str(kind.str)


def _noted_on(kind: Any) -> tuple[dict[str, Any], ...]:
    """What is noted on a dtype itself."""
    return () if kind.metadata is None else (dict(kind.metadata),)


def _noted(kind: Any) -> tuple[Any, ...]:
    """What is noted on a dtype, and on those inside of it."""
    inside = [kind.subdtype[0]] if kind.subdtype else []
    found = [_noted(one) for one in (_fields(kind) if kind.names is not None else inside)]
    return (*_noted_on(kind), found) if any(found) else _noted_on(kind)


def _name_of_records(kind: Any) -> str:
    """The same, which takes long to find and is asked for of many small arrays of one dtype."""
    known, names, name = _names.get(id(kind), (None, (), ""))
    if known is not kind or names != kind.names:  # which can be set
        name = repr(kind)
        if len(_names) >= _MOST_NAMES:
            _names.clear()
        if not any(field.hasobject or field.names or field.subdtype for field in _fields(kind)):
            _names[id(kind)] = kind, kind.names, name
    return name


def _fields(kind: Any) -> list[Any]:
    return [field[0] for field in kind.fields.values()]


_MOST_NAMES = 100
_names: dict[int, tuple[Any, tuple[str, ...], str]] = {}
"""By the identity of a dtype of records: itself, which it keeps alive, its fields and its name."""
