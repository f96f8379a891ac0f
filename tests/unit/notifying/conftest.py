"""A real catalog, a real mail server and a real receiver of webhooks, on this machine."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from nbmlops.domain.approvals import Approval
from nbmlops.domain.executions import Artifact
from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import FireStatus, Schedule
from nbmlops.execution.process import this_process
from nbmlops.notifying.channels import channel_of
from nbmlops.testing import NOON
from nbmlops.values import secrets
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from email.message import EmailMessage


@dataclass
class Call:
    """One request that a receiver got."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """What was sent to a webhook, and what it answers."""

    url: str
    calls: list[Call] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    hangs: threading.Event | None = None

    @property
    def told(self) -> list[str]:
        """The kinds of the notices, in their order."""
        return [call.json["type"].rpartition(".")[2] for call in self.calls]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks that answers 204, unless told otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.calls.append(Call(headers=headers, body=self.rfile.read(length)))
            if made.hangs is not None:
                made.hangs.wait(20)
            self.send_response(made.answers.pop(0) if made.answers else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    made = Receiver(url=f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    if made.hangs is not None:
        made.hangs.set()
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class MailServer:
    """The mails that a server took."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Called by aiosmtpd with each mail."""
        del server
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(mail)
        self.encrypted.append(session.ssl is not None)
        return "250 taken"


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server that takes everything from whoever knows the password, in clear."""
    with _mail_server() as made:
        yield made


@pytest.fixture
def encrypting_mail_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """One that takes nothing before STARTTLS, and whose certificate an authority of ours made."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with _mail_server(context) as made:
        yield made


@contextmanager
def _mail_server(context: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    def knows(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        del server, session, envelope, mechanism
        fits = isinstance(data, LoginPassword) and data.password == b"correct horse"
        return AuthResult(success=fits, handled=fits)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made = MailServer(port=free.getsockname()[1])
    controller = Controller(
        made,
        hostname="127.0.0.1",
        port=made.port,
        authenticator=knows,
        auth_require_tls=False,
        tls_context=context,
        require_starttls=context is not None,
    )
    controller.start()
    yield made
    controller.stop()


@dataclass
class Project:
    """A workspace with a schedule, and a clock that the test sets."""

    workspace: Workspace
    now: datetime
    schedule: Schedule

    def end(
        self, status: FireStatus, *, hour: int, note: str | None = None, report: bytes | None = None
    ) -> None:
        """Let a due time end, so many hours after noon."""
        records = self.workspace._schedule_records
        fire = records.open_fires(self.schedule.id, [NOON + timedelta(hours=hour)])[0]
        token = records.claim(
            fire, owner="me", lease_until=self.now + timedelta(minutes=1), now=self.now
        )
        assert token is not None
        if report is not None:
            assert records.attach_run(fire.id, token, self.run(report))
        assert records.finish(fire.id, token, status, note)

    def run(self, report: bytes) -> int:
        """A run that has failed, with its page; returns its row."""
        runs = self.workspace._run_records
        version = self.workspace.pipelines.versions("flights")[0]
        run = runs.start(
            version,
            parameters={},
            trigger="schedule:1",
            author="me",
            started_at=self.now,
            process=this_process(),
        )
        page = Artifact(
            name="flights.html",
            media_type="text/html",
            object=self.workspace.objects.put(report),
            size=len(report),
        )
        runs.finish(run, status=RunStatus.FAILED, ended_at=self.now, artifacts=[page])
        return run.id

    def add(self, name: str = "ops", **said: Any) -> None:
        """Add a channel."""
        self.workspace.notify.add(channel_of(name, said))

    def look(self) -> None:
        """Tell what is to be told now, and wait until it was sent."""
        notifier = self.workspace.notifier()
        notifier.look()
        assert notifier.outbox.wait(10)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with an approved pipeline and a schedule."""
    holder: list[Project] = []
    workspace = Workspace(tmp_path, clock=lambda: holder[0].now if holder else NOON, author="me")
    spec = PipelineSpec(
        name="flights",
        notebook="flights.ipynb",
        kernel="python3",
        digest="d1",
        cells=(),
        steps=(),
        edges=(),
        parameters=(),
    )
    records = workspace._pipeline_records
    version, _ = records.add(
        spec, notebook_object="o1", environment=None, author="me", created_at=NOON
    )
    approval = Approval(
        decision="approved", digest="d1", author="the boss", comment="", decided_at=NOON
    )
    schedule = workspace._schedule_records.create(
        records.decide(version, approval),
        cron="0 * * * *",
        timezone="UTC",
        parameters={},
        missed="all",
        author="me",
        created_at=NOON,
    )
    holder.append(Project(workspace=workspace, now=NOON, schedule=schedule))
    yield holder[0]
    workspace.close()
    secrets.forget()
