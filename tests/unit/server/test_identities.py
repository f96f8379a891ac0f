"""Who acts is who is logged in, where the server knows that."""

from __future__ import annotations

from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider, User

from nbmlops.config import current_user
from nbmlops.server.identities import identity_of

GRACE = User(username="grace", name="Grace")


class OfTheSite(IdentityProvider):
    """Knows its users, as JupyterHub's does."""


def test_a_user_whom_the_site_knows_acts_under_that_name() -> None:
    assert identity_of(OfTheSite(), GRACE) == "grace"


def test_behind_a_token_or_a_password_the_account_acts_that_the_server_runs_under() -> None:
    made_up = User(username="0f3c", name="Anonymous Ganymede")
    for provider in (IdentityProvider(), PasswordIdentityProvider()):
        assert identity_of(provider, made_up) == current_user()
