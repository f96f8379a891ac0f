"""The files of one run, and the folder in which it runs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.execution.ending import EndRecord


def working_directory(project: Path, version: PipelineVersion) -> Path:
    """Where the cells of a run begin: the folder of the notebook, if it is there."""
    folder = (project / version.spec.notebook).parent
    return folder if folder.is_dir() else project


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """Where the files of one run are, for people who browse the project's store."""

    path: Path
    pipeline: str

    @property
    def source(self) -> Path:
        """The notebook that is executed."""
        return self.path / "input.ipynb"

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.path / f"{self.pipeline}.ipynb"

    @property
    def partial(self) -> Path:
        """The executed notebook as far as it has got, while the run goes on."""
        return self.path / f"{self.pipeline}.partial.ipynb"

    @property
    def cut_off(self) -> Path:
        """What is left of an executed notebook that could not be written whole."""
        return self.path / f"{self.pipeline}.cut-off.ipynb"

    @property
    def journal(self) -> Path:
        """What became of each cell, line by line, until the run is closed."""
        return self.path / "journal.jsonl"

    @property
    def end(self) -> EndRecord:
        """How the run has ended, until the catalog says so."""
        return EndRecord(self.path / "end.json")

    def forget_journal(self) -> None:
        """Remove what only a run that goes on needs; a closed run has its notebook."""
        with suppress(OSError):  # it is of no harm
            self.journal.unlink(missing_ok=True)
            self.partial.unlink(missing_ok=True)

    @property
    def report(self) -> Path:
        """The executed notebook as a page."""
        return self.path / f"{self.pipeline}.html"

    def attempt(self, number: int) -> Path:
        """The notebook of an attempt that was followed by another."""
        return self.path / f"attempt-{number}.ipynb"

    @property
    def attempts(self) -> list[Path]:
        """The notebooks of all attempts but the last, in order."""
        found = self.path.glob("attempt-*.ipynb")
        return sorted(found, key=lambda path: (len(path.name), path.name))
