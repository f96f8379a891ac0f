"""Results that a cell reports under a name while it runs."""

from __future__ import annotations

import io
import mimetypes
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from json import JSONEncoder
from pathlib import Path
from typing import Any

import msgspec

from nbmlops.domain.wire import plain
from nbmlops.errors import UsageError
from nbmlops.values import secrets

_LARGEST = 2**20
"""Bytes of JSON that the ledger takes; what is larger belongs into a frame or a file."""

_REPRESENTATIONS = (
    ("_repr_png_", "image/png", ".png"),
    ("_repr_svg_", "image/svg+xml", ".svg"),
    ("_repr_html_", "text/html", ".html"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A reported result: either ``value``, in its JSON form, or ``content``, as bytes."""

    name: str
    type: str
    value: Any = None
    content: bytes | None = None
    media_type: str = ""
    file: str = ""


class ReportLog:
    """The results that one execution reported, the last one under each name."""

    def __init__(self) -> None:
        self._reports: dict[str, Reported] = {}

    def add(self, report: Reported) -> None:
        """Keep a result; it replaces one of the same name."""
        self._reports.pop(report.name, None)
        self._reports[report.name] = report

    def all(self) -> tuple[Reported, ...]:
        """What was reported so far."""
        return tuple(self._reports.values())


_open: list[ReportLog] = []


def open_log(log: ReportLog) -> None:
    """From now on `output` reports to this log."""
    _open.append(log)


def close_log(log: ReportLog) -> None:
    """`output` reports to this log no more."""
    if log in _open:
        _open.remove(log)


def current_log() -> ReportLog | None:
    """That of the cell that is recorded now; ``None`` where none is."""
    return _open[-1] if _open else None


def output(name: str, value: Any) -> None:
    """Report a result of the step that is running, to be read from its run.

    It is taken as it is at this moment. What cannot be kept is warned of, never raised.

    Args:
        name: what it is called; reported again, the last one counts.
        value: a number, text, date, list or mapping of these; or a frame, a figure or the
            `pathlib.Path` of a file, which are kept as artifacts.
    """
    if not _open:
        warnings.warn(
            f"output {name!r} is not kept: no recorded cell is running "
            "(put %mlops track NAME on the cell's first line)",
            stacklevel=2,
        )
        return
    try:
        _open[-1].add(_report(str(name), value))
    except UsageError as error:
        warnings.warn(str(error), stacklevel=2)


def _report(name: str, value: Any) -> Reported:
    if not name or "/" in name:
        raise UsageError(
            f"The output {name!r} is not kept: that is no name.", cure="Name it in words."
        )
    if secrets.carried_by(value):
        raise _refused(name, "it holds a secret", "Leave the secret out.")
    for form in (_file, _frame, _figure):
        found = form(name, value)
        if found is not None:
            if secrets.in_bytes([found.content]):
                raise _refused(name, "it holds a secret", "Leave the secret out.")
            return found
    return Reported(name=name, type=_type(value), value=_json(name, value))


def _file(name: str, value: Any) -> Reported | None:
    if not isinstance(value, Path):
        return None
    try:
        content = value.read_bytes()
    except OSError as error:
        said = f"{value} cannot be read ({error.strerror or error})"
        raise _refused(name, said, "Write the file first.") from error
    media_type = mimetypes.guess_type(value.name)[0] or "application/octet-stream"
    return Reported(name=name, type="file", content=content, media_type=media_type, file=value.name)


def _frame(name: str, value: Any) -> Reported | None:
    """A frame of pandas or Polars: as Parquet, where there is a writer for it, else as CSV."""
    if not (hasattr(value, "columns") and hasattr(value, "dtypes")):
        return None
    for write, media_type, suffix in (
        (("to_parquet", "write_parquet"), "application/vnd.apache.parquet", ".parquet"),
        (("to_csv", "write_csv"), "text/csv", ".csv"),
    ):
        method = next((getattr(value, found) for found in write if hasattr(value, found)), None)
        content = _written(method) if method is not None else None
        if content is not None:
            return Reported(
                name=name,
                type=_type(value),
                content=content,
                media_type=media_type,
                file=f"{name}{suffix}",
            )
    return None


def _written(method: Callable[[Any], Any]) -> bytes | None:
    """What a frame writes; ``None`` where it cannot, for want of a library or by its columns."""
    buffer = io.BytesIO()
    try:
        method(buffer)
    except Exception:  # noqa: BLE001 (a library of the user's: another form is tried)
        return None
    return buffer.getvalue()


def _figure(name: str, value: Any) -> Reported | None:
    if hasattr(value, "savefig"):
        buffer = io.BytesIO()
        value.savefig(buffer, format="png", bbox_inches="tight")
        content, media_type, suffix = buffer.getvalue(), "image/png", ".png"
    else:
        shown = next(filter(None, (_shown(value, *how) for how in _REPRESENTATIONS)), None)
        if shown is None:
            return None
        content, media_type, suffix = shown
    return Reported(
        name=name,
        type=_type(value),
        content=content,
        media_type=media_type,
        file=f"{name}{suffix}",
    )


def _shown(value: Any, method: str, media_type: str, suffix: str) -> tuple[bytes, str, str] | None:
    found = getattr(type(value), method, None)
    content = found(value) if found is not None else None
    if isinstance(content, str):
        content = content.encode()
    return (content, media_type, suffix) if isinstance(content, bytes) else None


def _json(name: str, value: Any) -> Any:
    try:
        made = plain(value.item() if _is_scalar(value) else value)
        size = len(JSONEncoder().encode(made))
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        said = f"a {_type(value)} with no form in JSON ({error})"
        cure = "Report numbers, texts, lists, a frame, a figure or the Path of a file."
        raise _refused(name, said, cure) from error
    if size > _LARGEST:
        raise _refused(
            name,
            f"it takes {size:,} bytes as JSON",
            "Report a frame, or write a file and report its Path.",
        )
    return made


def _is_scalar(value: Any) -> bool:
    """Whether it is a number of numpy, or an array or tensor without axes."""
    return hasattr(value, "dtype") and getattr(value, "shape", None) == ()


def _type(value: Any) -> str:
    kind = type(value)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else (f"{kind.__module__}.{kind.__qualname__}")
    )


def _refused(name: str, why: str, cure: str) -> UsageError:
    return UsageError(f"The output {name!r} is not kept: {why}.", cure=cure)
