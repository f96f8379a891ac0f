"""What the store, the disk and this machine tell a planner."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

from nbmlops.capture.environment import describe
from nbmlops.capture.externals import is_as_then
from nbmlops.capture.facts import is_still_a_fact
from nbmlops.capture.looked_again import LookAgain
from nbmlops.capture.sqlite_contents import content_now
from nbmlops.domain.accesses import AS_FOUND, ExternalAccess, FileAccess
from nbmlops.domain.environments import Environment
from nbmlops.domain.executions import Execution
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord, is_in_part
from nbmlops.errors import StoreError, UntrustedValueError
from nbmlops.execution.limits import set_by_limits
from nbmlops.execution.secrets import is_same_secret
from nbmlops.pipelines.evidence import SessionEntry
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.values import ValueStore

_SHOWN = 3
"""Differences of an environment that are named."""

_OWN = "nbmlops"
"""The recorder itself changes no result."""


class StoreEvidence:
    """Answers a planner's questions; asks the store once for each.

    - files are always read: neither time nor size says that a file is the same;
    - the environment is that of this process, in which the kernel starts.

    Args:
        notebook: the key of the pipeline's notebook.
        digests: the code that may be asked for.
        project: where relative paths of files begin.
        trusted: executions that are looked at before newer ones.
        processors: the numbers of them that steps ask for: a kernel with that many threads is as
            it would be now.
        executions, records, values: the store.
    """

    def __init__(
        self,
        *,
        notebook: str,
        digests: Collection[str],
        project: Path,
        trusted: Collection[int] = (),
        processors: Collection[int] = (),
        executions: ExecutionRecords,
        records: ReuseRecords,
        values: ValueStore,
    ) -> None:
        self._notebook = notebook
        self._digests = digests
        self._project = project
        self._trusted = trusted
        self._processors = processors
        self._executions = executions
        self._records = records
        self._values = values
        self._sessions: dict[str, list[SessionEntry]] = {}
        self._differences: dict[tuple[str | None, frozenset[str]], str | None] = {}
        self._kept: dict[str, bool] = {}

    def executions(self, digest: str) -> Sequence[Execution]:
        """Executions of exactly this code that ended well: trusted ones, then the newest."""
        return self._candidates.get(digest, [])

    def failed(self, digest: str) -> bool:
        """Whether this code has run and not ended well."""
        return digest in self._failed

    def ran_before(self, cell_id: str, step: str | None) -> bool:
        """Whether the cell, or a step of that name, has run with any code."""
        cells, steps = self._ran
        return cell_id in cells or step in steps

    def latest(self, cell_id: str, step: str | None) -> Execution | None:
        """The latest execution of the cell, or of a step of that name, that ended well."""
        found = self._records.latest(self._notebook, cell_id, step)
        return None if found is None else self._executions.by_ids([found])[found]

    def session(self, session: str) -> Sequence[SessionEntry]:
        """What a kernel session ran, in order."""
        if session not in self._sessions:
            self._sessions[session] = [
                SessionEntry(
                    id=row.id,
                    digest=row.digest,
                    source=row.source,
                    random_state=row.random_state,
                    state=bool(row.left),
                    left=row.left,
                    asked=row.asked,
                    inputs=row.inputs,
                    variables=row.variables,
                    outputs=row.outputs,
                )
                for row in self._records.session(session)
            ]
        return self._sessions[session]

    def environment(self, digest: str | None, *, but_for: Collection[str] = ()) -> str | None:
        """How an environment differs from the present one, in a few words."""
        if digest == self._now.digest:
            return None
        key = digest, frozenset(but_for)
        if key not in self._differences:
            before = self._executions.environment(digest) if digest else None
            said = "it is not known" if before is None else self._said(before, but_for)
            self._differences[key] = said
        return self._differences[key]

    def file(self, access: FileAccess) -> str | None:
        """What happened to a file since it was read or written."""
        path = self._project / access.path
        if access.mode == "delete":
            return "is there again, and was removed then" if path.exists() else None
        if access.digest is None:
            return "cannot be compared: it was not hashed"
        try:
            return _other_content(path, access)
        except FileNotFoundError:
            return "is not there any more"
        except OSError as error:
            return f"cannot be read: {error.strerror}"

    def variable(self, access: ExternalAccess) -> bool:
        """Whether an environment variable, or a fact of the machine, is as it was read."""
        if access.kind == "machine":
            return is_still_a_fact(access, self._project)
        return is_as_then(access)

    def secret(self, access: ExternalAccess) -> bool:
        """Whether a secret is known to be the one that was taken."""
        return is_same_secret(access, folder=self._project)

    def folder(self, access: ExternalAccess) -> bool:
        """Whether a folder that was made is there."""
        return (self._project / access.name).is_dir()

    def database(self, access: ExternalAccess) -> bool:
        """Whether a database that was left as it was found has the same content."""
        return content_now(str(self._project / access.name)) == access.detail.removeprefix(AS_FOUND)

    def look(self, access: ExternalAccess, left: Mapping[str, bool]) -> str | None:
        """How what a cell learned of a folder, path or link is another thing now."""
        return self._again.differs(access, left)

    def kept(self, manifest: str) -> bool:
        """Whether a stored value is there, whole; a collection then spares it.

        One that holds functions or classes of the notebook does not count: a kernel makes those
        anew, and the value's would be others.
        """
        if manifest not in self._kept:
            self._kept[manifest] = self._can_stand(manifest)
        return self._kept[manifest]

    def not_kept(self, manifest: str) -> str | None:
        """Why a stored value cannot stand for the one that was made; ``None`` where it can."""
        if self.kept(manifest):
            return None
        try:
            if self._values.carries_code(manifest):
                return "holds functions or classes of the notebook, which a kernel makes anew"
        except UntrustedValueError:
            return "was not stored by one of yours"
        except StoreError:
            pass
        return "is not in the store any more"

    def cannot_be_handed_over(self, value: ValueRecord) -> str | None:
        """Why a recorded value could not go to another kernel; ``None`` where it could, or may."""
        if value.manifest is None or is_in_part(value.reason):
            return None if value.reason == PART_OF_THE_CODE else value.reason
        return None if self.kept(value.manifest) else "it holds functions or classes"

    def _can_stand(self, manifest: str) -> bool:
        try:
            return self._values.renew(manifest) and not self._values.carries_code(manifest)
        except (StoreError, UntrustedValueError):
            return False

    def _said(self, before: Environment, but_for: Collection[str]) -> str | None:
        differences = before.differences(self._now)
        changed = sorted(
            (name, values)
            for name, values in differences.items()
            if name not in but_for
            and not name.startswith(_OWN)
            and not set_by_limits(name, values[0], self._processors)
        )
        if not changed:
            return None
        shown = ", ".join(
            f"{name} {a or 'absent'} → {b or 'absent'}" for name, (a, b) in changed[:_SHOWN]
        )
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        return f"{shown}{more}"

    @cached_property
    def _again(self) -> LookAgain:
        return LookAgain(self._project)

    @cached_property
    def _now(self) -> Environment:
        return describe()

    @cached_property
    def _ran(self) -> tuple[frozenset[str], frozenset[str]]:
        return self._records.ran(self._notebook)

    @cached_property
    def _candidates(self) -> dict[str, list[Execution]]:
        newest = self._records.candidates(self._digests, self._notebook)
        ids = [one for group in newest.values() for one in group]
        found = self._executions.by_ids({*ids, *self._trusted})
        grouped: dict[str, list[Execution]] = {}
        for one in dict.fromkeys([*sorted(self._trusted, reverse=True), *ids]):
            grouped.setdefault(found[one].record.digest, []).append(found[one])
        return grouped

    @cached_property
    def _failed(self) -> frozenset[str]:
        return self._records.failed(self._digests)


def _other_content(path: Path, access: FileAccess) -> str | None:
    """How a file differs from what was seen of it; ``None`` where its content is the same."""
    found = path.stat()
    if access.size is not None and found.st_size != access.size:
        return f"changed: {access.size:,} → {found.st_size:,} bytes"
    with path.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() == access.digest:
            return None
    written = datetime.fromtimestamp(found.st_mtime).astimezone()
    return f"changed: other content of the same size, written {written:%Y-%m-%d %H:%M:%S}"
