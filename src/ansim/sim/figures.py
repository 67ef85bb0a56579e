"""Moving people and vehicles, drawn into a standing picture at their true places, behind what hides them."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from math import cos, hypot, pi, sin
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ansim.core.clock import KOREA
from ansim.sim.render import U8, Backdrop, Colour, Floats, Lens, light_at, yuv

PATCH_SCALE = 3
STRIDE_M = 1.35
SIGHT_M = 95.0
Ink = tuple[int, int, int]


class Look(NamedTuple):
    """Clothes and build; colours linear red, green, blue."""

    top: Colour
    legs: Colour
    hair: Colour
    height_m: float
    long_hair: bool = False
    bag: bool = False


class Person(NamedTuple):
    """Somebody at (x, y) metres, facing `heading` (radians anticlockwise from east), `walked_m` into their
    way."""

    x: float
    y: float
    heading: float
    walked_m: float
    moving: bool
    look: Look


class Vehicle(NamedTuple):
    """A car on the move. A patrol car has a light bar that blinks with `walked_m` and time."""

    x: float
    y: float
    heading: float
    patrol: bool
    colour: Colour


def compose(scene: Backdrop, people: list[Person], vehicles: list[Vehicle], at: datetime, caption: str) -> U8:
    """The picture of this moment: YUV 4:2:0 planes (height * 3 // 2, width)."""
    planes = scene.planes.copy()
    height, width = scene.depth.shape
    luma = planes[:height]
    tick = int(at.timestamp() * 10)
    things: list[tuple[float, Person | Vehicle]] = []
    everybody: list[Person | Vehicle] = [*vehicles, *people]
    for thing in everybody:
        depth = float(scene.lens.camera(np.array([[thing.x, thing.y, 0.9]]))[0, 2])
        if 1.5 < depth < SIGHT_M:
            things.append((depth, thing))
    for depth, thing in sorted(things, key=lambda pair: -pair[0]):
        if isinstance(thing, Person):
            _shadow(scene, planes, thing, depth)
            _person(scene, planes, thing)
        else:
            _vehicle(scene, planes, thing, tick)
    # Bytes wrap round: luma stays within 16..235 and the grain within +-9, so no sum leaves 0..255.
    # A window that wanders over a larger field: as with a sensor, no two pictures of some minutes have the same.
    down, right = tick * 7 % WANDER[0], tick * 13 % WANDER[1]
    luma += _grain(height, width)[down : down + height, right : right + width]
    _write(luma, caption, 12, 10)
    _write(luma, at.astimezone(KOREA).strftime("%Y-%m-%d  %H:%M:%S"), width - 190, 10)
    return planes


# -- people ----------------------------------------------------------------------------------------


def _joints(person: Person) -> dict[str, tuple[float, float, float]]:
    """The body's points as (ahead, left, up) metres from between the feet."""
    h = person.look.height_m
    phase = 2 * pi * person.walked_m / STRIDE_M
    swing = sin(phase) if person.moving else 0.0
    bob = 0.015 * cos(2 * phase) if person.moving else 0.0
    points = {"neck": (0.03, 0.0, 0.845 * h + bob), "head": (0.05, 0.0, 0.93 * h + bob)}
    for side, sign in (("l", 1.0), ("r", -1.0)):
        angle = 0.46 * swing * sign
        lift = (0.12 + 0.55 * max(0.0, cos(phase) * sign)) if person.moving else 0.04
        hip = (0.0, 0.085 * sign, 0.50 * h + bob)
        knee = (hip[0] + 0.25 * h * sin(angle + 0.1), hip[1], hip[2] - 0.25 * h * cos(angle + 0.1))
        shin = angle + 0.1 - lift
        foot = (knee[0] + 0.24 * h * sin(shin), hip[1], max(0.03, knee[2] - 0.24 * h * cos(shin)))
        points |= {
            f"hip{side}": hip,
            f"knee{side}": knee,
            f"foot{side}": foot,
            f"toe{side}": (foot[0] + 0.14, foot[1], max(0.02, foot[2] - 0.02)),
        }
        arm = -0.5 * swing * sign
        shoulder = (0.02, 0.17 * sign, 0.80 * h + bob)
        elbow = (shoulder[0] + 0.17 * h * sin(arm), 0.21 * sign, shoulder[2] - 0.17 * h * cos(arm))
        hand = (elbow[0] + 0.15 * h * sin(arm + 0.35), 0.20 * sign, elbow[2] - 0.15 * h * cos(arm + 0.35))
        points |= {f"shoulder{side}": shoulder, f"elbow{side}": elbow, f"hand{side}": hand}
    return points


def _person(scene: Backdrop, planes: U8, person: Person) -> None:
    names = _joints(person)
    c, s = cos(person.heading), sin(person.heading)
    world = np.array([(person.x + a * c - b * s, person.y + a * s + b * c, up) for a, b, up in names.values()])
    seen = scene.lens.project(world)
    if seen[:, 2].min() < 1.0:
        return
    scale = scene.lens.focal / float(seen[:, 2].mean())
    patch = _Patch(scene, seen, margin=0.32 * scale)
    if patch.empty:
        return
    at = {name: patch.pixel(seen[k]) for k, name in enumerate(names)}
    lamp = light_at(scene.lamps, person.x, person.y)
    look = person.look
    thick = scale * PATCH_SCALE

    def limb(a: str, b: str, width_m: float, colour: Colour, shade: float = 1.0) -> None:
        width = max(1.0, width_m * thick)
        fill = _tone(colour, lamp * shade)
        patch.stroke(at[a], at[b], width, fill)

    # The farther side first.
    left_far = seen[list(names).index("shoulderl"), 2] > seen[list(names).index("shoulderr"), 2]
    far, near = ("l", "r") if left_far else ("r", "l")
    skin, shoe = (0.42, 0.30, 0.23), (0.10, 0.10, 0.11)
    for side, shade in ((far, 0.62), (near, 0.95)):
        limb(f"hip{side}", f"knee{side}", 0.155, look.legs, shade)
        limb(f"knee{side}", f"foot{side}", 0.115, look.legs, shade)
        limb(f"foot{side}", f"toe{side}", 0.085, shoe, shade)
        if side == far:
            limb(f"shoulder{side}", f"elbow{side}", 0.115, look.top, 0.6)
            limb(f"elbow{side}", f"hand{side}", 0.10, look.top, 0.6)
    if look.long_hair:
        limb("head", "neck", 0.21, look.hair, 0.8)
    waist = [at["hipl"], at["hipr"]]
    shoulders = [at["shoulderl"], at["shoulderr"]]
    patch.stroke(_mid(*shoulders), _mid(*waist), 0.33 * thick, _tone(look.top, lamp * 0.9))
    patch.stroke(shoulders[0], shoulders[1], 0.16 * thick, _tone(look.top, lamp * 1.2))
    patch.stroke(waist[0], waist[1], 0.20 * thick, _tone(look.top, lamp * 0.72))
    limb(f"shoulder{near}", f"elbow{near}", 0.115, look.top, 1.08)
    limb(f"elbow{near}", f"hand{near}", 0.10, look.top, 1.0)
    patch.disc(at[f"hand{near}"], 0.045 * thick, _tone(skin, lamp))
    if look.bag:
        patch.stroke(at[f"hip{near}"], at[f"elbow{near}"], 0.17 * thick, _tone((0.05, 0.04, 0.04), lamp))
    limb("neck", "head", 0.10, skin)
    patch.disc(at["head"], 0.105 * thick, _tone(skin, lamp * 1.05))
    crown = (at["head"][0], at["head"][1] - 0.035 * thick)
    away = patch.pixel(scene.lens.project(np.array([[person.x + c, person.y + s, 1.5]]))[0])
    back = 0.05 * thick * (1 if away[0] < at["head"][0] else -1)
    patch.disc((crown[0] + back, crown[1]), 0.108 * thick, _tone(look.hair, lamp))
    patch.blend(planes, float(seen[:, 2].min()) - 0.1)


def _shadow(scene: Backdrop, planes: U8, person: Person, depth: float) -> None:
    """A soft dark strip on the ground away from the lamp that lights the person most."""
    best, where = 0.0, None
    for lamp in scene.lamps:
        distance = hypot(lamp.head[0] - person.x, lamp.head[1] - person.y)
        strength = lamp.power / (distance**2 + lamp.height_m**2)
        if strength > best:
            best, where = strength, (lamp, distance)
    if where is None or depth > 45:
        return
    lamp, distance = where
    tall = person.look.height_m
    length = min(4.0, tall * distance / (lamp.height_m - tall)) + 0.25
    away = max(distance, 1e-3)
    dx, dy = (person.x - lamp.head[0]) / away, (person.y - lamp.head[1]) / away
    wide = 0.17
    strip = np.array(
        [
            (person.x - dx * 0.15 - dy * wide, person.y - dy * 0.15 + dx * wide, 0.0),
            (person.x + dx * length - dy * wide, person.y + dy * length + dx * wide, 0.0),
            (person.x + dx * length + dy * wide, person.y + dy * length - dx * wide, 0.0),
            (person.x - dx * 0.15 + dy * wide, person.y - dy * 0.15 - dx * wide, 0.0),
        ]
    )
    seen = scene.lens.project(strip)
    if seen[:, 2].min() < 1.0:
        return
    patch = _Patch(scene, seen, margin=3)
    if patch.empty:
        return
    patch.polygon([patch.pixel(corner) for corner in seen], (0, 0, 0))
    patch.darken(planes, 0.48 / (1 + length * 0.12), depth)


# -- vehicles --------------------------------------------------------------------------------------


def _vehicle(scene: Backdrop, planes: U8, vehicle: Vehicle, tick: int) -> None:
    lamp = light_at(scene.lamps, vehicle.x, vehicle.y) + 0.1
    paint = (0.75, 0.76, 0.78) if vehicle.patrol else vehicle.colour
    glass, tyre = (0.02, 0.024, 0.03), (0.012, 0.012, 0.012)
    parts = [
        (4.5, 1.74, 0.22, 0.62, 0.0, tyre),
        (4.6, 1.80, 0.30, 0.92, 0.0, paint),
        (2.4, 1.56, 0.92, 1.38, -0.25, glass),
        (2.1, 1.50, 1.38, 1.46, -0.25, paint),
    ]
    if vehicle.patrol:
        parts.insert(2, (4.62, 1.82, 0.52, 0.66, 0.0, (0.02, 0.09, 0.45)))
        parts.append((0.4, 1.2, 1.46, 1.60, -0.1, (0.3, 0.3, 0.3)))
    corners = [_box_corners(vehicle, *part[:5]) for part in parts]
    seen = [scene.lens.project(box) for box in corners]
    everything = np.concatenate(seen)
    if everything[:, 2].min() < 1.5:
        return
    scale = scene.lens.focal / float(everything[:, 2].mean())
    patch = _Patch(scene, everything, margin=0.5 * scale)
    if patch.empty:
        return
    for part, box, pixels in zip(parts, corners, seen, strict=True):
        for face, shade in ((4, 1.25), (0, 0.95), (1, 0.8), (2, 0.95), (3, 0.8)):
            index = _FACES[face]
            normal = np.cross(box[index[1]] - box[index[0]], box[index[3]] - box[index[0]])
            if normal @ (scene.lens.origin - box[index[0]]) > 0:
                fill = _tone(part[5], lamp * shade)
                patch.polygon([patch.pixel(pixels[k]) for k in index], fill)
    c, s = cos(vehicle.heading), sin(vehicle.heading)
    ahead = (scene.lens.origin[0] - vehicle.x) * c + (scene.lens.origin[1] - vehicle.y) * s > 0
    end, colour = (2.32, (255, 250, 235)) if ahead else (-2.32, (190, 40, 30))
    thick = scale * PATCH_SCALE
    for side in (-0.68, 0.68):
        spot = np.array([[vehicle.x + end * c - side * s, vehicle.y + end * s + side * c, 0.68]])
        patch.disc(patch.pixel(scene.lens.project(spot)[0]), (0.14 if ahead else 0.09) * thick, colour)
    if vehicle.patrol:
        for side, lit, fill in ((-0.4, tick % 4 < 2, (255, 60, 50)), (0.4, tick % 4 >= 2, (70, 110, 255))):
            spot = np.array([[vehicle.x - 0.1 * c - side * s, vehicle.y - 0.1 * s + side * c, 1.54]])
            patch.disc(patch.pixel(scene.lens.project(spot)[0]), (0.24 if lit else 0.1) * thick, fill)
    patch.blend(planes, float(everything[:, 2].min()) - 0.2)


_FACES = ((0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (4, 5, 6, 7))


def _box_corners(vehicle: Vehicle, length: float, width: float, low: float, high: float, shift: float) -> Floats:
    c, s = cos(vehicle.heading), sin(vehicle.heading)
    flat = [(shift + a * length / 2, b * width / 2) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return np.array([(vehicle.x + a * c - b * s, vehicle.y + a * s + b * c, up) for up in (low, high) for a, b in flat])


# -- drawing ---------------------------------------------------------------------------------------


class _Patch:
    """A part of the picture, drawn three times as large and then blended in."""

    def __init__(self, scene: Backdrop, seen: Floats, margin: float) -> None:
        height, width = scene.depth.shape
        # Even bounds, because a chroma sample covers two by two pixels.
        self.x0 = max(0, int(seen[:, 0].min() - margin) // 2 * 2)
        self.y0 = max(0, int(seen[:, 1].min() - margin) // 2 * 2)
        self.x1 = min(width, int(seen[:, 0].max() + margin) // 2 * 2 + 2)
        self.y1 = min(height, int(seen[:, 1].max() + margin) // 2 * 2 + 2)
        self.scene = scene
        self.empty = self.x1 - self.x0 < 2 or self.y1 - self.y0 < 2
        if self.empty:
            return
        size = ((self.x1 - self.x0) * PATCH_SCALE, (self.y1 - self.y0) * PATCH_SCALE)
        self._colour = Image.new("RGB", size)
        self._cover = Image.new("L", size, 0)
        self._pen, self._mask = ImageDraw.Draw(self._colour), ImageDraw.Draw(self._cover)

    def _inks(self, fill: Ink) -> tuple[tuple[ImageDraw.ImageDraw, Ink | int], ...]:
        return (self._pen, fill), (self._mask, 255)

    def pixel(self, point: Floats) -> tuple[float, float]:
        return (float(point[0]) - self.x0) * PATCH_SCALE, (float(point[1]) - self.y0) * PATCH_SCALE

    def stroke(self, a: tuple[float, float], b: tuple[float, float], width: float, fill: Ink) -> None:
        """A line with round ends."""
        r = width / 2
        for pen, ink in self._inks(fill):
            pen.line((a, b), fill=ink, width=max(1, round(width)))
            if r > 1:
                for x, y in (a, b):
                    pen.ellipse((x - r, y - r, x + r, y + r), fill=ink)

    def disc(self, centre: tuple[float, float], radius: float, fill: Ink) -> None:
        x, y = centre
        r = max(radius, 0.7)
        for pen, ink in self._inks(fill):
            pen.ellipse((x - r, y - r * 1.12, x + r, y + r * 1.12), fill=ink)

    def polygon(self, points: list[tuple[float, float]], fill: Ink) -> None:
        for pen, ink in self._inks(fill):
            pen.polygon(points, fill=ink)

    def _shown(self, depth: float) -> Floats:
        """How much of each pixel is covered and not hidden by something nearer than `depth`."""
        cover = np.asarray(self._cover.reduce(PATCH_SCALE), np.float32) / 255
        shown: Floats = cover * (self.scene.depth[self.y0 : self.y1, self.x0 : self.x1] > depth)
        return shown

    def darken(self, planes: U8, by: float, depth: float) -> None:
        luma = planes[self.y0 : self.y1, self.x0 : self.x1]
        # The ground itself lies at the shadow's depth; only what stands clearly before it hides it.
        luma[:] = 16 + (luma - np.float32(16)) * (1 - by * self._shown(depth - 6))

    def blend(self, planes: U8, depth: float) -> None:
        shown = self._shown(depth)
        y, u, v = yuv(np.asarray(self._colour.reduce(PATCH_SCALE)))
        cover = np.maximum(np.asarray(self._cover.reduce(PATCH_SCALE), np.float32) / 255, 1e-3)
        # The colour was averaged with the black around it; take that share out again.
        y, u, v = 16 + (y - 16) / cover, 128 + (u - 128) / cover, 128 + (v - 128) / cover
        luma = planes[self.y0 : self.y1, self.x0 : self.x1]
        luma[:] = np.clip(luma + (np.clip(y, 16, 235) - luma) * shown, 16, 235)
        height, width = self.scene.depth.shape
        rows, columns = (self.y1 - self.y0) // 2, (self.x1 - self.x0) // 2
        share = shown.reshape(rows, 2, columns, 2).mean(axis=(1, 3)) * 0.62
        chroma = planes[height:].reshape(2, height // 2, width // 2)
        top, left = self.y0 // 2, self.x0 // 2
        for k, plane in enumerate((u, v)):
            part = chroma[k, top : top + rows, left : left + columns]
            small = np.clip(plane, 16, 240).reshape(rows, 2, columns, 2).mean(axis=(1, 3))
            part[:] = part + (small - part) * share


def _mid(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _tone(colour: Colour, light: float) -> Ink:
    """A linear colour in this light, as the camera's film gives it."""
    r, g, b = ((1 - 2.718 ** (-value * light * 4.8)) ** (1 / 2.1) * 242 + 6 for value in colour)
    return int(r), int(g), int(b)


WANDER = (61, 67)
"""Rows and columns by which the field of noise is larger than a picture; without a common factor."""


@cache
def _grain(height: int, width: int) -> U8:
    """Sensor noise, as bytes to be added with wrap-round."""
    random = np.random.default_rng(5)
    noise = np.clip(random.normal(0, 2.1, (height + WANDER[0], width + WANDER[1])), -9, 9)
    return noise.astype(np.int8).view(np.uint8)


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(15)


def _write(luma: U8, text: str, left: int, top: int) -> None:
    ink, rim = _letters(text)
    height, width = ink.shape
    part = luma[top : top + height, left : left + width]
    ink, rim = ink[:, : part.shape[1]], rim[:, : part.shape[1]]
    part[:] = part * (1 - rim) + 20 * rim
    part[:] = part * (1 - ink) + 225 * ink


_LETTERS: dict[str, tuple[Floats, Floats]] = {}


def _letters(text: str) -> tuple[Floats, Floats]:
    """(ink, rim) coverage of a line of text. Only the latest few are kept: a clock's text changes every
    second."""
    if text not in _LETTERS:
        while len(_LETTERS) > 200:
            _LETTERS.pop(next(iter(_LETTERS)))
        font = _font()
        width = int(font.getlength(text)) + 6
        layers: list[Floats] = []
        for stroke in (0, 1):
            image = Image.new("L", (width, 22), 0)
            ImageDraw.Draw(image).text((2, 1), text, fill=255, font=font, stroke_width=stroke)
            layers.append(np.asarray(image, np.float32) / 255)
        _LETTERS[text] = (layers[0], layers[1])
    return _LETTERS[text]


__all__ = ["Lens", "Look", "Person", "Vehicle", "compose"]
