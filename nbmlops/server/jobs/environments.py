"""The environment that jupyter-scheduler's dialog offers."""

from __future__ import annotations

from jupyter_scheduler.environments import EnvironmentManager
from jupyter_scheduler.models import RuntimeEnvironment

NAME = "nbmlops"

FORMATS = {"ipynb": "Notebook", "html": "HTML"}


class ProjectEnvironment(EnvironmentManager):
    """One environment: that of the project, with the kernel that the notebook was approved with.

    To run an approved version with something else would not be what was approved.
    """

    def list_environments(self) -> list[RuntimeEnvironment]:
        """The one there is."""
        return [
            RuntimeEnvironment(
                name=NAME,
                label="As approved (nbmlops)",
                description="The kernel and the packages with which the pipeline was built",
                file_extensions=["ipynb"],
                output_formats=list(FORMATS),
                metadata={},
                compute_types=None,
                default_compute_type=None,
                utc_only=False,
            )
        ]

    def manage_environments_command(self) -> str:
        """No command: there is nothing to manage."""
        return ""

    def output_formats_mapping(self) -> dict[str, str]:
        """What the formats of files are called."""
        return dict(FORMATS)
