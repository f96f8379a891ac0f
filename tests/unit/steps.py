"""Cells of notebooks that tests make."""

from __future__ import annotations


def step(name: str, source: str) -> str:
    """A cell that is a step."""
    return f"%mlops track {name}\n{source}"
