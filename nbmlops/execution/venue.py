"""Where the kernels of a run would be, and whether there is room for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nbmlops.domain.pipelines import PipelineSpec, PipelineStep
from nbmlops.domain.plans import CellPlan, Plan
from nbmlops.execution.engines.base import Cluster
from nbmlops.execution.limits import Limits

_HERE = "this machine"
_UNLIMITED = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """Where a run would be.

    Attributes:
        slots: how many kernels it could have there at once.
        cluster: the cluster; ``None`` on this machine.
    """

    slots: int
    cluster: Cluster | None = None

    @property
    def description(self) -> str:
        """Where it is, in words."""
        return self.cluster.description if self.cluster is not None else _HERE

    def require(self, plan: Plan, spec: PipelineSpec) -> None:
        """Make sure that each step which may have to run finds what it asks for.

        Raises:
            ClusterError: one would wait for ever.
        """
        if self.cluster is not None:
            expected = {
                cell.step for cell in plan.cells if cell.state in (CellPlan.RUNS, CellPlan.MAY_RUN)
            }
            require_room(self.cluster, (one for one in spec.steps if one.name in expected))


def require_room(
    cluster: Cluster, steps: Iterable[PipelineStep], limits: Limits = _UNLIMITED
) -> None:
    """Make sure that there is a place for each of these steps, whatever else is there.

    Raises:
        ClusterError: one would wait for ever.
    """
    for step in steps:
        cluster.require(limits.with_steps([step]))
