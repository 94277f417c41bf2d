"""Scenery: sky, light, land and plants behind and before a creature."""

import math
from dataclasses import dataclass
from itertools import pairwise

from bot.creatures.profile import Pose, Profile, Theme
from bot.pictures.plates.drawing import Drawing, Rgb, Variation, luminance, mix, rgb
from bot.pictures.plates.geometry import Points, ellipse, smooth
from bot.pictures.plates.palette import COLOURS, CREAM, SHADOW
from bot.pictures.plates.plants import plants_of

GROUND = 76.0
"""Height of the ground under the creature's feet, in pixels from the lower edge."""
WHITE = rgb("ffffff")


@dataclass(frozen=True)
class Light:
    """Colours of a scene."""

    high: Rgb
    """Of the sky above."""
    low: Rgb
    """Of the sky at the horizon."""
    far: Rgb
    """Of the land far away."""
    middle: Rgb
    """Of trees and hills."""
    ground: Rgb
    plant: Rgb
    """Of plants in front."""


def _light(*codes: str) -> Light:
    return Light(*map(rgb, codes))


DAYS = (
    _light("a9d8e2", "fdf3dc", "b9d2c4", "93b59c", "dccd9c", "4a7a58"),
    _light("86c5e2", "e6f4ee", "a5cabf", "7dab8e", "cfc289", "3a7050"),
    _light("f0a17e", "fdebc8", "dfa68d", "b07f82", "d3b07f", "6d4a5c"),
    _light("bcd3cb", "f1f3e2", "b4cabc", "8fb09e", "c8c49a", "48705c"),
)
LIGHTS = {
    Theme.SEA: _light("74bfd6", "e6f6ef", "4da3ba", "86b59c", "ecdaa9", "40785f"),
    Theme.NIGHT: _light("171d47", "7d8cc4", "505c98", "37427a", "5d6593", "1c2450"),
    Theme.FIRE: _light("4a2236", "f7a55e", "8a4346", "6b3742", "ab8262", "45262f"),
    Theme.THUNDER: _light("3a455f", "b7c1c9", "77839a", "5c6a7c", "9c9a86", "35464c"),
    Theme.ICE: _light("9fc9e6", "f5fbfd", "c3dae8", "94b5ca", "eef5f8", "4f7688"),
    Theme.SUN: _light("fdbf55", "fff4cf", "f0c07c", "cfa163", "e6c98a", "75763a"),
    Theme.FOREST: _light("b9d8a8", "f4f6d8", "a5c695", "739f6e", "aba56e", "2b5a3b"),
    Theme.DESERT: _light("f2c07f", "fdf0d0", "e9bb84", "d6a06a", "ecce98", "7a8550"),
    Theme.MOUNTAIN: _light("93c0de", "f0f6f2", "8fa6ba", "7c9b8a", "bfbf90", "3b6852"),
    Theme.FLOWER: _light("b3dfdf", "fdf2e8", "bcd4b8", "90b78b", "c0cb8a", "437c4a"),
}


def light_of(profile: Profile, variation: Variation) -> Light:
    """The colours of a profile's scene, so that the creature stands out from them."""
    days = DAYS[int(variation.unit("day") * len(DAYS))]
    light = LIGHTS.get(profile.theme, days)
    colour = COLOURS[profile.colour]
    towards = SHADOW if luminance(colour) > 0.58 else WHITE

    def apart(behind: Rgb) -> Rgb:
        for _ in range(6):
            if math.dist(colour, behind) < 105:
                behind = mix(behind, towards, 0.13)
        return behind

    low, far, middle = apart(light.low), apart(light.far), apart(light.middle)
    return Light(light.high, low, far, middle, light.ground, light.plant)


def draw_air(drawing: Drawing, width: int, height: int, light: Light) -> None:
    """Draw the sky as bands of flat colours, which is three times as fast as a gradient."""
    bands = 36
    edges = [height - round(height * 0.8 * i / bands) for i in range(bands)]
    drawing.fill(light.low, _box(0, 0, width, edges[-1]))
    for i, (top, bottom) in enumerate(pairwise(edges)):
        drawing.fill(mix(light.high, light.low, i / (bands - 1)), _box(0, bottom, width, top))


def draw_open_land(
    drawing: Drawing, width: int, height: int, ground: float, light: Light, own: Variation
) -> None:
    """Draw sky, hills and ground, without anything that reaches over the edges."""
    draw_air(drawing, width, height, light)
    floor = [complex(width, 0), 0j]
    far = mix(light.far, light.low, 0.25)
    nearer = mix(light.far, light.middle, 0.45)
    for tint, level, rise, label in (
        (far, ground + height * 0.22, height * 0.05, "far"),
        (nearer, ground + height * 0.13, height * 0.03, "near"),
        (light.ground, ground + height * 0.03, height * 0.01, "ground"),
    ):
        drawing.fill(tint, [*_ridge(width, level, rise, 5, own, label), *floor])


def draw_backdrop(
    drawing: Drawing, width: int, height: int, profile: Profile, light: Light, own: Variation
) -> None:
    """Draw all that is behind the creature."""
    theme = profile.theme
    draw_air(drawing, width, height, light)
    _draw_sky(drawing, width, height, theme, light, own)
    horizon = GROUND + height * 0.10
    _draw_far_land(drawing, width, height, horizon, theme, light, own)
    _draw_trees(drawing, width, height, horizon, profile, light, own)
    rise = own.within("rise", 6, 16)
    far_ground = mix(light.ground, light.middle, 0.35)
    drawing.fill(
        far_ground, [*_ridge(width, horizon - 4, rise, 4, own, "field"), complex(width, 0), 0j]
    )
    edge = _ridge(width, GROUND + 12, 5, 5, own, "ground")
    drawing.fill(light.ground, [*edge, complex(width, 0), 0j])
    path = _ridge(width, GROUND - 26, 7, 4, own, "path")
    drawing.fill(mix(light.ground, light.plant, 0.16), [*path, complex(width, 0), 0j])
    for i in range(7):
        at = complex(
            own.within(f"stone {i}", 0.04, 0.96) * width, own.within(f"stone y {i}", 12, GROUND - 6)
        )
        size = own.within(f"stone size {i}", 2.5, 7)
        drawing.fill(mix(light.ground, SHADOW, 0.22), ellipse(at, size, size * 0.5))


def draw_front(
    drawing: Drawing, width: float, height: float, profile: Profile, light: Light, own: Variation
) -> None:
    """Draw plants before the creature, in the corners."""
    _, shrubs = plants_of(profile.period, profile.theme)
    places = [(0.03, 0.19), (0.12, 0.11), (0.90, 0.12), (0.975, 0.2)]
    if profile.theme is Theme.DESERT:
        places = [(0.04, 0.13), (0.96, 0.12)]
    if profile.pose is Pose.FEEDING:  # its food is on the right
        places = [(x, size) for x, size in places if x < 0.5]
    elif profile.theme is Theme.FLOWER:
        places += [(0.20, 0.09), (0.33, 0.08), (0.62, 0.08), (0.78, 0.10)]
    for i, (x, size) in enumerate(places):
        plant = shrubs[int(own.unit(f"shrub {i}") * len(shrubs))]
        foot = complex(x * width, own.within(f"foot {i}", 4, 20))
        tint = mix(light.plant, light.ground, own.within(f"tint {i}", 0.0, 0.25))
        high = height * size * own.within(f"high {i}", 0.9, 1.3)
        plant(drawing, foot, high, tint, Variation(f"{own.unit(f'plant {i}')}"))


def _box(left: float, bottom: float, right: float, top: float) -> Points:
    return [complex(left, bottom), complex(left, top), complex(right, top), complex(right, bottom)]


def _ridge(
    width: float, level: float, rise: float, count: int, own: Variation, label: str
) -> Points:
    points = [
        complex(width * i / count, level + rise * own.within(f"{label} {i}", -1, 1))
        for i in range(count + 1)
    ]
    return smooth(points)


def _draw_sky(
    drawing: Drawing, width: float, height: float, theme: Theme, light: Light, own: Variation
) -> None:
    x = own.within("sun", 0.12, 0.6) * width
    if theme is Theme.NIGHT:
        for i in range(46):
            star = complex(
                own.unit(f"star {i}") * width, height * own.within(f"star y {i}", 0.42, 0.98)
            )
            drawing.disc(rgb("f4eecb"), star, own.within(f"star size {i}", 0.7, 1.9))
        moon = complex(x, height * 0.76)
        drawing.disc(mix(light.high, light.low, 0.55), moon, height * 0.19, opacity=0.5)
        drawing.disc(rgb("f6efcf"), moon, height * 0.135)
        for dx, dy, radius in ((-0.04, 0.03, 0.028), (0.05, -0.02, 0.02), (0.01, -0.065, 0.016)):
            drawing.disc(rgb("e2d8b0"), moon + complex(dx, dy) * height, radius * height)
        return
    if theme is Theme.THUNDER:
        for i in range(5):
            _draw_cloud(
                drawing,
                complex((0.05 + 0.24 * i) * width, height * own.within(f"storm {i}", 0.84, 0.97)),
                height * 0.17,
                mix(light.high, SHADOW, 0.25 - 0.04 * i),
            )
        top = complex(x, height * 0.82)
        bolt = [
            (0, 0),
            (-0.035, -0.15),
            (0.0, -0.14),
            (-0.03, -0.30),
            (0.055, -0.10),
            (0.02, -0.105),
            (0.05, 0),
        ]
        drawing.fill(rgb("ffe98a"), [top + complex(a, b) * height for a, b in bolt])
        return
    if theme is Theme.FIRE:
        drawing.disc(rgb("ffcf87"), complex(x, height * 0.44), height * 0.085)
        return
    radius = height * (0.17 if theme is Theme.SUN else 0.075)
    sun = complex(x, height * (0.70 if theme is Theme.SUN else 0.80))
    drawing.disc(WHITE, sun, radius * 1.55, opacity=0.22)
    drawing.disc(mix(light.low, rgb("fff7d8"), 0.75), sun, radius)
    if theme is Theme.SUN:
        drawing.disc(rgb("fff9e2"), sun, radius * 0.8)
    for i in range(3 if theme not in (Theme.SUN, Theme.DESERT) else 1):
        at = complex(
            own.within(f"cloud {i}", 0.26, 1) * width,
            height * own.within(f"cloud y {i}", 0.74, 0.93),
        )
        _draw_cloud(
            drawing,
            at,
            height * own.within(f"cloud size {i}", 0.06, 0.1),
            mix(light.low, WHITE, 0.55),
        )
    if theme is Theme.ICE:
        for i in range(40):
            flake = complex(
                own.unit(f"flake {i}") * width, height * own.within(f"flake y {i}", 0.25, 1)
            )
            drawing.disc(WHITE, flake, own.within(f"flake size {i}", 1.0, 2.6))


def _draw_cloud(drawing: Drawing, at: complex, size: float, colour: Rgb) -> None:
    drawing.fill(
        colour,
        ellipse(at, size * 1.7, size * 0.42),
        ellipse(at + complex(-0.5, 0.25) * size, size * 0.7, size * 0.5),
        ellipse(at + complex(0.4, 0.35) * size, size * 0.85, size * 0.6),
    )


def _draw_far_land(
    drawing: Drawing,
    width: float,
    height: float,
    horizon: float,
    theme: Theme,
    light: Light,
    own: Variation,
) -> None:
    far = mix(light.far, light.low, 0.25)
    floor = [complex(width, 0), 0j]
    if theme is Theme.SEA:
        level = horizon + height * 0.10
        drawing.fill(light.far, _box(0, 0, width, level))
        for i in range(12):
            at = complex(
                own.unit(f"wave {i}") * width, level - own.within(f"wave y {i}", 4, height * 0.09)
            )
            drawing.fill(
                mix(light.far, WHITE, 0.45), ellipse(at, own.within(f"wave x {i}", 14, 40), 1.4)
            )
        return
    if theme is Theme.FIRE:
        x = own.within("volcano", 0.55, 0.85) * width
        high = horizon + height * 0.40
        wide = width * 0.27
        for i in range(4):
            puff = complex(x + 16 * i + width * 0.03 * i, high + height * (0.03 + 0.075 * i))
            drawing.fill(mix(light.high, light.far, 0.45), ellipse(puff, 26 + 16 * i, 18 + 9 * i))
        cone = [
            complex(x - wide, horizon - 20),
            complex(x - wide * 0.42, horizon + height * 0.16),
            complex(x - wide * 0.13, high),
            complex(x + wide * 0.13, high),
            complex(x + wide * 0.40, horizon + height * 0.17),
            complex(x + wide, horizon - 20),
        ]
        drawing.fill(light.far, smooth(cone[:3]) + smooth(cone[3:]))
        lava = [
            complex(x - wide * 0.12, high),
            complex(x - wide * 0.03, high - height * 0.10),
            complex(x - wide * 0.10, high - height * 0.24),
            complex(x + wide * 0.03, high - height * 0.14),
            complex(x + wide * 0.12, high - height * 0.17),
            complex(x + wide * 0.12, high),
        ]
        drawing.fill(rgb("ff7a3c"), lava)
    if theme in (Theme.MOUNTAIN, Theme.ICE):
        for i in range(5):
            x = (0.02 + 0.24 * i + own.within(f"peak {i}", -0.06, 0.06)) * width
            high = horizon + height * own.within(f"peak high {i}", 0.22, 0.42)
            wide = width * own.within(f"peak wide {i}", 0.15, 0.22)
            tint = mix(far, light.low, 0.3 if i % 2 else 0.0)
            drawing.fill(
                tint,
                [
                    complex(x - wide, horizon - 20),
                    complex(x, high),
                    complex(x + wide * 1.1, horizon - 20),
                ],
            )
            cap = (high - horizon) * 0.34
            slope = wide / (high - horizon + 20)
            drawing.fill(
                mix(WHITE, light.low, 0.15),
                [
                    complex(x, high),
                    complex(x + cap * slope * 1.1, high - cap),
                    complex(x + cap * slope * 0.3, high - cap * 0.72),
                    complex(x - cap * slope * 0.1, high - cap * 1.15),
                    complex(x - cap * slope * 0.45, high - cap * 0.75),
                    complex(x - cap * slope, high - cap),
                ],
            )
    drawing.fill(
        far, [*_ridge(width, horizon + height * 0.14, height * 0.06, 4, own, "far"), *floor]
    )
    nearer = mix(light.far, light.middle, 0.45)
    drawing.fill(
        nearer, [*_ridge(width, horizon + height * 0.06, height * 0.035, 5, own, "near"), *floor]
    )


def _draw_trees(
    drawing: Drawing,
    width: float,
    height: float,
    horizon: float,
    profile: Profile,
    light: Light,
    own: Variation,
) -> None:
    trees, shrubs = plants_of(profile.period, profile.theme)
    count = {Theme.FOREST: 15, Theme.DESERT: 2, Theme.SEA: 5, Theme.ICE: 6, Theme.SUN: 4}.get(
        profile.theme, 8
    )
    for i in range(count):
        part = (i + own.within(f"tree x {i}", 0.1, 0.9)) / count
        plant = (trees * 2 + shrubs[:1])[int(own.unit(f"tree {i}") * (len(trees) * 2 + 1))]
        size = (
            height
            * own.within(f"tree size {i}", 0.16, 0.34)
            * (1.25 if profile.theme is Theme.FOREST else 1)
        )
        if plant is shrubs[0]:
            size *= 0.5
        tint = mix(light.middle, light.far, own.within(f"tree tint {i}", 0.0, 0.55))
        if plant is not shrubs[0] or profile.theme is not Theme.FLOWER:
            plant(
                drawing,
                complex(part * width, horizon - 8),
                size,
                tint,
                Variation(f"{own.unit(f'kind {i}')}"),
            )


def shadow_of(light: Light) -> Rgb:
    """The colour of a shadow on the ground."""
    return mix(light.ground, SHADOW, 0.30)


def figure_of(light: Light, height: float) -> Rgb:
    """The colour of the person: fainter if large, since the animal is the subject."""
    if luminance(light.middle) < 0.34:
        return mix(light.middle, CREAM, 0.22)
    return mix(light.middle, SHADOW, 0.40 if height < 150 else 0.2)
