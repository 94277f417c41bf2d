"""Labels of a profile for members: family, period, region, figures, and what the plate shows."""

from collections.abc import Mapping, Sequence

from bot.creatures.profile import (
    Colour,
    Diet,
    Family,
    Pattern,
    Period,
    Pose,
    Profile,
    Temper,
    Trait,
)
from bot.creatures.rarity import ONE_IN, Rarity, rarity_of
from bot.creatures.shells import SHELLS
from bot.creatures.tables import load_families
from bot.text.formats import bracketed, human_join, measured, spaced
from bot.text.spans import Text, strong, text
from bot.text.technical import technical
from data.etymology import NamePart, is_explained, is_imagined, reading
from data.phrases import Phrase, Showable, _, joined, listed, ngettext
from data.text import clean_name

_LEAST_FEET = 3
"""Shorter lengths are in inches."""

FAMILIES: Mapping[Family, Phrase] = {
    # TRANSLATORS: A family of dinosaurs, for example after "Family:", or in a list of drawings.
    Family.SMALL_THEROPOD: _("small theropod"),
    Family.LARGE_THEROPOD: _("large theropod"),
    Family.SPINOSAUR: _("spinosaur"),
    Family.ORNITHOMIMID: _("ornithomimid"),
    Family.THERIZINOSAUR: _("therizinosaur"),
    Family.SAUROPOD: _("sauropod"),
    Family.EARLY_SAUROPODOMORPH: _("early sauropodomorph"),
    Family.STEGOSAUR: _("stegosaur"),
    Family.ANKYLOSAUR: _("ankylosaur"),
    Family.CERATOPSIAN: _("ceratopsian"),
    Family.HADROSAUR: _("hadrosaur"),
    Family.PACHYCEPHALOSAUR: _("pachycephalosaur"),
}
"""Members see `family`, which knows the elder relatives of hadrosaurs."""
DIETS: Mapping[Diet, Phrase] = {
    # TRANSLATORS: What a dinosaur eats, after "Eats".
    Diet.PLANTS: _("plants"),
    Diet.MEAT: _("meat"),
    Diet.FISH: _("mainly fish"),
    Diet.INSECTS: _("insects"),
    Diet.ANYTHING: _("anything"),
}
PERIODS: Mapping[Period, tuple[Phrase, Phrase]] = {
    Period.LATE_TRIASSIC: (
        _("Late Triassic"),
        _("Late Triassic, about 215 million years ago"),
    ),
    Period.EARLY_JURASSIC: (
        _("Early Jurassic"),
        _("Early Jurassic, about 190 million years ago"),
    ),
    Period.MIDDLE_JURASSIC: (
        _("Middle Jurassic"),
        _("Middle Jurassic, about 170 million years ago"),
    ),
    Period.LATE_JURASSIC: (
        _("Late Jurassic"),
        _("Late Jurassic, about 150 million years ago"),
    ),
    Period.EARLY_CRETACEOUS: (
        _("Early Cretaceous"),
        _("Early Cretaceous, about 120 million years ago"),
    ),
    Period.LATE_CRETACEOUS: (
        _("Late Cretaceous"),
        _("Late Cretaceous, about 75 million years ago"),
    ),
}
"""The name of each period, and when it was. Languages count millions differently."""
# TRANSLATORS: A period of the Earth, above the columns of its parts.
AGES = (_("Triassic"), _("Jurassic"), _("Cretaceous"))
# TRANSLATORS: A part of a period, above a column: as short as possible.
_EARLY, _MIDDLE, _LATE = _("Early"), _("Middle"), _("Late")
AGE_PARTS = (_LATE, _EARLY, _MIDDLE, _LATE, _EARLY, _LATE)
"""Parts of periods, in the order of `Period`."""
REGIONS: Mapping[str, Phrase] = {
    "africa": _("Africa"),
    "antarctica": _("Antarctica"),
    "asia": _("Asia"),
    "australia": _("Australia"),
    "europe": _("Europe"),
    "north_america": _("North America"),
    "south_america": _("South America"),
}
TEMPERS: Mapping[Temper, Phrase] = {
    # TRANSLATORS: A dinosaur's temper.
    Temper.SHY: _("shy"),
    Temper.CALM: _("calm"),
    Temper.CURIOUS: _("curious"),
    Temper.SOCIABLE: _("sociable"),
    Temper.PROUD: _("proud"),
    Temper.NERVOUS: _("nervous"),
    Temper.GRUMPY: _("grumpy"),
    Temper.FIERCE: _("fierce"),
}
TRAITS: Mapping[Trait, Phrase] = {
    Trait.BROW_HORNS: _("brow horns"),
    Trait.NOSE_HORN: _("a nose horn"),
    Trait.FRILL: _("a frill"),
    Trait.FRILL_SPIKES: _("spikes on the frill"),
    Trait.PLATES: _("plates"),
    Trait.SPIKES: _("spikes"),
    Trait.SAIL: _("a sail"),
    Trait.TAIL_CLUB: _("a tail club"),
    Trait.CREST: _("a crest"),
    Trait.DOME: _("a domed skull"),
    Trait.FEATHERS: _("feathers"),
    Trait.LARGE_CLAWS: _("large claws"),
    Trait.LARGE_TEETH: _("large teeth"),
    Trait.LONG_NECK: _("a long neck"),
    Trait.LONG_TAIL: _("a long tail"),
    Trait.LARGE_HEAD: _("a large head"),
    Trait.LARGE_EYES: _("large eyes"),
    Trait.HUMP: _("a high back"),
    Trait.DEWLAP: _("a dewlap"),
}
COLOURS: Mapping[Colour, Phrase] = {
    # TRANSLATORS: A colour, as in "sandy with brown stripes".
    Colour.SAND: _("sandy"),
    Colour.RUST: _("rust"),
    Colour.BROWN: _("brown"),
    Colour.OLIVE: _("olive green"),
    Colour.MOSS: _("moss green"),
    Colour.TEAL: _("teal"),
    Colour.SLATE: _("slate grey"),
    Colour.INDIGO: _("indigo"),
    Colour.PLUM: _("plum"),
    Colour.CRIMSON: _("crimson"),
    Colour.AMBER: _("amber"),
    Colour.CREAM: _("cream"),
    Colour.CHARCOAL: _("charcoal"),
}
_SKINS: Mapping[Pattern, Phrase] = {
    Pattern.PLAIN: _("{colour} all over"),
    Pattern.STRIPES: _("{colour} with {marking} stripes"),
    Pattern.SPOTS: _("{colour} with {marking} spots"),
    Pattern.SADDLES: _("{colour} with {marking} patches on the back"),
    Pattern.RINGS: _("{colour} with {marking} rings"),
}
_RARITIES: Mapping[Rarity, Phrase] = {
    # TRANSLATORS: What makes a dinosaur rare.
    Rarity.WHITE: _("a white animal"),
    Rarity.BLACK: _("a black animal"),
    Rarity.GOLDEN: _("a golden animal"),
    Rarity.TWINS: _("twins"),
    Rarity.NIGHT: _("an animal of the night"),
}
_RARE_SKINS: Mapping[Rarity, Phrase] = {
    # TRANSLATORS: What a rare dinosaur looks like, in the place of "sandy with brown stripes".
    Rarity.WHITE: _("white all over"),
    Rarity.BLACK: _("black all over"),
    Rarity.GOLDEN: _("golden all over"),
    Rarity.NIGHT: _("as blue as the night, with stars"),
}
_PLATES: Mapping[Pose, Phrase] = {
    Pose.STANDING: _("Drawing of {name}, standing: {family}, {skin}. Features: {traits}."),
    Pose.WALKING: _("Drawing of {name}, walking: {family}, {skin}. Features: {traits}."),
    Pose.RUNNING: _("Drawing of {name}, running: {family}, {skin}. Features: {traits}."),
    Pose.FEEDING: _("Drawing of {name}, feeding: {family}, {skin}. Features: {traits}."),
    Pose.CALLING: _("Drawing of {name}, calling: {family}, {skin}. Features: {traits}."),
}


def family(profile: Profile) -> Phrase:
    """`large theropod`; only late relatives are hadrosaurs in the strict sense."""
    if profile.family is Family.HADROSAUR and profile.period is not Period.LATE_CRETACEOUS:
        return _("ornithopod")
    return FAMILIES[profile.family]


ROWS = {**FAMILIES, Family.HADROSAUR: _("hadrosaur, ornithopod")}
"""The families as rows of an album, in the order of `Family`."""


def period(profile: Profile) -> Phrase:
    """`Late Triassic`, with an age if it is imagined: of real genera only the period is known."""
    name, dated = PERIODS[profile.period]
    return name if profile.is_real else dated


def with_family(name: Showable, profile: Profile) -> Phrase:
    """A name with its family: `Mangosaurus (large theropod)`."""
    return bracketed(name, family(profile))


def meaning(name: str, parts: Sequence[NamePart]) -> Phrase:
    """The meanings of a name's parts together: `narrow giant`. Empty if there are none.

    It says so if a part is imagined, or if they are only a part of the name.
    """
    words = reading(parts)
    if is_imagined(parts):
        return _("{meaning} (imagined)").format(meaning=words)
    is_whole = not words or is_explained(clean_name(name), parts)
    return words if is_whole else spaced([technical("…"), words])


def meaning_sentence(name: str, parts: Sequence[NamePart]) -> Text:
    """Sentence about the meaning of a name and its roots. Empty if there are none."""
    if not parts:
        return ()
    if not any(part.word for part in parts):
        return text(_("Made-up meaning: {meaning}."), meaning=strong(reading(parts)))
    if is_imagined(parts):
        sentence = _("Its made-up meaning is {meaning}: {roots}.")
    elif is_explained(clean_name(name), parts):
        sentence = _("It may mean {meaning}: {roots}.")
    else:
        sentence = _("Part of it may mean {meaning}: {roots}.")
    roots = human_join([*map(_origin, parts)])
    return text(sentence, meaning=strong(reading(parts)), roots=roots)


def _origin(part: NamePart) -> Phrase:
    """`odon (Greek odous: tooth)`, without the root if it equals the meaning."""
    if not part.word:
        template = _("{letters} (imagined: {meaning})")
    elif part.word == part.meaning:
        # TRANSLATORS: As below, where the word and its meaning are alike: rex (Latin: rex).
        template = _("{letters} ({language}: {meaning})")
    else:
        # TRANSLATORS: A part of a name, and where it comes from: odon (Greek odous: tooth).
        template = _("{letters} ({language} {word}: {meaning})")
    return template.format(
        letters=technical(part.letters),
        language=_(part.language),
        word=technical(part.word),
        meaning=_(part.meaning),
    )


def length(metres: float) -> Phrase:
    """`12 m`, `0.4 m`; `39 ft` or `16 in` for readers who measure so."""
    feet = metres / 0.3048
    imperial = Phrase("{feet:g} ft").format(feet=_two_digits(feet))
    if feet < _LEAST_FEET:
        imperial = Phrase("{inches:g} in").format(inches=_two_digits(12 * feet))
    return measured(_("{metres:g} m").format(metres=metres), imperial)


def weight(kilograms: float) -> Phrase:
    """`2.4 t`, `80 kg`, `200 g`; `5,300 lb` or `7.1 oz` for readers who measure so."""
    return measured(_metric_weight(kilograms), _imperial_weight(kilograms))


def _metric_weight(kilograms: float) -> Phrase:
    if kilograms >= 1000:
        return _("{tonnes:g} t").format(tonnes=kilograms / 1000)
    if kilograms >= 1:
        return _("{kilograms:g} kg").format(kilograms=kilograms)
    return _("{grams:g} g").format(grams=round(kilograms * 1000))


def _imperial_weight(kilograms: float) -> Phrase:
    pounds = kilograms / 0.45359237
    if pounds < 1:
        return Phrase("{ounces:g} oz").format(ounces=_two_digits(16 * pounds))
    return Phrase("{pounds:,.10g} lb").format(pounds=_two_digits(pounds))


def _two_digits(figure: float) -> float:
    """A figure with two digits, as those of profiles have."""
    return float(f"{figure:.2g}")


def alternative_text(name: Showable, profile: Profile) -> Showable:
    """Description of the plate for members who cannot see it."""
    skin = _skin(profile)
    traits = listed([TRAITS[trait] for trait in profile.traits]) or _("none that stand out")
    described = _PLATES[profile.pose].format(
        name=name, family=family(profile), skin=skin, traits=traits
    )
    return _counted(described, profile)


def rarity(profile: Profile) -> Phrase | None:
    """What makes an animal rare, with the odds; `None` for most animals."""
    found = rarity_of(profile.name)
    if found is None:
        return None
    # TRANSLATORS: For example "a golden animal (about one dinosaur in 40 is rare)".
    return _("{rarity} (about one dinosaur in {number} is rare)").format(
        rarity=_RARITIES[found], number=ONE_IN
    )


def hatchling_text(name: Showable, profile: Profile) -> Showable:
    """Description of the picture of a hatchling for members who cannot see it."""
    described = _("Drawing of {name}, just hatched, beside its shell: {family}, {skin}.").format(
        name=name, family=family(profile), skin=_skin(profile)
    )
    return _counted(described, profile)


def nest_text(profiles: Sequence[Profile]) -> Phrase:
    """Description of the picture of a nest for members who cannot see it."""
    return _("A nest. Eggshells, from left to right: {shells}.").format(
        shells=spaced([*map(_shell, profiles)], "; ")
    )


def album_title(found: Sequence[Profile]) -> Phrase:
    """`9 of 12 families, 14 of 35, 2 rarities`: pairs of family and period, and kinds of rarity."""
    every = load_families()
    existing = {(family, period) for family, ranges in every.items() for period in ranges.regions}
    pairs = {(profile.family, profile.period) for profile in found}  # some genera lived earlier
    rarities = len({rarity_of(profile.name) for profile in found} - {None})
    return ngettext(
        # TRANSLATORS: How full an album is. The second count is of families and periods together.
        "{families} of {all_families} families, {pairs} of {all_pairs} spaces filled, {rarities} "
        "rarity",
        "{families} of {all_families} families, {pairs} of {all_pairs} spaces filled, {rarities} "
        "rarities",
        rarities,
    ).format(
        families=len({profile.family for profile in found}),
        all_families=len(every),
        pairs=len(pairs & existing),
        all_pairs=len(existing),
        rarities=rarities,
    )


def album_text(found: Sequence[Profile]) -> Phrase:
    """Description of the picture of an album for members who cannot see it."""
    periods: dict[Family, set[Period]] = {}
    for profile in found:
        periods.setdefault(profile.family, set()).add(profile.period)
    filled = [
        bracketed(ROWS[each], listed([PERIODS[p][0] for p in Period if p in periods[each]]))
        for each in Family
        if each in periods
    ]
    return _("An album: {families}").format(families=listed(filled) or album_title(found))


def _shell(profile: Profile) -> Phrase:
    shell = SHELLS[profile.family]
    return _SKINS[shell.pattern].format(
        colour=COLOURS[shell.colour], marking=COLOURS[shell.marking]
    )


def _skin(profile: Profile) -> Phrase:
    rarity = rarity_of(profile.name)
    if rarity is not None and rarity in _RARE_SKINS:
        return _RARE_SKINS[rarity]
    return _SKINS[profile.pattern].format(
        colour=COLOURS[profile.colour], marking=COLOURS[profile.marking]
    )


def _counted(described: Phrase, profile: Profile) -> Showable:
    """A description that says of twins that there are two."""
    if rarity_of(profile.name) is Rarity.TWINS:
        return joined(described, _("They're twins: there are two of them."))
    return described
