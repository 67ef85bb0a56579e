"""The whole city: a quarter, the people in it and its cameras, alive between `start` and `stop`."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from math import hypot
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from ansim.core.world import World
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.coding import Planes
from ansim.sim.figures import Look, Person, Vehicle, compose
from ansim.sim.onvif import HOME, OnvifServer, Place
from ansim.sim.plane import Point
from ansim.sim.quarter import Camera, Quarter, RoadClass, generate
from ansim.sim.render import Backdrop, Colour, Pose, backdrop
from ansim.sim.scenery import Scenery
from ansim.sim.walkers import Behind, Pacer, Resident, Spot, Walker, Wanderer, Way, way_along

PASSERS_BY = 14
RESIDENTS = 7
WALK_MPS = 1.3
ELDER_MPS = 1.0
CHANGED = 16
"""Steps of luma that neither grain nor compression makes."""
PASSING_CARS = 5
SHOP_EVERY = 4
"""At one crossing of so many there is a shop."""
DRIVE_BESIDE_M: dict[RoadClass, float] = {"avenue": 5.1, "street": 1.3}
HER = Look(top=(0.78, 0.78, 0.76), legs=(0.02, 0.02, 0.025), hair=(0.02, 0.015, 0.012), height_m=1.63,
           long_hair=True, bag=True)  # fmt: skip
ELDER = Look(top=(0.24, 0.10, 0.26), legs=(0.10, 0.09, 0.09), hair=(0.5, 0.5, 0.5), height_m=1.52)
ELDERS_WALK_M = 100.0
HIM = Look(top=(0.03, 0.035, 0.05), legs=(0.05, 0.05, 0.07), hair=(0.02, 0.02, 0.02), height_m=1.76)
PAINTS: tuple[Colour, ...] = ((0.6, 0.6, 0.6), (0.05, 0.05, 0.06), (0.3, 0.31, 0.33), (0.3, 0.04, 0.04))
CLOTHES = (
    (0.35, 0.06, 0.06), (0.06, 0.10, 0.30), (0.08, 0.16, 0.10), (0.30, 0.26, 0.18), (0.05, 0.05, 0.06),
    (0.22, 0.22, 0.24), (0.45, 0.40, 0.34), (0.20, 0.08, 0.22),
)  # fmt: skip


PRESETS: dict[str, tuple[str, Place]] = {
    "1": ("정위치", HOME), "2": ("뒤쪽", (1.0, 0.0, 0.0)), "3": ("왼쪽", (-0.5, 0.0, 0.0)), "4": ("오른쪽", (0.5, 0.0, 0.0)),
}  # fmt: skip
TILT_DEG, ZOOM = 30.0, 3.0
"""What a head does with a tilt of one, and how much nearer its narrowest view brings."""


class City:
    """A city of one quarter. Positions are in metres on `quarter.plane` and follow from the world's clock."""

    def __init__(
        self,
        seed: int,
        world: World,
        *,
        centre: Point = (37.38, 127.12),
        rtsp_host: str = "127.0.0.1",
        rtsp_port: int = 0,
    ) -> None:
        self.world = world
        self.quarter: Quarter = generate(seed, centre)
        self.scenery = Scenery(self.quarter)
        self.cameras = CameraServer(world, host=rtsp_host, port=rtsp_port)
        random = Random(f"people {seed}")
        now = world.clock.monotonic()
        self._walking = [
            (Wanderer(self.quarter, random, random.uniform(1.0, 1.5), now), _look(random)) for _ in range(PASSERS_BY)
        ]
        self._driving = [
            (Wanderer(self.quarter, random, random.uniform(6.0, 9.0), now, DRIVE_BESIDE_M), random.choice(PAINTS))
            for _ in range(PASSING_CARS)
        ]
        back = way_along(self.quarter, list(self.quarter.safe_way)[::-1])
        self.her = Pacer(self.way_home(), back, WALK_MPS, now)
        self.her.pause(now)
        self.him = Behind(self.her, gap_m=11.0)
        own = Random(f"residents {seed}")
        self.residents = [Resident(self.quarter, own, own.uniform(1.15, 1.45), now) for _ in range(RESIDENTS)]
        self._clothes = [_look(own) for _ in self.residents]
        self.elder = self._walk_of_elder(now)
        self._patrols: dict[str, Walker] = {}
        self._moving = threading.Lock()
        turning = frozenset(site.id for site in self.quarter.sites if site.turns)
        self.onvif = OnvifServer(world, self.cameras, turning, PRESETS, host=rtsp_host)
        self._backdrops: dict[str, Backdrop] = {}
        self._turned: dict[str, tuple[Place, Backdrop]] = {}
        for site in self.quarter.sites:
            self.cameras.add(site.id, partial(self.picture, site.id), partial(self._backdrop, site))

    async def start(self) -> None:
        await self.cameras.start()
        await self.onvif.start()
        self.her.resume(self.world.clock.monotonic())

    async def stop(self) -> None:
        await self.onvif.stop()
        await self.cameras.stop()

    # -- what others ask -----------------------------------------------------------------------------------

    def register(self) -> list[dict[str, Any]]:
        """The camera register's rows, see `Quarter.cameras`; addresses to pull from are `cameras.url(id)`."""
        return self.quarter.cameras()

    def source(self, camera: str) -> str | dict[str, str]:
        """What a media node has to know of a camera: where its pictures come from and, of one that turns, where to ask."""
        url = self.cameras.url(camera)
        if camera not in self.onvif.turning:
            return url
        device = self.onvif.address(camera).replace("//", "//{}:{}@".format(*self.cameras.account))
        return {"url": url, "device": device, "profile": "main"}

    def map(self) -> dict[str, Any]:
        return self.quarter.geojson()

    def facilities(self) -> list[dict[str, Any]]:
        """Street lights and places of help, as registers have them: kind, id, name, latitude, longitude, hours."""
        quarter, rows = self.quarter, list[dict[str, Any]]()

        def add(kind: str, name: str, x: float, y: float, hours: str | None = None) -> None:
            latitude, longitude = quarter.plane.place(x, y)
            place = {"latitude": round(latitude, 7), "longitude": round(longitude, 7)}
            rows.append({"kind": kind, "id": f"{kind}-{len(rows)}", "name": name, **place, "hours": hours})

        for lamp in self.scenery.lamps:
            add("light", "보안등", *lamp.head)
        for named in quarter.places:
            if named.kind in ("police-box", "safe-shop"):
                add("police" if named.kind == "police-box" else "shelter", named.name, named.x, named.y)
        corners = [node for node in quarter.nodes if len(quarter.edges[node.id]) >= 4]
        for number, node in enumerate(corners[::SHOP_EVERY], start=1):
            add("shop", f"달무리편의점 {number}호", node.x, node.y, "24/7" if number % 2 else "07:00-23:00")
        return rows

    def place_of_her(self) -> tuple[float, float]:
        """Her true (latitude, longitude)."""
        return self.place_of(self.her)

    def cameras_covering(self, x: float, y: float) -> list[str]:
        """Cameras with a free line to a point within their range and field of view, nearest first."""
        return [
            site.id
            for site in sorted(self.quarter.sites, key=lambda s: hypot(s.x - x, s.y - y))
            if self.quarter.covers(site, x, y)
        ]

    def shows_her(self, camera: str, luma: npt.NDArray[np.uint8]) -> bool:
        """Whether she can be seen in a decoded picture of now (its luma plane): where her body must be, the picture
        differs from the empty street. False where something hides her, or when the picture is old."""
        scene = self._scene(self.quarter.site(camera))
        spot = self.her.spot(self.world.clock.monotonic())
        body = np.array([(spot.x, spot.y, up) for up in (0.1, HER.height_m)])
        (ax, ay, depth), (bx, by, _) = scene.lens.project(body)
        if depth < 2:
            return False
        half = max(2.0, scene.lens.focal / depth * 0.3)
        rows = slice(max(0, int(min(ay, by))), min(HEIGHT, int(max(ay, by)) + 1))
        columns = slice(max(0, int(min(ax, bx) - half)), min(WIDTH, int(max(ax, bx) + half) + 1))
        change = np.abs(luma[rows, columns].astype(int) - scene.planes[rows, columns])
        return change.size > 8 and float((change > CHANGED).mean()) > 0.15

    async def prepare(self, cameras: Iterable[str]) -> None:
        """Draw these cameras' standing scenes ahead, so that their first picture comes at once."""
        for camera in cameras:
            await self.cameras.prepare(camera)

    # -- her, and the cars that come -----------------------------------------------------------------------

    def way_home(self) -> Way:
        """Hers: from the station along the safe way home."""
        return way_along(self.quarter, list(self.quarter.safe_way))

    def place_of_elder(self) -> tuple[float, float]:
        """The true (latitude, longitude) of whoever wears the pendant; the middle of her walk is `elders_home`."""
        return self.place_of(self.elder)

    def elders_home(self) -> dict[str, float]:
        box = next(place for place in self.quarter.places if place.kind == "police-box")
        latitude, longitude = self.quarter.plane.place(box.x, box.y)
        return {"latitude": latitude, "longitude": longitude}

    def stray(self) -> None:
        """She leaves her walk, for where the streets lead farthest from it, and comes back in the end."""
        quarter, now = self.quarter, self.world.clock.monotonic()
        spot = self.elder.spot(now)
        far = max(
            (node for node in quarter.nodes if quarter.edges[node.id]),
            key=lambda node: hypot(node.x - spot.x, node.y - spot.y),
        )
        nodes = quarter.ways_from(quarter.node_near(spot.x, spot.y))(far.id)
        way = Way((spot.x, spot.y))
        for point in (*way_along(quarter, nodes).points, *way_along(quarter, nodes[::-1]).points):
            way.add(point)
        self.elder.stray(way, now)

    def place_of(self, walker: Walker) -> tuple[float, float]:
        """The true (latitude, longitude) of somebody who walks here."""
        spot = walker.spot(self.world.clock.monotonic())
        return self.quarter.plane.place(spot.x, spot.y)

    def _walk_of_elder(self, now: float) -> Pacer:
        """There and back before the police box, all day."""
        quarter = self.quarter
        box = next(place for place in quarter.places if place.kind == "police-box")
        start = quarter.node_near(box.x, box.y)
        way_to, here = quarter.ways_from(start), quarter.nodes[start]
        end = min(
            (node for node in quarter.nodes if quarter.edges[node.id] and node.id != start),
            key=lambda node: abs(hypot(node.x - here.x, node.y - here.y) - ELDERS_WALK_M),
        )
        nodes = way_to(end.id)
        return Pacer(way_along(quarter, nodes), way_along(quarter, nodes[::-1]), ELDER_MPS, now)

    def patrol(self, name: str, target: Point, speed_mps: float = 9.0) -> Walker:
        """Send a patrol car to a point (metres), from where it is or else from the police box. It stands in the
        cameras' pictures from now on, and at its end when it is there."""
        quarter, now = self.quarter, self.world.clock.monotonic()
        running = self._patrols.get(name)
        if running is None:
            box = next(place for place in quarter.places if place.kind == "police-box")
            start = (box.x, box.y)
        else:
            spot = running.spot(now)
            start = (spot.x, spot.y)
        nodes, last = quarter.drive(start, target)
        way = Way(start)
        for point in way_along(quarter, nodes, {**DRIVE_BESIDE_M, "alley": 0.0}).points if len(nodes) > 1 else ():
            way.add(point)
        way.add(last)
        car = Walker(way, speed_mps, now)
        self._patrols[name] = car
        return car

    def patrol_car(self, name: str) -> Walker | None:
        return self._patrols.get(name)

    def dismiss(self, name: str) -> None:
        """Take a patrol car off the streets."""
        self._patrols.pop(name, None)

    # -- pictures ------------------------------------------------------------------------------------------

    def picture(self, camera: str, at: datetime) -> Planes:
        """What a camera sees now, with `at` in its clock; called from the camera server's threads."""
        site = self.quarter.site(camera)
        scene = self._scene(site)
        # Wanderers choose their way as they go, and cameras draw in several threads.
        with self._moving:
            people, vehicles = self._everybody(self.world.clock.monotonic())
        return compose(scene, people, vehicles, at, f"{site.id.upper()}  {site.name_en}")

    def _everybody(self, now: float) -> tuple[list[Person], list[Vehicle]]:
        people = [
            _person(self.her.spot(now), HER),
            _person(self.him.spot(now), HIM),
            _person(self.elder.spot(now), ELDER),
            *(_person(walker.spot(now), look) for walker, look in self._walking),
        ]
        rides = []
        for resident, look in zip(self.residents, self._clothes, strict=True):
            if resident.rides:
                rides.append(_vehicle(resident.spot(now), PAINTS[1]))
            elif not resident.inside:
                people.append(_person(resident.spot(now), look))
        patrols = [_vehicle(car.spot(now), (0.75, 0.76, 0.78), patrol=True) for car in list(self._patrols.values())]
        return people, [*patrols, *rides, *(_vehicle(car.spot(now), paint) for car, paint in self._driving)]

    def _scene(self, site: Camera) -> Backdrop:
        """What the camera looks at. A turn is drawn when it has ended: until then the picture stays that of before."""
        head = self.onvif.heads.get(site.id)
        if head is None:
            return self._backdrop(site)
        before = self._turned.get(site.id)
        place = before[0] if before and head.moving else HOME if head.moving else head.place
        if place == HOME:
            self._turned.pop(site.id, None)
            return self._backdrop(site)
        if before is None or before[0] != place:
            before = (place, backdrop(self.scenery, pose(site, place), WIDTH, HEIGHT))
            self._turned[site.id] = before
        return before[1]

    def _backdrop(self, site: Camera) -> Backdrop:
        """The standing scene, drawn once (most of a second) and kept (0.8 MB)."""
        scene = self._backdrops.get(site.id)
        if scene is None:
            scene = self._backdrops[site.id] = backdrop(self.scenery, pose(site), WIDTH, HEIGHT)
        return scene


def pose(site: Camera, place: Place = HOME) -> Pose:
    pan, tilt, zoom = place
    azimuth, pitch = (site.azimuth_deg + pan * 180) % 360, site.pitch_deg - tilt * TILT_DEG
    return Pose(site.x, site.y, site.height_m, azimuth, pitch, site.view_deg / (1 + (ZOOM - 1) * zoom))


def _person(spot: Spot, look: Look) -> Person:
    return Person(spot.x, spot.y, spot.heading, spot.walked_m, spot.moving, look)


def _vehicle(spot: Spot, paint: Colour, patrol: bool = False) -> Vehicle:
    return Vehicle(spot.x, spot.y, spot.heading, patrol, paint)


def _look(random: Random) -> Look:
    return Look(
        top=random.choice(CLOTHES),
        legs=random.choice(CLOTHES[2:6]),
        hair=(0.02, 0.018, 0.016),
        height_m=random.uniform(1.55, 1.82),
        long_hair=random.random() < 0.4,
        bag=random.random() < 0.4,
    )


__all__ = ["City", "pose"]
