"""Where in memory values lie that share it with others although they do not refer to them.

Tensors, Arrow data and columns of Polars that were made from an array look at its memory; only
the addresses tell. The libraries are not imported: a value of theirs can only exist where they are.
"""

from __future__ import annotations

import array
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nbmlops.capture.addressed import is_foreign, lies_somewhere
from nbmlops.capture.parts import own_and_tabled
from nbmlops.values.arrays import is_writeable
from nbmlops.values.holding import memory_of
from nbmlops.values.tables import lies_as_in_arrow

Span = tuple[int, int]
"""The addresses at which some memory begins and ends."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Where memory lies: that of arrays and bytes, that in frames, and such that is only read.

    Frames know of each other, and copy what is written to.
    """

    written: Sequence[Span] = ()
    tabled: Sequence[Span] = ()
    read: Sequence[Span] = ()

    def __bool__(self) -> bool:
        return bool(self.written or self.tabled or self.read)

    def meets(self, other: Memory) -> bool:
        """Whether one of the two can write to what the other one has."""
        return self._writes_to(other) or other._writes_to(self)

    def _writes_to(self, other: Memory) -> bool:
        to = (other.written, other.tabled, other.read)
        return any(overlap(self.written, each) for each in to) or overlap(self.tabled, other.read)


def memory_in(value: Any) -> Memory:
    """Where the memory of a value lies."""
    own, tabled = map(_lying, own_and_tabled(value))
    return Memory(
        written=merged(span for part in own for span in written_in(part)),
        tabled=merged(span for part in tabled for span in written_in(part)),
        read=merged(span for part in (*own, *tabled) for span in _read_in(part)),
    )


def _read_in(part: Any) -> Iterator[Span]:
    """Where the memory of a part lies that is only read: of Arrow's, Polars', and views of it."""
    yield from map(span_of, buffers_of(part))
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(part, numpy.ndarray):
        root = memory_of(part)
        giver: Any = type(root.base)
        if not is_writeable(root) and is_foreign(giver):
            yield span_of_array(root)


def _lying(parts: Sequence[Any]) -> list[Any]:
    kinds = set(filter(lies_somewhere, set(map(type, parts))))
    return [part for part in parts if type(part) in kinds] if kinds else []


def of_several(memories: Iterable[Memory]) -> Memory:
    """Where the memory of several values lies."""
    every = list(memories)
    return Memory(
        written=merged(span for one in every for span in one.written),
        tabled=merged(span for one in every for span in one.tabled),
        read=merged(span for one in every for span in one.read),
    )


def written_in(part: Any) -> Iterator[Span]:
    """Where the memory of a part lies that can be written to, if it has some."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(part, numpy.ndarray):
        if is_writeable(root := memory_of(part)):
            yield span_of_array(root)
    elif type(part) in (bytearray, array.array):
        if len(part) and numpy is not None:
            yield span_of_array(numpy.frombuffer(part, numpy.uint8))
    elif is_tensor(part):
        yield from spans_of_tensor(part)


def span_of(buffer: Any) -> Span:
    """Where an Arrow buffer lies."""
    return buffer.address, buffer.address + buffer.size


def is_tensor(part: Any) -> bool:
    """Whether a part is a tensor of PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(part, torch.Tensor)


def buffers_of(part: Any) -> Iterator[Any]:
    """The Arrow buffers of a part of Arrow's or Polars'."""
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is None:
        return
    if isinstance(part, pyarrow.Buffer):
        yield part
    elif isinstance(part, pyarrow.Array):
        yield from filter(None, part.buffers())
    elif isinstance(part, pyarrow.ChunkedArray):
        for chunk in part.chunks:
            yield from filter(None, chunk.buffers())
    elif isinstance(part, (pyarrow.Table, pyarrow.RecordBatch)):
        for column in part.columns:
            yield from buffers_of(column)
    else:
        yield from _buffers_of_polars(part)


def overlap(some: Sequence[Span], others: Sequence[Span]) -> bool:
    """Whether memory of these, in their order, is memory of those, in theirs."""
    first = second = 0
    while first < len(some) and second < len(others):
        if some[first][1] <= others[second][0]:
            first += 1
        elif others[second][1] <= some[first][0]:
            second += 1
        else:
            return True
    return False


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that overlap as one."""
    found: list[Span] = []
    for start, stop in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def span_of_array(root: Any) -> Span:
    """Where an array in one piece lies."""
    start: int = root.__array_interface__["data"][0]
    return start, start + root.nbytes


def spans_of_tensor(part: Any) -> Iterator[Span]:
    """Where the storage of a tensor lies, if it is in the memory of the process."""
    try:
        storage = part.untyped_storage()
        start = storage.data_ptr()
    except (RuntimeError, NotImplementedError):  # a sparse one has several, which nobody sees
        return
    if start and part.device.type == "cpu":
        yield start, start + storage.nbytes()


def _buffers_of_polars(part: Any) -> Iterator[Any]:
    polars = sys.modules.get("polars")
    if polars is None or not isinstance(part, (polars.Series, polars.DataFrame)):
        return
    for column in part.get_columns() if isinstance(part, polars.DataFrame) else (part,):
        if lies_as_in_arrow(column) and len(column):
            for chunk in column.get_chunks() if column.n_chunks() > 1 else (column,):
                yield from filter(None, chunk.to_arrow().buffers())
