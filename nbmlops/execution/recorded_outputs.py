"""What a recorded execution displayed, as outputs of a notebook."""

from __future__ import annotations

import base64
import json
from typing import Any

from nbmlops.domain.executions import REPORTED, Artifact, Execution
from nbmlops.errors import StoreError
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.objects.base import ObjectStore

NOTEBOOK_TYPE = "application/x-ipynb+json"


class RecordedOutputs:
    """Finds the outputs of executions.

    - those of a pipeline run in its executed notebook, with what was printed;
    - those of an interactive one in what was kept of it: what it displayed.
    """

    def __init__(self, runs: RunRecords, objects: ObjectStore) -> None:
        self._runs = runs
        self._objects = objects
        self._notebooks: dict[int, dict[str, list[dict[str, Any]]]] = {}

    def remember(self, run_id: int, notebook: str) -> None:
        """Take the outputs of a run that has not ended from the notebook of an attempt, as JSON."""
        self._notebooks[run_id] = _cells(json.loads(notebook))

    def of(self, execution: Execution) -> list[dict[str, Any]]:
        """The outputs, as they are in a notebook; without those that were not kept."""
        record = execution.record
        if record.run_id is not None and record.cell_id is not None:
            cells = self._of_run(record.run_id)
            if record.cell_id in cells:
                return cells[record.cell_id]
        displayed = (item for item in record.artifacts if not item.name.startswith(REPORTED))
        shown = (self._shown(artifact) for artifact in displayed)
        return [output for output in shown if output is not None]

    def _of_run(self, run_id: int) -> dict[str, list[dict[str, Any]]]:
        if run_id not in self._notebooks:
            self._notebooks[run_id] = self._read(run_id)
        return self._notebooks[run_id]

    def _read(self, run_id: int) -> dict[str, list[dict[str, Any]]]:
        run = self._runs.by_id(run_id)
        artifacts = run.artifacts if run is not None else ()
        kept = [item for item in artifacts if item.media_type == NOTEBOOK_TYPE and item.object]
        if not kept:
            return {}
        try:
            raw = json.loads(self._objects.get(kept[0].object))
        except StoreError:
            return {}
        return _cells(raw)

    def _shown(self, artifact: Artifact) -> dict[str, Any] | None:
        if not artifact.object:
            return None
        try:
            content = self._objects.get(artifact.object)
        except StoreError:
            return None
        data = {artifact.media_type: _as_in_notebook(artifact.media_type, content)}
        return {"output_type": "display_data", "data": data, "metadata": {}}


def _cells(raw: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        cell["id"]: cell.get("outputs", [])
        for cell in raw["cells"]
        if cell["cell_type"] == "code" and "id" in cell
    }


def _as_in_notebook(media_type: str, content: bytes) -> Any:
    if media_type.startswith("text/") or media_type.endswith("xml"):
        return content.decode("utf-8", "replace")
    if media_type.endswith("json"):
        return json.loads(content)
    return base64.b64encode(content).decode("ascii")
