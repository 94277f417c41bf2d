"""Colours of a creature."""

from dataclasses import dataclass, replace

from bot.creatures.profile import Colour, Profile
from bot.creatures.rarity import Rarity, rarity_of
from bot.pictures.plates.drawing import Rgb, luminance, mix, rgb

COLOURS = {
    Colour.SAND: rgb("cfae72"),
    Colour.RUST: rgb("b3592f"),
    Colour.BROWN: rgb("84583a"),
    Colour.OLIVE: rgb("7f8442"),
    Colour.MOSS: rgb("55793f"),
    Colour.TEAL: rgb("2b7f80"),
    Colour.SLATE: rgb("647a8e"),
    Colour.INDIGO: rgb("4a5297"),
    Colour.PLUM: rgb("7d4772"),
    Colour.CRIMSON: rgb("ab3340"),
    Colour.AMBER: rgb("d68f2d"),
    Colour.CREAM: rgb("e2d0a6"),
    Colour.CHARCOAL: rgb("4b4a52"),
}
CREAM = rgb("f7ead0")
WHITE = rgb("ffffff")
SHADOW = rgb("1d1a2b")
BONE = rgb("f0e4c6")
HORN = rgb("5b4a3d")
RARE = {
    Rarity.WHITE: "f4f1ea e0dcd6 fffefb bdb8bb d8d0c8 e9c9c4 efe6d2 79b6ea",
    Rarity.BLACK: "2b2a31 1c1b22 3f3d47 17161c 454350 5a5668 8b8378 ffb52e",
    Rarity.GOLDEN: "e3ab22 b67d12 fae596 9c6a14 fff0ac f8cf4e fbe9b0 fffbe6",
    Rarity.NIGHT: "27306b 1a2150 4a5bb0 171c44 8fdcff 64b4ff b9c6ee e4fbff",
}
"""Base, back, belly, far side, markings, accent, horn and eye."""


@dataclass(frozen=True)
class Palette:
    """Colours of the parts of a creature."""

    base: Rgb
    back: Rgb
    """Darker, along the spine."""
    belly: Rgb
    far: Rgb
    """Colour of limbs on the far side."""
    far_marking: Rgb
    marking: Rgb
    crease: Rgb
    accent: Rgb
    """Colour of crests, frills and sails."""
    horn: Rgb
    claw: Rgb
    eye: Rgb


def palette_of(profile: Profile) -> Palette:
    """The colours of a profile; its rarity, if it has one, decides about them first."""
    usual, rarity = _usual(profile), rarity_of(profile.name)
    if rarity not in RARE:
        return usual
    base, back, belly, far, marking, accent, horn, eye = map(rgb, RARE[rarity].split())
    return replace(
        usual,
        base=base,
        back=back,
        belly=belly,
        far=far,
        far_marking=mix(marking, far, 0.5),
        marking=marking,
        crease=mix(base, CREAM if rarity is Rarity.BLACK else SHADOW, 0.4),
        accent=accent,
        horn=horn,
        claw=mix(horn, SHADOW, 0.3),
        eye=eye,
    )


def _usual(profile: Profile) -> Palette:
    base = COLOURS[profile.colour]
    marking = COLOURS[profile.marking]
    is_light = luminance(base) > 0.6
    if abs(luminance(marking) - luminance(base)) < 0.12:
        marking = mix(marking, SHADOW if luminance(base) > 0.4 else CREAM, 0.35)
    is_dark = luminance(base) < 0.36
    accent = COLOURS[profile.marking]
    if luminance(accent) < 0.35:
        accent = mix(accent, CREAM, 0.22)
    return Palette(
        base=base,
        back=mix(base, SHADOW, 0.2),
        belly=mix(base, CREAM, 0.55 if is_dark else 0.62),
        far=mix(base, SHADOW, 0.34 if is_light else 0.4),
        far_marking=mix(marking, SHADOW, 0.45),
        marking=mix(marking, base, 0.12),
        crease=mix(base, SHADOW, 0.5),
        accent=accent,
        horn=mix(mix(BONE, HORN, 0.24), base, 0.1),  # darker than clouds
        claw=mix(HORN, SHADOW, 0.35) if luminance(base) > 0.4 else mix(BONE, HORN, 0.4),
        eye=rgb("ffd34d") if profile.colour not in (Colour.AMBER, Colour.SAND) else rgb("fff3c4"),
    )
