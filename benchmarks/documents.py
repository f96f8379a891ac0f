"""Notebook files for the measurements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def code_cell(identity: str, source: str, *, tags: Sequence[str] = ()) -> dict[str, Any]:
    """A code cell that has not been run."""
    return {
        "cell_type": "code", "id": identity, "metadata": {"tags": list(tags)} if tags else {},
        "source": source, "outputs": [], "execution_count": None,
    }  # fmt: skip


def notebook(cells: Sequence[dict[str, Any]]) -> bytes:
    """The content of a notebook file."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {
        "cells": list(cells), "metadata": {"kernelspec": kernel}, "nbformat": 4,
        "nbformat_minor": 5,
    }  # fmt: skip
    return json.dumps(content).encode()
