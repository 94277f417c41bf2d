"""Scenery: sky, light, land and plants behind and before a creature."""

import math
from dataclasses import dataclass
from itertools import pairwise

from bot.creatures.profile import Period, Pose, Profile, Theme
from bot.creatures.rarity import Rarity, rarity_of
from bot.pictures.plates.drawing import Drawing, Rgb, Variation, luminance, mix, rgb
from bot.pictures.plates.geometry import Points, ellipse, placed, smooth
from bot.pictures.plates.palette import SHADOW, WHITE, palette_of
from bot.pictures.plates.plants import cycad, plants_of

GROUND = 76.0
"""Height of the ground under the creature's feet, in pixels from the lower edge."""
HORIZON = GROUND + 50
WIDTH, HEIGHT = 800, 500
"""Size of a plate, in pixels."""
ALIKE = 0.08
"""Difference of luminance below which limbs are lost in a shadow."""
LANDS = (Theme.NONE, Theme.NONE, Theme.NONE, Theme.MOUNTAIN, Theme.SEA, Theme.FOREST)
"""Landscapes of creatures without a theme, in the light of any day."""
PEEKING = 40
"""Pixels of a tree that would seem to grow from the back, so it is left out."""
CLEARING = 75
"""Pixels to both sides of what shows the size and of a low head, without plants."""

BOLT = (
    (0, 0), (-0.035, -0.15), (0, -0.14), (-0.03, -0.30), (0.055, -0.10), (0.02, -0.105), (0.05, 0)
)  # fmt: skip
VOLCANO = ((-1.1, -0.1), (-0.46, 0.4), (-0.14, 1), (0.14, 1), (0.44, 0.42), (1.1, -0.1))
LAVA = ((-0.13, 0), (-0.03, -0.25), (-0.11, -0.6), (0.03, -0.35), (0.13, -0.42), (0.13, 0))
SNOW = (
    (0, 0), (0.33, -0.33), (0.1, -0.25), (-0.03, -0.4), (-0.14, -0.26), (-0.33, -0.33)
)  # fmt: skip


@dataclass(frozen=True)
class Light:
    """Colours of a scene."""

    high: Rgb
    """Colour of the sky above."""
    low: Rgb
    """Colour of the sky at the horizon."""
    far: Rgb
    """Colour of the land far away."""
    middle: Rgb
    """Colour of trees and hills."""
    ground: Rgb
    plant: Rgb
    """Colour of plants in front."""


def _light(*codes: str) -> Light:
    return Light(*map(rgb, codes))


DAYS = (
    _light("a9d8e2", "fdf3dc", "b9d2c4", "93b59c", "dccd9c", "4a7a58"),
    _light("86c5e2", "e6f4ee", "a5cabf", "7dab8e", "cfc289", "3a7050"),
    _light("f0a17e", "fdebc8", "dfa68d", "b07f82", "d3b07f", "6d4a5c"),
    _light("c3b6de", "fdeee2", "c6bcd3", "988fb2", "cfc19c", "4d6a60"),
    _light("8fb7c9", "eef0e6", "b4c3c0", "8aa39a", "c3bd96", "456a5c"),
    _light("f3cf7e", "fdf4d8", "d8c793", "a9a868", "d6c07d", "5f7040"),
    _light("f2b9b4", "fff0e0", "d9bdb6", "a3a08f", "d8c49a", "5e7a55"),
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


def theme_of(profile: Profile) -> Theme:
    """The theme of a profile's scene: night, if the animal is one of the night."""
    return Theme.NIGHT if rarity_of(profile.name) is Rarity.NIGHT else profile.theme


def light_of(profile: Profile, variation: Variation) -> Light:
    """The colours of a profile's scene, so that the creature stands out from them."""
    light = LIGHTS.get(theme_of(profile), variation.choice("day", DAYS))
    colour = palette_of(profile).base
    towards = mix(light.high, SHADOW, 0.35) if luminance(colour) > 0.58 else WHITE

    def apart(behind: Rgb) -> Rgb:
        for _ in range(6):
            if math.dist(colour, behind) < 105:
                behind = mix(behind, towards, 0.16)
        return behind

    low, far, middle = apart(light.low), apart(light.far), apart(light.middle)
    return Light(light.high, low, far, middle, light.ground, light.plant)


def draw_air(drawing: Drawing, width: int, height: int, light: Light) -> None:
    """Draw the sky as bands of flat colours, which is three times as fast as a gradient."""
    bands = 36
    edges = [height - round(height * 0.8 * i / bands) for i in range(bands)]
    drawing.fill(light.low, _box(0, 0, width, edges[-1]))
    for i, (top, bottom) in enumerate(pairwise(edges)):
        below = bottom - 1  # under the next band, or a seam would show where it is scaled
        drawing.fill(mix(light.high, light.low, i / (bands - 1)), _box(0, below, width, top))


def draw_open_land(
    drawing: Drawing, width: int, height: int, ground: float, light: Light, own: Variation
) -> None:
    """Draw sky, hills and ground, without anything that reaches over the edges."""
    draw_air(drawing, width, height, light)
    sun = complex(own.within("sun", 0.15, 0.4) * width, height * 0.82)
    drawing.disc(mix(light.low, rgb("fff7d8"), 0.75), sun, height * 0.08)
    far = mix(light.far, light.low, 0.25)
    nearer = mix(light.far, light.middle, 0.45)
    for tint, level, rise, label in (
        (far, ground + height * 0.22, height * 0.05, "far"),
        (nearer, ground + height * 0.13, height * 0.03, "near"),
        (light.ground, ground + height * 0.03, height * 0.01, "ground"),
    ):
        _draw_land(drawing, tint, _ridge(width, level, rise, 5, own, label))


def draw_backdrop(
    drawing: Drawing, profile: Profile, light: Light, own: Variation, back: Points
) -> None:
    """Draw all that is behind the creature, whose back is at these points."""
    theme = theme_of(profile)
    if theme is Theme.NONE:
        theme = own.choice("land", LANDS)
    draw_air(drawing, WIDTH, HEIGHT, light)
    if theme is Theme.NIGHT:
        _draw_night(drawing, light, own)
    elif theme is Theme.THUNDER:
        _draw_storm(drawing, light, own)
    elif theme is Theme.FIRE:
        drawing.disc(rgb("ffcf87"), complex(own.within("sun", 560, 720), 330), 42)
        _draw_volcano(drawing, light, own)
    else:
        _draw_day(drawing, theme, light, own)
    if theme is Theme.SEA:
        _draw_sea(drawing, light, own)
    else:
        if theme in (Theme.MOUNTAIN, Theme.ICE):
            _draw_mountains(drawing, light, own)
        far, near = mix(light.far, light.low, 0.25), mix(light.far, light.middle, 0.45)
        _draw_land(drawing, far, _ridge(WIDTH, HORIZON + 70, 30, 4, own, "far"))
        _draw_land(drawing, near, _ridge(WIDTH, HORIZON + 30, 18, 5, own, "near"))
    _draw_trees(drawing, profile.period, theme, light, own, back)
    field = mix(light.ground, light.middle, 0.35)
    _draw_land(
        drawing, field, _ridge(WIDTH, HORIZON - 4, own.within("rise", 6, 16), 4, own, "field")
    )
    _draw_land(drawing, light.ground, _ridge(WIDTH, GROUND + 12, 5, 5, own, "ground"))
    path = mix(light.ground, light.plant, 0.16)
    _draw_land(drawing, path, _ridge(WIDTH, GROUND - 26, 7, 4, own, "path"))
    for i in range(7):
        at = own.point(f"stone {i}", (30, WIDTH - 30), (12, GROUND - 6))
        size = own.within(f"stone size {i}", 2.5, 7)
        drawing.fill(mix(light.ground, SHADOW, 0.22), ellipse(at, size, size * 0.5))


def draw_front(
    drawing: Drawing, profile: Profile, light: Light, own: Variation, *clear: float
) -> None:
    """Draw plants before the creature, in the corners, and none at the `clear` places."""
    _, shrubs = plants_of(profile.period, profile.theme)
    places = [(24, 95), (96, 55), (720, 60), (780, 100)]
    if profile.theme is Theme.DESERT:
        places = [(32, 65), (768, 60)]
    if profile.pose is Pose.FEEDING:  # its food is on the right
        places = [(x, size) for x, size in places if x < WIDTH / 2]
    elif profile.theme is Theme.FLOWER:
        places += [(160, 45), (264, 40), (496, 40), (624, 50)]
    for i, (x, size) in enumerate(places):
        if any(abs(x - place) < CLEARING for place in clear):
            continue
        tint = mix(light.plant, light.ground, own.within(f"tint {i}", 0.0, 0.25))
        high = size * own.within(f"high {i}", 0.9, 1.3)
        foot = complex(x, own.within(f"foot {i}", 4, 20))
        own.choice(f"shrub {i}", shrubs)(drawing, foot, high, tint, own.part(f"plant {i}"))


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


def _draw_land(drawing: Drawing, colour: Rgb, ridge: Points) -> None:
    """Fill what is below a ridge."""
    drawing.fill(colour, [*ridge, complex(ridge[-1].real, 0), 0j])


def _draw_night(drawing: Drawing, light: Light, own: Variation) -> None:
    for i in range(46):
        star = own.point(f"star {i}", (0, WIDTH), (210, 490))
        drawing.disc(rgb("f4eecb"), star, own.within(f"star size {i}", 0.7, 1.9))
    moon = complex(own.within("sun", 96, 480), 380)
    drawing.disc(mix(light.high, light.low, 0.55), moon, 95, opacity=0.5)
    drawing.disc(rgb("f6efcf"), moon, 67)
    for crater, radius in ((-20 + 15j, 14), (25 - 10j, 10), (5 - 32j, 8)):
        drawing.disc(rgb("e2d8b0"), moon + crater, radius)


def _draw_storm(drawing: Drawing, light: Light, own: Variation) -> None:
    for i in range(5):
        at = complex(40 + 192 * i, own.within(f"storm {i}", 420, 485))
        _draw_cloud(drawing, at, 85, mix(light.high, SHADOW, 0.25 - 0.04 * i))
    drawing.fill(rgb("ffe98a"), placed(BOLT, complex(own.within("bolt", 110, 250), 410), HEIGHT))


def _draw_day(drawing: Drawing, theme: Theme, light: Light, own: Variation) -> None:
    is_hot = theme in (Theme.SUN, Theme.DESERT)
    radius = 85 if theme is Theme.SUN else 38
    sun = complex(
        own.within("sun", 96, 640), 350 if theme is Theme.SUN else own.within("sun high", 330, 430)
    )
    drawing.disc(WHITE, sun, radius * 1.55, opacity=0.22)
    drawing.disc(mix(light.low, rgb("fff7d8"), 0.75), sun, radius)
    cloud = mix(light.low, WHITE, 0.55)
    is_streaky = own.unit("streaks") < 0.35
    for i in range(1 if is_hot else int(own.within("clouds", 1, 5))):
        at = own.point(f"cloud {i}", (60, WIDTH), (350, 465))
        size = own.within(f"cloud size {i}", 30, 50)
        if is_streaky:
            drawing.fill(cloud, ellipse(at, size * 3, 5), ellipse(at + size - 9j, size * 2, 4))
        else:
            _draw_cloud(drawing, at, size, cloud)
    for i in range(40 if theme is Theme.ICE else 0):
        flake = own.point(f"flake {i}", (0, WIDTH), (125, HEIGHT))
        drawing.disc(WHITE, flake, own.within(f"flake size {i}", 1.0, 2.6))


def _draw_cloud(drawing: Drawing, at: complex, size: float, colour: Rgb) -> None:
    puffs = ((0j, 1.7, 0.42), (-0.5 + 0.25j, 0.7, 0.5), (0.4 + 0.35j, 0.85, 0.6))
    drawing.fill(colour, *(ellipse(at + aside * size, x * size, y * size) for aside, x, y in puffs))


def _draw_sea(drawing: Drawing, light: Light, own: Variation) -> None:
    level = HORIZON + 50
    drawing.fill(light.far, _box(0, 0, WIDTH, level))
    for i in range(12):
        at = own.point(f"wave {i}", (0, WIDTH), (level - 45, level - 4))
        wave = ellipse(at, own.within(f"wave x {i}", 14, 40), 1.4)
        drawing.fill(mix(light.far, WHITE, 0.45), wave)


def _draw_volcano(drawing: Drawing, light: Light, own: Variation) -> None:
    at = complex(own.within("volcano", 130, 320), HORIZON)
    smoke = mix(light.high, light.far, 0.45)
    for i in range(4):
        puff = at + complex(40 * i, 215 + 37 * i)
        drawing.fill(smoke, ellipse(puff, 26 + 16 * i, 18 + 9 * i))
    slopes = placed(VOLCANO, at, 200)
    drawing.fill(light.far, smooth(slopes[:3]) + smooth(slopes[3:]))
    drawing.fill(rgb("ff7a3c"), placed(LAVA, at + 200j, 200))


def _draw_mountains(drawing: Drawing, light: Light, own: Variation) -> None:
    for i in range(5):
        top = own.point(f"peak {i}", (192 * i - 30, 192 * i + 65), (HORIZON + 110, HORIZON + 210))
        high = top.imag - HORIZON + 20
        wide = own.within(f"peak wide {i}", 120, 176)
        tint = mix(light.far, light.low, 0.45 if i % 2 else 0.25)
        drawing.fill(tint, [top - complex(wide, high), top, top + complex(wide, -high)])
        drawing.fill(mix(WHITE, light.low, 0.15), placed(SNOW, top, wide, high))


def _draw_trees(
    drawing: Drawing, period: Period, theme: Theme, light: Light, own: Variation, back: Points
) -> None:
    trees, _ = plants_of(period, theme)
    counts = {Theme.FOREST: 11, Theme.DESERT: 2, Theme.SEA: 5, Theme.ICE: 6, Theme.SUN: 4}
    count = round(counts.get(theme, 8) * own.within("trees", 0.5, 1.3))
    for i in range(count):
        foot = complex((i + own.within(f"tree x {i}", 0.1, 0.9)) / count * WIDTH, HORIZON - 8)
        plant = own.choice(f"tree {i}", (*trees, *trees, cycad))
        high = own.within(f"tree size {i}", 80, 170) * (1.25 if count > 8 else 1)
        tint = mix(light.middle, light.far, own.within(f"tree tint {i}", 0.0, 0.55))
        if plant is cycad:  # low, so before a hill from which it has to stand out
            high, tint = high * 0.5, mix(light.middle, SHADOW, 0.12)
        behind = max((p.imag for p in back if abs(p.real - foot.real) < PEEKING), default=0.0)
        if abs(foot.imag + high - behind) > PEEKING:
            plant(drawing, foot, high, tint, own.part(f"kind {i}"))


def shadow_of(light: Light, limbs: Rgb | None = None) -> Rgb:
    """The colour of a shadow on the ground, darker if limbs that stand in it are as dark."""
    shadow = mix(light.ground, SHADOW, 0.30)
    is_alike = limbs is not None and abs(luminance(limbs) - luminance(shadow)) < ALIKE
    return mix(light.ground, SHADOW, 0.46) if is_alike else shadow
