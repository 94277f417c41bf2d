"""Shells of eggs: what is usual for each family, and how large an egg is."""

import math
from dataclasses import dataclass

from bot.creatures.profile import Colour, Family, Pattern, Profile


@dataclass(frozen=True)
class Shell:
    """A shell as it is usual for a family."""

    colour: Colour
    marking: Colour
    pattern: Pattern
    length: float
    """Length of the egg, in widths: known eggs of theropods are long, those of sauropods round."""


SHELLS = {
    Family.SMALL_THEROPOD: Shell(Colour.TEAL, Colour.BROWN, Pattern.SPOTS, 1.55),
    Family.LARGE_THEROPOD: Shell(Colour.RUST, Colour.CHARCOAL, Pattern.SPOTS, 1.5),
    Family.SPINOSAUR: Shell(Colour.SLATE, Colour.INDIGO, Pattern.STRIPES, 1.5),
    Family.ORNITHOMIMID: Shell(Colour.CREAM, Colour.SAND, Pattern.PLAIN, 1.4),
    Family.THERIZINOSAUR: Shell(Colour.PLUM, Colour.CREAM, Pattern.SPOTS, 1.2),
    Family.SAUROPOD: Shell(Colour.SAND, Colour.BROWN, Pattern.PLAIN, 1.08),
    Family.EARLY_SAUROPODOMORPH: Shell(Colour.AMBER, Colour.CREAM, Pattern.PLAIN, 1.15),
    Family.STEGOSAUR: Shell(Colour.MOSS, Colour.CREAM, Pattern.SPOTS, 1.25),
    Family.ANKYLOSAUR: Shell(Colour.BROWN, Colour.CREAM, Pattern.SPOTS, 1.2),
    Family.CERATOPSIAN: Shell(Colour.CREAM, Colour.RUST, Pattern.SPOTS, 1.35),
    Family.HADROSAUR: Shell(Colour.OLIVE, Colour.BROWN, Pattern.STRIPES, 1.2),
    Family.PACHYCEPHALOSAUR: Shell(Colour.INDIGO, Colour.CREAM, Pattern.SPOTS, 1.3),
}


def egg_size(profile: Profile) -> float:
    """How large the egg of an animal is among eggs, from 0.55 to 1: as the animal will be."""
    return 0.55 + 0.45 * min(1.0, max(0.0, math.log(profile.length / 0.4) / math.log(75)))
