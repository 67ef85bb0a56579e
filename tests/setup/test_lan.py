"""What lets a phone on the same network in: a certificate that is kept, and a code that can be scanned."""

from __future__ import annotations

import re
import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import segno

from ansim.app import lan

NOW = datetime.now(UTC)
NAMES = ("localhost", "desk.local", "127.0.0.1")


def test_a_certificate_is_kept_until_it_is_about_to_end(tmp_path: Path) -> None:
    first = lan.Certificate(tmp_path, NAMES, NOW)
    assert lan.Certificate(tmp_path, NAMES, NOW + timedelta(days=80)).fingerprint == first.fingerprint
    assert lan.Certificate(tmp_path, NAMES, NOW + timedelta(days=84)).fingerprint != first.fingerprint


def test_another_network_gets_another_certificate(tmp_path: Path) -> None:
    first = lan.Certificate(tmp_path, NAMES, NOW)
    assert lan.Certificate(tmp_path, (*NAMES, "192.168.0.7"), NOW).fingerprint != first.fingerprint


@pytest.mark.parametrize("spoilt", ["key.pem", "certificate.pem"])
def test_half_a_certificate_is_none(tmp_path: Path, spoilt: str) -> None:
    first = lan.Certificate(tmp_path, NAMES, NOW)
    (tmp_path / spoilt).write_text("half")
    again = lan.Certificate(tmp_path, NAMES, NOW)
    assert again.fingerprint != first.fingerprint and again.context()


def test_nobody_else_reads_its_key(tmp_path: Path) -> None:
    lan.Certificate(tmp_path / "https", NAMES, NOW)
    assert stat.S_IMODE((tmp_path / "https").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "https" / "key.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize(("called", "fits"), [("localhost", True), ("127.0.0.1", True), ("elsewhere.local", False)])
def test_it_is_good_for_its_names_alone(tmp_path: Path, called: str, fits: bool) -> None:
    certificate = lan.Certificate(tmp_path, NAMES, NOW)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            talk, _ = listener.accept()
            try:
                with certificate.context().wrap_socket(talk, server_side=True) as secure:
                    secure.recv(1)
            except OSError:
                talk.close()

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        trusting = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
        with socket.create_connection(listener.getsockname()) as line:
            if fits:
                with trusting.wrap_socket(line, server_hostname=called):
                    pass
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    trusting.wrap_socket(line, server_hostname=called)
        server.join(10)


def test_the_code_is_the_address() -> None:
    address = "https://192.168.0.7:8000/citizen"
    squares = {"█": (0, 0), "▄": (1, 0), "▀": (0, 1), " ": (1, 1)}
    drawn: list[list[int]] = []
    for line in lan.code(address).splitlines():
        found = re.fullmatch(r"    \x1b\[97;40m(.+)\x1b\[0m", line)
        assert found
        pairs = [squares[letter] for letter in found[1]]
        drawn += [[upper for upper, _ in pairs], [lower for _, lower in pairs]]
    code = segno.make(address, error="l", micro=False)
    expected = [list(row) for row in code.matrix_iter(border=2)]
    assert drawn[: len(expected)] == expected and not any(map(any, drawn[len(expected) :]))


def test_the_address_is_one() -> None:
    assert ip_address(lan.address()) and lan.name().endswith(".local")
