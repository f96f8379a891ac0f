"""Where a project and its store are, and what a user may set."""

from __future__ import annotations

import getpass
import os
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbmlops.durations import seconds_of
from nbmlops.errors import UsageError

STORE = ".nbmlops"
"""The folder that holds the store, in the project's folder, like ``.git``."""

RUNNING = "running"
"""The folder in it where kernels mark which cell they run, in a file for each."""

PROJECT_VARIABLE = "NBMLOPS_PROJECT"
RUN_VARIABLE = "NBMLOPS_RUN"
NOTEBOOK_VARIABLE = "NBMLOPS_NOTEBOOK"
HANDS_OVER_VARIABLE = "NBMLOPS_HANDS_OVER"

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePlaces:
    """Where a team's store is: the table ``[store]``; what is empty is in the project's folder.

    Attributes:
        catalog: ``postgresql://…``, without a password.
        schema: of the database, for projects that share one.
        objects: a folder that all machines of the team see, as an absolute path, or
            ``s3://bucket/prefix``.
    """

    catalog: str = ""
    schema: str = "nbmlops"
    objects: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePolicy:
    """What may be scheduled: the table ``[schedule]``.

    Attributes:
        require_approval: whether only approved versions fire. Without, those fire as well on
            which nobody has decided; one whose approval was withdrawn never does, nor one of
            which changes were requested.
    """

    require_approval: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What ``.nbmlops/config.toml`` may set.

    Attributes:
        value_limit: the largest output of a step whose content is kept, in MiB; a larger one
            keeps its fingerprint and preview.
        step_limit: how much the outputs of one execution of a step may take together, in MiB; the
            smallest are kept first.
        fingerprint_limit: how long the values that a cell read and made may be fingerprinted
            for, in milliseconds of work; a value beyond it is recorded as not compared.
        store_limit: how much the objects of the store may take, in GiB; beyond it only small
            values and outputs are kept.
        cache_limit: how much of the objects in a bucket may stay on this machine, in GiB; what was
            not used for longest goes.
        output_limit: the largest displayed output that is kept, in MiB.
        keep: whose values are kept: those of ``steps``, or of ``all`` cells that are recorded, as
            `%mlops track --values` has it for one kernel; those of runs included.
        lease: after how many seconds a due time is taken over whose worker and scheduler are gone.
        workers: how many runs the scheduler drives at once.
        patience: how long to wait for a store that another process has locked, in seconds.
        warm_kernels: whether runs get their kernels from processes that have imported what the
            notebook imports, and stay for ten minutes; workers of schedulers likewise.
        require_proof: whether only what ``build --prove`` has proved can be approved.
        require_verified: whether only what ``verify`` has reproduced, step by step, can be.
        timeout, step_timeout, cell_timeout: how long a run, an attempt at a step and a cell may
            take, such as ``30m``; empty for as long as it takes.
        retries: how many more times a step that fails is tried.
        retry_delay: the pause before the second attempt; each further one is twice as long.
        keep_going: whether steps that do not depend on one that failed run all the same.
        parallel: how many kernels a run may have at once, for steps that are independent.
        store: where the catalog and the objects are.
        schedule: what may be scheduled.
    """

    value_limit: int = 512
    step_limit: int = 2048
    fingerprint_limit: int = 2000
    store_limit: int = 100
    cache_limit: int = 20
    output_limit: int = 10
    keep: str = "steps"
    lease: int = 8
    workers: int = 2
    patience: int = 15
    warm_kernels: bool = True
    require_proof: bool = False
    require_verified: bool = False
    timeout: str = ""
    step_timeout: str = ""
    cell_timeout: str = ""
    retries: int = 0
    retry_delay: str = "10s"
    keep_going: bool = False
    parallel: int = 1
    store: StorePlaces = StorePlaces()
    schedule: SchedulePolicy = SchedulePolicy()

    @classmethod
    def read(cls, store: Path) -> Settings:
        """Read the settings of a store; the defaults where there is no file.

        Raises:
            UsageError: the file cannot be read, is not TOML, or holds what is not a setting.
        """
        path = f"{store}{os.sep}config.toml"
        try:
            found = os.stat(path)  # noqa: PTH116 (asked for before each cell)
        except (OSError, ValueError):
            return _NOTHING_SET
        seen = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        return _settings_in(Path(path), seen)


_NOTHING_SET = Settings()


@lru_cache(maxsize=8)
def _settings_in(path: Path, seen: tuple[int, ...]) -> Settings:
    """What a file sets, read again where it is seen to be another one."""
    del seen
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", cure="Make it a readable file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}.", cure="Mend or remove it.") from error
    return Settings(**_checked(path, content))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a kernel that executes a pipeline run is told through its environment.

    ``hands_over`` are names whose values another kernel of the run may need: they are kept.
    """

    project: Path
    run_id: int
    notebook: str
    hands_over: frozenset[str] = frozenset()

    @classmethod
    def from_environment(cls) -> RunContext | None:
        """The run that this process executes; ``None`` in an interactive kernel."""
        run, project = os.environ.get(RUN_VARIABLE), os.environ.get(PROJECT_VARIABLE)
        if not run or not project:
            return None
        return cls(
            project=Path(project),
            run_id=int(run),
            notebook=os.environ.get(NOTEBOOK_VARIABLE, ""),
            hands_over=frozenset(os.environ.get(HANDS_OVER_VARIABLE, "").split()),
        )

    def environment(self) -> dict[str, str]:
        """The variables from which `from_environment` makes this context."""
        return {
            PROJECT_VARIABLE: str(self.project),
            RUN_VARIABLE: str(self.run_id),
            NOTEBOOK_VARIABLE: self.notebook,
            HANDS_OVER_VARIABLE: " ".join(sorted(self.hands_over)),
        }


def find_project(start: Path) -> Path | None:
    """The folder that ``NBMLOPS_PROJECT`` names, else the nearest one above that has a store."""
    named = os.environ.get(PROJECT_VARIABLE)
    if named:
        return Path(named).expanduser().resolve()
    folder = start if start.is_dir() else start.parent
    for candidate in (folder, *folder.parents):
        if (candidate / STORE).is_dir():
            return candidate
    return None


def choose_project(start: Path) -> Path:
    """Where the store of ``start`` is, or where a new one belongs.

    The folder that ``NBMLOPS_PROJECT`` names; else the nearest with a store; else the root of
    the git working tree; else the folder itself.
    """
    start = start.resolve()
    folder = start if start.is_dir() else start.parent
    found = find_project(folder)
    if found is not None:
        return found
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    return folder


def current_user() -> str:
    """Who acts: the JupyterHub identity where there is one, else the login name."""
    hub = os.environ.get("JUPYTERHUB_USER")
    if hub:
        return hub
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def _checked(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    known = {field.name: field.default for field in fields(Settings)}
    if "store" in content:
        content = {**content, "store": _places(path, content["store"])}
    if "schedule" in content:
        content = {**content, "schedule": _schedule_policy(path, content["schedule"])}
    for name, value in content.items():
        if name not in known:
            raise UsageError(
                f"{path} sets {name!r}, which is not a setting.",
                cure=f"Known: {', '.join(sorted(known))}.",
            )
        if name not in _TABLES:
            _check(path, name, value, known[name])
    return content


_TABLES = ("store", "schedule")


def _schedule_policy(path: Path, given: Any) -> SchedulePolicy:
    """What a table ``[schedule]`` says."""
    known = {field.name for field in fields(SchedulePolicy)}
    wrong = set(given) - known if isinstance(given, dict) else {str(given)}
    if wrong:
        raise UsageError(
            f"{path} sets {min(wrong)!r} of the schedule, which is not a setting.",
            cure=f"Known, under [schedule]: {', '.join(sorted(known))}.",
        )
    for name, value in given.items():
        _check(path, name, value, default=True)
    return SchedulePolicy(**given)


BUCKETS = "s3://"
"""How the URL of a bucket begins."""

_STARTS = {"catalog": ("postgresql://", "postgres://"), "objects": ("/", BUCKETS)}
"""How what a table ``[store]`` names begins."""


def _places(path: Path, given: Any) -> StorePlaces:
    """What a table ``[store]`` says."""
    known = {field.name for field in fields(StorePlaces)}
    if not isinstance(given, dict) or not known.issuperset(given):
        wrong = next(iter(set(given) - known)) if isinstance(given, dict) else given
        raise UsageError(
            f"{path} sets {wrong!r} of the store, which is not a setting.",
            cure=f"Known, under [store]: {', '.join(sorted(known))}.",
        )
    for name, value in given.items():
        starts = _STARTS.get(name, ("",))
        if not isinstance(value, str) or not (value.startswith(starts) or not value):
            begins = f" that begins with {' or '.join(starts)}" if name in _STARTS else ""
            raise UsageError(
                f"{path} sets {name!r} of the store to {value!r}.",
                cure=f"Write a text in quotes{begins}.",
            )
    return StorePlaces(**{name: value for name, value in given.items() if value})


_CHOICES = {"keep": ("steps", "all")}


def _check(path: Path, name: str, value: Any, default: Any) -> None:
    """Refuse a value that is not of the setting's kind."""
    said = f"{path} sets {name!r} to {value!r}."
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise UsageError(said, cure="Write true or false.")
    elif name in _CHOICES:
        if value not in _CHOICES[name]:
            known = " or ".join(f'"{choice}"' for choice in _CHOICES[name])
            raise UsageError(said, cure=f"Write {known}.")
    elif isinstance(default, str):
        if not _is_duration(value):
            raise UsageError(said, cure="Write a length of time in quotes, such as '30m'.")
    elif not isinstance(value, int) or isinstance(value, bool) or value < min(1, default):
        least = min(1, default)
        raise UsageError(said, cure=f"Write a whole number from {least} up.")


def _is_duration(value: Any) -> bool:
    """Whether it is a length of time; an empty text, for none, is as good."""
    try:
        return isinstance(value, str) and (not value or seconds_of(value) > 0)
    except UsageError:
        return False
