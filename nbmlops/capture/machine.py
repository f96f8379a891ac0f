"""What of the machine can change a result: processors, devices, settings of threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from nbmlops.capture import variable_reads
from nbmlops.capture.session_variables import given
from nbmlops.values import hash_seeds

_SETTINGS = frozenset([
    "BLIS_NUM_THREADS",
    "CUBLAS_WORKSPACE_CONFIG",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "TOKENIZERS_PARALLELISM",
    "VECLIB_MAXIMUM_THREADS",
])  # fmt: skip


_READ_AT_START = frozenset([
    "CUDA_VISIBLE_DEVICES", "JAX_DEFAULT_DTYPE_BITS", "JAX_ENABLE_X64", "JAX_PLATFORMS",
    "JAX_PLATFORM_NAME", "KERAS_BACKEND", "MATPLOTLIBRC", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS",
    "MPLBACKEND", "NPY_DISABLE_CPU_FEATURES", "NPY_PROMOTION_STATE", "NUMBA_DISABLE_JIT",
    "NVIDIA_TF32_OVERRIDE", "OPENBLAS_CORETYPE", "PANDAS_COPY_ON_WRITE", "POLARS_ENGINE_AFFINITY",
    "PYTHONHASHSEED", "PYTORCH_ENABLE_MPS_FALLBACK", "SCIPY_ARRAY_API", "TF_CUDNN_DETERMINISTIC",
    "TF_DETERMINISTIC_OPS", "TF_ENABLE_ONEDNN_OPTS", "TF_USE_LEGACY_KERAS",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "XLA_FLAGS",
])  # fmt: skip
"""By which Python and libraries decide how they work as they begin; what a cell sets is its own."""


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


class _Latest:
    """What `threads` has found, and among which variables, those at the start and those of now."""

    started: Mapping[str, str] | None = None
    variables: Mapping[Any, Any] = {}
    threads: Mapping[str, str] = {}


def threads() -> dict[str, str]:
    """The variables that are set of those that say how libraries work, and use threads."""
    started = variable_reads.environment_at_start()
    if _Latest.started is not started or not variable_reads.are(_Latest.variables):
        _Latest.started, _Latest.variables = started, variable_reads.now()
        _Latest.threads = _threads()
    return dict(_Latest.threads)  # asked for after each cell


def _threads() -> dict[str, str]:
    started = variable_reads.environment_at_start() or os.environ
    chosen = {name: given(name, started[name]) for name in _READ_AT_START.intersection(started)}
    found = {name: os.environ[name] for name in _SETTINGS.intersection(os.environ)}
    found |= {name: value for name, value in chosen.items() if value is not None}
    if found.get(hash_seeds.VARIABLE) == hash_seeds.OF_RUNS:
        del found[hash_seeds.VARIABLE]  # nobody has chosen it, and it is compared where it matters
    return dict(sorted(found.items()))
