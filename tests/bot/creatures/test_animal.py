"""The animal of a name: the same for ever, without contradictions, as its roots say."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.creatures.animal import profile_of
from bot.creatures.genome import folded
from bot.creatures.hints import Hints
from bot.creatures.names import LONGEST_NAME, has_creature
from bot.creatures.profile import (
    Build,
    Diet,
    Family,
    Pose,
    Profile,
    Temper,
    Theme,
    Trait,
    from_json,
    to_json,
)
from bot.creatures.tables import load_families, load_genera
from data.corpora import load_names
from data.etymology import parts_of
from data.text import clean_name
from tests.bot.creatures.names import NAMES, names

FROZEN = json.loads((Path(__file__).parent / "frozen.json").read_text(encoding="utf-8"))


def test_animals_are_frozen() -> None:
    """A name keeps its animal. Once this was released, only bugs of the tables may change it.

    The file has a digest of the profiles of `names.txt`, and some to read.
    """
    profiles = [to_json(profile_of(name)) for name in NAMES]
    examples = {name: json.loads(to_json(profile_of(name))) for name in FROZEN["examples"]}
    assert examples == FROZEN["examples"]
    assert sha256("\n".join(profiles).encode()).hexdigest() == FROZEN["digest"]


@pytest.mark.parametrize("other", ["mangosaurus", "MANGOSAURUS", " Mangosaurus ", "maNgosaurus"])
def test_case_and_spaces_do_not_count(other: str) -> None:
    assert profile_of(other) == profile_of("Mangosaurus")
    assert profile_of(other).name == "Mangosaurus"


def test_composed_and_decomposed_letters_are_one_name() -> None:
    assert profile_of("Ame\u0301losaurus") == profile_of("Am\u00e9losaurus")
    assert profile_of("Am\u00e9losaurus") != profile_of("Amelosaurus")


@pytest.mark.parametrize("name", ["", "…", "恐竜", "Динозавр"])
def test_names_need_latin_letters(name: str) -> None:
    with pytest.raises(ValueError, match="no Latin letters"):
        profile_of(name)


# Contradictions -----------------------------------------------------------------------------------


@settings(max_examples=400)
@given(names)
def test_no_contradictions(name: str) -> None:
    profile = profile_of(name)
    hints = Hints(parts_of(clean_name(name)))
    check_body(profile)
    if not profile.is_real:
        check_ranges(profile, hints)
        check_roots(profile, hints)
    assert from_json(to_json(profile)) == profile


def check_body(profile: Profile) -> None:
    proportions = profile.proportions
    assert profile.colour != profile.marking
    assert profile.roots or clean_name(profile.name) in load_names().words
    assert list(profile.traits) == sorted(set(profile.traits))
    assert all(-1 <= value <= 1 for value in vars(proportions).values())
    assert proportions.neck > 0.5 or Trait.LONG_NECK not in profile.traits
    assert proportions.tail > 0.5 or Trait.LONG_TAIL not in profile.traits
    assert proportions.skull > 0.5 or Trait.LARGE_HEAD not in profile.traits
    if profile.pose is Pose.RUNNING:
        assert profile.temper is not Temper.CALM
        assert profile.family not in (Family.SAUROPOD, Family.STEGOSAUR, Family.ANKYLOSAUR)


def check_ranges(profile: Profile, hints: Hints) -> None:
    """Figures, period, region, diet and traits are those of the family."""
    ranges = load_families()[profile.family]
    assert ranges.length[0] <= profile.length <= ranges.length[-1]
    assert ranges.weight[0] <= profile.weight <= ranges.weight[1]
    factor = ranges.factor[[*Build].index(profile.build)]
    usual = factor * profile.length**3
    assert profile.weight == pytest.approx(usual, rel=0.06) or profile.weight in ranges.weight
    assert profile.diet in ranges.diets
    in_table = profile.region in ranges.regions[profile.period]
    assert in_table or profile.region == hints.first("region")
    assert all(map(ranges.can_have, profile.traits))
    assert set(ranges.always) <= set(profile.traits)
    if profile.family is Family.CERATOPSIAN:
        assert not {Trait.BROW_HORNS, Trait.NOSE_HORN}.isdisjoint(profile.traits)


def check_roots(profile: Profile, hints: Hints) -> None:
    """What the name says shows."""
    ranges = load_families()[profile.family]
    if families := hints.last("family"):
        assert profile.family in families
    if (region := hints.first("region")) is not None:
        assert profile.region == region
    if (size := hints.first("size")) is not None:
        small, large = ranges.length[1], ranges.length[2]
        assert profile.length <= small if size == "small" else profile.length >= large
    for trait in hints.traits:
        exclude = {Trait.SAIL, Trait.HUMP} if trait in (Trait.SAIL, Trait.HUMP) else {trait}
        assert not ranges.can_have(trait) or not exclude.isdisjoint(profile.traits)
    assert hints.without.isdisjoint(profile.traits) or not hints.without.isdisjoint(ranges.always)
    if profile.theme is Theme.DESERT and not hints.all("diet"):
        assert profile.diet is not Diet.FISH
    for section in ("theme", "temper", "build"):
        if (code := hints.first(section)) is not None:
            assert getattr(profile, section) == code


@pytest.mark.parametrize(
    ("name", "family", "traits"),
    [
        ("Mangoceratops", Family.CERATOPSIAN, {Trait.FRILL, Trait.BROW_HORNS}),
        ("Mangoraptor", Family.SMALL_THEROPOD, {Trait.LARGE_CLAWS}),
        ("Nanoraptor", Family.SMALL_THEROPOD, {Trait.LARGE_CLAWS}),
        ("Nanoceratops", Family.CERATOPSIAN, {Trait.FRILL, Trait.BROW_HORNS}),
        ("Mangopelta", Family.ANKYLOSAUR, set()),
        ("Ankylomangus", Family.ANKYLOSAUR, set()),
        ("Stegomangus", Family.STEGOSAUR, {Trait.PLATES}),
        ("Mangomimus", Family.ORNITHOMIMID, set()),
        ("Mangotitan", Family.SAUROPOD, set()),
        ("Mangosuchus", Family.SPINOSAUR, set()),
        ("Mangotyrannus", Family.LARGE_THEROPOD, set()),
        ("Mangolophus", Family.HADROSAUR, {Trait.CREST}),
        ("Mangotholus", Family.PACHYCEPHALOSAUR, {Trait.DOME}),
        ("Mangocheirus", Family.THERIZINOSAUR, {Trait.LARGE_CLAWS}),
        ("Titanoceratops", Family.CERATOPSIAN, {Trait.FRILL}),  # the end decides
        ("Stegoceratopsia", Family.CERATOPSIAN, {Trait.FRILL}),
    ],
)
def test_roots_name_families(name: str, family: Family, traits: set[Trait]) -> None:
    profile = profile_of(name)
    assert profile.family is family
    assert traits <= set(profile.traits)


def test_sizes() -> None:
    """Small and large beside others of the family; an adjective counts before its noun."""
    assert profile_of("Microtitan").length <= 13 < 25 <= profile_of("Megatitan").length
    assert Trait.LARGE_TEETH not in profile_of("Microdon").traits
    assert (
        profile_of("Brachycauda").proportions.tail
        < -0.5
        < 0.5
        < profile_of("Cauda").proportions.tail
    )


def test_places_beat_the_table() -> None:
    assert profile_of("Patagoceratops").region == "south_america"
    assert profile_of("Antarctosuchus").region == "antarctica"


# Real genera --------------------------------------------------------------------------------------


def test_real_genera() -> None:
    king = profile_of("Tyrannosaurus")
    assert king.is_real
    assert (king.family, king.region) == (Family.LARGE_THEROPOD, "north_america")
    assert (king.length, king.weight) == (12.3, 8400)
    assert not profile_of("Tyrannosaurina").is_real


def test_real_genera_can_be_drawn() -> None:
    """A tenth of them may be longer than their family here, no more than half as much again."""
    outside = 0
    for name, genus in load_genera().items():
        ranges = load_families()[genus.family]
        assert all(map(ranges.can_have, genus.traits)), name
        assert genus.diet in ranges.diets or genus.family is Family.SMALL_THEROPOD, name
        outside += not ranges.length[0] <= genus.length <= ranges.length[-1]
        assert genus.length <= 1.5 * ranges.length[-1], name
    assert len(load_genera()) > 150
    assert outside < 0.1 * len(load_genera())


@given(st.text(st.characters(categories=["L"], include_characters="\u0301"), max_size=60))
@example("ıstanbul")
@example("e\u0301" * 40)
@example("ß" * 40)
@example("ŉa")
def test_displayed_name_has_the_same_animal(name: str) -> None:
    """It is no longer than a name may be, and known again."""
    if has_creature(name):
        shown = profile_of(name).name
        assert folded(shown) == folded(name)
        assert has_creature(shown)
        assert len(shown) <= LONGEST_NAME
