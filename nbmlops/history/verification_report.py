"""What a verification tells whoever asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from nbmlops.domain.differences import Change
from nbmlops.domain.executions import StepVersion
from nbmlops.domain.verifications import Cause, Verification
from nbmlops.errors import StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """A verification with what was found on the way.

    ``version`` is ``None`` where a cell without a name was repeated; ``cause`` where the record
    was reproduced from what is still there. ``environment`` lists what is another one now;
    ``rebuilt`` are the inputs that were not kept and had to be made again; ``changed`` are files
    that were read and are others now, modules of the project included; ``in_place`` says that the
    cells ran in the notebook's own folder, ``not_redirected`` that whole paths in their code led
    past the copy, to be read. ``unkept`` is why the store did not take the verdict.
    """

    version: StepVersion | None
    verification: Verification
    cause: Cause | None = None
    environment: tuple[Change, ...] = ()
    rebuilt: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    in_place: bool = False
    not_redirected: bool = False
    unkept: StoreError | None = None

    @property
    def repeated(self) -> str:
        """What was repeated: ``train@2``, or of a cell without a name ``@12``."""
        number = f"@{self.verification.execution_id}"
        return number if self.version is None else self.version.reference
