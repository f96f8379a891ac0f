"""E-mail: SMTP, encrypted unless it is said otherwise."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from nbmlops.errors import NotSentError
from nbmlops.notifying import wording
from nbmlops.notifying.channels import Channel
from nbmlops.notifying.senders.base import PATIENCE, Letter
from nbmlops.values.secrets import Secret, masked

LARGEST = 10 * 2**20
"""Bytes of a page that is attached: many servers take no larger mail."""


def send(channel: Channel, letter: Letter) -> None:
    """Send a notice as a mail, with the page of the run attached."""
    password = str(Secret(channel.password)) if channel.password else ""
    mail = message(channel, letter)
    try:
        with _connected(channel) as server:
            if channel.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if channel.user:
                server.login(channel.user, password)
            server.send_message(mail)
    except (smtplib.SMTPException, OSError) as error:
        raise NotSentError(f"The mail server did not take it: {_said(error)}.") from error


def message(channel: Channel, letter: Letter) -> EmailMessage:
    """The mail; every attempt has the same ``Message-ID``, and one thread holds a schedule's."""
    notice, made = letter.notice, EmailMessage()
    domain = channel.sender.rpartition("@")[2]
    made["Subject"] = wording.headline(notice)
    made["From"], made["To"] = channel.sender, ", ".join(channel.to)
    made["Date"] = format_datetime(notice.at)
    made["Message-ID"] = f"<{notice.id}.{channel.name}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    text = wording.text(notice)
    if letter.link:
        text += f"Link: {letter.link}\n"
    fits = letter.report is not None and len(letter.report) <= LARGEST
    if letter.report is not None and not fits:
        text += f"The report is too large to attach: nbmlops report {notice.run}\n"
    made.set_content(text)
    if letter.report is not None and fits:
        name = f"{(notice.run or notice.pipeline).replace('#', '-')}.html"
        made.add_attachment(letter.report, maintype="text", subtype="html", filename=name)
    return made


def _connected(channel: Channel) -> smtplib.SMTP:
    if channel.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(channel.host, channel.port, timeout=PATIENCE, context=context)
    return smtplib.SMTP(channel.host, channel.port, timeout=PATIENCE)


def _said(error: Exception) -> str:
    """Why, without secrets; a server may repeat what it was told."""
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        return masked(f"{error.smtp_code} {words}").rstrip(".")
    return (masked(str(error)) or type(error).__name__).rstrip(".")
