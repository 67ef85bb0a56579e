"""What a phone on the same network needs to open the demo: an address, a certificate for it, and a code to scan.

Browsers give position, keys and storage to secure pages only, and to this machine's own. So a phone needs HTTPS; nobody
vouches for a name on a home network, so the certificate signs itself, and the browser asks its owner.
"""

from __future__ import annotations

import os
import socket
import ssl
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import segno
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=90)
RENEW_BEFORE = timedelta(days=7)
_ELSEWHERE = ("198.51.100.1", 9)
"""An address of nobody (RFC 5737): asking for the way there sends nothing, and names the network card that would."""


def address() -> str:
    """This machine's address on its network; 127.0.0.1 when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_ELSEWHERE)
        except OSError:
            return "127.0.0.1"
        return str(asking.getsockname()[0])


def name() -> str:
    """What this machine is called on its network (multicast DNS, RFC 6762)."""
    called = socket.gethostname().split(".")[0].lower()
    return f"{called}.local"


class Certificate:
    """A certificate and its key in a folder, good for these names; made anew when it is about to end or names others."""

    def __init__(self, folder: Path, names: tuple[str, ...], now: datetime) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._chain, self._key = folder / "certificate.pem", folder / "key.pem"
        kept = self._read()
        if kept is None or kept.not_valid_after_utc - now < RENEW_BEFORE or _names(kept) != set(names):
            kept = self._make(names, now)
        self.ends_at = kept.not_valid_after_utc
        self.fingerprint = kept.fingerprint(SHA256()).hex(":").upper()
        """What a browser shows under the certificate's details, too."""

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._chain, self._key)
        return context

    def _read(self) -> x509.Certificate | None:
        try:
            self.context()
            return x509.load_pem_x509_certificate(self._chain.read_bytes())
        except (OSError, ValueError):  # none, half of one, or not the key's
            return None

    def _make(self, names: tuple[str, ...], now: datetime) -> x509.Certificate:
        private = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ansim demo")])
        made = (
            x509.CertificateBuilder()
            .subject_name(who)
            .issuer_name(who)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + VALID)
            .add_extension(x509.SubjectAlternativeName([_general(one) for one in names]), critical=False)
            # it vouches for itself and for nothing else, also where somebody has trusted it
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(private, SHA256())
        )
        _write(self._key, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _write(self._chain, made.public_bytes(Encoding.PEM))
        return made


def code(text: str) -> str:
    """A QR code for a terminal, two squares a letter, light around dark whatever the terminal's colours are."""
    rows = [[bool(square) for square in row] for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    letters = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}
    lines = (
        "".join(letters[pair] for pair in zip(*two, strict=True)) for two in zip(rows[::2], rows[1::2], strict=True)
    )
    return "\n".join(f"    \x1b[97;40m{line}\x1b[0m" for line in lines)


def _general(one: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(one))
    except ValueError:
        return x509.DNSName(one)


def _names(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    return {*names.get_values_for_type(x509.DNSName), *(str(one) for one in addresses if isinstance(one, IPv4Address))}


def _write(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as open_file:
        open_file.write(content)
