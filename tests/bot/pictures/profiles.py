"""Profiles of creatures for tests."""

from dataclasses import replace

from bot.creatures.profile import (
    Build,
    Colour,
    Diet,
    Family,
    Pattern,
    Period,
    Pose,
    Profile,
    Proportions,
    Temper,
    Theme,
    Trait,
)

PLAIN = Profile(
    name="Mangosaurus",
    roots=(),
    family=Family.LARGE_THEROPOD,
    is_real=False,
    diet=Diet.MEAT,
    period=Period.LATE_CRETACEOUS,
    region="asia",
    length=9.0,
    weight=4000.0,
    build=Build.AVERAGE,
    temper=Temper.FIERCE,
    traits=(),
    theme=Theme.NONE,
    proportions=Proportions(0, 0, 0, 0, 0, 0),
    colour=Colour.AMBER,
    marking=Colour.PLUM,
    pattern=Pattern.STRIPES,
    pose=Pose.STANDING,
)
LARGEST = Proportions(1, 1, 1, 1, 1, 1)
SMALLEST = Proportions(-1, -1, -1, -1, -1, -1)


def creature_of(family: Family, number: int, pose: Pose, *traits: Trait) -> Profile:
    """A profile in which everything else depends on a number."""
    diets = {Family.SMALL_THEROPOD: Diet.MEAT, Family.LARGE_THEROPOD: Diet.MEAT}
    colours = list(Colour)
    return replace(
        PLAIN,
        name=f"Testosaurus {number}",
        family=family,
        pose=pose,
        traits=tuple(sorted(traits)),
        diet=diets.get(family, Diet.PLANTS),
        period=list(Period)[number % 6],
        length=(0.4, 2.0, 7.0, 16.0, 38.0)[number % 5],
        build=list(Build)[number % 3],
        temper=list(Temper)[number % 8],
        theme=list(Theme)[number % 11],
        pattern=list(Pattern)[number % 5],
        proportions=(PLAIN.proportions, LARGEST, SMALLEST)[number % 3],
        colour=colours[number % 13],
        marking=colours[(number + 1 + number % 11) % 13],
    )
