"""The revisions of the catalog's schema."""

from __future__ import annotations

from pathlib import Path

HEAD = "0020"
"""The newest revision under ``migrations/versions``; a test keeps it so."""

FOLDER = Path(__file__).with_name("migrations")


def is_known(revision: str) -> bool:
    """Whether this release of nbmlops knows the revision."""
    return any(path.name.startswith(f"{revision}_") for path in FOLDER.glob("versions/*.py"))
