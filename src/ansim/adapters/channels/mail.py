"""Mail by SMTP (RFC 5321), with STARTTLS where the server offers it."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib

from ansim.response.notify.ports import ChannelName, Notice, NotSent


class SmtpMail:
    """`server` is smtp://[user:password@]host[:port], or smtps:// for TLS from the first byte."""

    name: ChannelName = "mail"

    def __init__(self, server: str, sender: str, *, timeout_s: float = 10.0) -> None:
        parts = urlsplit(server)
        self._options = {
            "hostname": parts.hostname or "localhost",
            "port": parts.port or (465 if parts.scheme == "smtps" else 25),
            "use_tls": parts.scheme == "smtps",
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "timeout": timeout_s,
        }
        self._sender = sender

    async def send(self, address: str, notice: Notice) -> Literal["sent", "delivered"]:
        message = EmailMessage()
        message["From"], message["To"] = self._sender, address
        message["Subject"] = "[안심] 도움 요청 알림"
        message["Message-ID"] = f"<{notice.id}@{self._sender.rpartition('@')[2]}>"
        message.set_content(notice.text())
        try:
            await aiosmtplib.send(message, **self._options)  # type: ignore[arg-type]
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
            code = getattr(error, "code", 0)
            raise NotSent(f"server answered {code}" if code else "recipient refused", final=500 <= code < 600) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSent(type(error).__name__) from None
        return "sent"
