"""Company: what is around a creature because of its temper, diet and pose."""

import re

from bot.creatures.profile import Diet, Pose, Profile, Temper, Theme
from bot.pictures.plates.creature import Animal
from bot.pictures.plates.drawing import Drawing, Rgb, Variation, mix, rgb
from bot.pictures.plates.geometry import between, ellipse, leaf, polar, smooth
from bot.pictures.plates.palette import BONE, SHADOW
from bot.pictures.plates.plants import fern, tree_fern
from bot.pictures.plates.scenery import GROUND, Light, shadow_of

_COLOURS = re.compile(r'#[0-9a-f]{6}"')
_OPACITY = re.compile(r' opacity="[^"]*"')
HIGH = 150
"""Pixels above the ground; a mouth that is higher feeds on trees."""


def draw_company_behind(
    drawing: Drawing, profile: Profile, animal: Animal, scale: float, at: complex, light: Light
) -> None:
    """Draw others of its kind far away, and the tree that it feeds on."""
    own = Variation(profile.name)
    if profile.temper is Temper.SOCIABLE:
        other = _silhouette(animal.drawing, mix(light.middle, SHADOW, 0.12))
        for x, size in ((640, 0.19), (752, 0.25)):
            drawing.add(other, scale * size, complex(x, GROUND + 22))
    mouth = at + animal.mouth * scale
    if profile.pose is Pose.FEEDING and profile.diet is Diet.PLANTS and mouth.imag > GROUND + HIGH:
        foot = complex(mouth.real + 26, GROUND + 14)
        high = (mouth.imag - foot.imag) / 0.74
        tree_fern(drawing, foot, high, mix(light.plant, light.middle, 0.35), own)
    if profile.pose in (Pose.WALKING, Pose.RUNNING) and profile.theme is not Theme.THUNDER:
        _draw_footprints(drawing, at.real - animal.drawing.right * scale * 0.1, scale, light)


def draw_company_before(
    drawing: Drawing, profile: Profile, animal: Animal, scale: float, at: complex, light: Light
) -> None:
    """Draw its food, or an insect that it watches."""
    mouth = at + animal.mouth * scale
    is_low = mouth.imag < GROUND + HIGH
    if profile.temper is Temper.CURIOUS or (
        profile.pose is Pose.FEEDING and profile.diet is Diet.INSECTS
    ):
        has_room = mouth.real < 730
        above = 34 + 26j if has_room else 1j * (24 + animal.head_length * scale * 0.5)
        _draw_dragonfly(drawing, mouth + above, 15)
    if profile.pose is not Pose.FEEDING:
        return
    if profile.diet is Diet.FISH:
        _draw_fish(drawing, mouth - animal.head_length * scale * 0.12, animal.head_length * scale)
    elif profile.diet is Diet.PLANTS and is_low:
        foot = complex(mouth.real + 4, GROUND - 8)
        fern(
            drawing, foot, max(30, animal.head_length * scale * 0.7), light.plant, Variation("food")
        )
    elif profile.diet in (Diet.MEAT, Diet.ANYTHING) and is_low:
        _draw_bones(drawing, complex(min(mouth.real + 6, 738), GROUND - 8), light)


def _silhouette(drawing: Drawing, colour: Rgb) -> Drawing:
    """A drawing in one colour."""
    paint = '#{:02x}{:02x}{:02x}"'.format(*colour)
    elements = [_OPACITY.sub("", _COLOURS.sub(paint, element)) for element in drawing.elements]
    return Drawing(elements, drawing.left, drawing.right, drawing.bottom, drawing.top)


def _draw_footprints(drawing: Drawing, start: float, scale: float, light: Light) -> None:
    size = max(9.0, 30 * scale)
    prints = []
    for i in range(6):
        base = complex(start - (i + 0.4) * size * 4.2, GROUND - (10 if i % 2 else 20))
        for angle in (-34, 0, 34):
            toe = polar(size, angle)
            prints.append(leaf(base, base + complex(toe.real, toe.imag * 0.45), 0.34))
    drawing.fill(mix(light.ground, shadow_of(light), 0.7), *prints)


def _draw_dragonfly(drawing: Drawing, at: complex, size: float) -> None:
    wing = rgb("f4fbff")
    for angle in (62, 100, 248, 284):
        drawing.fill(wing, leaf(at, at + polar(size * 1.1, angle), 0.28), opacity=0.8)
    drawing.line(
        rgb("2a4d6e"), size * 0.17, [at + size * 0.35, at - complex(size * 1.15, size * 0.2)]
    )
    drawing.disc(rgb("2a4d6e"), at + size * 0.42, size * 0.19)


def _draw_fish(drawing: Drawing, at: complex, size: float) -> None:
    long = max(16.0, size * 0.42)
    head, tail = at + polar(long * 0.5, 205), at + polar(long * 0.55, 12)
    silver = rgb("a9c0cc")
    drawing.fill(
        silver,
        leaf(head, tail, 0.5, 0.05),
        leaf(between(head, tail, 0.9), tail + polar(long * 0.26, 62), 0.5),
        leaf(between(head, tail, 0.9), tail + polar(long * 0.26, -40), 0.5),
    )
    drawing.disc(SHADOW, between(head, tail, 0.16, 0.04), long * 0.045)


def _draw_bones(drawing: Drawing, at: complex, light: Light) -> None:
    bone = mix(BONE, light.ground, 0.1)
    drawing.fill(shadow_of(light), ellipse(at + 14, 44, 6))
    for i in range(5):
        x = at + 14 * i - 18
        rib = smooth(
            [x, x + complex(-9, 16 + 3 * (i % 2)), x + complex(3, 30 + 4 * (i % 3))], steps=5
        )
        drawing.line(bone, 4.2, rib)
    drawing.line(bone, 6, [at - 26, at + 52 + 3j])
