"""Look into the outputs of two versions, where that is cheap or asked for."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest

from nbmlops.domain.contents import ContentDifference, PictureDifference
from nbmlops.domain.executions import Execution
from nbmlops.domain.references import StepReference
from nbmlops.errors import StoreError
from nbmlops.history.pictures import compare_pixels
from nbmlops.history.versions import HistoryService
from nbmlops.store.comparison import StoredComparison, is_frame, is_looked_into
from nbmlops.store.objects.base import ObjectStore
from nbmlops.store.values import ValueStore


class ContentService:
    """Compares stored frames and other values, and figures.

    - loads values only up to a size, unless asked for more;
    - says of each that was not looked into why.
    """

    def __init__(
        self, *, history: HistoryService, values: ValueStore, objects: ObjectStore
    ) -> None:
        self._history = history
        self._comparison = StoredComparison(values)
        self._objects = objects

    def diff(
        self, before: StepReference, after: StepReference, *, whole: bool = False
    ) -> ContentDifference:
        """What differs inside.

        Args:
            before: a version.
            after: another one of it, or of another step.
            whole: whether to load values of any size, and of any class.

        Raises:
            UnknownNameError: one of the versions does not exist.
        """
        first, second = self._executions(before, after)
        if first is None or second is None:
            return ContentDifference()
        return self.between(first, second, whole=whole)

    def pictures(
        self, before: StepReference, after: StepReference
    ) -> tuple[PictureDifference, ...]:
        """The figures that are not the same, without what differs in them; see `diff`."""
        first, second = self._executions(before, after)
        return () if first is None or second is None else _pictures(first, second)

    def between(
        self, first: Execution, second: Execution, *, whole: bool = False
    ) -> ContentDifference:
        """What differs inside between two executions; see `diff`."""
        pairs = [
            (here, there)
            for here in first.record.outputs
            for there in second.record.outputs
            if here.name == there.name and here.differs_from(there)
        ]
        return ContentDifference(
            frames=tuple(
                self._comparison.frames(here, there, whole=whole)
                for here, there in pairs
                if is_frame(here) and is_frame(there)
            ),
            others=tuple(
                self._comparison.inside(here, there, whole=whole)
                for here, there in pairs
                if is_looked_into(here, there, whole=whole)
            ),
            pictures=tuple(self._compared(item) for item in _pictures(first, second)),
        )

    def picture(self, key: str) -> bytes | None:
        """The content of a figure; ``None`` where it is not there any more."""
        try:
            return self._objects.get(key)
        except StoreError:
            return None

    def _executions(self, *references: StepReference) -> list[Execution | None]:
        """Those that speak for the versions."""
        versions = map(self._history.version, references)
        return [self._history.representative(version) for version in versions]

    def _compared(self, item: PictureDifference) -> PictureDifference:
        """Two figures with what differs in their pixels."""
        if item.before is None or item.after is None:
            return item
        (media_type, key), (media_type_now, key_now) = item.before, item.after
        found = compare_pixels(
            (media_type, media_type_now), self.picture(key), self.picture(key_now)
        )
        return replace(item, sizes=found.sizes, pixels=found.pixels, box=found.box, note=found.note)


def _pictures(before: Execution, after: Execution) -> tuple[PictureDifference, ...]:
    """The figures in the same places that are not the same."""
    first, second = (
        [
            (item.media_type, item.object)
            for item in execution.record.artifacts
            if item.media_type.startswith("image/")
        ]
        for execution in (before, after)
    )
    pairs = enumerate(zip_longest(first, second), start=1)
    return tuple(
        PictureDifference(name=f"figure {number}", before=here, after=there)
        for number, (here, there) in pairs
        if here != there
    )
