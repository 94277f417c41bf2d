"""Roots of creatures' names, and the tables about them."""

import re
import tomllib

import pytest

from bot.creatures.animal import profile_of
from bot.creatures.labels import REGIONS, is_imagined, meaning
from bot.creatures.profile import Build, Colour, Diet, Family, Pattern, Temper, Theme, Trait
from bot.creatures.roots import TABLE
from bot.creatures.tables import imagined_meanings, load_families, load_genera, load_hints
from data.roots import load_roots
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
        ("Anjisaurus", "peace lucky lizard"),
        ("Saurolophus", "lizard crest"),
        ("Euerosaurus", "well lizard"),  # neither a rose nor a tail
    ],
)
def test_meanings(name: str, expected: str) -> None:
    assert meaning(profile_of(name)) == expected


def test_no_persons() -> None:
    assert "Othniel" not in meaning(profile_of("Othnielosaurus"))


def test_imagined_meanings_are_marked() -> None:
    imagined = profile_of("Vebasaurus")
    assert is_imagined(imagined)
    assert [root.word for root in imagined.roots] == ["", "sauros"]
    assert imagined.roots[0].letters == "veba"
    assert imagined.roots[0].meaning in imagined_meanings()
    assert not is_imagined(profile_of("Microraptor"))


def test_table_of_roots_is_valid() -> None:
    """As in `data.roots`, without letters that stand there."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    places = [place for language in table.values() for place in language.values()]
    listed = [letters for place in places for entry in place for letters in entry.split()]
    found = load_roots(TABLE)
    assert len(listed) == len(set(listed)) == len(found)
    assert set(listed).isdisjoint(load_roots())
    assert all(re.fullmatch("[a-z]{2,}", letters) for letters in listed)
    assert all(root.word and 1 <= len(root.meaning.split()) <= 3 for root in found.values())


def test_hints_are_about_roots() -> None:
    """Each hint has a known code, and a meaning that some root has."""
    table = [*load_roots().values(), *load_roots(TABLE).values()]
    known = {root.meaning for root in table} | set(imagined_meanings())
    for section, hints in load_hints().items():
        keys = {"word": {r.word for r in table}, "language": {r.language for r in table}}
        assert set(hints) <= keys.get(section, known), section
        for codes in hints.values():
            assert section not in CODES or all(map(CODES[section], codes))
            assert section not in ("region", "language") or set(codes) <= set(REGIONS)


def test_places_have_a_region() -> None:
    table = [*load_roots().values(), *load_roots(TABLE).values()]
    places = {root.meaning for root in table if root.language == "place"}
    assert places - set(load_hints()["region"]) == {"Gondwana"}  # several


def test_regions_have_labels() -> None:
    families = {r for f in load_families().values() for rs in f.regions.values() for r in rs}
    assert families | {genus.region for genus in load_genera().values()} == set(REGIONS)
