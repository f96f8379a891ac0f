"""The secrets that a run needs are there before it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbmlops.domain.parameters import Parameter
from nbmlops.values.secrets import remember, take

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
    for parameter in schema:
        place = values[parameter.name]
        if parameter.type != "secret" or place is None or not place.startswith(_LOOKED_AT):
            continue
        kind, _, name = place.partition(":")
        remember(take(f"file:{folder / Path(name).expanduser()}" if kind == "file" else place))
