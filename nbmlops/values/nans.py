"""The NaNs that modules have, of which each is brought back as the very object.

Code tells a missing number by ``value is np.nan``, and a list or dict finds one by identity: an
equal one would not do, as no NaN equals another. Pickles write a NaN as its bits. Here they write
those of the modules by a number below zero, for which the object stands that is there.
"""

from __future__ import annotations

import math
import pickle
import struct
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from nbmlops.values.kinds import identity

_NAMES: Mapping[int, tuple[str, str]] = {
    -1: ("numpy", "nan"),
    -2: ("math", "nan"),
    -3: ("json.decoder", "NaN"),
}
"""By which number a pickle names which; pickles are kept, so that none may change."""

WRITTEN = pickle.BINFLOAT + struct.pack(">d", math.nan)
"""A NaN as its bits."""

NAMED = b"\xff\xff\xff" + pickle.BINPERSID
"""How the name of one ends; other streams that have these bytes are only read more slowly."""


class NanMetError(Exception):
    """A NaN is about to be written as its bits."""


class Naming:
    """Has a pickler write the NaNs of modules by name; it is asked about every object.

    Attributes:
        has_met_nans: whether there were any, also others than those.
    """

    has_met_nans = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._nans = {
            identity(found): number
            for number, (module, name) in _NAMES.items()
            if type(found := getattr(sys.modules.get(module), name, None)) is float
        }

    def persistent_id(self, obj: Any) -> int | None:
        """The number by which an object is written; ``None`` for one that is written whole."""
        if type(obj) is not float or obj == obj:  # noqa: PLR0124 (nothing asks faster)
            return None
        self.has_met_nans = True
        return self._nans.get(identity(obj))


@cache  # a value may hold many
def named(number: int) -> Any:
    """The NaN for which a number in a pickle stands; its library is imported.

    >>> named(-2) is math.nan
    True
    """
    module, name = _NAMES[number]
    try:
        return getattr(import_module(module), name, math.nan)
    except ImportError:  # then nothing there asks for the one of that library
        return math.nan
