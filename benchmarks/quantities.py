"""Seconds and bytes as text."""

from __future__ import annotations


def amount(value: float, unit: str) -> str:
    """``12 µs``, ``3.40 ms``, ``1.25 s``; ``61 MB``."""
    if unit == "bytes":
        return f"{value / 1e6:,.0f} MB"
    magnitude = abs(value)
    if magnitude >= 1:
        return f"{value:.2f} s"
    if magnitude >= 1e-3:
        return f"{value * 1e3:.3g} ms"
    return f"{value * 1e6:.3g} µs"
