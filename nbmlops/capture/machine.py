"""What of the machine can change a result: processors, devices, settings of threads."""

from __future__ import annotations

import os
import sys

_SETTINGS = frozenset([
    "BLIS_NUM_THREADS",
    "CUBLAS_WORKSPACE_CONFIG",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "PYTHONHASHSEED",
    "TOKENIZERS_PARALLELISM",
    "VECLIB_MAXIMUM_THREADS",
])  # fmt: skip


def cpus() -> int | None:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def gpus() -> tuple[str, ...] | None:
    """The names of the CUDA devices; ``None`` unless the user's code has started to use them.

    Asking starts CUDA in the process, after which it cannot be forked: that is not ours to do.
    """
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is None or not hasattr(cuda, "is_initialized") or not cuda.is_initialized():
        return None
    return tuple(str(cuda.get_device_name(index)) for index in range(cuda.device_count()))


def threads() -> dict[str, str]:
    """The variables that are set of those that say how libraries use threads."""
    return {name: os.environ[name] for name in sorted(_SETTINGS.intersection(os.environ))}
