"""What looks like a credential is told, and nothing else is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.governance.credentials import findings


@dataclass(frozen=True, slots=True)
class Case:
    """A line, and what is told of it; ``None`` for nothing."""

    line: str
    told: str | None


CASES = (
    Case("aws_id = 'AKIA" + "ABCDEFGHIJKLMNOP'", "an AWS access key"),
    Case("-----BEGIN RSA " + "PRIVATE KEY-----", "a private key"),
    Case("h = {'Authorization': 'Bearer ghp_" + "a1" * 18 + "'}", "a GitHub token"),
    Case("client('xoxb-" + "1234567890-abc')", "a Slack token"),
    Case("url = 'postgresql://ada:s3cr3t@db/flights'", "a password in an address"),
    Case("db_password = 'hunter22'", "db_password holds a text"),
    Case('connect(user="ada", password="hunter22")', "password holds a text"),
    Case('{"api_key": "0123456789"}', "api_key holds a text"),
    Case("password = Secret('env:DB_PASSWORD')", None),
    Case("password = 'env:DB_PASSWORD'", None),
    Case("password = '********'", None),
    Case("token = os.environ['TOKEN']", None),
    Case("tokens = tokenizer(text)", None),
    Case("url = 'https://example.org/a:b@c'", None),
    Case("url = f'postgresql://{user}:{password}@db/flights'", None),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.line[:30])
def test_a_line_that_looks_like_a_credential_is_told_without_repeating_it(case: Case) -> None:
    found = list(findings(f"x = 1\n{case.line}", where="load", inside="source"))
    assert [(one.line, one.what) for one in found] == ([(2, case.told)] if case.told else [])
    assert not any("hunter22" in str(one) for one in found)
