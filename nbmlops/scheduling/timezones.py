"""Time zones by their IANA name."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from nbmlops.errors import CronError

LOCALTIME = Path("/etc/localtime")
"""What POSIX systems link to the machine's zone."""

_CLOSE = 0.85
"""How alike, from 0 to 1, a name must be to be what was meant."""


def zone(name: str) -> ZoneInfo:
    """The time zone with that name.

    Raises:
        CronError: there is no such zone; says the nearest.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise CronError(f"There is no time zone {name!r}.", cure=_suggest(name)) from error


def local_zone(localtime: Path = LOCALTIME) -> str:
    """The IANA name of this machine's time zone, ``UTC`` where it cannot be known.

    Asks the variable ``TZ`` first, then the link ``/etc/localtime``.
    """
    candidates = [os.environ.get("TZ", "").lstrip(":")]
    if localtime.is_symlink():
        candidates.append(str(localtime.readlink()).rpartition("zoneinfo/")[2])
    known = available_timezones()
    name = next((name for name in candidates if name in known), "UTC")
    return "UTC" if name == "Etc/UTC" else name


def _suggest(name: str) -> str:
    known = sorted(available_timezones())
    wanted = name.strip().replace(" ", "_").lower()
    spellings = {zone_name.lower(): zone_name for zone_name in known}
    spellings |= {zone_name.rpartition("/")[2].lower(): zone_name for zone_name in known}
    near = difflib.get_close_matches(wanted, spellings, n=1, cutoff=_CLOSE)
    if near:
        return f"Did you mean '{spellings[near[0]]}'?"
    return "Write an IANA name such as 'Europe/Berlin', or 'UTC'."
