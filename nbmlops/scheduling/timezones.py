"""Time zones by their IANA name."""

from __future__ import annotations

import difflib
import os
import zoneinfo
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from nbmlops.errors import CronError

LOCALTIME = Path("/etc/localtime")
"""What POSIX systems link to the machine's zone."""

_CLOSE = 0.85
"""How alike, from 0 to 1, a name must be to be what was meant."""


_Stamp = tuple[int, int, int]
"""When a file was written, which one it is, and its size."""


class _Rules:
    """Which rules of time zones this process has read, for Python keeps them as they were then."""

    def __init__(self) -> None:
        self._read: dict[str, _Stamp | None] = {}
        self.updates = 0

    def renew(self, name: str) -> None:
        """Forget what was read of a zone whose file has been replaced since."""
        found = _stamp(name)
        if name in self._read and found is not None and found != self._read[name]:
            ZoneInfo.clear_cache(only_keys=[name])
            self.updates += 1
        if found is not None or name not in self._read:
            self._read[name] = found

    def renew_all(self) -> None:
        """Forget what was read of all zones whose files have been replaced since."""
        for name in list(self._read):
            self.renew(name)


_RULES = _Rules()


def zone(name: str) -> ZoneInfo:
    """The time zone with that name, by the rules that this machine has now.

    Raises:
        CronError: there is no such zone; says the nearest.
    """
    try:
        _RULES.renew(name)
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise CronError(f"There is no time zone {name!r}.", cure=_suggest(name)) from error


def updates_of_rules() -> int:
    """How often zones in use have got other rules, by updates of the time zone database."""
    _RULES.renew_all()
    return _RULES.updates


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


def _stamp(name: str) -> _Stamp | None:
    """What tells the file of a zone from its successor; ``None`` while there is no file."""
    for folder in (*zoneinfo.TZPATH, *_packaged()):
        try:
            found = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 (for each due time)
        except OSError:
            continue
        return found.st_mtime_ns, found.st_ino, found.st_size
    return None


@cache
def _packaged() -> tuple[str, ...]:
    """Where the package ``tzdata`` has its zones, which Python reads if the machine has none."""
    found = find_spec("tzdata")
    places = found.submodule_search_locations if found is not None else None
    return tuple(str(Path(place) / "zoneinfo") for place in places or ())


def _suggest(name: str) -> str:
    known = sorted(available_timezones())
    wanted = name.strip().replace(" ", "_").lower()
    spellings = {zone_name.lower(): zone_name for zone_name in known}
    spellings |= {zone_name.rpartition("/")[2].lower(): zone_name for zone_name in known}
    near = difflib.get_close_matches(wanted, spellings, n=1, cutoff=_CLOSE)
    if near:
        return f"Did you mean '{spellings[near[0]]}'?"
    return "Write an IANA name such as 'Europe/Berlin', or 'UTC'."
