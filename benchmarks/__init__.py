"""Measured side by side in one run: nbmlops against the same work without it, and its peers."""
