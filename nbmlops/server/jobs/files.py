"""Bring the files of a job into the folder that people see."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_scheduler.job_files_manager import JobFilesManager

if TYPE_CHECKING:
    from nbmlops.server.jobs.backend import JobBackend


class JobFiles(JobFilesManager):
    """Writes what a job has left, verified, from the store of its project.

    It waits until the files are there, and says why where one cannot be.
    """

    scheduler: JobBackend

    async def copy_from_staging(self, job_id: str, redownload: bool | None = False) -> None:  # noqa: FBT001, FBT002 (its signature)
        """Write the files of a job; one that is there stays, unless it is asked for again."""
        job = await self.scheduler.get_job(job_id, job_files=False)
        contents = await self.scheduler.contents(job_id)
        names = self.scheduler.get_job_filenames(job)
        folder = Path(self.scheduler.get_local_output_path(job))
        wanted = {folder / names[kind]: content for kind, content in contents.items()}
        await asyncio.to_thread(_write, folder, wanted, again=bool(redownload))


def _write(folder: Path, wanted: dict[Path, bytes], *, again: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in wanted.items():
        if again or not path.exists():
            draft = path.with_name(f".{path.name}.new")
            draft.write_bytes(content)
            draft.replace(path)
