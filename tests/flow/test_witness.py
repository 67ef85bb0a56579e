"""A city appoints a witness at another organisation: who signed, who is late, and what an auditor can check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.app.check import check
from ansim.app.running import leave_note
from ansim.app.settings import AppointedWitness, Settings, read_settings
from ansim.core.errors import Problem
from ansim.sim.phone import read
from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.verify import verify
from tests.adapters.witness.loopback import Silent, WitnessServer, WrongKey
from tests.flow.conftest import CENTRE, House, opened

pytestmark = pytest.mark.flow
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes([5]) * 32)
KEY = Verifier("police.example/w1", PRIVATE.public_key(), cosigner=True).text()
OTHER = Verifier("seocho.example/w1", PRIVATE.public_key(), cosigner=True).text()


def appointed(server: WitnessServer) -> dict[str, Any]:
    return {"witnesses": (AppointedWitness(key=KEY, url=server.url),)}


async def trust(house: House, server: WitnessServer) -> None:
    """The witness was told the centre's key, as its operator would be."""
    server.logs[CENTRE] = house.centre.sequencer.verifier.public


async def shown(house: House) -> Any:
    auditor = await house.client("auditor")
    return read(await auditor.get("/api/ledger"))["witnesses"]


async def signs(house: House) -> bool:
    await house.clock.advance(1)
    return bool((await shown(house))[0]["size"])


async def test_what_it_signed_is_shown_checked_and_exported(
    dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        WitnessServer("police.example/w1", PRIVATE, {}, tmp_path / "w") as server,
        opened(dsn, **appointed(server)) as house,
    ):
        await trust(house, server)
        await (await house.phone()).sos()
        await house.settle()
        await house.until(lambda: signs(house), settled=False)
        [one] = await shown(house)
        assert one["name"] == "police.example/w1" and one["at"] and not one["late"]
        auditor = await house.client("auditor")
        export = (await auditor.get("/api/ledger/export")).content
        keys = [house.centre.sequencer.verifier.text(), KEY]
        report = verify(export, keys)
        assert report.wrong == [] and any("witnessed by police.example/w1" in line for line in report.good)
        assert any(
            "seocho.example/w1 has not signed" in line
            for line in verify(export, [*keys, OTHER], witness_within_s=-1).wrong
        )
        assert server.requests and "김하늘" not in str(server.requests) and "37.38" not in str(server.requests)
        leave_note(house.centre, pid=0)
        # The check runs by a clock of its own, for which other things here are late; the witness's signature is good.
        await check(house.centre.settings.folder)
        assert "ledger" not in capsys.readouterr().out


@pytest.mark.parametrize("kind", [Silent, WrongKey])
async def test_one_that_does_not_sign_stops_nothing_and_is_reported(
    dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: type[WitnessServer]
) -> None:
    async with (
        kind("police.example/w1", PRIVATE, {}, tmp_path / "w") as server,
        opened(dsn, **appointed(server)) as house,
    ):
        await trust(house, server)
        phone, operator = await house.phone(), await house.client("operator")
        receipt = await phone.sos()
        await house.settle()
        read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
        read(await operator.post(f"/api/incidents/{receipt.incident}/close", json={"code": 2}))

        async def certified() -> bool:
            await house.clock.advance(1)
            return bool((await house.rows("SELECT destroyed_at FROM incident"))[0]["destroyed_at"])

        await house.until(certified, settled=False)
        [one] = await shown(house)
        assert (one["size"], one["at"], one["late"]) == (0, None, False)
        await house.clock.advance(301)
        assert (await shown(house))[0]["late"]
        leave_note(house.centre, pid=0)
        # The check runs in a process with a clock of its own; the checkpoints here are of the past.
        assert await check(house.centre.settings.folder) == 1
        assert "police.example/w1 has not signed for more than 300 s" in capsys.readouterr().out


def test_settings_name_a_witness_by_its_published_key(tmp_path: Path) -> None:
    file = tmp_path / "city.toml"
    file.write_text(f'[[witnesses]]\nkey = "{KEY}"\nurl = "https://police.example/witness"\n')
    [one] = read_settings(file).witnesses
    assert one.verifier.name == "police.example/w1"
    log = Verifier("gangnam", PRIVATE.public_key()).text()
    entry = '[[witnesses]]\nkey = "{}"\nurl = "{}"\n'
    for wrong, named in (
        (entry.format("police", "https://police.example"), "key"),
        (entry.format(log, "https://police.example"), "log"),
        (entry.format(KEY, "ftp://police.example"), "url"),
        (entry.format(KEY, "https://police.example/w?x=1"), "url"),
        (entry.format(KEY, "https://a.example") + entry.format(KEY, "https://b.example"), "two witnesses"),
        ("witness_within_s = 5\n", "witness_within_s"),
    ):
        file.write_text(wrong)
        with pytest.raises(Problem) as refused:
            read_settings(file)
        assert named in refused.value.detail
    assert Settings().witnesses == ()
