"""What a camera sees at night: the street in perspective, drawn once, and the moving figures drawn into
every picture.

The standing scene is a small deferred renderer in numpy: rectangles (walls, cars, poles) and the ground are
cast into
buffers of depth, normal, colour and own light; then the street lamps light every point once. It costs about
a second
a camera and is kept; a picture of the running stream then costs a copy plus the people in it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import atan2, cos, hypot, radians, sin, tan
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw, ImageFilter
from shapely import STRtree
from shapely.geometry import Point as ShapelyPoint
from shapely.geometry import Polygon, box

from ansim.sim.plane import Point
from ansim.sim.quarter import Building
from ansim.sim.scenery import Lamp, ParkedCar, Scenery, Tree, sides

Floats = npt.NDArray[np.floating[Any]]
U8 = npt.NDArray[np.uint8]
Colour = tuple[float, float, float]

SUPERSAMPLE = 2
FAR_M = 150.0
NEAR_M = 0.4
LAMP_REACH_M = 28.0
SKY_DEPTH = 1e6
TILE = 8

YARD, ASPHALT, SIDEWALK, GRASS = range(4)
GROUND = np.array(
    [
        (0.16, 0.15, 0.14),
        (0.105, 0.105, 0.11),
        (0.25, 0.24, 0.225),
        (0.07, 0.10, 0.05),
    ],
    np.float32,
)
PAINTS = np.array([(0.62, 0.62, 0.60), (0.52, 0.36, 0.07)], np.float32)
WALLS: tuple[Colour, ...] = (
    (0.30, 0.17, 0.12),
    (0.36, 0.22, 0.16),
    (0.42, 0.38, 0.32),
    (0.34, 0.33, 0.32),
    (0.50, 0.48, 0.45),
    (0.27, 0.22, 0.19),
)


class Pose(NamedTuple):
    """Where a camera stands (metres, height above ground) and looks (degrees: azimuth, pitch down, field of
    view)."""

    x: float
    y: float
    height_m: float
    azimuth_deg: float
    pitch_deg: float
    view_deg: float


class Lens:
    """Pinhole projection for a picture of `width` x `height` pixels."""

    def __init__(self, pose: Pose, width: int, height: int) -> None:
        azimuth, pitch = radians(pose.azimuth_deg), radians(pose.pitch_deg)
        self.pose = pose
        self.width, self.height = width, height
        self.focal = width / 2 / tan(radians(pose.view_deg) / 2)
        self.origin = np.array((pose.x, pose.y, pose.height_m))
        self.forward = np.array((sin(azimuth) * cos(pitch), cos(azimuth) * cos(pitch), -sin(pitch)))
        self.right = np.array((cos(azimuth), -sin(azimuth), 0.0))
        self.up = np.array((sin(azimuth) * sin(pitch), cos(azimuth) * sin(pitch), cos(pitch)))
        self._basis = np.stack((self.right, self.up, self.forward))

    def camera(self, points: Floats) -> Floats:
        """World points (n, 3) -> right, up and forward metres (n, 3)."""
        seen: Floats = (points - self.origin) @ self._basis.T
        return seen

    def project(self, points: Floats) -> Floats:
        """World points (n, 3) -> pixel x, pixel y, depth in metres (n, 3); depth <= 0 is behind."""
        seen = self.camera(points)
        depth = np.where(np.abs(seen[:, 2]) < 1e-6, 1e-6, seen[:, 2])
        return np.stack(
            (
                self.width / 2 + self.focal * seen[:, 0] / depth,
                self.height / 2 - self.focal * seen[:, 1] / depth,
                seen[:, 2],
            ),
            axis=1,
        )

    def rays(self) -> Floats:
        """A direction for every pixel (height, width, 3) whose forward part is 1: a factor on it is a
        depth."""
        across = (np.arange(self.width) + 0.5 - self.width / 2) / self.focal
        down = (np.arange(self.height) + 0.5 - self.height / 2) / self.focal
        rays = self.forward + across[None, :, None] * self.right - down[:, None, None] * self.up
        single: Floats = rays.astype(np.float32)
        return single


class Backdrop(NamedTuple):
    """The standing scene: YUV 4:2:0 planes (height * 3 // 2, width), depth (height, width), lamps near by."""

    planes: U8
    depth: Floats
    lens: Lens
    lamps: tuple[Lamp, ...]


Shader = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""(metres along, metres up) of n points -> colour (n, 3) and own light (n, 3), linear."""


def backdrop(scenery: Scenery, pose: Pose, width: int, height: int) -> Backdrop:
    """Draw the standing scene as this camera sees it."""
    scene = _Scene(scenery, Lens(pose, width * SUPERSAMPLE, height * SUPERSAMPLE))
    scene.draw()
    picture = scene.develop()
    depth = scene.depth.reshape(height, SUPERSAMPLE, width, SUPERSAMPLE).min(axis=(1, 3))
    depth = np.minimum(depth, 6e4).astype(np.float16)  # three digits are enough to see who is before whom
    return Backdrop(_planes(picture), depth, Lens(pose, width, height), tuple(scene.lamps))


class _Scene:
    def __init__(self, scenery: Scenery, lens: Lens) -> None:
        self.scenery = scenery
        self.quarter = scenery.quarter
        self.lens = lens
        shape = (lens.height, lens.width)
        self.rays = lens.rays()
        self.depth = np.full(shape, SKY_DEPTH, np.float32)
        self.normal = np.zeros((*shape, 3), np.float32)
        self.albedo = np.zeros((*shape, 3), np.float32)
        self.glow = np.zeros((*shape, 3), np.float32)
        pose = lens.pose
        middle = ShapelyPoint(pose.x + self.lens.forward[0] * 55, pose.y + self.lens.forward[1] * 55)
        self.around = middle.buffer(85)
        self.lamps = [scenery.lamps[k] for k in sorted(scenery.lamp_tree.query(self.around.buffer(15)))]

    def draw(self) -> None:
        """Near things first, so that most of what they hide is left undrawn; the ground fills what remains."""
        quarter = self.quarter
        for k in self._nearest_first(quarter.building_tree):
            self._building(quarter.buildings[k])
        for k in self._nearest_first(self.scenery.car_tree):
            self._car(self.scenery.cars[k])
        for k in self._nearest_first(self.scenery.tree_tree):
            self._tree(self.scenery.trees[k])
        for lamp in self.lamps:
            self._lamp_post(lamp)
        self._ground()
        self._sky()
        self._wires()

    def _nearest_first(self, tree: STRtree) -> list[int]:
        found = tree.query(self.around)
        apart = shapely.distance(tree.geometries[found], ShapelyPoint(self.lens.pose.x, self.lens.pose.y))
        return [int(k) for _, k in sorted(zip(apart, found, strict=True))]

    # -- shapes --------------------------------------------------------------------------------------------

    def rectangle(self, corner: Floats, along: Floats, up: Floats, shader: Shader, mask: bool = False) -> None:
        """Cast a rectangle given by one corner and two sides (world metres) where it is nearest so far.
        With `mask`, points whose colour is negative are holes."""
        normal = np.cross(along, up)
        normal /= np.linalg.norm(normal)
        if normal @ (self.lens.origin - corner) <= 1e-3:
            return
        bounds = self._bounds(np.stack((corner, corner + along, corner + along + up, corner + up)))
        if bounds is None:
            return
        x0, x1, y0, y1, least = bounds
        if least > self.depth[y0:y1, x0:x1].max():
            return
        rays = self.rays[y0:y1, x0:x1]
        slope = rays @ normal.astype(np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            depth = np.float32((corner - self.lens.origin) @ normal) / slope
        near = (depth > NEAR_M) & (depth < self.depth[y0:y1, x0:x1])
        length, tall = float(np.linalg.norm(along)), float(np.linalg.norm(up))
        offset = (self.lens.origin - corner).astype(np.float32)
        a_axis, b_axis = (along / length).astype(np.float32), (up / tall).astype(np.float32)
        a = depth * (rays @ a_axis) + offset @ a_axis
        b = depth * (rays @ b_axis) + offset @ b_axis
        hit = near & (a >= 0) & (a <= length) & (b >= 0) & (b <= tall)
        if not hit.any():
            return
        colour, glow = shader(a[hit], b[hit])
        if mask:
            solid = colour[:, 0] >= 0
            hit[hit] = solid
            colour, glow = colour[solid], glow[solid]
        self.depth[y0:y1, x0:x1][hit] = depth[hit]
        self.normal[y0:y1, x0:x1][hit] = normal
        self.albedo[y0:y1, x0:x1][hit] = colour
        self.glow[y0:y1, x0:x1][hit] = glow

    def _bounds(self, corners: Floats) -> tuple[int, int, int, int, float] | None:
        """Pixel bounds of a polygon after it is cut at the near plane, and its least depth.
        None outside the picture or where it is too small to see."""
        seen = self.lens.camera(corners)
        kept: list[Floats] = []
        for k in range(len(seen)):
            a, b = seen[k], seen[(k + 1) % len(seen)]
            if a[2] > NEAR_M:
                kept.append(a)
            if (a[2] > NEAR_M) != (b[2] > NEAR_M):
                kept.append(a + (b - a) * (NEAR_M - a[2]) / (b[2] - a[2]))
        if not kept:
            return None
        points = np.stack(kept)
        x = self.lens.width / 2 + self.lens.focal * points[:, 0] / points[:, 2]
        y = self.lens.height / 2 - self.lens.focal * points[:, 1] / points[:, 2]
        x0, x1 = max(0, int(x.min()) - 1), min(self.lens.width, int(x.max()) + 2)
        y0, y1 = max(0, int(y.min()) - 1), min(self.lens.height, int(y.max()) + 2)
        if x0 >= x1 or y0 >= y1 or x.max() - x.min() < 0.6 or y.max() - y.min() < 0.6:
            return None
        return x0, x1, y0, y1, float(points[:, 2].min())

    def _box(
        self, centre: Point, heading: float, size: Colour, base: float, shaders: tuple[Shader, Shader, Shader]
    ) -> None:
        """A box with its length along `heading`; `shaders` for the long sides, the ends and the top."""
        length, width, tall = size
        u = np.array((cos(heading), sin(heading), 0.0))
        v = np.array((-sin(heading), cos(heading), 0.0))
        corner = np.array((*centre, base)) - u * length / 2 - v * width / 2
        up = np.array((0.0, 0.0, tall))
        side, end, top = shaders
        self.rectangle(corner, u * length, up, side)
        self.rectangle(corner + u * length, v * width, up, end)
        self.rectangle(corner + u * length + v * width, -u * length, up, side)
        self.rectangle(corner + v * width, -v * width, up, end)
        self.rectangle(corner + up, u * length, v * width, top)

    # -- ground --------------------------------------------------------------------------------------------

    def _ground(self) -> None:
        down = -self.rays[..., 2]
        depth = np.float32(self.lens.pose.height_m) / np.maximum(down, np.float32(1e-6))
        hit = (down > 1e-4) & (depth < 400) & (depth < self.depth)
        depth = depth[hit]
        points = self.rays[hit] * depth[:, None] + self.lens.origin.astype(np.float32)
        x, y = points[:, 0], points[:, 1]
        near = _GroundChart(self.scenery, self._ahead(22.0), 56.0, 22)
        far = _GroundChart(self.scenery, self._ahead(78.0), 190.0, 7)
        colour = np.empty_like(points)
        close = near.covers(x, y)
        for chart, part in ((near, close), (far, ~close)):
            colour[part] = chart.colour(x[part], y[part])
        self.depth[hit] = depth
        self.normal[hit] = (0, 0, 1)
        self.albedo[hit] = colour

    def _ahead(self, metres: float) -> Point:
        pose = self.lens.pose
        return (
            pose.x + sin(radians(pose.azimuth_deg)) * metres,
            pose.y + cos(radians(pose.azimuth_deg)) * metres,
        )

    # -- houses --------------------------------------------------------------------------------------------

    def _building(self, building: Building) -> None:
        for number, (a, b) in enumerate(sides(building.ring)):
            length = hypot(b[0] - a[0], b[1] - a[1])
            if length < 0.3:
                continue
            # The ring runs anticlockwise, so the outside of a wall is on its right.
            nx, ny = (b[1] - a[1]) / length, -(b[0] - a[0]) / length
            pose = self.lens.pose
            if nx * (pose.x - a[0]) + ny * (pose.y - a[1]) <= 0:
                continue
            middle = ((a[0] + b[0]) / 2 + nx * 1.5, (a[1] + b[1]) / 2 + ny * 1.5)
            road = self.quarter.road_near(*middle)
            gap = self.scenery.distance_to(road, middle)
            front = gap < road.width_m / 2 + 1.2
            self.rectangle(
                np.array((*a, 0.0)),
                np.array((b[0] - a[0], b[1] - a[1], 0.0)),
                np.array((0.0, 0.0, building.height_m)),
                _facade(building, number, length, front, road.road_class),
            )

    # -- street furniture ----------------------------------------------------------------------------------

    def _car(self, car: ParkedCar) -> None:
        body = car.height_m * (0.62 if car.height_m < 1.8 else 0.55)
        ride = 0.22
        centre = (car.x, car.y)
        self._box(
            centre,
            car.heading,
            (car.length_m, car.width_m, body - ride),
            ride,
            (
                _car_side(car.colour, body - ride, car.length_m),
                _car_end(car.colour, body - ride, car.width_m),
                _flat(car.colour),
            ),
        )
        van = car.height_m > 1.8
        cabin = car.length_m * (0.9 if van else 0.52)
        self._box(
            (
                car.x - cos(car.heading) * car.length_m * (0.02 if van else 0.07),
                car.y - sin(car.heading) * car.length_m * (0.02 if van else 0.07),
            ),
            car.heading,
            (cabin, car.width_m - 0.22, car.height_m - body),
            body,
            (_car_glass(car.colour, cabin), _car_glass(car.colour, 0.0), _flat(car.colour)),
        )

    def _tree(self, tree: Tree) -> None:
        trunk = np.array((tree.x, tree.y, 0.0))
        side = self._facing(tree.x, tree.y)
        self.rectangle(
            trunk - side * 0.13,
            side * 0.26,
            np.array((0.0, 0.0, tree.height_m * 0.5)),
            _flat((0.10, 0.08, 0.06)),
        )
        wide = tree.height_m * 0.62
        self.rectangle(
            trunk - side * wide / 2 + np.array((0.0, 0.0, tree.height_m * 0.3)),
            side * wide,
            np.array((0.0, 0.0, tree.height_m * 0.75)),
            _leaves(wide, tree.height_m * 0.75, tree.style),
            mask=True,
        )

    def _lamp_post(self, lamp: Lamp) -> None:
        foot = np.array((*lamp.foot, 0.0))
        if hypot(foot[0] - self.lens.pose.x, foot[1] - self.lens.pose.y) < 1.0:
            return
        side = self._facing(*lamp.foot)
        thick = 0.28 if lamp.height_m < 8 else 0.2
        self.rectangle(
            foot - side * thick / 2,
            side * thick,
            np.array((0.0, 0.0, lamp.height_m + (1.6 if lamp.height_m < 8 else 0.1))),
            _round(thick, (0.30, 0.29, 0.28)),
        )
        arm = hypot(lamp.head[0] - lamp.foot[0], lamp.head[1] - lamp.foot[1])
        if arm < 0.2:
            return
        turn = atan2(lamp.head[1] - lamp.foot[1], lamp.head[0] - lamp.foot[0])
        middle = ((lamp.foot[0] + lamp.head[0]) / 2, (lamp.foot[1] + lamp.head[1]) / 2)
        dark = _flat((0.18, 0.18, 0.18))
        self._box(middle, turn, (arm, 0.07, 0.07), lamp.height_m + 0.05, (dark, dark, dark))
        lit = tuple(3.0 * c for c in lamp.colour)
        shine = _flat((0.1, 0.1, 0.1), (lit[0], lit[1], lit[2]))
        self._box(lamp.head, turn, (0.55, 0.24, 0.1), lamp.height_m - 0.06, (shine, shine, dark))

    def _facing(self, x: float, y: float) -> Floats:
        """The horizontal direction a board at (x, y) must have to face the camera."""
        dx, dy = x - self.lens.pose.x, y - self.lens.pose.y
        length = max(hypot(dx, dy), 1e-6)
        return np.array((dy / length, -dx / length, 0.0))

    # -- light ---------------------------------------------------------------------------------------------

    def develop(self) -> U8:
        """Light the scene and turn it into a picture (height, width, 3) of the wanted size, sRGB."""
        # Light is the same for all samples of a pixel, so their colours can be averaged before it falls on them.
        image = _averaged(self.albedo) * self._light() + _averaged(self.glow)
        depth = self.depth[::SUPERSAMPLE, ::SUPERSAMPLE]
        haze = np.where(depth < SKY_DEPTH, 1 - np.exp(-depth / 260), 0)[..., None]
        return _film(image + (np.array((0.016, 0.017, 0.022), np.float32) - image) * haze)

    def _light(self) -> Floats:
        """Light that falls on each point, once a pixel of the wanted size (light changes slowly, colour does
        not). Pixels are taken in tiles of 8 x 8, so that a lamp is asked only about tiles near it."""
        step = slice(None, None, SUPERSAMPLE)
        depth = self.depth[step, step]
        points = self.rays[step, step] * np.minimum(depth, 1e4)[..., None] + self.lens.origin.astype(np.float32)
        normal = self.normal[step, step]
        # The camera's own lamp: near things are a little brighter in every night picture.
        back = self.lens.origin.astype(np.float32) - points
        square = (back**2).sum(axis=2)
        facing = np.abs((back * normal).sum(axis=2)) / np.sqrt(square)
        light = np.array((0.046, 0.052, 0.068), np.float32) + (7.0 * facing / (square + 45.0))[..., None]
        tiles, normals, total = _tiled(points), _tiled(normal), _tiled(light)
        low, high = tiles[..., :2].min(axis=1), tiles[..., :2].max(axis=1)
        for lamp in self.lamps:
            head = np.array(lamp.head, np.float32)
            near = ((low < head + LAMP_REACH_M) & (high > head - LAMP_REACH_M)).all(axis=1)
            if near.any():
                total[near] += _shine(lamp, tiles[near], normals[near])
        height, width = depth.shape
        rows = total.reshape(height // TILE, width // TILE, TILE, TILE, 3)
        return rows.transpose(0, 2, 1, 3, 4).reshape(height, width, 3)

    def _sky(self) -> None:
        """The dull glow over a town, as own light: nothing lights the sky."""
        sky = self.depth >= SKY_DEPTH
        rays = self.rays[sky]
        rise = np.clip(rays[:, 2] / np.sqrt((rays**2).sum(axis=1)), 0, 1)
        low, high = np.array((0.030, 0.028, 0.030), np.float32), np.array((0.006, 0.007, 0.011), np.float32)
        self.glow[sky] = low + (high - low) * np.sqrt(rise)[:, None]

    def _wires(self) -> None:
        t = np.linspace(0, 1, 500)
        for k in sorted(self.scenery.wire_tree.query(self.around)):
            a, b, height = self.scenery.wires[k]
            points = np.stack((a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, height - 1.6 * t * (1 - t)), axis=1)
            seen = self.lens.project(points)
            seen = seen[seen[:, 2] > 1.0]
            x, y = seen[:, 0].astype(int), seen[:, 1].astype(int)
            inside = (x >= 0) & (x < self.lens.width) & (y >= 0) & (y < self.lens.height)
            x, y, depth = x[inside], y[inside], seen[inside, 2]
            clear = depth < self.depth[y, x]
            for layer in (self.albedo, self.glow):
                layer[y[clear], x[clear]] *= 0.45


def _averaged(samples: Floats) -> Floats:
    """The samples of each pixel as one: (height * n, width * n, 3) -> (height, width, 3)."""
    height, width = samples.shape[:2]
    total = np.zeros((height // SUPERSAMPLE, width // SUPERSAMPLE, 3), np.float32)
    for row in range(SUPERSAMPLE):
        for column in range(SUPERSAMPLE):
            total += samples[row::SUPERSAMPLE, column::SUPERSAMPLE]
    return total / np.float32(SUPERSAMPLE**2)


def _tiled(pixels: Floats) -> Floats:
    """(height, width, 3) -> (tiles, pixels of a tile, 3)."""
    height, width = pixels.shape[:2]
    tiles = pixels.reshape(height // TILE, TILE, width // TILE, TILE, 3).transpose(0, 2, 1, 3, 4)
    return tiles.reshape(-1, TILE * TILE, 3)


def _shine(lamp: Lamp, points: Floats, normal: Floats) -> Floats:
    """One lamp's light on points (..., 3) with these normals."""
    to = np.array((*lamp.head, lamp.height_m), np.float32) - points
    square = np.einsum("...k,...k->...", to, to)
    distance = np.sqrt(square)
    facing = np.maximum(np.einsum("...k,...k->...", to, normal), 0) / distance
    cone = np.clip(to[..., 2] / distance * 1.15 + 0.12, 0, 1)
    fade = np.clip(1 - distance / LAMP_REACH_M, 0, 1)
    # Softened near the lamp: a wall half a metre from it would otherwise burn out.
    strength = np.float32(lamp.power * 66.0) * facing * cone * fade / (square + 11.0)
    light: Floats = strength[..., None] * np.array(lamp.colour, np.float32)
    return light


def light_at(lamps: tuple[Lamp, ...], x: float, y: float) -> float:
    """How much lamp light falls on somebody standing there; about 0.05 in the dark, 1 under a lamp."""
    total = 0.07
    for lamp in lamps:
        square = (lamp.head[0] - x) ** 2 + (lamp.head[1] - y) ** 2 + (lamp.height_m - 1.2) ** 2
        if square < LAMP_REACH_M**2:
            total += lamp.power * 11.0 / (square + 5.0) * (1 - square**0.5 / LAMP_REACH_M)
    return total


def _film(image: Floats) -> U8:
    """Linear light (height, width, 3) -> sRGB bytes as a cheap night camera gives them: bloom, soft
    shoulder, pale."""
    bright = np.clip(image - 0.55, 0, 3.0)
    height, width = image.shape[:2]
    halo = Image.fromarray(np.clip(bright * 85, 0, 255).astype(np.uint8)).resize((width // 4, height // 4))
    soft = np.asarray(halo.filter(ImageFilter.GaussianBlur(3)).resize((width, height)), np.float32)
    wide = np.asarray(halo.filter(ImageFilter.GaussianBlur(13)).resize((width, height)), np.float32)
    image = image + soft / 85 * 0.55 + wide / 85 * 0.45
    grey = image @ np.array((0.30, 0.59, 0.11), np.float32)
    image = grey[..., None] * 0.42 + image * 0.58
    image = image * np.array((1.03, 1.0, 0.955), np.float32)
    image = 1 - np.exp(-image * 2.3)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    image = image * (1 - 0.26 * (x**2 + y**2) / 2)[..., None].astype(np.float32)
    return (np.clip(image, 0, 1) ** (1 / 2.1) * 242 + 6).astype(np.uint8)


def _planes(picture: U8) -> U8:
    """sRGB (height, width, 3) -> YUV 4:2:0 planes in BT.601 studio range (height * 3 // 2, width)."""
    height, width = picture.shape[:2]
    y, u, v = yuv(picture)
    half = (height // 2, 2, width // 2, 2)
    out = np.empty((height * 3 // 2, width), np.uint8)
    out[:height] = y
    chroma = np.concatenate([plane.reshape(half).mean(axis=(1, 3)).astype(np.uint8).reshape(-1) for plane in (u, v)])
    out[height:] = chroma.reshape(height // 2, width)
    return out


def yuv(picture: U8) -> tuple[Floats, Floats, Floats]:
    """sRGB (..., 3) -> the three planes (...), BT.601 studio range."""
    r, g, b = (picture[..., k].astype(np.float32) for k in range(3))
    return (
        16 + 0.257 * r + 0.504 * g + 0.098 * b,
        128 - 0.148 * r - 0.291 * g + 0.439 * b,
        128 + 0.439 * r - 0.368 * g - 0.071 * b,
    )


# -- materials -------------------------------------------------------------------------------------


def _flat(colour: Colour, glow: Colour = (0.0, 0.0, 0.0)) -> Shader:
    def shade(a: Floats, b: Floats) -> tuple[Floats, Floats]:
        return np.tile(np.array(colour, np.float32), (len(a), 1)), np.tile(np.array(glow, np.float32), (len(a), 1))

    return shade


def _round(thick: float, colour: Colour) -> Shader:
    def shade(a: Floats, b: Floats) -> tuple[Floats, Floats]:
        bend = np.sqrt(np.maximum(0, 1 - (2 * a / thick - 1) ** 2)) * 0.7 + 0.3
        band = np.where((b > 0.6) & (b < 1.6) & (np.floor(b / 0.25 + a * 2) % 2 == 0), 1.5, 1.0)
        return (bend * band)[:, None] * np.array(colour, np.float32), np.zeros((len(a), 3), np.float32)

    return shade


def _leaves(wide: float, tall: float, style: int) -> Shader:
    def shade(a: Floats, b: Floats) -> tuple[Floats, Floats]:
        x, y = 2 * a / wide - 1, 2 * b / tall - 1
        ragged = _noise(a * 3 + style % 97, b * 3 + style % 89)
        solid = x**2 + y**2 * 0.9 + ragged * 0.45 < 0.78
        green = np.array((0.055, 0.075, 0.035), np.float32)
        shadow = 0.65 + 0.5 * _noise(a * 5, b * 5 + style % 61) + 0.3 * y
        colour = np.maximum(shadow, 0.15)[:, None] * green
        colour[~solid] = -1
        return colour, np.zeros_like(colour)

    return shade


def _car_side(colour: Colour, tall: float, length: float) -> Shader:
    def shade(a: Floats, b: Floats) -> tuple[Floats, Floats]:
        paint = np.array(colour, np.float32) * (0.70 + 0.40 * b / tall)[:, None]
        paint[np.abs(b - tall * 0.62) < 0.02] *= 0.5
        paint[b < 0.10] = 0.03
        for hub in (0.85, length - 0.85):
            wheel = (a - hub) ** 2 + (b - 0.08) ** 2
            paint[wheel < 0.37**2] = 0.012
            paint[wheel < 0.19**2] = 0.16
        for door in (length * 0.36, length * 0.62):
            paint[np.abs(a - door) < 0.015] *= 0.4
        return paint, np.zeros_like(paint)

    return shade


def _car_end(colour: Colour, tall: float, width: float) -> Shader:
    def shade(a: Floats, b: Floats) -> tuple[Floats, Floats]:
        paint = np.array(colour, np.float32) * (0.75 + 0.35 * b / tall)[:, None]
        paint[b < 0.22] = 0.03
        corner = np.minimum(a, width - a)
        paint[(b > tall * 0.55) & (b < tall * 0.82) & (corner < 0.40) & (corner > 0.06)] = (0.42, 0.16, 0.13)
        paint[(np.abs(a - width / 2) < 0.27) & (b > tall * 0.34) & (b < tall * 0.54)] = (0.6, 0.61, 0.6)
        return paint, np.zeros_like(paint)

    return shade


def _car_glass(colour: Colour, length: float) -> Shader:
    """Windows all round; along a side of `length` metres with door posts, 0 for the front and rear."""

    def shade(a: Floats, b: Floats) -> tuple[Floats, Floats]:
        out = np.tile(np.array((0.020, 0.023, 0.030), np.float32), (len(a), 1))
        out += 0.02 * np.clip(b, 0, 1)[:, None]
        if length:
            out[(np.minimum(a, length - a) < 0.10) | (np.abs(a - length / 2) < 0.05)] = colour
        return out, np.zeros_like(out)

    return shade


def _facade(building: Building, number: int, length: float, front: bool, road_class: str) -> Shader:
    """A wall: windows by floor and column, some lit; on the street side shutters, doors or shops below."""
    style = (building.style * 31 + number * 7919) & 0x7FFFFFFF
    wall = np.array(WALLS[building.style % len(WALLS)], np.float32)
    brick = building.style % len(WALLS) in (0, 1, 5)
    office = building.floors > 5
    pitch = 1.9 if office else 2.5 + (style % 5) * 0.18
    columns = int(length / pitch)
    margin = (length - columns * pitch) / 2
    shops = front and (road_class == "avenue" or (road_class == "street" and style % 3 != 0))
    chance = 0.16 if office else 0.26

    def shade(a: Floats, b: Floats) -> tuple[Floats, Floats]:
        colour = np.tile(wall, (len(a), 1))
        colour *= (1 + 0.16 * _noise(a * 1.1 + style % 101, b * 1.1) + 0.10 * _noise(a * 7, b * 7))[:, None]
        if brick:
            colour[(b % 0.21) < 0.03] *= 0.82
        # Rain streaks below the roof line and dirt above the ground.
        colour *= (0.80 + 0.20 * np.clip(b / 1.1, 0, 1))[:, None]
        colour[b > building.height_m - 0.28] *= 1.35
        glow = np.zeros_like(colour)
        floor = np.floor(b / 3.1).astype(np.int64)
        rise = b - floor * 3.1
        column = np.floor((a - margin) / pitch).astype(np.int64)
        across = a - margin - column * pitch - pitch / 2
        wide = 0.80 if office else 0.62
        upper = floor >= 1 if front else floor >= 0
        opening = upper & (column >= 0) & (column < columns) & (b < building.height_m - 0.9)
        frame = opening & (np.abs(across) < wide + 0.09) & (rise > 0.83) & (rise < 2.42)
        pane = opening & (np.abs(across) < wide) & (rise > 0.92) & (rise < 2.33) & (np.abs(across) > 0.03)
        colour[frame] = 0.30
        colour[pane] = (0.022, 0.026, 0.034)
        draw = _hash(floor, column, style)
        lit = pane & (draw < chance)
        warm = _hash(column, floor, style + 11)
        strength = 0.10 + 0.42 * _hash(floor, column, style + 5) ** 2
        curtain = np.where(_hash(floor, column, style + 3) < 0.5, 0.55 + 0.45 * (rise - 0.92) / 1.4, 1.0)
        tint = np.stack((np.ones_like(warm), 0.70 + 0.26 * warm, 0.38 + 0.5 * warm), axis=1)
        glow[lit] = ((strength * curtain)[:, None] * tint)[lit]
        if front:
            _ground_floor(a, b, colour, glow, length, style, shops)
        return colour, glow

    return shade


def _ground_floor(a: Floats, b: Floats, colour: Floats, glow: Floats, length: float, style: int, shops: bool) -> None:
    """Bays of about 3 m: a shutter, a lit shop, a door or a bare wall; a sign above a shop."""
    bays = max(1, round(length / 3.2))
    wide = length / bays
    bay = np.floor(a / wide).astype(np.int64)
    across = np.abs(a - bay * wide - wide / 2)
    draw = _hash(bay, bay * 3 + 1, style + 17)
    open_chance, shut_chance = (0.30, 0.85) if shops else (0.03, 0.42)
    hole = (across < wide / 2 - 0.22) & (b < 2.45) & (b > 0.08)
    shop = hole & (draw < open_chance)
    shutter = hole & (draw >= open_chance) & (draw < shut_chance)
    door = (across < 0.55) & (b < 2.15) & (draw >= shut_chance)
    colour[shutter] = np.float32(0.46) + 0.10 * ((b[shutter] % 0.16) < 0.08)[:, None]
    # Panels of a folding shutter: dark joints.
    joint = shutter & ((across % 0.62) < 0.045)
    colour[joint] = 0.2
    colour[door] = (0.12, 0.10, 0.09)
    shade = _hash(bay, bay, style + 23)
    tone = np.stack((np.ones_like(shade), 0.86 + 0.1 * shade, 0.66 + 0.3 * shade), axis=1)
    goods = 0.65 + 0.35 * _noise(a * 4, b * 4 + style % 31)
    glow[shop] = ((0.62 * goods * np.clip(0.5 + b / 3, 0, 1.1))[:, None] * tone)[shop]
    frame = shop & ((across % 0.95 < 0.05) | (b < 0.4))
    glow[frame] *= 0.12
    sign = (b > 2.5) & (b < 3.05) & (across < wide / 2 - 0.12) & (draw < (shut_chance if shops else open_chance))
    hue = _hash(bay, bay + 7, style + 31)
    paint = np.stack(
        (0.35 + 0.6 * np.abs(np.sin(hue * 6.3)), 0.3 + 0.5 * np.abs(np.sin(hue * 6.3 + 2)), 0.3 + 0.6 * hue),
        axis=1,
    )
    burning = (draw < open_chance)[:, None] * 0.55 + 0.05
    glow[sign] = (paint * burning)[sign]
    letters = sign & (b > 2.62) & (b < 2.93) & (across < wide * 0.34)
    letters &= _hash(np.floor(a / 0.11).astype(np.int64), np.floor(b / 0.1).astype(np.int64), style + 41) < 0.55
    glow[letters] = (burning * np.array((1.15, 1.12, 1.05), np.float32) + 0.05)[letters]


@cache
def _noise_tile() -> Floats:
    """Smooth noise from -1 to 1 that repeats every 256."""
    random = np.random.default_rng(20)
    total = np.zeros((256, 256), np.float32)
    for cells, weight in ((16, 0.9), (64, 0.8), (256, 0.5)):
        coarse = random.random((cells, cells)).astype(np.float32) * 255
        wide = np.tile(coarse, (3, 3))
        image = Image.fromarray(wide).resize((768, 768), Image.Resampling.BICUBIC)
        total += weight * (np.asarray(image, np.float32)[256:512, 256:512] / 127.5 - 1)
    return total


def _noise(x: Floats, y: Floats) -> Floats:
    """Smooth noise from about -1 to 1 with bumps of about one unit, straight lines between the tile's
    points."""
    tile = _noise_tile()
    x, y = x * 4, y * 4
    left, top = np.floor(x), np.floor(y)
    i, j = left.astype(np.int32) & 255, top.astype(np.int32) & 255
    fx, fy = x - left, y - top
    i2, j2 = (i + 1) & 255, (j + 1) & 255
    low = tile[j, i] * (1 - fx) + tile[j, i2] * fx
    high = tile[j2, i] * (1 - fx) + tile[j2, i2] * fx
    smooth: Floats = low * (1 - fy) + high * fy
    return smooth


def _hash(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], salt: int) -> Floats:
    """A number from 0 to 1 for every pair, the same every time."""
    mixed = (a * 73_856_093) ^ (b * 19_349_663) ^ (salt * 83_492_791)
    mixed = (mixed ^ (mixed >> 13)) * 1_274_126_177 & 0xFFFFFFFF
    return ((mixed ^ (mixed >> 16)) & 0xFFFF).astype(np.float32) / 65536


# -- the ground as a chart -------------------------------------------------------------------------


class _GroundChart:
    """A square of ground painted as a picture of materials and two of paint, `scale` pixels a metre, north
    up."""

    def __init__(self, scenery: Scenery, centre: Point, side_m: float, scale: int) -> None:
        self.left, self.top = centre[0] - side_m / 2, centre[1] + side_m / 2
        self.side, self.scale = side_m, scale
        size = int(side_m * scale)
        image = Image.new("L", (size, size), YARD)
        pen = ImageDraw.Draw(image)
        area = box(self.left, self.top - side_m, self.left + side_m, self.top)
        quarter = scenery.quarter
        if Polygon(quarter.park).intersects(area):
            pen.polygon([self._pixel(point, scale) for point in quarter.park], fill=GRASS)
        near = [
            (road, line)
            for road in quarter.roads
            for line, shape in zip(road.lines, scenery.axes[road.id], strict=True)
            if shape.intersects(area)
        ]
        for inset in (False, True):
            for road, line in near:
                width = (road.width_m - (2 * road.sidewalk_m if inset else 0)) * scale
                points = [self._pixel(point, scale) for point in line]
                fill = ASPHALT if inset or road.sidewalk_m == 0 else SIDEWALK
                pen.line(points, fill=fill, width=round(width))
                for x, y in points:
                    pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=fill)
        self._kinds = np.asarray(image)
        fine = scale * 2
        self._paints: list[Floats] = []
        stripes = [scenery.stripes[k] for k in sorted(scenery.stripe_tree.query(area))]
        for yellow in (False, True):
            cover = Image.new("L", (size * 2, size * 2), 0)
            pen = ImageDraw.Draw(cover)
            for stripe in stripes:
                if stripe.yellow == yellow:
                    points = [self._pixel(point, fine) for point in stripe.line]
                    pen.line(points, fill=255, width=max(1, round(stripe.width_m * fine)))
            self._paints.append(np.asarray(cover.reduce(2), np.float32) / 255)
        tiles = -(-size // 8)
        some = np.zeros((tiles * 8, tiles * 8), np.uint8)
        some[:size, :size] = (self._paints[0] > 0) | (self._paints[1] > 0)
        coarse = some.reshape(tiles, 8, tiles, 8).max(axis=(1, 3))
        self._painted = coarse.copy()
        # A point at a tile's edge also touches the next tile's first row and column.
        self._painted[:-1] |= coarse[1:]
        self._painted[:, :-1] |= self._painted[:, 1:].copy()

    def _pixel(self, point: Point, scale: int) -> Point:
        return (point[0] - self.left) * scale, (self.top - point[1]) * scale

    def covers(self, x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
        inside: npt.NDArray[np.bool_] = (
            (x > self.left) & (x < self.left + self.side) & (y < self.top) & (y > self.top - self.side)
        )
        return inside

    def colour(self, x: Floats, y: Floats) -> Floats:
        """Linear colour of points on the ground: material, grain, wear, patches, tiles and paint."""
        last = self._kinds.shape[0] - 1
        column = np.clip((x - self.left) * self.scale, 0, last).astype(np.int32)
        row = np.clip((self.top - y) * self.scale, 0, last).astype(np.int32)
        kind = self._kinds[row, column]
        grain = _noise(x * 1.3, y * 1.3) * 0.7
        if self.scale > 10:  # farther away the fine grain is smaller than a pixel
            grain = grain + _noise(x * 9, y * 9) * 0.5
        shade = 1 + 0.34 * grain
        shade[(kind == ASPHALT) & (_noise(x * 0.035 + 7, y * 0.035) > 0.42)] *= 0.78
        tiles = kind == SIDEWALK
        checks = np.floor(x[tiles] / 0.45) + np.floor(y[tiles] / 0.45)
        shade[tiles] *= 0.80 + 0.34 * (checks % 2)
        colour: Floats = GROUND[kind] * shade[:, None]
        worn = 0.80 + 0.20 * np.clip(_noise(x * 1.7, y * 1.7 + 5), -1, 1)
        for chart, paint in zip(self._paints, PAINTS, strict=True):
            cover = (self._paint(chart, x, y) * worn)[:, None]
            colour += (paint - colour) * cover
        return colour

    def _paint(self, chart: Floats, x: Floats, y: Floats) -> Floats:
        """How much of the ground there is covered with paint, 0 to 1, between the chart's points linearly."""
        last = chart.shape[0] - 2
        u = np.clip((x - self.left) * self.scale - 0.5, 0, last)
        v = np.clip((self.top - y) * self.scale - 0.5, 0, last)
        i, j = u.astype(np.int32), v.astype(np.int32)
        # Most ground is bare: only where there is paint near by is it worth looking closely.
        some = np.flatnonzero(self._painted[j >> 3, i >> 3])
        cover = np.zeros(len(x), np.float32)
        i, j, fu, fv = i[some], j[some], (u - i)[some], (v - j)[some]
        low = chart[j, i] * (1 - fu) + chart[j, i + 1] * fu
        high = chart[j + 1, i] * (1 - fu) + chart[j + 1, i + 1] * fu
        cover[some] = low * (1 - fv) + high * fv
        return cover
