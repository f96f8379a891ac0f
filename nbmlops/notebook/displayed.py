"""Whether two executions of a cell displayed the same, whatever differs at each run."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NUMBER = re.compile(r"[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_LONGEST = 60

_VOLATILE = (
    # a bar as tqdm draws it, with its count, its times and its rate
    (re.compile(r"^.*\d+%\|.*\|.*\[.*\].*$", re.MULTILINE), "<progress>"),
    (re.compile(r"\b0x[0-9a-fA-F]{6,16}\b"), "<address>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\bT_[0-9a-f]{5}(?=[_\s\"'#,{]|$)"), "<id>"),  # a pandas Styler
    (re.compile(r"\bsk-container-id-\d+"), "<id>"),
    (re.compile(r"<ipython-input-[\w-]+>|\bipykernel_\d+\b"), "<cell>"),
    (re.compile(r"\bIn ?\[\d+\]"), "<cell>"),
    (
        re.compile(
            r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)? ?"
            r"(?:ns|us|µs|μs|ms|s|sec|secs|seconds?|min|mins|minutes?)\b"
            r"(?: \d+(?:\.\d+)? ?(?:s|ms|sec|seconds?))?"
        ),
        "<time>",
    ),
)
"""What differs each time that equal code displays equal things, and what stands for it."""

_NEVER_EQUAL = frozenset(["application/vnd.jupyter.widget-view+json"])


@dataclass(frozen=True, slots=True)
class DisplayedDifference:
    """How two displays compare.

    ``kind`` is ``same``; ``volatile`` where only addresses, times, identifiers or progress bars
    differ; ``close`` where only numbers do, within the tolerance; or ``different``. ``why`` says
    where.
    """

    kind: Literal["same", "volatile", "close", "different"]
    why: str = ""


def compare_displayed(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    *,
    tolerance: float | None = None,
) -> DisplayedDifference:
    """Compare the outputs of one cell in two executed notebooks.

    Args:
        before: ``outputs`` of the cell as in its ``.ipynb``.
        after: likewise.
        tolerance: the relative difference that is allowed for numbers in texts; none if ``None``.
    """
    one, other = list(_pieces(before)), list(_pieces(after))
    if one == other:
        return DisplayedDifference("same")
    if len(one) != len(other) or [kind for kind, _ in one] != [kind for kind, _ in other]:
        return DisplayedDifference("different", f"{_listed(one)} before, {_listed(other)} now")
    close = False
    for (kind, text), (_, now) in zip(one, other, strict=True):
        plain, plain_now = _settled(text), _settled(now)
        if plain == plain_now:
            continue
        if tolerance is None or not _is_close(plain, plain_now, tolerance):
            return DisplayedDifference("different", _where(kind, plain, plain_now))
        close = True
    if close:
        return DisplayedDifference("close", "numbers differ within the tolerance")
    return DisplayedDifference("volatile", "but for addresses, times or progress")


def displayed_text(outputs: Sequence[Mapping[str, Any]]) -> str:
    """What a cell displayed, as text to be read, without what differs at each run."""
    texts = []
    for kind, text in _pieces(outputs):
        if kind in {"stdout", "stderr", "error", "text/plain"}:
            settled = _settled(text)
            texts.append(settled if settled.endswith("\n") else f"{settled}\n")
    return "".join(texts)


def _pieces(outputs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each output as its kind and its text; what a stream printed in several goes together."""
    streams: dict[str, list[str]] = {}
    others: list[tuple[str, str]] = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            streams.setdefault(output["name"], []).append(_text(output["text"]))
        elif kind == "error":
            others.append(("error", f"{output.get('ename')}: {output.get('evalue')}"))
        else:
            others += _representations(output.get("data", {}))
    for name, texts in sorted(streams.items()):
        yield name, "".join(texts)
    yield from others


def _representations(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for media_type, content in sorted(data.items()):
        if media_type in _NEVER_EQUAL:
            yield media_type, ""
        elif isinstance(content, str | list) and not media_type.endswith("json"):
            yield media_type, _text(content)
        else:
            yield media_type, json.dumps(content, sort_keys=True)


def _text(content: Any) -> str:
    return "".join(content) if isinstance(content, list) else str(content)


def _settled(text: str) -> str:
    """A text as it stays on the screen, without what differs at each run."""
    text = _ANSI.sub("", text)
    text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    for pattern, name in _VOLATILE:
        text = pattern.sub(name, text)
    return re.sub(r"(?:<progress>\n?)+", "<progress>\n", text)


def _is_close(before: str, after: str, tolerance: float) -> bool:
    if _NUMBER.sub("#", before) != _NUMBER.sub("#", after):
        return False
    pairs = zip(_NUMBER.findall(before), _NUMBER.findall(after), strict=True)
    return all(math.isclose(_value(a), _value(b), rel_tol=tolerance) for a, b in pairs)


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _listed(pieces: Sequence[tuple[str, str]]) -> str:
    return ", ".join(kind for kind, _ in pieces) or "nothing"


def _where(kind: str, before: str, after: str) -> str:
    if kind.startswith(("image/png", "image/jpeg", "application/pdf")):
        return f"another {kind}"
    lines, now = before.splitlines(), after.splitlines()
    for number, (one, other) in enumerate(zip(lines, now, strict=False), start=1):
        if one != other:
            return f"{kind}, line {number}: {_short(one)} before, {_short(other)} now"
    return f"{kind}: {len(lines)} lines before, {len(now)} now"


def _short(line: str) -> str:
    line = line.strip()
    return repr(line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…")
