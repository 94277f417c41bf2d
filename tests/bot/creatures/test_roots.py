"""Roots of creatures' names, and the tables about them."""

import pytest

from bot.creatures import labels
from bot.creatures.animal import profile_of
from bot.creatures.labels import REGIONS, meaning, meaning_sentence
from bot.creatures.profile import Build, Colour, Diet, Family, Pattern, Temper, Theme, Trait
from bot.creatures.tables import load_families, load_genera, load_hints
from bot.text.spans import plain
from data.etymology import is_imagined
from data.roots import all_roots, imagined_meanings
from tests.bot.creatures.names import NAMES

CODES = {
    "family": Family, "word": Family, "build": Build, "temper": Temper, "diet": Diet,
    "trait": Trait, "theme": Theme, "colour": Colour, "pattern": Pattern,
}  # fmt: skip


def test_most_names_have_a_root() -> None:
    found = [profile_of(name) for name in NAMES[:500]]
    known = [p for p in found if any(r.word and r.meaning != "lizard" for r in p.roots)]
    assert len(known) >= 0.8 * len(found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Microraptor", "small thief"),
        ("Tyrannosaurus", "tyrant lizard"),
        ("Nyctotitan", "night giant"),
        ("Dryanosaurus", "oak lizard"),  # the beginning of *dryo*
        ("Saurolophus", "lizard crest"),
        ("Euerosaurus", "good lizard"),  # neither a rose nor a tail
    ],
)
def test_meanings(name: str, expected: str) -> None:
    profile = profile_of(name)
    assert meaning(profile.name, profile.roots) == expected


@pytest.mark.parametrize(
    ("name", "shown", "said"),
    [
        (
            "Vebasaurus",
            "{} lizard (imagined)",
            "Its made-up meaning is {} lizard: veba (imagined: {}) and saurus "
            "(Greek sauros: lizard).",
        ),
        (
            "Dryanosaurus",
            "oak lizard",
            "It may mean oak lizard: dry (Greek drys: oak) and saurus (Greek sauros: lizard).",
        ),
        ("Zyxwoxeraptor", "… thief", "Part of it may mean thief: raptor (Latin raptor: thief)."),
        (
            "Albertosaurus",
            "Alberta lizard",
            "It may mean Alberta lizard: alberto (place: Alberta) and saurus "
            "(Greek sauros: lizard).",
        ),
        ("Minmi", "", ""),  # a real genus
    ],
)
def test_meaning_says_what_is_imagined(name: str, shown: str, said: str) -> None:
    roots = profile_of(name).roots
    invented = roots[0].meaning if roots else ""
    assert meaning(name, roots) == shown.format(invented)
    assert plain(meaning_sentence(name, roots)) == said.format(invented, invented)
    assert not is_imagined(roots) or invented in imagined_meanings()


def test_hints_are_about_roots() -> None:
    """Each hint has a known code, and a meaning that some root has."""
    table = all_roots().values()
    known = {root.meaning for root in table} | set(imagined_meanings())
    for section, hints in load_hints().items():
        keys = {"word": {r.word for r in table}, "language": {r.language for r in table}}
        assert set(hints) <= keys.get(section, known), section
        for codes in hints.values():
            assert section not in CODES or all(map(CODES[section], codes))
            assert section not in ("region", "language") or set(codes) <= set(REGIONS)


def test_meanings_are_no_other_labels() -> None:
    """One English text has one translation. These mean the same in both places."""
    tables = labels.DIETS, labels.REGIONS, labels.TEMPERS, labels.COLOURS
    table = all_roots().values()
    others = {root.language for root in table}.union(*(each.values() for each in tables))
    same = {"Africa", "Asia", "crimson", "fierce", "people"}
    assert {root.meaning for root in table} & others == same


def test_places_have_a_region() -> None:
    table = all_roots().values()
    places = {root.meaning for root in table if root.language == "place"}
    assert places - set(load_hints()["region"]) == {"Gondwana"}  # several


def test_regions_have_labels() -> None:
    families = {r for f in load_families().values() for rs in f.regions.values() for r in rs}
    assert families | {genus.region for genus in load_genera().values()} == set(REGIONS)
