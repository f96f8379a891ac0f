"""MLOps in the notebook: versioned cells, approved pipelines, schedules that can be trusted."""

from __future__ import annotations

__version__ = "0.1.0"
