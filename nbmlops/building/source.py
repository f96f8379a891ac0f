"""What a pipeline is built from."""

from __future__ import annotations

from dataclasses import dataclass

from nbmlops.notebook.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a pipeline is built from; ``notes`` say what was left out of an import."""

    document: Document
    notes: tuple[str, ...] = ()
    imported: bool = False
