"""The one table that says which HTTP status an error becomes."""

from __future__ import annotations

from http import HTTPStatus

from nbmlops.errors import (
    BuildRefusedError,
    ConsentNeededError,
    NbmlopsError,
    NotApprovedError,
    NotebookError,
    StoreBusyError,
    StoreError,
    StoreUnwritableError,
    UnknownNameError,
    UsageError,
)

STATUS: dict[type[NbmlopsError], HTTPStatus] = {
    UsageError: HTTPStatus.BAD_REQUEST,
    UnknownNameError: HTTPStatus.NOT_FOUND,
    NotebookError: HTTPStatus.UNPROCESSABLE_ENTITY,
    BuildRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotApprovedError: HTTPStatus.CONFLICT,
    ConsentNeededError: HTTPStatus.CONFLICT,
    StoreError: HTTPStatus.INTERNAL_SERVER_ERROR,
    StoreBusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreUnwritableError: HTTPStatus.INSUFFICIENT_STORAGE,
    NbmlopsError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""A kind of error that is not listed takes the status of its nearest listed base."""


def status_of(error: NbmlopsError) -> HTTPStatus:
    """The HTTP status of an error.

    >>> status_of(UnknownNameError("step", "trian"))
    <HTTPStatus.NOT_FOUND: 404>
    """
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
