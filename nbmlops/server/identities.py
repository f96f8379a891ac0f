"""As whom somebody acts who is logged in."""

from __future__ import annotations

from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider, User

from nbmlops.config import current_user

_KNOW_NOBODY = (IdentityProvider, PasswordIdentityProvider)
"""Jupyter's own: who has the token or the password gets a made-up name."""


def identity_of(provider: IdentityProvider, user: User | None) -> str:
    """The name under which decisions and runs are recorded.

    Where the server knows its users (JupyterHub, or an identity provider of the site), that of
    the user; else that of the account under which the server runs.
    """
    if user is None or type(provider) in _KNOW_NOBODY:
        return current_user()
    return str(user.username)
