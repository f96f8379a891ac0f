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
from nbmlops.values.forms import Anatomist, Anatomy, digest_buffer

_HASHED = 256 * 2**20
"""Bytes of a source file that are hashed; a larger one counts by its size and times."""

_PIECE = 2**20


def polars_frame(value: Any) -> Anatomy:
    """Of a `polars.LazyFrame`: nothing is computed.

    Raises:
        NotFingerprintableError: the plan cannot be written down, or reads from elsewhere.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the form's stability between releases
        try:
            plan = value.serialize()
            text = value.serialize(format="json")
        except Exception as error:
            # A plan may hold a function of any library, whose pickling raises what it likes.
            raise NotFingerprintableError("a lazy frame whose plan cannot be written") from error
    files = [
        (path, _file_content(path))
        for pattern in sorted(set(_paths(json.loads(text))))
        for path in _matching(pattern)
    ]
    return ("polars.LazyFrame", digest_buffer(plan), files)


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
