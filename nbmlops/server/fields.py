"""Which field of a form a refusal is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nbmlops.errors import NbmlopsError, ParameterError


@contextmanager
def about(field: str) -> Iterator[None]:
    """A refusal is about this field of the form; one of a parameter about that parameter."""
    try:
        yield
    except NbmlopsError as error:
        parameter = error.parameter if isinstance(error, ParameterError) else ""
        error.field = error.field or (f"{field}.{parameter}" if parameter else field)
        raise
