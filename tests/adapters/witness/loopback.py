"""A witness at the other end of the wire, written from C2SP tlog-witness and RFC 6962 alone: it shares no line with ours, so
that the two agree only if both are right. And witnesses that do wrong."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.adapters.loopback import Loopback

TIME = 1_700_000_000


class Refuse(Exception):
    def __init__(self, status: int, body: str = "") -> None:
        self.status, self.body = status, body


def _inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def extends(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162 section 2.1.4.2."""
    if old == new:
        return old_root == new_root and not proof
    if old == 0:
        return not proof
    if not proof:
        return False
    path = ([old_root] if old & (old - 1) == 0 else []) + proof
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for step in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = _inner(step, fr), _inner(step, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = _inner(sr, step)
        fn, sn = fn >> 1, sn >> 1
    return fr == old_root and sr == new_root and sn == 0


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass
class WitnessServer(Loopback):
    """`logs`: origin -> public key. Keeps what it signed in `memory`, on stable storage before it answers."""

    name: str
    private: Ed25519PrivateKey
    logs: dict[str, Ed25519PublicKey]
    memory: Path
    requests: list[tuple[str, str]] = field(default_factory=list)  # request line, body

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/w1"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            line, *rest = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (entry.partition(": ") for entry in rest)}
            body = (await reader.readexactly(int(headers["content-length"]))).decode()
            self.requests.append((line, body))
            await self.answer(line, body, writer)

    async def answer(self, line: str, body: str, writer: asyncio.StreamWriter) -> None:
        try:
            if line != "POST /w1/add-checkpoint HTTP/1.1":
                raise Refuse(405)
            status, text = 200, self.signed(body)
        except Refuse as refusal:
            status, text = refusal.status, refusal.body
        kind = "text/x.tlog.size" if status == 409 else "text/plain"
        content = text.encode()
        writer.write(
            f"HTTP/1.1 {status} word\r\ncontent-type: {kind}\r\ncontent-length: {len(content)}\r\n\r\n".encode()
            + content
        )
        await writer.drain()

    def signed(self, body: str) -> str:
        """No await between reading the memory and writing it: checking and storing is one step."""
        head, gap, note = body.partition("\n\n")
        old_line, *steps = head.split("\n")
        word, _, number = old_line.partition(" ")
        if not gap or word != "old" or not number.isdigit() or str(int(number)) != number or len(steps) > 63:
            raise Refuse(400)
        old = int(number)
        text, gap, signatures = note.partition("\n\n")
        if not gap or len(text.split("\n")) < 3 or not signatures.endswith("\n"):
            raise Refuse(400)
        text += "\n"
        origin, size, root = text.split("\n")[:3]
        if origin not in self.logs:
            raise Refuse(404)
        if not any(self._by_log(origin, text, line) for line in signatures.splitlines()):
            raise Refuse(403)
        try:
            proof = [base64.b64decode(step, validate=True) for step in steps]
        except ValueError:
            raise Refuse(400) from None
        new, new_root = int(size), base64.b64decode(root)
        if old > new:
            raise Refuse(400)
        seen = json.loads(self.memory.read_text()) if self.memory.exists() else {}
        last, last_root = seen.get(origin, (0, ""))
        if old != last or (old == new and old and last_root != root):
            raise Refuse(409, f"{last}\n")
        if not extends(old, new, base64.b64decode(last_root), new_root, proof):
            raise Refuse(422)
        self._remember(seen | {origin: (new, root)})
        return self.cosignature(text)

    def _by_log(self, origin: str, text: str, line: str) -> bool:
        _, name, value = line.split(" ")
        raw, public = base64.b64decode(value), self.logs[origin]
        if name != origin or raw[:4] != key_id(origin, 1, public.public_bytes_raw()):
            return False
        try:
            public.verify(raw[4:], text.encode())
        except InvalidSignature:
            return False
        return True

    def _remember(self, seen: dict[str, tuple[int, str]]) -> None:
        fresh = self.memory.with_suffix(".new")
        with fresh.open("w") as file:
            json.dump(seen, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.memory)

    def cosignature(self, text: str) -> str:
        return self.line(self.name, self.private, text)

    @staticmethod
    def line(name: str, private: Ed25519PrivateKey, text: str) -> str:
        public = private.public_key().public_bytes_raw()
        signature = private.sign(f"cosignature/v1\ntime {TIME}\n{text}".encode())
        raw = key_id(name, 4, public) + TIME.to_bytes(8, "big") + signature
        return f"— {name} {base64.b64encode(raw).decode()}\n"


class Several(WitnessServer):
    """Signs with an old key and a new one, and passes on what another witness signed."""

    def cosignature(self, text: str) -> str:
        other = Ed25519PrivateKey.from_private_bytes(bytes([77]) * 32)
        return (
            self.line("seocho.example/w9", other, text) + self.line(self.name, other, text) + super().cosignature(text)
        )


class WrongKey(WitnessServer):
    """Another key than the published one, under the same name."""

    def cosignature(self, text: str) -> str:
        return self.line(self.name, Ed25519PrivateKey.from_private_bytes(bytes([88]) * 32), text)


class OfSomethingElse(WitnessServer):
    """A good signature of another head."""

    def cosignature(self, text: str) -> str:
        origin, _, root, _ = text.split("\n")
        return self.line(self.name, self.private, f"{origin}\n1\n{root}\n")


class Silent(WitnessServer):
    async def answer(self, line: str, body: str, writer: asyncio.StreamWriter) -> None:
        await self._over.wait()


class Endless(WitnessServer):
    async def answer(self, line: str, body: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 word\r\ncontent-length: 99999999\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()


class Drips(WitnessServer):
    """A byte, and then no more."""

    async def answer(self, line: str, body: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 word\r\ncontent-length: 99\r\n\r\nx")
        await writer.drain()
        await self._over.wait()


class Says(WitnessServer):
    """Always the same."""

    status, body, headers = 200, "", ""

    async def answer(self, line: str, body: str, writer: asyncio.StreamWriter) -> None:
        content = self.body.encode()
        writer.write(
            f"HTTP/1.1 {self.status} word\r\n{self.headers}content-length: {len(content)}\r\n\r\n".encode() + content
        )
        await writer.drain()
