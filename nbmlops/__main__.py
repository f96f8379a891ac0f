"""``python -m nbmlops``."""

from __future__ import annotations

from nbmlops.cli.main import main

main()
