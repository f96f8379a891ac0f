"""Names under which scikit-learn says how long it took."""

from __future__ import annotations

import re

_DURATION = re.compile(r"(?:mean_|std_)?(?:fit|score)_time|refit_time_")
_NAME = re.compile(r"\w+")


def is_duration(place: str) -> bool:
    """Whether a variable, or a place inside of a value, is a time that scikit-learn measured.

    >>> is_duration("['fit_time'] at 0"), is_duration("column 'mean_score_time' at 3")
    (True, True)
    """
    return any(map(_DURATION.fullmatch, _NAME.findall(place)))
