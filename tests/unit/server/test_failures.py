"""Every error of ours has an HTTP status."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import pytest

from nbmlops import errors
from nbmlops.errors import NbmlopsError, UnknownNameError
from nbmlops.server.failures import status_of


@dataclass(frozen=True)
class Case:
    error: NbmlopsError
    status: HTTPStatus


CASES = (
    Case(UnknownNameError("step", "trian", ["train"]), HTTPStatus.NOT_FOUND),
    Case(errors.UsageError("…"), HTTPStatus.BAD_REQUEST),
    Case(errors.ParameterError("…"), HTTPStatus.BAD_REQUEST),
    Case(errors.StoreBusyError("…"), HTTPStatus.SERVICE_UNAVAILABLE),
    Case(errors.StoreUnwritableError("…"), HTTPStatus.INSUFFICIENT_STORAGE),
    Case(errors.StoreCorruptError("…"), HTTPStatus.INTERNAL_SERVER_ERROR),
    Case(errors.NotebookFormatError("…"), HTTPStatus.UNPROCESSABLE_ENTITY),
    Case(errors.RunFailedError("…"), HTTPStatus.INTERNAL_SERVER_ERROR),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: type(case.error).__name__)
def test_an_error_takes_the_status_of_its_nearest_listed_kind(case: Case) -> None:
    assert status_of(case.error) is case.status
