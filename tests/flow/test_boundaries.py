"""A city publishes its boundary: it is imported beside the running centre, and holds from its day on, for phones and for what they send."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from ansim.app.imports import import_boundaries
from ansim.app.running import leave_note
from ansim.city.places.survey import Said
from tests.flow.conftest import HOME, House

pytestmark = pytest.mark.flow

L = "{urn:ietf:params:xml:ns:lost1}"
ASK = (
    f'<findService xmlns="urn:ietf:params:xml:ns:lost1"><location id="1" profile="geodetic-2d"><Point xmlns="http://www.opengis.net/gml">'
    f"<pos>{HOME[0]} {HOME[1]}</pos></Point></location><service>urn:service:sos</service></findService>"
)


async def test_an_imported_boundary_holds_from_its_day_on(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begins_at = house.clock.now().replace(microsecond=0) + timedelta(hours=1)
    y, x = HOME
    ring = [
        [x - 0.01, y - 0.01],
        [x + 0.01, y - 0.01],
        [x + 0.01, y + 0.01],
        [x - 0.01, y + 0.01],
        [x - 0.01, y - 0.01],
    ]
    one = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
           "properties": {"centre": "gyeonggi-hanam", "name_ko": "새 구역", "name_en": "New Area", "valid_from": begins_at.isoformat()}}  # fmt: skip
    file = tmp_path / "2026.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [one]}), encoding="utf-8")
    folder = house.centre.settings.folder
    leave_note(house.centre, pid=0)
    asking = await house.client()

    async def answers() -> tuple[str, str]:
        said = (await asking.post("/api/mapping", json={"latitude": y, "longitude": x, "accuracy_m": 5})).json()
        xml = etree.fromstring((await asking.post("/lost", content=ASK)).content)
        names = [name.text for name in xml.iter(L + "displayName")]
        return said["centres"][0]["id"], names[1]

    async def bring(*, dry_run: bool = False) -> str:
        await import_boundaries(
            file, folder=folder, said=Said(), sheet=None, dry_run=dry_run, report=tmp_path / "report.csv"
        )
        await house.clock.advance(5)  # in which the centre looks for what another process has stated
        return capsys.readouterr().out

    assert "nothing was changed" in await bring(dry_run=True) and not house.centre.areas.boundaries
    assert "1 new, 0 removed" in await bring()
    await house.until(lambda: _known(house))
    assert "0 new, 0 removed, 1 as before" in await bring(), "the same file again changes nothing"
    assert await answers() == ("gyeonggi-seongnam", "Seongnam Centre"), "its day has not come"
    assert house.centre.distribution.areas.next_change(house.clock.now()) == begins_at
    house.clock.jump(3_601)
    assert await answers() == ("gyeonggi-hanam", "Hanam Centre")
    phone = await house.phone()
    await phone.sos()
    [incident] = await house.rows("SELECT centre FROM incident ORDER BY id DESC LIMIT 1")
    assert incident["centre"] == "gyeonggi-hanam", "an SOS goes where the phone was told it would"
    [entry] = await house.rows("SELECT count(*) AS times FROM ledger_entry WHERE act = 'boundaries.imported'")
    assert entry["times"] == 2
    report = (tmp_path / "report.csv").read_text(encoding="utf-8-sig")
    assert report.startswith("feature,rule,outcome,detail")
    file.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [{**one, "properties": {**one["properties"], "valid_from": "2020-01-01"}}],
            }
        )
    )
    assert "1 new, 1 removed" in await bring(), "what a file names no longer goes"


async def _known(house: House) -> bool:
    return len(house.centre.areas.boundaries) == 1
