"""The files of one run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
