"""The machine, without its name."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

_LIBRARIES = (
    "ipykernel", "ipython", "jupyterlab", "nbclient", "nbmlops", "numpy", "pandas", "papermill",
    "pyarrow",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where the figures come from.

    ``load`` is the one-minute load average at the start; ``making`` the seconds that a new file
    took then, in the folder for temporary files, if that was measured.
    """

    cores: int
    processor: str
    memory: int
    system: str
    python: str
    libraries: dict[str, str]
    load: float
    making: float | None = None

    @property
    def lines(self) -> list[str]:
        """The description as text."""
        versions = ", ".join(f"{name} {version}" for name, version in self.libraries.items())
        busy = self.load / self.cores
        return [
            f"{self.cores} cores, {self.processor}, {self.memory / 2**30:.0f} GiB, {self.system}",
            f"Python {self.python}; {versions}",
            f"load average at the start {self.load:.1f}"
            + (" (other work was going on: trust the ratios)" if busy > _BUSY else ""),
            f"a new file {self.file}"
            + (" (files were removed just before: wait)" if (self.making or 0) > _SLOW else ""),
        ]

    @property
    def file(self) -> str:
        """How long a new file took."""
        return "-" if self.making is None else f"{self.making * 1e6:.0f} µs"


_BUSY = 0.3
_SLOW = 100e-6
_FILES = 50


def describe() -> Machine:
    """Look at this machine."""
    import psutil

    return Machine(
        cores=os.cpu_count() or 1,
        processor=_processor(),
        memory=psutil.virtual_memory().total,
        system=f"{platform.system()} {platform.release().partition('-')[0]}",
        python=platform.python_version(),
        libraries={name: metadata.version(name) for name in _LIBRARIES if _installed(name)},
        load=os.getloadavg()[0],
        making=_making(),
    )


def _making() -> float:
    times = []
    with TemporaryDirectory() as folder:
        for number in range(_FILES):
            began = time.perf_counter()
            os.close(os.open(f"{folder}/{number}", os.O_CREAT | os.O_WRONLY))
            times.append(time.perf_counter() - began)
    return median(times)


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
