"""JSON as the catalog has it: texts, the same in every database."""

from __future__ import annotations

import json
from json import JSONDecoder, JSONEncoder
from typing import Any

import msgspec

from nbmlops.errors import StoreCorruptError

_encoded = JSONEncoder().encode
_EMPTY: dict[type, str] = {list: "[]", dict: "{}"}

from_json = JSONDecoder().decode

UNREADABLE = (msgspec.DecodeError, json.JSONDecodeError)
"""What is raised where a row holds no document, or another one than it should."""


def to_json(value: Any) -> str:
    """JSON as the catalog has it; a cell of a notebook may have replaced `json.dumps`."""
    if type(value) in _EMPTY and not value:  # as most are: an encoder would be made for each
        return _EMPTY[type(value)]
    return _encoded(value)


def damaged(place: object) -> StoreCorruptError:
    """What to say where a row cannot be read.

    Args:
        place: the catalog.
    """
    return StoreCorruptError(
        f"A record in the store {place} is damaged.",
        cure="nbmlops fsck names it, and fsck --repair sets it aside or says what else to do.",
    )
