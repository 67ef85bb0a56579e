"""What a clip says of itself, signed, and with the ledger's word for it: the last box of its file.

    ftyp moov | moof mdat | moof mdat | …     what the camera sent, in pieces that the statement names
    uuid                                      the manifest: JSON, then its SHA-256

Players pass over a box of a kind that they do not know (ISO/IEC 14496-12, 4.2).
"""

from __future__ import annotations

import hashlib
import struct
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from ansim.response.evidence.ports import Mask
from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.ledger.proof import Proof, check_proof

KIND = "ansim.clip"
SAVED, DOWNLOADED, SEEN = "clip.saved", "clip.downloaded", "clip.seen"
_DOMAIN = b"ansim clip\n"
_BOX = struct.Struct(">I4s16s")
_TYPE = bytes.fromhex("8f1b6d0c5a9e4c2fb7d3616e73696d63")
_HASH = 32


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many bytes of the file, in order, with the pictures that arrived in this time. The init segment has `frames` 0."""

    bytes: int
    sha256: str
    frames: int
    start: datetime
    end: datetime


class Derived(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which clip it was made anew, what is masked in it, and the words in every picture."""

    clip: str
    masks: list[Mask]
    words: str


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the centre states. `start`, `end`: of what is in the file; `asked_start`, `asked_end`: what was asked for.
    Times are UTC, by the media node's clock. `derived`: it is not what the camera sent, but made of it for handing out.
    """

    centre: str
    clip: str
    incident: str
    number: str
    camera: str
    camera_name: str
    asked_start: datetime
    asked_end: datetime
    start: datetime
    end: datetime
    saved_at: datetime
    saved_by: str
    reason: str
    parts: list[Part]
    derived: Derived | None = None

    def signed_bytes(self) -> bytes:
        return _DOMAIN + msgspec.json.encode(self, order="sorted")

    def hash(self) -> str:
        return hashlib.sha256(self.signed_bytes()).hexdigest()

    @property
    def size(self) -> int:
        return sum(part.bytes for part in self.parts)

    @property
    def frames(self) -> int:
        return sum(part.frames for part in self.parts)


class Signed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    statement: Statement
    signature: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=KIND, forbid_unknown_fields=True):
    """`proof`: the ledger's entries of this clip, from its saving to the download that this file is: its chain of custody."""

    statement: Statement
    signature: str
    proof: Proof


def sign(statement: Statement, by: Callable[[bytes], bytes]) -> Signed:
    """`by` is the key of the centre's ledger: one key speaks for the centre."""
    return Signed(statement=statement, signature=b64encode(by(statement.signed_bytes())).decode())


def box(manifest: Manifest) -> bytes:
    body = msgspec.json.encode(manifest)
    return _BOX.pack(_BOX.size + len(body) + _HASH, b"uuid", _TYPE) + body + hashlib.sha256(body).digest()


class NoManifest(Exception):
    """The file ends in no manifest of ours; the reason, in words."""


def split(content: bytes) -> tuple[Manifest, memoryview]:
    """The manifest, and what stands before it. Raises NoManifest."""
    at = 0
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        if kind == b"uuid" and content[at + 8 : at + 24] == _TYPE:
            body = content[at + _BOX.size : at + size - _HASH]
            if at + size != len(content):
                raise NoManifest("the file does not end with its manifest")
            if hashlib.sha256(body).digest() != content[-_HASH:]:
                raise NoManifest("the manifest was changed")
            try:
                return msgspec.json.decode(body, type=Manifest), memoryview(content)[:at]
            except msgspec.MsgspecError as error:
                raise NoManifest(f"the manifest cannot be read: {error}") from None
        if size < 8:
            raise NoManifest(f"byte {at} on is no box of a clip")
        at += size
    raise NoManifest("no manifest was found: bytes are missing, or the length of a part was changed")


def check_parts(statement: Statement, content: memoryview) -> tuple[list[str], list[str]]:
    """(what holds, what is wrong) of the pictures, in words."""
    wrong: list[str] = []
    at = 0
    for number, part in enumerate(statement.parts):
        found = hashlib.sha256(content[at : at + part.bytes]).hexdigest()
        at += part.bytes
        if found != part.sha256:
            wrong.append(f"{_name(statement, number)} was changed")
    if at != len(content):
        wrong.append(f"the file has {len(content)} bytes of pictures, {at} were signed")
    if wrong:
        return [], wrong
    return [f"{statement.frames} pictures in {len(statement.parts) - 1} parts are as they were saved"], []


def _name(statement: Statement, number: int) -> str:
    part = statement.parts[number]
    if part.frames == 0:
        return "the beginning that describes the video"
    return f"part {number} of {len(statement.parts) - 1} ({_clock(part.start)} to {_clock(part.end)} UTC)"


def _clock(at: datetime) -> str:
    return at.strftime("%H:%M:%S")


def check_manifest(
    manifest: Manifest, log: Verifier, witnesses: Sequence[Verifier]
) -> tuple[list[str], list[str]]:  # fmt: skip
    """(what holds, what is wrong) of the statement, its signature and its custody, in words."""
    statement = manifest.statement
    good = [
        f"clip {statement.clip} of camera {statement.camera}, {statement.start:%Y-%m-%d} {_clock(statement.start)} to"
        f" {_clock(statement.end)} UTC, for case {statement.number}"
    ]
    if statement.derived is not None:
        good.append(
            f"made anew from clip {statement.derived.clip}, with {len(statement.derived.masks)} places masked; in every"
            f" picture stands: {statement.derived.words}"
        )
    held, wrong = check_proof(manifest.proof, log, witnesses)
    good += held
    if log.signed(statement.signed_bytes(), manifest.signature):
        good.append(f"the statement is signed by {log.name}")
    else:
        wrong.append("the statement's signature is not the centre's")
    if statement.centre != log.name:
        wrong.append(f"the clip is of another centre: {statement.centre}")
    entries = [proven.entry for proven in manifest.proof.entries]
    saved = [entry for entry in entries if entry.act == SAVED]
    if any(entry.object != statement.clip for entry in entries) or len(saved) != 1:
        wrong.append("the ledger's entries are not those of this clip")
    elif saved[0].sealed_hash != statement.hash():
        wrong.append("the ledger has another statement for this clip")
    else:
        good.append(f"saved by {statement.saved_by}; the ledger has had this statement since {saved[0].at}")
        seen = Counter(entry.actor for entry in entries if entry.act == SEEN)
        good += [f"{count} times one of its pictures was looked at by {actor}" for actor, count in sorted(seen.items())]
        good += [f"downloaded by {entry.actor} at {entry.at}" for entry in entries if entry.act == DOWNLOADED]
    return good, wrong


def decode_signed(content: bytes) -> Signed:
    return msgspec.json.decode(content, type=Signed)


def encode_signed(signed: Signed) -> bytes:
    return msgspec.json.encode(signed)
