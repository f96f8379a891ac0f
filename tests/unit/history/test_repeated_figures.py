"""What a repetition displayed is compared with what the record has."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import pytest
from PIL import Image

from nbmlops.capture.outputs import DisplayedOutput
from nbmlops.domain.executions import Artifact
from nbmlops.domain.verifications import Verdict
from nbmlops.history.repeated_figures import compared_figures


def painted(colour: str, width: int = 4) -> bytes:
    """A figure of one colour."""
    written = BytesIO()
    Image.new("RGB", (width, 3), colour).save(written, format="PNG")
    return written.getvalue()


@dataclass(frozen=True)
class Case:
    """A recorded figure, what was displayed now, and what that shows."""

    name: str
    before: bytes | None
    after: bytes | None
    verdict: Verdict
    why: str = ""
    same_environment: bool = True


RED, BLUE = painted("red"), painted("blue")
CASES = (
    Case("equal", RED, RED, Verdict.IDENTICAL),
    Case("another colour", RED, BLUE, Verdict.DIFFERENT, "12 pixels differ, from (0, 0) to (3, 2)"),
    Case("elsewhere", RED, BLUE, Verdict.NOT_COMPARABLE, "environment", same_environment=False),
    Case("equal elsewhere", RED, RED, Verdict.IDENTICAL, same_environment=False),
    Case("larger", RED, painted("red", 5), Verdict.DIFFERENT, "another size"),
    Case("gone", RED, None, Verdict.DIFFERENT, "not displayed now"),
    Case("new", None, RED, Verdict.DIFFERENT, "not displayed before"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_figure_is_compared_with_the_recorded_one(case: Case) -> None:
    recorded = [
        Artifact(name="output-1", media_type="text/html", object="x", size=1),
        Artifact(name="reported/plot", media_type="image/png", object="x", size=1),
    ]
    if case.before is not None:
        recorded.append(Artifact(name="output-2", media_type="image/png", object="key", size=1))
    displayed = [DisplayedOutput(media_type="text/html", content=b"")]
    if case.after is not None:
        displayed.append(DisplayedOutput(media_type="image/png", content=case.after))
    (found,) = compared_figures(
        recorded,
        displayed,
        {"key": case.before}.get,
        same_environment=case.same_environment,
    )
    assert (found.name, found.verdict) == ("figure 1", case.verdict)
    assert case.why in found.why
