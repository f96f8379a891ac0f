"""Which fires follow from what has happened: any of the causes, or all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nbmlops.domain.triggers import Event, Firing, Progress, Trigger


def combine(
    trigger: Trigger, progress: Progress, events: Sequence[Event], *, is_open: bool
) -> tuple[Progress, tuple[Firing, ...]]:
    """Take events in.

    Args:
        trigger: says how the causes are combined.
        progress: what has happened before.
        events: what has happened since, in order.
        is_open: whether the schedule may fire now; what happens while it may not waits.

    Returns:
        The progress after it, and the fires that have come about.
    """
    if trigger.join == "any" or len(trigger.causes) == 1:
        waiting, fired = _any((*progress.waiting, *events), is_open=is_open)
    else:
        waiting, fired = _all(trigger, progress.waiting, events, is_open=is_open)
    since = max(fire.at for fire in fired) if fired else progress.since
    return replace(progress, since=since, waiting=waiting), fired


def _any(events: Sequence[Event], *, is_open: bool) -> tuple[tuple[Event, ...], tuple[Firing, ...]]:
    if not is_open:
        return tuple(events), ()
    return (), tuple(_firing([event]) for event in events)


def _all(
    trigger: Trigger, waiting: Sequence[Event], events: Sequence[Event], *, is_open: bool
) -> tuple[tuple[Event, ...], tuple[Firing, ...]]:
    happened = {event.cause: event for event in waiting}
    fired = []
    if is_open and len(happened) == len(trigger.causes):
        fired.append(_firing(list(happened.values())))
        happened = {}
    for event in events:
        happened[event.cause] = _together(happened.pop(event.cause, None), event)
        if is_open and len(happened) == len(trigger.causes):
            fired.append(_firing(list(happened.values())))
            happened = {}
    return tuple(happened.values()), tuple(fired)


def _together(before: Event | None, event: Event) -> Event:
    """Two events of one cause as one: the later, with the files and parameters of both."""
    if before is None:
        return event
    files = tuple(dict.fromkeys((*before.files, *event.files)))
    return replace(event, files=files, parameters=before.parameters | event.parameters)


def _firing(events: Sequence[Event]) -> Firing:
    files = [path for event in events for path in event.files]
    return Firing(
        key=" and ".join(event.key for event in events),
        at=max(event.at for event in events),
        words=" and ".join(event.words for event in events),
        files=tuple(dict.fromkeys(files)),
        parameters={name: value for event in events for name, value in event.parameters.items()},
    )
