"""A creature: its parts, from the far side to the near one."""

from dataclasses import dataclass, replace
from functools import lru_cache

from bot.creatures.profile import Family, Pose, Profile, Trait
from bot.creatures.rarity import Rarity, rarity_of
from bot.pictures.plates.drawing import Drawing, Variation
from bot.pictures.plates.head import draw_frill, draw_head, draw_throat
from bot.pictures.plates.limbs import draw_arm, draw_foreleg, draw_leg
from bot.pictures.plates.ornaments import draw_behind_body, draw_on_body
from bot.pictures.plates.palette import palette_of
from bot.pictures.plates.patterns import draw_body, draw_glitter, draw_pattern, draw_stars
from bot.pictures.plates.skeleton import Sketch, skeleton_of


@dataclass(frozen=True)
class Animal:
    """A creature that is drawn, in units of its drawing."""

    drawing: Drawing
    length: float
    """Along the spine, from snout to tail."""
    mouth: complex
    head_length: float
    heel: float
    """The leftmost of its legs."""
    back: list[complex]
    """The upper edge of its body, without what rises from it."""


KEPT = {Trait.FEATHERS, Trait.LARGE_EYES}
"""Traits that a hatchling has. The others grow later."""
YOUNG_POSES = (Pose.STANDING, Pose.WALKING, Pose.CALLING)
TWIN_GAP = 0.05
"""Distance between twins, as a part of the length of one."""


def hatched(profile: Profile) -> Profile:
    """The profile of an animal on its first day: what is not grown yet is left out."""
    pose = Variation(profile.name).choice("young", YOUNG_POSES)
    if profile.family is Family.HADROSAUR and pose is Pose.CALLING:  # it would rear
        pose = Pose.STANDING
    kept = tuple(trait for trait in profile.traits if trait in KEPT)
    return replace(profile, traits=kept, pose=pose)


@lru_cache(maxsize=16)
def creature(profile: Profile, *, is_young: bool = False) -> Animal:
    """The drawing of a creature, which stands on y = 0, or of both twins.

    is_young: whether it has the proportions of a hatchling; its profile is `hatched`.
    """
    animal = _drawn(profile, is_young=is_young)
    if rarity_of(profile.name) is not Rarity.TWINS:
        return animal
    is_facing = profile.pose is not Pose.RUNNING  # else one runs behind the other
    one, both, gap = animal.drawing, Drawing(), TWIN_GAP * animal.length
    aside = 2 * one.right + gap if is_facing else one.left - one.right - gap
    both.add(one, at=complex(aside, 0), flipped=is_facing)
    both.add(one)
    other = [complex(aside - p.real if is_facing else aside + p.real, p.imag) for p in animal.back]
    return replace(animal, drawing=both, back=[*animal.back, *other])


def _drawn(profile: Profile, *, is_young: bool) -> Animal:
    variation = Variation(profile.name)
    skeleton = skeleton_of(profile, variation, is_young=is_young)
    palette = palette_of(profile)
    sketch = Sketch(profile, skeleton, palette, variation, growth=0.5 if is_young else 1.0)
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
    if rarity_of(profile.name) is Rarity.NIGHT:
        draw_stars(sketch)
    draw_on_body(sketch)
    if not skeleton.stands_on_arms:
        draw_arm(sketch, skeleton.arms[0])
    is_frilled = sketch.has(Trait.FRILL) or sketch.has(Trait.FRILL_SPIKES)
    if is_frilled or profile.family is Family.CERATOPSIAN:
        draw_frill(sketch)
    draw_head(sketch)
    if rarity_of(profile.name) is Rarity.GOLDEN:
        draw_glitter(sketch)
    head, back = skeleton.head, skeleton.body.edge(1)
    heel = min(min(limb.end.real, limb.ankle.real) for limb in skeleton.legs)
    return Animal(sketch.drawing, skeleton.length, head.mouth, head.length, heel, back)
