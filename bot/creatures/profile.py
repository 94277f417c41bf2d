"""Profiles of creatures: what is known of the animal of a name, as codes and figures.

A profile holds no sentences: those are written anew in the reader's language (`description`), and
the plate is drawn anew from it (`bot.pictures`). It is stored as JSON with what a community
discovered, so codes are never renamed.
"""

from dataclasses import dataclass
from enum import StrEnum

from data.etymology import NamePart


class Family(StrEnum):
    """Families with a body plan each."""

    SMALL_THEROPOD = "small_theropod"
    LARGE_THEROPOD = "large_theropod"
    SPINOSAUR = "spinosaur"
    ORNITHOMIMID = "ornithomimid"
    THERIZINOSAUR = "therizinosaur"
    SAUROPOD = "sauropod"
    EARLY_SAUROPODOMORPH = "early_sauropodomorph"
    STEGOSAUR = "stegosaur"
    ANKYLOSAUR = "ankylosaur"
    CERATOPSIAN = "ceratopsian"
    HADROSAUR = "hadrosaur"
    PACHYCEPHALOSAUR = "pachycephalosaur"


class Period(StrEnum):
    """Periods in which dinosaurs lived."""

    LATE_TRIASSIC = "late_triassic"
    EARLY_JURASSIC = "early_jurassic"
    MIDDLE_JURASSIC = "middle_jurassic"
    LATE_JURASSIC = "late_jurassic"
    EARLY_CRETACEOUS = "early_cretaceous"
    LATE_CRETACEOUS = "late_cretaceous"


class Diet(StrEnum):
    """Diet of an animal."""

    PLANTS = "plants"
    MEAT = "meat"
    FISH = "fish"
    INSECTS = "insects"
    ANYTHING = "anything"


class Build(StrEnum):
    """How heavy an animal is for its length."""

    SLENDER = "slender"
    AVERAGE = "average"
    STOUT = "stout"


class Temper(StrEnum):
    """Temper of an animal."""

    SHY = "shy"
    CALM = "calm"
    CURIOUS = "curious"
    SOCIABLE = "sociable"
    PROUD = "proud"
    NERVOUS = "nervous"
    GRUMPY = "grumpy"
    FIERCE = "fierce"


class Trait(StrEnum):
    """Parts that some members of a family have, or have unusually large."""

    BROW_HORNS = "brow_horns"
    NOSE_HORN = "nose_horn"
    FRILL = "frill"
    FRILL_SPIKES = "frill_spikes"
    PLATES = "plates"
    SPIKES = "spikes"
    SAIL = "sail"
    TAIL_CLUB = "tail_club"
    CREST = "crest"
    DOME = "dome"
    FEATHERS = "feathers"
    LARGE_CLAWS = "large_claws"
    LARGE_TEETH = "large_teeth"
    LONG_NECK = "long_neck"
    LONG_TAIL = "long_tail"
    LARGE_HEAD = "large_head"
    LARGE_EYES = "large_eyes"
    HUMP = "hump"
    DEWLAP = "dewlap"


class Theme(StrEnum):
    """World that a name speaks of; it shows in colours and surroundings."""

    NONE = "none"
    SEA = "sea"
    NIGHT = "night"
    FIRE = "fire"
    THUNDER = "thunder"
    ICE = "ice"
    SUN = "sun"
    FOREST = "forest"
    DESERT = "desert"
    MOUNTAIN = "mountain"
    FLOWER = "flower"


class Pattern(StrEnum):
    """Markings of the skin."""

    PLAIN = "plain"
    STRIPES = "stripes"
    SPOTS = "spots"
    SADDLES = "saddles"
    RINGS = "rings"


class Pose(StrEnum):
    """Pose of an animal in its picture."""

    STANDING = "standing"
    WALKING = "walking"
    RUNNING = "running"
    FEEDING = "feeding"
    CALLING = "calling"


class Colour(StrEnum):
    """Colours of the back, and of the markings."""

    SAND = "sand"
    RUST = "rust"
    BROWN = "brown"
    OLIVE = "olive"
    MOSS = "moss"
    TEAL = "teal"
    SLATE = "slate"
    INDIGO = "indigo"
    PLUM = "plum"
    CRIMSON = "crimson"
    AMBER = "amber"
    CREAM = "cream"
    CHARCOAL = "charcoal"


@dataclass(frozen=True)
class Proportions:
    """Deviations from the usual body of the family, each from -1 to 1."""

    skull: float
    neck: float
    trunk: float
    tail: float
    arms: float
    legs: float


@dataclass(frozen=True)
class Profile:
    """All facts about the animal of a name."""

    name: str
    """The name as displayed, with one capital."""
    roots: tuple[NamePart, ...]
    """Roots of the name with their meanings. Empty for some real genera."""
    family: Family
    is_real: bool
    """Whether the family and figures are those of a real genus of this name."""
    diet: Diet
    period: Period
    region: str
    """A code of the table of regions: `north_america`."""
    length: float
    """Metres, nose to tail."""
    weight: float
    """Weight in kilograms."""
    build: Build
    temper: Temper
    traits: tuple[Trait, ...]
    """Traits, sorted."""
    theme: Theme
    proportions: Proportions
    colour: Colour
    marking: Colour
    """Another one than `colour`."""
    pattern: Pattern
    pose: Pose


def to_json(profile: Profile) -> str:
    """Encode a profile for the database. Equal profiles have equal texts."""
    import msgspec  # not before a creature is stored

    return msgspec.json.encode(profile).decode()


def from_json(text: str | bytes) -> Profile:
    """Decode a profile from the database. Raises `ValueError` for anything else."""
    import msgspec

    return msgspec.json.decode(text, type=Profile)
