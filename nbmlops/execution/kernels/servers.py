"""The fork servers of this user."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from nbmlops.domain.kernels import ForkServerState


class ForkServers:
    """Lists and stops the processes that keep kernels warm."""

    def states(self) -> list[ForkServerState]:
        """Those that live, in all projects, the longest idle first; none but on Linux."""
        if sys.platform != "linux":
            return []
        from nbmlops.execution.kernels import client

        return client.states()

    def stop(self, keys: Sequence[str] | None = None) -> list[ForkServerState]:
        """Stop those of these names, or all; kernels that run go on. Returns them as they were."""
        if sys.platform != "linux":
            return []
        from nbmlops.execution.kernels import client

        return client.stop_servers(keys)
