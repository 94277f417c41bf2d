"""A creature: its parts, from the far side to the near one."""

from dataclasses import dataclass
from functools import lru_cache

from bot.creatures.profile import Family, Pose, Profile, Trait
from bot.pictures.plates.drawing import Drawing, Variation
from bot.pictures.plates.head import draw_frill, draw_head, draw_throat
from bot.pictures.plates.limbs import draw_arm, draw_foreleg, draw_leg
from bot.pictures.plates.ornaments import draw_behind_body, draw_on_body
from bot.pictures.plates.palette import palette_of
from bot.pictures.plates.patterns import draw_body, draw_pattern
from bot.pictures.plates.skeleton import Sketch, skeleton_of


@dataclass(frozen=True)
class Animal:
    """A creature that is drawn, in units of its drawing."""

    drawing: Drawing
    length: float
    """Along the spine, from snout to tail."""
    mouth: complex
    head_length: float
    back: list[complex]
    """The upper edge of its body, without what rises from it."""


@lru_cache(maxsize=16)
def creature(profile: Profile) -> Animal:
    """The drawing of a creature, which stands on y = 0."""
    variation = Variation(profile.name)
    skeleton = skeleton_of(profile, variation)
    sketch = Sketch(profile, skeleton, palette_of(profile), variation)
    draw_fore = draw_foreleg if skeleton.stands_on_arms else draw_arm
    draw_behind_body(sketch)
    if skeleton.stands_on_arms or profile.pose is not Pose.FEEDING:  # else it is folded away
        draw_fore(sketch, skeleton.arms[1])
    draw_leg(sketch, skeleton.legs[1])
    draw_body(sketch)
    draw_throat(sketch)
    draw_leg(sketch, skeleton.legs[0])
    if skeleton.stands_on_arms:
        draw_foreleg(sketch, skeleton.arms[0])
    draw_pattern(sketch)
    draw_on_body(sketch)
    if not skeleton.stands_on_arms:
        draw_arm(sketch, skeleton.arms[0])
    is_frilled = sketch.has(Trait.FRILL) or sketch.has(Trait.FRILL_SPIKES)
    if is_frilled or profile.family is Family.CERATOPSIAN:
        draw_frill(sketch)
    draw_head(sketch)
    head, back = skeleton.head, skeleton.body.edge(1)
    return Animal(sketch.drawing, skeleton.length, head.mouth, head.length, back)
