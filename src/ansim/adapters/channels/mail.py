"""Mail by SMTP (RFC 5321), with STARTTLS where the server offers it."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.headerregistry import Address
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
        message = self._message(address, notice)
        try:
            await aiosmtplib.send(message, sender=self._sender, recipients=[address], **self._options)  # type: ignore[arg-type]
        except (aiosmtplib.SMTPException, OSError) as error:
            code = _code(error)
            why = f"server answered {code}" if code else type(error).__name__
            raise NotSent(why, final=500 <= code < 600) from None
        return "sent"

    def _message(self, address: str, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        try:
            if not re.fullmatch(r"[!-~]+", address):
                raise ValueError
            message["To"] = Address(addr_spec=address)
        except (ValueError, IndexError, MessageError):
            raise NotSent("not an address", final=True) from None
        message["From"] = self._sender
        message["Subject"] = f"[안심] {notice.title} 알림"
        message["Message-ID"] = f"<{notice.id}@{self._sender.rpartition('@')[2]}>"
        message.set_content(notice.text())
        return message


def _code(error: Exception) -> int:
    """What the server answered (RFC 5321 section 4.2); 0 when it said nothing. One refused recipient comes in a list."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return error.recipients[0].code
    return error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0
