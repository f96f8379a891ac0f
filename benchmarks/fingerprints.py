"""Fingerprints of large values against joblib's hash."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

from benchmarks.figures import Comparison, Effort, Figure


def measure(effort: Effort) -> Iterator[Comparison]:
    """A 160 MB float frame, and a column of a million strings."""
    if find_spec("pandas") is None:
        missing = (Figure(name="nbmlops fingerprint", skipped="pandas is not installed"),)
        yield Comparison(title="Fingerprints", figures=missing)
        return
    for key, title, value in _values():
        yield _compare(key, title, value, effort.times(3, 2))


def _values() -> Iterator[tuple[str, str, Any]]:
    import numpy as np
    import pandas as pd  # type: ignore[import-untyped]  # no stubs are installed

    random = np.random.default_rng(0)
    yield (
        "fingerprints/frame",
        "A float frame of 160 MB",
        pd.DataFrame(random.normal(size=(1_000_000, 20))),
    )
    texts = pd.Series([f"passenger {number}" for number in range(1_000_000)])
    yield "fingerprints/strings", "A column of 1,000,000 strings", texts.to_frame("name")
    yield (
        "fingerprints/objects",
        "The same strings as Python objects",
        texts.astype(object).to_frame("name"),
    )


def _compare(key: str, title: str, value: Any, repetitions: int) -> Comparison:
    """Theirs and ours in turns."""
    from nbmlops.values.fingerprint import fingerprint

    if find_spec("joblib") is None:
        joblib = Figure(name="joblib.hash", skipped="joblib is not installed")
        ours = Figure(name="nbmlops fingerprint", wall=_timed(fingerprint, value, repetitions))
        return Comparison(title=title, figures=(ours, joblib), key=key)
    from joblib import hash as joblib_hash  # type: ignore[import-untyped]  # has no types

    theirs: list[float] = []
    own: list[float] = []
    for _ in range(repetitions):
        theirs += _timed(joblib_hash, value, 1)
        own += _timed(fingerprint, value, 1)
    figures = (
        Figure(name="joblib.hash", wall=tuple(theirs)),
        Figure(name="nbmlops fingerprint", wall=tuple(own)),
    )
    return Comparison(title=title, figures=figures, key=key)


def _timed(call: Callable[[Any], object], value: Any, repetitions: int) -> tuple[float, ...]:
    taken = []
    for _ in range(repetitions):
        began = time.perf_counter()
        call(value)
        taken.append(time.perf_counter() - began)
    return tuple(taken)
