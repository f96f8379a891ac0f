"""What lazy frames are: their plan, and the files that it reads."""

from __future__ import annotations

import functools
import glob
import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xxhash

from nbmlops.errors import NotFingerprintableError
from nbmlops.values.digests import digest_buffer
from nbmlops.values.forms import Anatomist, Anatomy
from nbmlops.values.kinds import name_of, package_of

_HASHED = 256 * 2**20
"""Bytes of a source file that are hashed; a larger one counts by its size and times."""

_PIECE = 2**20


def polars_frame(value: Any) -> Anatomy:
    """Of a `polars.LazyFrame`: nothing is computed.

    Raises:
        NotFingerprintableError: the plan cannot be written down, or reads from elsewhere.
    """
    plan, patterns = _written(value)
    files = [(path, _file_content(path)) for one in patterns for path in _matching(one)]
    return ("polars.LazyFrame", digest_buffer(plan), files)


def is_lazy_frame(value: Any) -> bool:
    """Whether a value is a `polars.LazyFrame`."""
    return (package_of(type(value)), name_of(type(value))) == ("polars", "LazyFrame")


def places_read(value: Any) -> list[str]:
    """The paths and patterns that a lazy frame reads; none of any other value."""
    if not is_lazy_frame(value):
        return []
    try:
        return _written(value)[1]
    except NotFingerprintableError:
        return []


def _written(value: Any) -> tuple[bytes, list[str]]:
    """The plan of a `polars.LazyFrame`, and the places that its scans name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the form's stability between releases
        try:
            plan = value.serialize()
            text = value.serialize(format="json")
        except Exception as error:
            # A plan may hold a function of any library, whose pickling raises what it likes.
            raise NotFingerprintableError("a lazy frame whose plan cannot be written") from error
    return plan, sorted(set(_paths(json.loads(text))))


ANATOMISTS: dict[tuple[str, str], Anatomist] = {("polars", "LazyFrame"): polars_frame}


def _paths(plan: Any) -> Iterator[str]:
    """The places that the scans of a plan name."""
    if isinstance(plan, dict):
        sources = plan.get("sources")
        if isinstance(sources, dict):
            for place in sources.get("Paths", ()):
                yield str(place.get("inner", place) if isinstance(place, dict) else place)
        for part in plan.values():
            yield from _paths(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from _paths(part)


def _matching(pattern: str) -> list[str]:
    if "://" in pattern:
        raise NotFingerprintableError("a lazy frame that reads from elsewhere")
    if os.path.isdir(pattern):  # noqa: PTH112  a pattern is a text
        pattern = os.path.join(glob.escape(pattern), "**", "*")  # noqa: PTH118
    found = glob.glob(pattern, recursive=True)  # noqa: PTH207
    return sorted(path for path in found if os.path.isfile(path))  # noqa: PTH113


def _file_content(path: str) -> tuple[Any, ...]:
    state = Path(path).stat()
    if state.st_size > _HASHED:
        return (state.st_size, state.st_mtime_ns)
    identity = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    return (_digest(path, identity),)


@functools.lru_cache(maxsize=512)
def _digest(path: str, identity: tuple[int, ...]) -> bytes:
    del identity  # it is the key
    hasher = xxhash.xxh3_128()
    with Path(path).open("rb") as file:
        while piece := file.read(_PIECE):
            hasher.update(piece)
    return hasher.digest()
