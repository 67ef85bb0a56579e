"""The far ends of channels, on loopback: a mail server, a gateway for messages, a push service with a browser's keys."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Self

import http_ece
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID


class Loopback:
    """A server of one connection after the other; `async with` brings it up and ends what still hangs."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._over = asyncio.Event()
        self._talks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        self._server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        try:
            await self.talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


@dataclass
class Call:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


class HttpServer(Loopback):
    """Answers every request with `status`; hangs when that is 0; never ends its body when `endless`."""

    def __init__(self, status: int = 201, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.status = status
        self.endless = False
        self.headers = ""
        self.calls: list[Call] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *rest = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (entry.partition(": ") for entry in rest)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.calls.append(Call(line, headers, body))
        if self.status == 0:
            await self._over.wait()
        length = "" if self.endless else "content-length: 0\r\n"
        writer.write(f"HTTP/1.1 {self.status} word\r\n{length}{self.headers}connection: close\r\n\r\n".encode())
        while self.endless:
            writer.write(b"x" * 65536)
            await writer.drain()
        await writer.drain()


class PushService(HttpServer):
    """A push service together with the browser it serves: it opens what it is given."""

    def __init__(self, status: int = 201, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(status, tls)
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = b"sixteen bytes  !"

    def subscription(self, endpoint: str | None = None) -> str:
        public = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(public), "auth": _text(self._auth)}
        return json.dumps({"endpoint": endpoint or f"http://127.0.0.1:{self.port}/to/hers-and-secret", "keys": keys})

    def shown(self) -> list[dict[str, object]]:
        """What the browser would show, opened by another implementation of RFC 8291 than ours."""
        return [json.loads(self.opened(call.body)) for call in self.calls]

    def opened(self, body: bytes) -> bytes:
        return http_ece.decrypt(body, private_key=self._private, auth_secret=self._auth, version="aes128gcm")  # type: ignore[no-any-return]


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class Letter:
    sender: str
    to: list[str]
    message: EmailMessage


@dataclass
class Session:
    sender: str = ""
    to: list[str] = field(default_factory=list)


class MailServer(Loopback):
    """Speaks enough of SMTP (RFC 5321). `answers` replaces what it says to a verb, and to CONNECT and END of data."""

    def __init__(self, starttls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self._starttls = starttls
        self.answers: dict[str, str] = {}
        self.letters: list[Letter] = []
        self.heard: list[str] = []
        self.hangs = False

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.hangs:
            await self._over.wait()
        session = Session()
        writer.write(self.answers.get("CONNECT", "220 loopback ESMTP").encode() + b"\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(":")[0].split()[0].upper()
            self.heard.append(verb)
            said = self.answers.get(verb) or self._say(verb, line, session)
            writer.write(said.encode() + b"\r\n")
            if verb == "QUIT" or said.startswith("421"):
                return
            if verb == "STARTTLS" and said.startswith("220"):
                await writer.drain()
                assert self._starttls is not None
                await writer.start_tls(self._starttls)
            if verb == "DATA" and said.startswith("354"):
                content = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n")
                end = self.answers.get("END", "250 kept")
                if end.startswith("250"):
                    parsed = BytesParser(policy=default).parsebytes(content)
                    assert isinstance(parsed, EmailMessage)
                    self.letters.append(Letter(session.sender, session.to, parsed))
                writer.write(end.encode() + b"\r\n")
            await writer.drain()

    def _say(self, verb: str, line: str, session: Session) -> str:
        if verb == "EHLO":
            return "250-loopback\r\n" + ("250-STARTTLS\r\n" if self._starttls else "") + "250 8BITMIME"
        if verb in ("MAIL", "RCPT"):
            address = line.partition("<")[2].partition(">")[0]
            if verb == "RCPT":
                session.to.append(address)
            else:
                session.sender = address
        return {"DATA": "354 go on", "QUIT": "221 bye", "STARTTLS": "220 ready"}.get(verb, "250 fine")


@dataclass
class Certificate:
    """A certificate that signs itself, as files."""

    chain: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context

    def client(self) -> ssl.SSLContext:
        """Of somebody who trusts it."""
        return ssl.create_default_context(cafile=self.chain)


def certificate(folder: Path, name: str) -> Certificate:
    private = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, SHA256())
    )
    files = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    files.chain.write_bytes(made.public_bytes(Encoding.PEM))
    files.key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files
