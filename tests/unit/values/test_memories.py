"""What objects have only computed from the rest of them is no part of their content."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pandas.util._decorators import cache_readonly  # type: ignore[import-untyped]

from nbmlops.values.fingerprint import fingerprint


class Results:
    """As the fitted models of statsmodels: what is asked of them is kept in a dict."""

    def __init__(self, numbers: list[float]) -> None:
        self.numbers = np.array(numbers)
        self._cache: dict[str, Any] = {}

    @cache_readonly  # type: ignore[untyped-decorator]
    def residuals(self) -> Any:
        return self.numbers - self.numbers.mean()

    def criterion(self) -> float:
        """Kept by hand."""
        self._cache["criterion"] = float(self.numbers.std())
        return self._cache["criterion"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("among", [1, 20])
def test_results_that_were_asked_for_are_no_change(among: int) -> None:
    asked = [Results([1.0, 2.0]) for _ in range(among)]
    before = fingerprint(asked)
    for one in asked:
        assert one.residuals.shape == (2,)
        one.criterion()
    assert fingerprint(asked) == before
    asked[0].numbers[0] = 3.0
    assert fingerprint(asked) != before
