"""Where a guardian's messages arrive in a drill: a small SMTP server and a small SMS gateway on loopback."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import re

_LINK = re.compile(r"https?://\S+/l/[A-Za-z0-9_-]+")


class Inbox:
    """What arrived, by channel: the texts in order."""

    def __init__(self) -> None:
        self.mail: list[str] = []
        self.sms: list[str] = []
        self._servers: list[asyncio.Server] = []
        self._arrived = asyncio.Event()

    async def start(self) -> tuple[int, int]:
        """Ports of the SMTP server and of the SMS gateway."""
        self._servers = [
            await asyncio.start_server(self._smtp, "127.0.0.1", 0),
            await asyncio.start_server(self._gateway, "127.0.0.1", 0),
        ]
        smtp, sms = (server.sockets[0].getsockname()[1] for server in self._servers)
        return smtp, sms

    async def stop(self) -> None:
        for server in self._servers:
            server.close()

    async def link(self, channel: str, within_s: float = 20.0) -> str:
        """The link in the first message of this channel."""
        async with asyncio.timeout(within_s):
            while not (texts := getattr(self, channel)):
                self._arrived.clear()
                await self._arrived.wait()
        found = _LINK.search(texts[0])
        assert found is not None, f"no link in the {channel}"
        return found[0]

    async def _smtp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 drill")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ", 1)[0].upper()
            if verb == "DATA":
                say("354 go on")
                content = await reader.readuntil(b"\r\n.\r\n")
                message = email.message_from_bytes(content[:-5], policy=email.policy.default)
                body = message.get_body(("plain",))
                self.mail.append(body.get_content() if body is not None else "")
                self._arrived.set()
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
        writer.close()

    async def _gateway(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", head)
        body = json.loads(await reader.readexactly(int(length[1]) if length else 0))
        self.sms.append(body["text"])
        self._arrived.set()
        writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
