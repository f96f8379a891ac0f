"""Which environment variables belong to a session and not to the work, and all others as one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from nbmlops.values import secrets

ALL = "*"
"""Stands for every variable, where a cell has looked at all of them."""

_ALL = "all:"
_INLINE = "module://matplotlib_inline"

_OF_THE_SESSION: Mapping[str, tuple[str, ...]] = {
    "what a kernel is started with": (
        "JPY_.*", "JUPYTER.*", "KERNEL_.*", "IPYKERNEL_.*", "IPYTHON.*", "IPY_.*", "NBMLOPS_.*",
        "PAPERMILL_.*", "PYDEVD.*", "DEBUGPY.*", "PYTHONUNBUFFERED", "PYTHONFROZENMODULES",
    ),
    "where a shell stands": ("PWD", "OLDPWD", "SHLVL", "_", "PS[0-4]", "PROMPT.*", "HIST.*"),
    "how a terminal shows text": (
        "TERM", "TERM_.*", "TERMINFO.*", "COLORTERM", "COLORFGBG", "COLUMNS", "LINES", "CLICOLOR.*",
        "FORCE_COLOR", "NO_COLOR", "LS_COLORS", "LSCOLORS", "LESS.*", "PAGER", "GIT_PAGER",
        "MANPAGER", "EDITOR", "VISUAL", "TMUX.*", "STY", "WINDOWID", "VTE_.*", "KONSOLE.*",
        "GNOME_TERMINAL.*", "ITERM.*", "WT_.*", "TTY",
    ),
    "from where somebody logged in": (
        "SSH_.*", "XDG_SESSION.*", "XDG_SEAT.*", "XDG_VTNR", "XDG_RUNTIME_DIR", "DBUS_.*",
        "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DESKTOP_SESSION", "GDMSESSION", "MAIL",
        "SESSION_MANAGER", "VSCODE.*", "ELECTRON.*", "SUDO_.*", "LOGNAME_.*",
    ),
    "which service started it": (
        "INVOCATION_ID", "JOURNAL_STREAM", "NOTIFY_SOCKET", "LISTEN_.*", "SYSTEMD_.*",
        "MANAGERPID.*", "WATCHDOG_.*", "MEMORY_PRESSURE_.*", "PYTEST.*", "MAKE.*", "MFLAGS",
    ),
    "compared with the environment": (
        ".*_NUM_THREADS", ".*_MAX_THREADS", "VECLIB_MAXIMUM_THREADS", "CUBLAS_WORKSPACE_CONFIG",
        "PYTHONHASHSEED", "TOKENIZERS_PARALLELISM", "VIRTUAL_ENV.*", "CONDA_.*", "_CE_.*",
    ),
    "for programs, and what starts one runs again": (
        "PATH", "PATHEXT", "COMSPEC", "SHELL", "LD_LIBRARY_PATH", "DYLD_.*",
    ),
    "for the network, and what asks it runs again": (
        "(?:[a-z]+|[A-Z]+)_(?:proxy|PROXY)", "REQUEST_METHOD", "NETRC", "SSL_CERT_.*",
        "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSLKEYLOGFILE",
    ),
}  # fmt: skip
"""Why a variable is no input unless the code of the notebook names it → which ones."""

_IS_OF_THE_SESSION = re.compile(
    "|".join(pattern for patterns in _OF_THE_SESSION.values() for pattern in patterns)
).fullmatch


def is_of_the_session(name: str) -> bool:
    """Whether a variable differs between sessions that do the same work.

    >>> is_of_the_session("JPY_PARENT_PID"), is_of_the_session("DATA_DIR")
    (True, False)
    """
    return _IS_OF_THE_SESSION(name) is not None


def given(name: str, value: str | None) -> str | None:
    """The value that a variable has by whoever started the kernel: not by the kernel itself."""
    is_own = name == "MPLBACKEND" and value is not None and value.startswith(_INLINE)
    return None if is_own else value


def digest_of_all(environment: Mapping[str, str]) -> str:
    """One digest of all variables that count; nobody makes it without the user's key."""
    counted = sorted(
        (name, value)
        for name, value in environment.items()
        if not is_of_the_session(name) and given(name, value) is not None
    )
    found = hashlib.sha256(repr(counted).encode("utf-8", "surrogatepass")).hexdigest()
    keyed = secrets.keyed(found)
    return f"{_ALL}{keyed.partition(':')[2]}" if keyed else _ALL


def are_as_then(digest: str, environment: Mapping[str, str]) -> bool:
    """Whether all variables that count have the values of which a digest was made."""
    return digest != _ALL and digest == digest_of_all(environment)
