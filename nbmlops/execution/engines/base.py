"""Where else than in this process's children the kernels of a run may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

from nbmlops.execution.limits import Limits


class Place(Protocol):
    """What a kernel's provisioner tells of where the kernel is."""

    lost: bool
    """Whether it went away under the kernel."""

    cure: str
    """What to do about a kernel that did not start."""

    @property
    def said(self) -> str:
        """How the kernel ended, where more than its exit code is known."""


class _Here:
    """This machine."""

    lost = False
    cure = "Try it in JupyterLab; its kernelspec may name a Python that is gone."
    said = ""


HERE: Place = _Here()


class Cluster(Protocol):
    """Starts kernels elsewhere; each holds one place until it ends."""

    @property
    def description(self) -> str:
        """Where it is, and how large."""

    @property
    def slots(self) -> int:
        """How many kernels there may be at a time."""

    def require(self, limits: Limits) -> None:
        """Make sure that there is room for a kernel, were nothing else there.

        Args:
            limits: what the kernel and its steps may take.

        Raises:
            ClusterError: it would wait for ever.
        """

    def host(self, manager: Any, *, limits: Limits, wanted: Callable[[], bool]) -> None:
        """Let a kernel manager that has not started start its kernel there.

        Its provisioner is then a `Place`.

        Args:
            manager: of jupyter_client.
            limits: what the kernel and its steps may take. Their largest is set aside, and what
                holds for all is kept to where it runs; the provisioner's ``keep_to`` tells of
                those of each step.
            wanted: asked while there is no place yet; when it says no, starting ends with a
                ``RuntimeError``.
        """

    def close(self) -> None:
        """Give everything back."""


OpenCluster = Callable[[str], Cluster]
"""Connects to the cluster with an address."""


@contextmanager
def opened(open_cluster: OpenCluster, address: str | None) -> Iterator[Cluster | None]:
    """The cluster with an address, if there is one, while the context is open."""
    if address is None:
        yield None
        return
    with closing(open_cluster(address)) as cluster:
        yield cluster
