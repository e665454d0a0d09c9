"""Where notices go out: a webhook that is signed, and e-mail to offices."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Literal, Protocol

import httpx

from services.reporting.alarms.outbox import News, Notice
from services.reporting.pages.dates import moment_in
from shared.web.jsonable import dump
from shared.web.problems import Language

SECONDS = 10.0
"""How long the other side has to take a notice."""
SECRET_PREFIX = "whsec_"

Security = Literal["none", "starttls", "tls"]

_WORDS: dict[News, tuple[str, str]] = {
    "raised": ("เกิดการเตือน", "Alarm"),
    "repeated": ("เตือนซ้ำ ยังไม่มีผู้รับทราบ", "Again, nobody has acknowledged it"),
    "cleared": ("การเตือนสิ้นสุด", "Cleared"),
}


class NotSent(Exception):
    """The other side did not take it; the message says why."""


class Channel(Protocol):
    """Tells notices to somebody."""

    name: str
    at_once: int
    """How many notices go out together."""

    async def send(self, notices: Sequence[Notice]) -> None:
        """Tell them, all or none. Raises NotSent."""


class Webhook:
    """POSTs each notice as JSON, signed as Standard Webhooks has it: HMAC-SHA256 over id, time and body.

    The id of a notice that is sent again stays the same. ``secret``: any text, or base64 behind ``whsec_``.
    """

    name = "webhook"
    at_once = 1

    def __init__(self, url: str, secret: str, client: httpx.AsyncClient) -> None:
        self._url, self._key, self._client = url, _key(secret), client

    async def send(self, notices: Sequence[Notice]) -> None:
        """One request for each."""
        for notice in notices:
            await self._post(f"alarm-{notice.id}", dump(as_json(notice)))

    async def _post(self, message: str, body: bytes) -> None:
        moment = str(int(datetime.now(UTC).timestamp()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": moment,
            "webhook-signature": signature(self._key, message, moment, body),
        }
        try:
            answer = await self._client.post(self._url, content=body, headers=headers, timeout=SECONDS)
        except httpx.HTTPError as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error
        if not answer.is_success:
            raise NotSent(f"HTTP {answer.status_code}")


def signature(key: bytes, message: str, moment: str, body: bytes) -> str:
    """The header ``webhook-signature`` of a message sent at a moment (Unix seconds)."""
    made = hmac.new(key, b".".join((message.encode(), moment.encode(), body)), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"


def as_json(notice: Notice) -> dict[str, object]:
    """What a webhook is told."""
    return {
        "type": f"alarm.{notice.news}",
        "timestamp": notice.made_at,
        "data": {
            "alarm": notice.alarm,
            "occurrence": notice.occurrence,
            "nth": notice.nth,
            "programme": notice.programme,
            "kind": notice.kind,
            "what": notice.what,
            "raised_at": notice.raised_at,
            "th": notice.th,
            "en": notice.en,
        },
    }


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server, and as whom it is asked; without ``user`` nobody logs in."""

    host: str
    port: int = 587
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


class Mail:
    """Sends notices together in one letter, in Thai and in English. ``recipients``: addresses of offices."""

    name = "email"
    at_once = 50

    def __init__(self, server: Server, sender: str, recipients: Sequence[str], console: str) -> None:
        self._server, self._sender, self._recipients, self._console = server, sender, list(recipients), console

    async def send(self, notices: Sequence[Notice]) -> None:
        """One letter; smtplib blocks, so it works in a thread."""
        letter = letter_of(notices, self._sender, self._recipients, self._console)
        try:
            await asyncio.to_thread(self._deliver, letter)
        except smtplib.SMTPAuthenticationError as error:  # its words may repeat what it was told
            raise NotSent(f"the login as {self._server.user} is refused ({error.smtp_code})") from None
        except UnicodeError:  # and so would this one
            raise NotSent("a user and a password for SMTP must be ASCII") from None
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error

    def _deliver(self, letter: EmailMessage) -> None:
        server = self._server
        with self._connected() as client:
            if server.security == "starttls":
                client.starttls(context=ssl.create_default_context())
            if server.user:
                client.login(server.user, server.password)
            client.send_message(letter)

    def _connected(self) -> smtplib.SMTP:
        host, port = self._server.host, self._server.port
        if self._server.security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
        return smtplib.SMTP(host, port, timeout=SECONDS)


def letter_of(notices: Sequence[Notice], sender: str, recipients: Sequence[str], console: str) -> EmailMessage:
    """The letter that tells some notices; ``console``: where operators see them."""
    first = notices[0]
    more = f" (+{len(notices) - 1})" if len(notices) > 1 else ""
    letter = EmailMessage()
    letter["Subject"] = " ".join(f"OBEC CLUSTER: {_WORDS[first.news][0]} – {first.th}{more}".split())[:200]
    letter["From"], letter["To"] = sender, ", ".join(recipients)
    letter["Date"] = format_datetime(datetime.now(UTC))
    letter["Message-ID"] = make_msgid(f"alarm-{first.id}", sender.rpartition("@")[2].rstrip(">"))
    letter["Auto-Submitted"] = "auto-generated"
    parts = (
        "การเตือนของระบบชุดโครงการ CLUSTER",
        *(_item("th", each) for each in notices),
        f"ดูและรับทราบได้ที่ {console}",
        "Alarms of the CLUSTER programme's system",
        *(_item("en", each) for each in notices),
        f"See and acknowledge them at {console}",
    )
    letter.set_content("\n\n".join(parts) + "\n")
    return letter


def _item(language: Language, notice: Notice) -> str:
    word, text = _WORDS[notice.news][language == "en"], notice.en if language == "en" else notice.th
    return f"• {word}: {text}\n  {moment_in(language, notice.raised_at)} · {notice.alarm}"


def _key(secret: str) -> bytes:
    """Raises ValueError for what should be base64 and is none."""
    if secret.startswith(SECRET_PREFIX):
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    return secret.encode()
