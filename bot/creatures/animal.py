"""The animal of a name: from its genome and the roots of the name to a profile.

A name has one animal, the same everywhere and for ever. So nothing here or in the tables may change
after a release in a way that changes the profile of a name: a test holds a thousand of them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.creatures.genome import Genome, folded
from bot.creatures.hints import Hints
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
from bot.creatures.tables import (
    FamilyRanges,
    Genus,
    load_families,
    load_genera,
)
from data.etymology import parts_of
from data.text import clean_name

_HORNS = (Trait.BROW_HORNS, Trait.NOSE_HORN)
_ARMED = {Family.CERATOPSIAN, Family.ANKYLOSAUR, Family.STEGOSAUR, Family.PACHYCEPHALOSAUR}
"""Plant eaters that may be fierce."""
_HEAVY = {Family.SAUROPOD, Family.STEGOSAUR, Family.ANKYLOSAUR}
"""Families that never run."""
_UNUSUAL = 0.1
"""Share of names that are small, and that are large, although nothing says so."""
_SHORTEST_LARGE = 9.0
"""Metres that a family of a large animal can reach."""
_LONGEST_SMALL = 2.2
"""Metres with which the family of a small animal begins."""
_SPAN = 0.6
"""Greatest usual deviation of a proportion."""

_COLOURS_OF_THEMES: Mapping[Theme, tuple[Colour, ...]] = {
    Theme.NONE: tuple(Colour),
    Theme.SEA: (Colour.TEAL, Colour.SLATE, Colour.INDIGO),
    Theme.NIGHT: (Colour.CHARCOAL, Colour.INDIGO, Colour.PLUM),
    Theme.FIRE: (Colour.CRIMSON, Colour.RUST, Colour.AMBER),
    Theme.THUNDER: (Colour.SLATE, Colour.INDIGO, Colour.CHARCOAL),
    Theme.ICE: (Colour.CREAM, Colour.SLATE),
    Theme.SUN: (Colour.AMBER, Colour.SAND, Colour.CREAM),
    Theme.FOREST: (Colour.MOSS, Colour.OLIVE, Colour.BROWN),
    Theme.DESERT: (Colour.SAND, Colour.RUST),
    Theme.MOUNTAIN: (Colour.SLATE, Colour.BROWN),
    Theme.FLOWER: (Colour.PLUM, Colour.CRIMSON, Colour.AMBER),
}
_SHADES = (
    {Colour.SAND, Colour.CREAM, Colour.AMBER},
    {Colour.RUST, Colour.BROWN, Colour.CRIMSON},
    {Colour.OLIVE, Colour.MOSS, Colour.TEAL},
    {Colour.SLATE, Colour.INDIGO, Colour.CHARCOAL, Colour.PLUM},
)
"""Colours too near to each other to be seen as markings."""


def profile_of(name: str) -> Profile:
    """The profile of the animal of a name: letters of the Latin alphabet, with or without marks.

    Names that differ in case or in spaces have the same profile. Raises `ValueError` for a name
    without letters from a to z.
    """
    letters = clean_name(name)
    if not letters:
        raise ValueError(f"{name!r} has no Latin letters")
    genome = Genome(name)
    parts = parts_of(letters)
    hints = Hints(parts)
    genus = load_genera().get(letters)
    family = genus.family if genus else _family(genome, hints)
    ranges = load_families()[family]
    period, region = _origin(genome, hints, ranges)
    build = Build(hints.first("build") or genome.weigh("build", _BUILDS))
    length = _length(genome, hints, ranges)
    weight = _weight(length, build, ranges)
    diet = _diet(genome, hints, ranges)
    traits = _traits(genome, hints, family, ranges)
    if genus:
        period, region, diet, traits = genus.period, genus.region, genus.diet, genus.traits
        length, weight, build = genus.length, genus.weight, _build_of(genus, ranges)
    theme = Theme(hints.first("theme") or Theme.NONE)
    temper = Temper(hints.first("temper") or genome.weigh("temper", _tempers(family, diet)))
    colour, marking = _colours(genome, hints, theme)
    return Profile(
        name=_displayed(name),
        roots=parts,
        family=family,
        is_real=genus is not None,
        diet=diet,
        period=period,
        region=region,
        length=length,
        weight=weight,
        build=build,
        temper=temper,
        traits=traits,
        theme=theme,
        proportions=_proportions(genome, hints, traits),
        colour=colour,
        marking=marking,
        pattern=Pattern(hints.first("pattern") or genome.weigh("pattern", _PATTERNS)),
        pose=genome.weigh("pose", _poses(family, diet, temper, traits)),
    )


def _displayed(name: str) -> str:
    text = folded(name)
    shown = text[:1].upper() + text[1:]
    return shown if folded(shown) == text else text  # a dotless i has the capital of another letter


# Family, place and time ---------------------------------------------------------------------------


def _family(genome: Genome, hints: Hints) -> Family:
    """The family that the last root with one names, else one that suits the other roots."""
    named = hints.last("family")
    if named:
        return Family(genome.choose("family", named))
    candidates = load_families()
    for suits in _wishes(hints):
        candidates = {f: ranges for f, ranges in candidates.items() if suits(ranges)} or candidates
    return genome.weigh("family", {f: ranges.common for f, ranges in candidates.items()})


def _wishes(hints: Hints) -> Iterator[Callable[[FamilyRanges], bool]]:
    """Conditions on the family, the most important first."""
    size, region = hints.first("size"), hints.first("region")
    if size == "small":
        yield lambda ranges: ranges.length[0] <= _LONGEST_SMALL
    elif size == "large":
        yield lambda ranges: ranges.length[-1] >= _SHORTEST_LARGE
    for trait in hints.traits:
        yield lambda ranges, trait=trait: ranges.can_have(trait)  # type: ignore[misc]
    if region:
        yield lambda ranges: ranges.lived_in(region)


def _origin(genome: Genome, hints: Hints, ranges: FamilyRanges) -> tuple[Period, str]:
    """Period and region. A place in the name counts wherever the family lived else."""
    place = hints.first("region")
    language = hints.first("language")
    if place is None and language and ranges.lived_in(language):
        place = language
    periods = [*ranges.regions]
    if place:
        periods = [p for p, regions in ranges.regions.items() if place in regions] or periods
    age = hints.first("age")
    if age:
        period = periods[0] if age == "early" else periods[-1]
    else:
        period = genome.choose("period", periods)
    return period, place or genome.choose("region", ranges.regions[period])


# Figures ------------------------------------------------------------------------------------------

_BUILDS = {Build.SLENDER: 1, Build.AVERAGE: 2, Build.STOUT: 1}


def _length(genome: Genome, hints: Hints, ranges: FamilyRanges) -> float:
    """Metres, to two digits."""
    shortest, usual_from, usual_to, longest = ranges.length
    size, drawn = hints.first("size"), genome.draw("size")
    if size == "small" or (size is None and drawn < _UNUSUAL):
        lower, upper = shortest, usual_from
    elif size == "large" or (size is None and drawn >= 1 - _UNUSUAL):
        lower, upper = usual_to, longest
    else:
        lower, upper = usual_from, usual_to
    between = (genome.draw("length") + genome.draw("length_2")) / 2
    return min(max(_two_digits(lower + between * (upper - lower)), lower), upper)


def _weight(length: float, build: Build, ranges: FamilyRanges) -> float:
    """Kilograms, to two digits."""
    factor = ranges.factor[[*Build].index(build)]
    lightest, heaviest = ranges.weight
    return min(max(_two_digits(factor * length * length * length), lightest), heaviest)


def _build_of(genus: Genus, ranges: FamilyRanges) -> Build:
    """The build whose weight is nearest to that of a genus."""
    slender, average, stout = ranges.factor
    factor = genus.weight / (genus.length * genus.length * genus.length)
    if factor < (slender + average) / 2:
        return Build.SLENDER
    return Build.STOUT if factor > (average + stout) / 2 else Build.AVERAGE


def _two_digits(figure: float) -> float:
    return float(f"{figure:.2g}")


# Body and behaviour -------------------------------------------------------------------------------


def _diet(genome: Genome, hints: Hints, ranges: FamilyRanges) -> Diet:
    named = [diet for diet in map(Diet, hints.all("diet")) if diet in ranges.diets]
    if named:
        return named[0]
    found = dict(ranges.diets)
    if hints.first("theme") == Theme.DESERT:
        found.pop(Diet.FISH, None)
    return genome.weigh("diet", found)


def _traits(
    genome: Genome, hints: Hints, family: Family, ranges: FamilyRanges
) -> tuple[Trait, ...]:
    """The traits of the family, those that the name speaks of, and random ones."""
    named = {trait for trait in hints.traits if ranges.can_have(trait)}
    drawn = {
        trait
        for trait, chance in ranges.traits.items()
        if genome.draw(f"trait {trait}") * 100 < chance and trait not in hints.without
    }
    traits = {*ranges.always} | named | drawn
    if family is Family.CERATOPSIAN and traits.isdisjoint(_HORNS):
        traits.add(genome.choose("horns", _HORNS))
    if Trait.SAIL in traits and Trait.HUMP in traits:
        traits.remove(Trait.SAIL if Trait.SAIL not in named else Trait.HUMP)
    return tuple(sorted(traits))


def _tempers(family: Family, diet: Diet) -> Mapping[Temper, int]:
    weights = dict.fromkeys(Temper, 3)
    weights[Temper.FIERCE] = 1 if family in _ARMED else 0
    if diet is Diet.MEAT:
        weights[Temper.FIERCE] = 4
    return weights


_PATTERNS = {
    Pattern.PLAIN: 2,
    Pattern.STRIPES: 4,
    Pattern.SPOTS: 3,
    Pattern.SADDLES: 3,
    Pattern.RINGS: 2,
}


def _poses(
    family: Family, diet: Diet, temper: Temper, traits: Sequence[Trait]
) -> Mapping[Pose, int]:
    running = 4 if temper is Temper.NERVOUS else 2
    if family in _HEAVY or temper is Temper.CALM:
        running = 0
    return {
        Pose.STANDING: 3 if temper in (Temper.CALM, Temper.PROUD, Temper.SHY) else 2,
        Pose.WALKING: 4,
        Pose.RUNNING: running,
        Pose.FEEDING: 3 if diet is Diet.PLANTS else 2,
        Pose.CALLING: 3 if Trait.CREST in traits or temper is Temper.SOCIABLE else 1,
    }


def _proportions(genome: Genome, hints: Hints, traits: Sequence[Trait]) -> Proportions:
    """Drawn, or large where a trait or the name says so, or small where the name does."""
    large = {
        part
        for part, trait in (
            ("skull", Trait.LARGE_HEAD),
            ("neck", Trait.LONG_NECK),
            ("tail", Trait.LONG_TAIL),
        )
        if trait in traits
    }
    values = {}
    for part in Proportions.__dataclass_fields__:
        drawn = genome.draw(f"proportion {part}")
        if part in large or hints.parts.get(part, 0) > 0:
            value = _SPAN + (1 - _SPAN) * drawn
        elif hints.parts.get(part, 0) < 0:
            value = -_SPAN - (1 - _SPAN) * drawn
        else:
            value = _SPAN * (2 * drawn - 1)
        values[part] = round(value, 2)
    return Proportions(**values)


def _colours(genome: Genome, hints: Hints, theme: Theme) -> tuple[Colour, Colour]:
    """Colours of the back and of the markings."""
    named = tuple(dict.fromkeys(map(Colour, hints.all("colour"))))
    colour = genome.choose("colour", named or _COLOURS_OF_THEMES[theme])
    too_near = next(shades for shades in _SHADES if colour in shades)
    others = [other for other in Colour if other not in too_near]
    suiting = [other for other in (*named, *_COLOURS_OF_THEMES[theme]) if other in others]
    return colour, genome.choose("marking", suiting or others)
