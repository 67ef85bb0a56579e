"""The files in deploy/ fit the program: every command is one, every setting is read, every path that one file names another provides."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from ansim.app import supervisor
from ansim.app.broker import users
from ansim.app.lan import Certificate
from ansim.app.settings import read_hub_settings, read_media_settings, read_settings
from ansim.cli import parser_of_all
from ansim.trust.signed import public_from_text

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
READ = {"all": read_settings, "centre": read_settings, "media": read_media_settings, "hub": read_hub_settings}


def arguments_of(words: list[str]) -> Any:
    """Of a command line without its program; it ends the test where it is none."""
    return parser_of_all().parse_args(words)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_the_role_that_it_is_called_after(unit: Path) -> None:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(unit)
    service, role = read["Service"], unit.stem.removeprefix("ansim-")
    program, *words = shlex.split(service["ExecStart"])
    assert arguments_of(words).role == role and Path(program).name == "ansim"
    assert service["Type"] == "notify" and service["StateDirectory"] == f"ansim/{role}"
    if shutil.which("systemd-analyze"):
        done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
        said = [line for line in done.stderr.splitlines() if "is not executable" not in line]
        assert not said


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return read


OURS = {name: service for name, service in compose()["services"].items() if service["image"] == "ansim"}


@pytest.mark.parametrize("name", OURS)
def test_a_service_has_settings_that_are_read_and_a_port_that_is_its_own(name: str) -> None:
    service = OURS[name]
    asked = arguments_of(service["command"])
    inside = {target: DEPLOY / source for source, target, *_ in (one.split(":") for one in service["volumes"])}
    settings = READ[asked.role](inside["/etc/ansim"] / asked.config.name)
    assert settings.host == "0.0.0.0" and "/var/lib/ansim" in inside
    assert str(settings.folder).startswith("/var/lib/ansim")
    if asked.role != "media":
        assert f"127.0.0.1:{settings.port}:{settings.port}" in service["ports"]
        assert settings.country_ca in inside and f":{settings.port}/" in service["healthcheck"]["test"][-1]  # type: ignore[union-attr]
        host, database = re.match(r"postgresql://ansim@(\w+)/(\w+)$", settings.database or "").groups()  # type: ignore[union-attr]
        assert host in compose()["services"]
        assert f"CREATE DATABASE {database};" in (DEPLOY / "databases.sql").read_text()


def test_the_country_is_complete() -> None:
    hub = read_hub_settings(DEPLOY / "settings" / "hub.toml")
    centres = [read_settings(DEPLOY / "settings" / f"{name}.toml") for name in ("seongnam", "yongin")]
    assert {one.centre for one in centres} == set(hub.appointed)
    assert {one.country for one in centres} == {hub.country} == {"tls://nats:4222"}
    assert public_from_text(str(centres[0].hub_key))


def test_the_brokers_settings_are_understood_by_a_broker(tmp_path: Path) -> None:
    Certificate(tmp_path, ("nats",), datetime.now(UTC))
    (tmp_path / "certificate.pem").rename(tmp_path / "broker.pem")
    (tmp_path / "key.pem").rename(tmp_path / "broker.key")
    hub = read_hub_settings(DEPLOY / "settings" / "hub.toml")
    (tmp_path / "users.conf").write_text(users(msgspec.structs.replace(hub, data=str(tmp_path))))
    text = (DEPLOY / "nats" / "nats.conf").read_text(encoding="utf-8")
    (tmp_path / "nats.conf").write_text(text.replace("/etc/nats/", f"{tmp_path}/"))
    program = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    assert program
    done = subprocess.run([program, "-t", "-c", tmp_path / "nats.conf"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_the_page_says_can_be_called() -> None:
    page = (DEPLOY.parent / "docs" / "guide" / "deploy.md").read_text(encoding="utf-8")
    asked = 0
    for block in re.findall(r"^```(?:sh|ini)\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            words = re.sub(r"\s*>.*", "", line).removeprefix("ExecStart=").split()
            if words[:3] == ["docker", "compose", "run"] or words[:3] == ["docker", "compose", "exec"]:
                [named] = OURS.keys() & set(words)
                words = ["ansim", *(one for one in words[words.index(named) + 1 :] if one != "ansim")]
            if words and Path(words[0]).name == "ansim":
                arguments_of(words[1:])
                asked += 1
    assert asked >= 10


def test_what_the_image_is_made_of_is_there() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    lock = (DEPLOY.parent / "requirements.lock").read_text(encoding="utf-8")
    [gone] = re.findall(r"pip uninstall --yes (.+)", text)
    assert all(f"\n{package}==" in f"\n{lock}" for package in gone.split())
    [last] = re.findall(r"^CMD (.+)$", text, re.MULTILINE)
    assert arguments_of(yaml.safe_load(last)).role == "all" and "USER 10001" in text
    assert "--require-hashes" in text and (DEPLOY.parent / "run").stat().st_mode & os.X_OK


def test_whoever_started_us_is_told_when_we_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    supervisor.tell("READY=1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as started:
        started.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        supervisor.tell("READY=1")
        assert started.recv(64) == b"READY=1"
