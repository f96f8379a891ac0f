"""``python -m nbmlops``."""

from __future__ import annotations

from nbmlops.cli.start import main

main()
