"""Executions that read files and values, for data sets to pin."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.workspace import Workspace


@dataclass
class Recorded:
    """A project in which steps ran a minute ago."""

    workspace: Workspace

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.workspace.project

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def read(self, path: str, *, digest: bool = True) -> FileAccess:
        """That a file was read as it is now."""
        content = (self.folder / path).read_bytes()
        return FileAccess(
            path=path,
            mode="read",
            digest=hashlib.sha256(content).hexdigest() if digest else None,
            size=len(content),
            known_by="open",
        )

    def value(self, name: str, value: object, *, keep: bool = True) -> ValueRecord:
        """An input, of which an earlier execution kept the value or did not."""
        manifest = self.workspace.values.save(value, limit=10**6) if keep else None
        summary = ValueSummary(kind=type(value).__name__, size=10)
        print_ = f"print of {value!r}"
        if manifest is not None:
            made = ValueRecord(name=name, fingerprint=print_, summary=summary, manifest=manifest)
            self.ran(step=None, outputs=(made,))
        return ValueRecord(name=name, fingerprint=print_, summary=summary)

    def ran(
        self,
        *,
        step: str | None = "train",
        code: str = "one",
        files: tuple[FileAccess, ...] = (),
        inputs: tuple[ValueRecord, ...] = (),
        outputs: tuple[ValueRecord, ...] = (),
        status: ExecutionStatus = ExecutionStatus.OK,
        ago: timedelta = timedelta(minutes=1),
    ) -> Execution:
        """An execution."""
        return self.workspace.executions.add(
            ExecutionRecord(
                notebook="flights.ipynb",
                step=step,
                cell_id="cell",
                source=code,
                digest=code,
                session="s",
                started_at=self.workspace.clock() - ago,
                duration=1.0,
                status=status,
                files=files,
                inputs=inputs,
                outputs=outputs,
                author="ada",
            )
        )
