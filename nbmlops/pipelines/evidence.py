"""What a planner asks of records, disk and machine; it reads none of them itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.executions import Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEntry:
    """One execution of a kernel session, as far as others of that session depend on it.

    ``outputs`` maps each name that it bound or changed to its fingerprint; ``random_state`` is
    what the global generators stood at before it, ``None`` where that was not recorded; ``state``
    says that it changed something in the process that no name holds, ``left`` in words what that
    is, and ``inputs`` what it had read, as fingerprints; ``variables`` are those of the environment
    that it set, with the digests of their values; ``asked`` names what it had used that is new each
    time: clocks, chance, hosts, programs.
    """

    id: int
    digest: str
    source: str
    random_state: str | None = None
    state: bool = False
    left: Mapping[str, None] = field(default_factory=dict)
    asked: Mapping[str, None] = field(default_factory=dict)
    inputs: Mapping[str, str | None] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str | None] = field(default_factory=dict)


class Evidence(Protocol):
    """Answers about the past and the present."""

    def executions(self, digest: str) -> Sequence[Execution]:
        """The executions of exactly this code that ended well: trusted ones, then the newest."""

    def failed(self, digest: str) -> bool:
        """Whether this code has run and not ended well."""

    def ran_before(self, cell_id: str, step: str | None) -> bool:
        """Whether the cell, or a step of that name, has ended well with any code."""

    def latest(self, cell_id: str, step: str | None) -> Execution | None:
        """The latest execution of the cell, or of a step of that name, that ended well."""

    def session(self, session: str) -> Sequence[SessionEntry]:
        """What a kernel session ran, in order."""

    def environment(self, digest: str | None, *, but_for: Collection[str] = ()) -> str | None:
        """How an environment differs from that of a run now, in a few words; ``None``: it is it.

        ``but_for`` are variables that cells had set, which are compared by themselves.
        """

    def file(self, access: FileAccess) -> str | None:
        """What happened to a file since it was read or written; ``None``: nothing."""

    def variable(self, access: ExternalAccess) -> bool:
        """Whether an environment variable, or a fact of the machine, is as it was read."""

    def secret(self, access: ExternalAccess) -> bool:
        """Whether a secret is known to be the one that was taken."""

    def folder(self, access: ExternalAccess) -> bool:
        """Whether a folder that was made is there."""

    def database(self, access: ExternalAccess) -> bool:
        """Whether a database that was left as it was found has the same content."""

    def look(self, access: ExternalAccess, left: Mapping[str, bool]) -> str | None:
        """How what a cell learned of a folder, path or link is another thing now.

        ``left`` are the files that cells above have written, or removed: those are there, or are
        not, whatever is on the disk now.
        """

    def kept(self, manifest: str) -> bool:
        """Whether a stored value is there, whole, and can stand for the one that was made."""

    def not_kept(self, manifest: str) -> str | None:
        """Why it cannot, in words that follow `which`; ``None`` where it can."""
