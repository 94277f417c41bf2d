"""Rarities of animals: about one name in forty has one, the same everywhere and for ever."""

from collections.abc import Mapping
from enum import StrEnum

from bot.creatures.genome import Genome


class Rarity(StrEnum):
    """What makes an animal rare. Codes are never renamed."""

    WHITE = "white"
    BLACK = "black"
    GOLDEN = "golden"
    TWINS = "twins"
    NIGHT = "night"


ONE_IN = 40
"""One name in this many is rare."""

_WEIGHTS: Mapping[Rarity | None, int] = {
    Rarity.WHITE: 7,
    Rarity.BLACK: 7,
    Rarity.TWINS: 4,
    Rarity.NIGHT: 4,
    Rarity.GOLDEN: 3,
    None: 975,
}


def rarity_of(name: str) -> Rarity | None:
    """The rarity of the animal of a name; `None` for most names."""
    return Genome(name).weigh("rarity", _WEIGHTS)
