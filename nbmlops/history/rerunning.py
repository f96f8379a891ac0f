"""Run cells again on the way to a state; one that fails takes only what follows from it along."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from nbmlops.history.remaking import Rerun


@dataclass(slots=True)
class RanAgain:
    """What came of it.

    ``begun`` are the cells that ran, to their end or not; ``lost`` the wanted names that were not
    made, each with the reason; ``stopped`` is the execution that was interrupted.
    """

    begun: list[Rerun] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    stopped: int | None = None


def run_again(reruns: Iterable[Rerun], run: Callable[[Rerun], str]) -> RanAgain:
    """Run cells in their order; none after a person has interrupted one.

    Definitions of a cell run by themselves only where the whole cell did not run to its end.

    Args:
        reruns: the cells.
        run: runs one; returns why it failed, empty where it did not.
    """
    failed: dict[str, str] = {}
    found = RanAgain()
    succeeded: set[int] = set()
    for rerun in reruns:
        if rerun.execution in succeeded:
            continue
        why = next((failed[need] for need in rerun.needs if need in failed), "")
        if found.stopped is not None:
            why = why or f"@{rerun.execution} was not run again, as @{found.stopped} was stopped"
        if not why:
            found.begun.append(rerun)
            try:
                said = run(rerun)
                why = said and f"@{rerun.execution} was run again and failed: {said}"
            except KeyboardInterrupt:
                found.stopped = rerun.execution
                why = f"@{rerun.execution} was stopped as it ran again"
        if why:
            failed[rerun.key] = why
            found.lost |= dict.fromkeys(rerun.makes, why)
        else:
            succeeded.add(rerun.execution)
    return found
