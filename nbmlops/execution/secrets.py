"""The secrets that a run needs: they are there before it starts, and are those of before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbmlops.domain.accesses import ExternalAccess
from nbmlops.domain.parameters import Parameter
from nbmlops.domain.plans import MissingSecret
from nbmlops.errors import SecretError
from nbmlops.values.secrets import keyed, known, masked, remember, take

_LOOKED_AT = ("env:", "file:")
"""The kernel has them as this process has them; a keyring may ask a person."""


def require_secrets(
    schema: Sequence[Parameter], values: Mapping[str, Any], *, folder: Path
) -> None:
    """Make sure that each secret of a run is where its parameter says; from now on it is masked.

    Args:
        schema: the parameters.
        values: their values in their plain form.
        folder: where relative paths begin.

    Raises:
        SecretError: one is not.
    """
    for _, place in _places(schema, values):
        remember(_taken(place, folder))


def missing_secrets(
    schema: Sequence[Parameter], values: Mapping[str, Any], *, folder: Path
) -> tuple[MissingSecret, ...]:
    """The secrets for which `require_secrets` would refuse a run.

    Args:
        schema: the parameters.
        values: their values in their plain form.
        folder: where relative paths begin.
    """
    found = []
    for name, place in _places(schema, values):
        try:
            _taken(place, folder)
        except SecretError as error:
            told = {"message": error.message, "cure": error.cure or ""}
            found.append(MissingSecret(parameter=name, place=place, **told))
    return tuple(found)


def digest_of(place: str, *, folder: Path) -> str | None:
    """The keyed digest of the secret at a place; ``None`` where it is not there, or not looked at.

    Args:
        place: where it is.
        folder: where relative paths begin.
    """
    if not place.startswith(_LOOKED_AT):
        return None
    try:
        return keyed(_taken(place, folder))
    except SecretError:
        return None


def is_same_secret(access: ExternalAccess, *, folder: Path) -> bool:
    """Whether the secret at a place is the one that was taken there.

    Args:
        access: what was taken.
        folder: the project.
    """
    return bool(access.detail) and digest_of(access.name, folder=folder) == access.detail


def mask_pieces(cell: Any) -> None:
    """Mask secrets that came in pieces: the kernel masks each piece, which shows nothing of it.

    Args:
        cell: the node of a cell that has run.
    """
    streams = [o for o in cell.get("outputs", ()) if o.output_type == "stream"]
    for name in ("stdout", "stderr") if known() else ():
        pieces = [output for output in streams if output.name == name]
        whole = "".join(output.text for output in pieces)
        if masked(whole) != whole:
            pieces[0].text = masked(whole)
            for output in pieces[1:]:  # not removed: displays are updated by their place
                output.text = ""


def _places(schema: Sequence[Parameter], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The parameters whose secrets are looked at before a run, with where these are."""
    for parameter in schema:
        place = values[parameter.name]
        if parameter.type == "secret" and place is not None and place.startswith(_LOOKED_AT):
            yield parameter.name, place


def _taken(place: str, folder: Path) -> str:
    kind, _, name = place.partition(":")
    return take(f"file:{folder / Path(name).expanduser()}" if kind == "file" else place)
