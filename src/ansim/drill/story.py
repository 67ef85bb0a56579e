"""signal -> routed -> incident -> watched -> dispatched -> followed -> closed -> destroyed, each step proven from
outside.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import websockets

from ansim.core.geo import destination, distance_m
from ansim.core.world import World
from ansim.drill.house import House, new_city
from ansim.drill.inbox import Inbox
from ansim.drill.viewer import Viewed, Viewer
from ansim.sim.agency import Desk, Officer
from ansim.sim.city import City
from ansim.sim.phone import Codes, Guardian, Phone, Profile, Receiver, Refused, read

STEPS = (
    "enrolled",
    "routed",
    "signal",
    "incident on the operator's screen",
    "guardians told",
    "nothing before the claim",
    "claimed",
    "watched",
    "her in the picture",
    "dispatch requested",
    "dispatch accepted",
    "officer's link",
    "link refuses a second browser",
    "officer watches",
    "followed",
    "arrived",
    "clip verified",
    "closed",
    "pictures cut",
    "links dead",
    "track destroyed",
    "who saw me",
    "ledger verified",
    "nothing left",
)


class StepMissing(Exception):
    """A step of the story did not happen."""


class Console:
    """An operator's screen without a screen: the live socket and what it said."""

    def __init__(self, house: House, token: str) -> None:
        self.client = httpx.AsyncClient(base_url=house.server, headers={"authorization": f"Bearer {token}"}, timeout=60)
        self._address = house.server.replace("http", "ws", 1) + "/live"
        self._headers = {"authorization": f"Bearer {token}"}
        self.incidents: dict[str, dict[str, Any]] = {}
        self.moves: list[dict[str, Any]] = []
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen())
        async with asyncio.timeout(30):
            await self.ready.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.client.aclose()

    async def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return read(await self.client.request(method, path, json=body))

    async def until(self, holds: Callable[[], Any], within_s: float = 30.0) -> Any:
        """Wait until something is true of what the socket has told."""
        async with asyncio.timeout(within_s):
            while not (found := holds()):
                self._changed.clear()
                await self._changed.wait()
        return found

    def moved(self, times: int) -> bool:
        return len(self.moves) >= times

    async def _listen(self) -> None:
        async with websockets.connect(self._address, additional_headers=self._headers, max_size=16 << 20) as socket:
            async for message in socket:
                said = json.loads(message)
                if said["type"] == "state":
                    self.incidents = {one["id"]: one for one in said["incidents"]}
                    self.ready.set()
                elif said["type"] == "incident":
                    self.incidents[said["incident"]["id"]] = said["incident"]
                elif said["type"] == "position":
                    self.moves.append(said)
                self._changed.set()


class Drill:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.steps: list[dict[str, Any]] = []
        self.mark = secrets.token_hex(8)
        self._began = time.monotonic()

    def passed(self, step: str, took_s: float, proof: str) -> None:
        assert step == STEPS[len(self.steps)], f"{step} out of order"
        self.steps.append({"step": step, "took_ms": round(took_s * 1000, 1), "proof": proof})
        print(f"  {time.monotonic() - self._began:7.2f} s  {step:<36} {took_s * 1000:9.1f} ms   {proof}", flush=True)

    async def walk(self, city: City, house: House, inbox: Inbox) -> None:
        world = World()
        receiver = Receiver(world, city.world.random, city.place_of_her, accuracy_m=9.0)
        guardian = Guardian(
            name=f"어머니 {self.mark}", relation="어머니", mail="mother@example.org", phone="010-0000-0000"
        )
        profile = Profile(
            name=f"김하늘 {self.mark}",
            phone="010-1111-2222",
            note=f"천식 {self.mark}",
            guardians=[guardian],
            codes=Codes(cancel="2580", duress="8520"),
        )
        phone = Phone(world, house.server, receiver, profile)
        operator, auditor, agency = await asyncio.gather(
            house.token("operator"), house.token("auditor"), house.token("agency", "--agency", "112")
        )
        console = Console(house, operator)
        await console.start()
        try:
            await self._signal(phone, console, inbox)
            incident = await self._watch(phone, console, house, city)
            await self._dispatch(console, incident, house, agency, phone, receiver)
            await self._keep(console, incident, house)
            await self._end(console, incident, house, auditor, phone)
        finally:
            await asyncio.gather(console.close(), phone.close())

    async def _timed(self, work: Awaitable[Any]) -> tuple[Any, float]:
        began = time.monotonic()
        return await work, time.monotonic() - began

    async def _signal(self, phone: Phone, console: Console, inbox: Inbox) -> None:
        person, took = await self._timed(phone.enrol())
        self.passed("enrolled", took, f"person {person}")
        mapping, took = await self._timed(phone.mapping())
        self.need(mapping["centres"][0]["id"] == "gyeonggi-seongnam" and mapping["source"] == "exact", "routed")
        self.passed("routed", took, f"{mapping['centres'][0]['id']} ({mapping['source']})")
        body = phone.message()
        self.spot = body["position"]
        began = time.monotonic()
        receipt, took = await self._timed(phone.send(body))
        again = await phone.send(body)
        self.need(again.receipt == receipt.receipt and again.incident == receipt.incident, "signal")
        self.passed("signal", took, f"receipt {receipt.receipt}, the same when sent again")
        seen = await console.until(lambda: console.incidents.get(receipt.incident))
        self.passed(
            "incident on the operator's screen", time.monotonic() - began, f"incident {seen['number']} {seen['id']}"
        )
        link = await inbox.link("sms")
        mail = await inbox.link("mail")
        took = time.monotonic() - began
        guardian = Officer(World(), link)
        state = await guardian.open()
        self.need(
            mail == link and state["kind"] == "guardian" and state["position"] and not state["cameras"],
            "guardians told",
        )
        self.guardian = guardian
        self.passed("guardians told", took, "SMS and mail with one link; position, no camera")

    async def _watch(self, phone: Phone, console: Console, house: House, city: City) -> str:
        assert phone.receipt is not None
        id = phone.receipt.incident
        before = console.incidents[id]
        hidden = json.dumps(before, ensure_ascii=False)
        self.need(
            self.mark not in hidden and before["position"]["coarse"] and "person" not in before,
            "nothing before the claim",
        )
        rights = (await console.ask("GET", f"/api/grants?incident={id}"))["grants"]
        self.need(not any(right["video"] for right in rights), "nothing before the claim")
        self.passed(
            "nothing before the claim", 0.0, f"{before['cameras_ready']} cameras ready, no name, a cell of 100 m"
        )
        began = time.monotonic()
        detail, took = await self._timed(console.ask("POST", f"/api/incidents/{id}/claim"))
        self.need(detail["state"] == "claimed" and self.mark in detail["person"]["name"], "claimed")
        self.passed("claimed", took, f"by {detail['owner']['id']}")
        self.grant = await console.until(
            lambda: next(
                (g["id"] for g in console.incidents[id].get("grants", []) if g["holder"]["kind"] == "operator"), None
            )
        )
        detail = console.incidents[id]
        self.views = []
        for camera in [ranked["id"] for ranked in detail["cameras"][:2]]:
            self.views.append(await self._open(console, house, f"/api/grants/{self.grant}/tokens", camera))
        viewed = self.views[0][0]
        async with asyncio.timeout(60):
            await viewed.seen.wait()
        self.need(viewed.its_own_picture and viewed.first_frame_s is not None, "watched")
        self.passed("watched", (viewed.first_frame_s or 0) - began, f"grant {self.grant}, {viewed.camera} decoded")
        covering = set(city.cameras_covering(*city.quarter.plane.point(*city.place_of_her())))
        chosen = {ranked["id"] for ranked in detail["cameras"][:4]}
        self.need(bool(covering & chosen), "her in the picture")
        self.passed(
            "her in the picture", 0.0, f"{', '.join(sorted(covering & chosen)[:4])} of the four chosen really see her"
        )
        return id

    async def _open(
        self, console: Console, house: House, path: str, camera: str, officer: Officer | None = None
    ) -> tuple[Viewed, asyncio.Task[Viewed]]:
        token = await (officer.watch_token(camera) if officer else console.ask("POST", path, {"camera": camera}))
        viewed = Viewed(camera, time.monotonic())
        return viewed, asyncio.create_task(Viewer(house.media).watch(camera, token["token"], viewed))

    async def _dispatch(
        self, console: Console, id: str, house: House, agency: str, phone: Phone, receiver: Receiver
    ) -> None:
        async with httpx.AsyncClient(base_url=house.server, headers={"authorization": f"Bearer {agency}"}) as client:
            desk = Desk(World(), client)
            began = time.monotonic()
            asked = await console.ask("POST", f"/api/incidents/{id}/dispatches", {"agency": "112"})
            async with asyncio.timeout(30):
                request = await desk.next_request(set(), every_s=0.02)
            self.passed(
                "dispatch requested", time.monotonic() - began, f"dispatch {asked['dispatch']}, {request['reference']}"
            )
            began = time.monotonic()
            await desk.accept(request["id"])
            await console.until(lambda: any(d["state"] == "acknowledged" for d in console.incidents[id]["dispatches"]))
            self.passed("dispatch accepted", time.monotonic() - began, "112 acknowledged, on the operator's screen")
            await desk.send_unit(request["id"], "순찰 12호")
            link = None
            async with asyncio.timeout(30):
                while link is None:
                    link = (await desk.requests())[0]["link"]
            officer = self.officer = Officer(World(), link)
            state, took = await self._timed(officer.open())
            self.need(
                state["kind"] == "officer" and state["position"] and state["cameras"] and state["until_at"],
                "officer's link",
            )
            self.passed("officer's link", took, f"until {state['until_at']}, {len(state['cameras'])} cameras")
            second = Officer(World(), link)
            try:
                await second.open()
                raise StepMissing("link refuses a second browser")
            except Refused as refused:
                self.need(refused.status == 409 and refused.type == "link.bound", "link refuses a second browser")
            await second.close()
            self.passed("link refuses a second browser", 0.0, "409 link.bound, recorded")
            view = await self._open(console, house, "", state["cameras"][0]["id"], officer)
            self.views.append(view)
            async with asyncio.timeout(60):
                await view[0].seen.wait()
            self.need(view[0].its_own_picture, "officer watches")
            self.passed("officer watches", (view[0].first_frame_s or 0) - view[0].asked_s, f"{view[0].camera} decoded")
            await self._follow(console, id, phone)
            latitude, longitude = destination(*receiver._where(), 90.0, 12.0)
            await officer.here(latitude, longitude)
            _, took = await self._timed(officer.arrived())
            await console.until(lambda: console.incidents[id]["arrived_at"])
            self.passed("arrived", took, "the officer said so on the link")
            await desk.completed(request["id"])

    async def _follow(self, console: Console, id: str, phone: Phone) -> None:
        """Six fixes while she walks: she moves on the screen, and the cameras are ranked anew."""
        before = len(console.moves)
        first = [camera["id"] for camera in console.incidents[id]["cameras"]]
        began = time.monotonic()
        for fixes in range(1, 7):
            taken = await phone.report()
            self.need(taken["accepted"] == 1, "followed")
            await console.until(partial(console.moved, before + fixes))
            await asyncio.sleep(1.0)
        last = [camera["id"] for camera in console.moves[-1]["cameras"]]
        self.need(console.moves[-1]["position"] != console.moves[before]["position"], "followed")
        self.passed(
            "followed",
            (time.monotonic() - began) / 6,
            f"6 fixes, each ranked anew; cameras {len(first)} -> {len(last)}",
        )

    async def _keep(self, console: Console, id: str, house: House) -> None:
        """The last seconds of the first camera she was seen by, as evidence: checked offline, and refused with one changed byte."""
        began, now = time.monotonic(), datetime.now(UTC)
        asked = {
            "camera": self.views[0][0].camera, "from": (now - timedelta(seconds=15)).isoformat(),
            "until": now.isoformat(), "reason": f"뒤따르는 사람 {self.mark}",
        }  # fmt: skip
        clip = await console.ask("POST", f"/api/incidents/{id}/clips", asked)
        answer = await console.client.get(f"/api/clips/{clip['id']}")
        answer.raise_for_status()
        file = house.folder / "clip.mp4"
        file.write_bytes(answer.content)
        report = (await house.ansim("verify", str(file))).strip().splitlines()
        self.need(report[-1] == "valid", "clip verified")
        took = time.monotonic() - began
        middle = len(answer.content) // 2
        self.seen = answer.content[middle : middle + 48]
        file.write_bytes(answer.content[:middle] + bytes([answer.content[middle] ^ 1]) + answer.content[middle + 1 :])
        try:
            await house.ansim("verify", str(file))
            raise StepMissing("clip verified (one changed byte was not found)")
        except RuntimeError as refused:
            self.need("was changed" in str(refused), "clip verified")
        file.unlink()
        pictures = next(line for line in report if "pictures in" in line).split()[1]
        self.passed("clip verified", took, f"{pictures} pictures; with one changed byte it is refused")

    async def _end(self, console: Console, id: str, house: House, auditor: str, phone: Phone) -> None:
        began = time.monotonic()
        closed, took = await self._timed(
            console.ask("POST", f"/api/incidents/{id}/close", {"code": 1, "note": f"안전 확인 {self.mark}"})
        )
        self.need(closed["state"] == "closed", "closed")
        self.passed("closed", took, f"{closed['number']}, code 1")
        async with asyncio.timeout(30):
            ends = [await task for _, task in self.views]
        living = [viewed for viewed in ends if viewed.closed not in (4403, 1006)]
        self.need(not living, "pictures cut")
        # The view of the unit whose request was completed ended with it, before the case did.
        cut = max((viewed.closed_s or 0) for viewed in ends[:2]) - began
        self.passed("pictures cut", cut, f"{len(ends)} pictures ended by the centre")
        for link in (self.guardian, self.officer):
            state = await link.state()
            self.need(state["closed"] and not state.get("position") and not state.get("person"), "links dead")
            await link.close()
        self.passed("links dead", 0.0, "both pages empty")
        async with httpx.AsyncClient(
            base_url=house.server, headers={"authorization": f"Bearer {auditor}"}, timeout=20
        ) as client:
            await console.until(lambda: console.incidents[id]["destroyed_at"], within_s=30)
            took = time.monotonic() - began
            answer = read(await client.get(f"/api/certificates/{id}"))
            certificate = next(d["certificate"] for d in answer["destructions"] if d["scope"] == "track")
            file = house.folder / "certificate.json"
            file.write_text(json.dumps(certificate), encoding="utf-8")
            report = await house.ansim("verify", str(file))
            self.passed("track destroyed", took, f"certificate verified offline: {report.strip().splitlines()[-1]}")
            entries = await phone.record()
            acts = sorted({entry["act"] for entry in entries})
            self.need("view.opened" in acts and "view.ended" in acts, "who saw me")
            self.passed(
                "who saw me",
                0.0,
                f"{len(entries)} entries on her phone, {sum(e['act'] == 'view.opened' for e in entries)} views",
            )
            export = await client.get("/api/ledger/export")
            export.raise_for_status()
            file = house.folder / "ledger-export.json"
            file.write_bytes(export.content)
            report = await house.ansim("verify", str(file))
            self.passed("ledger verified", 0.0, report.strip().splitlines()[-1])
        await house.stop()
        markers = {
            "name": self.mark.encode(),
            "latitude": str(self.spot["latitude"]).encode(),
            "longitude": str(self.spot["longitude"]).encode(),
            "picture": self.seen,
        }
        began = time.monotonic()
        found = await asyncio.to_thread(house.traces, markers)
        self.need(not any(found.values()), f"nothing left ({found})")
        self.passed(
            "nothing left",
            time.monotonic() - began,
            f"{house.scanned() >> 20} MiB of database, log, keys and recordings hold none of her traces",
        )

    @staticmethod
    def need(condition: Any, step: str) -> None:
        if not condition:
            raise StepMissing(step)


def around_her(city: City, count: int = 10) -> list[str]:
    """The cameras nearest to her. A simulated camera draws its street at its first picture, which a real one need
    not.
    """
    here = city.place_of_her()
    rows = sorted(city.register(), key=lambda row: distance_m(*here, row["latitude"], row["longitude"]))
    return [row["id"] for row in rows[:count]]


async def drill(
    *,
    seed: int = 7,
    report: Path | None = None,
    keep: bool = False,
    apart: bool = False,
    database: str | None = None,
    places: Sequence[Path] = (),
) -> int:
    """Walk the story; 0 when every step happened, 1 and the missing step's name otherwise.

    apart: the media node as a process of its own; database: an operator's PostgreSQL by DSN, empty; places: its folder, to be searched for her traces too.
    """
    run, city, inbox = Drill(seed), new_city(seed), Inbox()
    smtp, sms = await inbox.start()
    await city.start()
    house = House(city, smtp=smtp, sms=sms, apart=apart, database=database, places=places)
    missing: str | None = None
    print(f"ansim drill, seed {seed}", flush=True)
    try:
        drawn = asyncio.gather(
            *(asyncio.to_thread(city.picture, camera, city.world.clock.now()) for camera in around_her(city))
        )
        await house.start()
        await drawn
        await run.walk(city, house, inbox)
    except (StepMissing, TimeoutError, Refused, RuntimeError, httpx.HTTPError, websockets.WebSocketException) as error:
        missing = str(error) if isinstance(error, StepMissing) else STEPS[len(run.steps)]
        print(f"MISSING: {missing} ({type(error).__name__}: {error})", flush=True)
    finally:
        await house.stop()
        await city.stop()
        await inbox.stop()
        if keep:
            print(f"kept: {house.folder}")
        else:
            house.remove()
    if report is not None:
        outcome = {"seed": seed, "ok": missing is None, "missing": missing, "steps": run.steps}
        await asyncio.to_thread(
            report.write_text, json.dumps(outcome, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
    if missing is None:
        print(f"{len(run.steps)} steps, all there", flush=True)
    return 0 if missing is None else 1
