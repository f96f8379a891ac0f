"""What the usual variables and files of AWS say: endpoint, region, keys."""

from __future__ import annotations

import configparser
import os
from dataclasses import dataclass
from pathlib import Path

from nbmlops.errors import UsageError

_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_ELSEWHERE = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Variables that say who gives keys; the driver asks there itself."""

_REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAccess:
    """How S3 is reached; the keys are in memory only.

    Attributes:
        endpoint: empty for AWS itself.
        keys: the access key, its secret and its token, as far as there are any.
        is_given_keys: whether the system is said to give keys, such as to a container.
        may_ask_for_keys: whether a machine in the cloud may be asked for those of its role.
    """

    endpoint: str
    region: str
    keys: tuple[tuple[str, str], ...]
    is_given_keys: bool
    may_ask_for_keys: bool

    @classmethod
    def here(cls) -> AwsAccess:
        """What holds in this process: variables first, then the profile.

        Raises:
            UsageError: a profile is named that does not exist, or has no keys of its own.
        """
        set_here = os.environ
        profile = _profile()
        keys = {key: set_here[key.upper()] for key in _KEYS if set_here.get(key.upper())}
        if _KEYS[0] not in keys:
            keys = {key: profile[key] for key in _KEYS if profile.get(key)}
        return cls(
            endpoint=set_here.get("AWS_ENDPOINT_URL_S3")
            or set_here.get("AWS_ENDPOINT_URL")
            or profile.get("endpoint_url", ""),
            region=set_here.get("AWS_REGION")
            or set_here.get("AWS_DEFAULT_REGION")
            or profile.get("region", _REGION),
            keys=tuple(keys.items()),
            is_given_keys=any(set_here.get(name) for name in _ELSEWHERE),
            may_ask_for_keys=set_here.get("AWS_EC2_METADATA_DISABLED", "").lower() != "true",
        )

    @property
    def has_keys(self) -> bool:
        """Whether keys are here, or given by the system without asking the cloud's machine."""
        return bool(self.keys) or self.is_given_keys

    def config(self) -> dict[str, str]:
        """The same in the words of the driver."""
        found = {"aws_region": self.region, **dict(self.keys)}
        return {**found, "aws_endpoint": self.endpoint} if self.endpoint else found


def _profile() -> dict[str, str]:
    """The profile that AWS_PROFILE names, or the default one, from both of the files."""
    name = os.environ.get("AWS_PROFILE") or "default"
    said: dict[str, str] = {}
    for variable, file, section in (
        ("AWS_CONFIG_FILE", "config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", name),
    ):
        said.update(_section(Path(os.environ.get(variable) or f"~/.aws/{file}"), section))
    if not said and name != "default":
        raise UsageError(
            f"AWS_PROFILE names {name!r}, and there is no such profile.",
            cure="Look into ~/.aws/config and ~/.aws/credentials.",
        )
    if _KEYS[0] not in said and {"sso_session", "sso_start_url", "role_arn"} & said.keys():
        raise UsageError(
            f"The profile {name!r} has no keys of its own.",
            cure='Put them into the environment: eval "$(aws configure export-credentials '
            '--format env)".',
        )
    return said


def _section(path: Path, section: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path.expanduser(), encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read.", cure="Mend it.") from error
    return dict(parser[section]) if parser.has_section(section) else {}
