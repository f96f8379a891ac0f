"""The executed notebook as one HTML page."""

from __future__ import annotations

import importlib
import threading
from pathlib import Path


def prepare() -> None:
    """Import in the background what `write_html` needs: a kernel's start leaves time for it."""
    # not a daemon: a process must not end in the middle of an import
    threading.Thread(
        target=importlib.import_module, args=("nbconvert.exporters",), name="nbmlops-report"
    ).start()


def write_html(notebook: Path, target: Path, *, title: str) -> None:
    """Render an executed notebook, figures included, as a page that needs no other file.

    Args:
        notebook: the executed ``.ipynb``.
        target: the ``.html`` to write.
        title: the page's title.
    """
    from nbconvert.exporters import HTMLExporter

    exporter = HTMLExporter(embed_images=True)
    page, _ = exporter.from_filename(
        str(notebook), resources={"metadata": {"name": title, "path": str(notebook.parent)}}
    )
    target.write_text(page, encoding="utf-8")
