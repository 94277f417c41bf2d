"""A creature: its parts, from the far side to the near one."""

from dataclasses import dataclass
from functools import lru_cache

from bot.creatures.profile import Profile
from bot.pictures.plates.drawing import Drawing, Variation
from bot.pictures.plates.head import draw_behind_head, draw_head, mouth_tip
from bot.pictures.plates.limbs import draw_arm, draw_foreleg, draw_leg
from bot.pictures.plates.ornaments import draw_behind_body, draw_on_body
from bot.pictures.plates.palette import palette_of
from bot.pictures.plates.patterns import draw_pattern, draw_shades
from bot.pictures.plates.skeleton import skeleton_of


@dataclass(frozen=True)
class Animal:
    """A creature that is drawn, in units of its drawing."""

    drawing: Drawing
    length: float
    """Along the spine, from snout to tail."""
    mouth: complex
    head_length: float


@lru_cache(maxsize=16)
def creature(profile: Profile) -> Animal:
    """The drawing of a creature, which stands on y = 0."""
    variation = Variation(profile.name)
    palette = palette_of(profile)
    skeleton = skeleton_of(profile, variation)
    drawing = Drawing()
    draw_fore = draw_foreleg if skeleton.stands_on_arms else draw_arm
    draw_fore(drawing, skeleton.arms[1], skeleton, profile, palette)
    draw_leg(drawing, skeleton.legs[1], skeleton, profile, palette)
    draw_behind_body(drawing, skeleton, profile, palette, variation)
    drawing.fill(palette.base, skeleton.body.outline())
    draw_shades(drawing, skeleton, palette)
    draw_leg(drawing, skeleton.legs[0], skeleton, profile, palette)
    if skeleton.stands_on_arms:
        draw_foreleg(drawing, skeleton.arms[0], skeleton, profile, palette)
    draw_pattern(drawing, skeleton, profile.pattern, palette, variation)
    draw_on_body(drawing, skeleton, profile, palette, variation)
    if not skeleton.stands_on_arms:
        draw_arm(drawing, skeleton.arms[0], skeleton, profile, palette)
    draw_behind_head(drawing, skeleton.head, profile, palette, variation)
    draw_head(drawing, skeleton.head, profile, palette, variation)
    return Animal(
        drawing, skeleton.length, mouth=mouth_tip(skeleton.head), head_length=skeleton.head.length
    )
