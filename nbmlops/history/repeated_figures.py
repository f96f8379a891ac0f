"""Compare the figures that a re-execution displayed with the recorded ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from nbmlops.capture.outputs import DisplayedOutput
from nbmlops.domain.executions import REPORTED, Artifact
from nbmlops.domain.verifications import OutputVerdict, Verdict
from nbmlops.history.pictures import compare_pixels, pixel_words, size_words


def compared_figures(
    recorded: Sequence[Artifact],
    displayed: Sequence[DisplayedOutput],
    content: Callable[[str], bytes | None],
    *,
    same_environment: bool,
) -> Iterator[OutputVerdict]:
    """Compare figures in their order.

    Args:
        recorded: what the record has of displayed outputs.
        displayed: what was displayed now.
        content: gives the bytes of a recorded one, ``None`` where they are gone.
        same_environment: whether the same versions drew both; else what differs proves nothing.
    """
    before = [
        item
        for item in recorded
        if item.media_type.startswith("image/") and not item.name.startswith(REPORTED)
    ]
    after = [item for item in displayed if item.media_type.startswith("image/")]
    for number, (one, other) in enumerate(zip_longest(before, after), start=1):
        verdict, why = _compared(one, other, content)
        if verdict is Verdict.DIFFERENT and not same_environment:
            verdict, why = Verdict.NOT_COMPARABLE, f"{why}, but the environment is another one"
        yield OutputVerdict(name=f"figure {number}", verdict=verdict, why=why)


def _compared(
    one: Artifact | None, other: DisplayedOutput | None, content: Callable[[str], bytes | None]
) -> tuple[Verdict, str]:
    if one is None or other is None:
        return Verdict.DIFFERENT, "it was not displayed " + ("before" if one is None else "now")
    kept = content(one.object)
    if kept == other.content:
        return Verdict.IDENTICAL, ""
    found = compare_pixels((one.media_type, other.media_type), kept, other.content)
    if found.pixels is None or found.sizes is None:
        return Verdict.NOT_COMPARABLE, found.note
    where = [pixel_words(found.pixels, found.box)] if found.box is not None else []
    if found.sizes[0] != found.sizes[1]:
        where.insert(0, f"another size: {size_words(found.sizes)}")
    return (Verdict.DIFFERENT if where else Verdict.IDENTICAL), "; ".join(where)
