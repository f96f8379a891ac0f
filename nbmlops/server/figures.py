"""The figures of two versions of a step, as they were displayed, beside each other."""

from __future__ import annotations

from base64 import b64encode

from nbmlops.domain.contents import PictureDifference
from nbmlops.domain.references import StepReference
from nbmlops.errors import UnknownNameError
from nbmlops.history.pictures import draw_difference
from nbmlops.server.projects import Projects
from nbmlops.server.questions import OfFigure
from nbmlops.server.responses import Figure, FigureResponse
from nbmlops.workspace import Workspace

LARGEST = 16 * 2**20
"""Bytes of the largest figure that is sent."""


def figure(projects: Projects, asked: OfFigure) -> FigureResponse:
    """A figure of both versions, and what differs.

    Raises:
        UnknownNameError: there is no such step, version or figure, or it is the same in both.
    """
    path = projects.locate(asked.notebook)
    workspace = projects.workspace(path)
    if workspace is None:
        raise UnknownNameError("step", asked.step)
    key = workspace.notebook_key(path)
    before, after = (
        StepReference(name=asked.step, version=number, notebook=key)
        for number in (asked.before, asked.after)
    )
    known = {item.name: item for item in workspace.contents.pictures(before, after)}
    found = known.get(asked.figure)
    if found is None:
        raise UnknownNameError(
            "figure", asked.figure, cure="The step may have run again: compare its versions anew."
        )
    return FigureResponse(
        name=found.name,
        before=_side(workspace, found.before),
        after=_side(workspace, found.after),
        difference=_difference(workspace, found),
    )


def _side(workspace: Workspace, side: tuple[str, str] | None) -> Figure | None:
    if side is None:
        return None
    media_type, key = side
    return _sent(media_type, workspace.contents.picture(key))


def _difference(workspace: Workspace, found: PictureDifference) -> Figure | None:
    if found.before is None or found.after is None:
        return None
    (media_type, key), (media_type_now, key_now) = found.before, found.after
    here, there = workspace.contents.picture(key), workspace.contents.picture(key_now)
    drawn = draw_difference((media_type, media_type_now), here, there)
    return None if drawn is None else _sent("image/png", drawn)


def _sent(media_type: str, content: bytes | None) -> Figure:
    if content is None:
        return Figure(media_type=media_type, size=None, content=None)
    fits = len(content) <= LARGEST
    text = b64encode(content).decode("ascii") if fits else None
    return Figure(media_type=media_type, size=len(content), content=text)
