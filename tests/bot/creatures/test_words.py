"""What members read about a creature: pronunciation, description, labels."""

import re
from collections import Counter
from itertools import chain
from string import Formatter

import pytest
from hypothesis import given, settings

from bot.creatures import labels
from bot.creatures.animal import profile_of
from bot.creatures.description import (
    ANTARCTICA,
    BUILDS,
    DIETS,
    FAMILIES,
    LARGE,
    PATTERNS,
    SMALL,
    TEMPERS,
    THEMES,
    TRAITS,
    comparisons,
    description,
    habits,
    looks,
)
from bot.creatures.labels import (
    album_text,
    album_title,
    alternative_text,
    hatchling_text,
    nest_text,
)
from bot.creatures.profile import Colour, Diet, Family, Pattern, Period, Pose, Temper, Theme, Trait
from bot.creatures.pronunciation import pronunciation
from bot.creatures.rarity import Rarity
from tests.bot.creatures.names import NAMES, names
from tests.texts import written


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Stenotitan", "STEN-oh-TIE-tan"),
        ("Tyrannosaurus", "tih-RAN-oh-SOR-us"),
        ("Velociraptor", "veh-LOS-ih-RAP-tor"),
        ("Triceratops", "trih-SER-ah-tops"),
        ("Diplodocus", "dih-PLOD-oh-kus"),
        ("Brachiosaurus", "BRAK-ee-oh-SOR-us"),
        ("Archaeopteryx", "AR-kee-OP-teh-rix"),
        ("Psittacosaurus", "sih-TAK-oh-SOR-us"),  # a silent letter
        ("Deinonychus", "day-NON-ih-kus"),
        ("Baryonyx", "BAR-ee-oh-nix"),
        ("Xiongguanlong", "shyong-GWAN-long"),  # pinyin
        ("Qianzhousaurus", "CHYAN-joo-SOR-us"),
        ("Saurophytes", "saw-ROF-ih-tees"),
        ("Agussus", "ah-GUS-us"),  # a doubled consonant is heard once
        ("Phesceratops", "feh-SER-ah-tops"),
        ("Euxorosaurus", "yook-SOR-oh-SOR-us"),
        ("Xenolophus", "zeh-NOL-oh-fus"),  # no pinyin
        ("Strongylus", "STRON-jih-lus"),
        ("Procephale", "proh-SEF-ah-lee"),
        ("Maiasaura", "MIE-ah-SOR-ah"),
        ("Mei", "MAY"),
        ("Phagosaurus", "FAHG-oh-SOR-us"),  # not as it is spelt
        ("Améthysaurus", "ah-METH-ih-SOR-us"),
        ("Krt", "KRT"),  # no vowel
    ],
)
def test_pronunciation(name: str, said: str) -> None:
    assert pronunciation(name) == said


@settings(max_examples=300)
@given(names)
def test_any_name_can_be_said(name: str) -> None:
    said = pronunciation(name)
    assert re.fullmatch("[A-Za-z]+(-[A-Za-z]+)*", said)
    syllables = said.split("-")
    assert any(map(str.isupper, syllables))
    assert all(syllable.isupper() or syllable.islower() for syllable in syllables)


def test_sentences() -> None:
    """Each is a sentence, none stands there twice."""
    first = [*chain(*TEMPERS.values(), *DIETS.values(), *FAMILIES.values())]
    second = [*chain(*TRAITS.values(), *THEMES.values(), *BUILDS.values(), *PATTERNS.values())]
    second += [*SMALL, *LARGE, *ANTARCTICA]
    for sentence in (*first, *second):
        assert re.fullmatch(r"[A-Z][^.!?{}]*\.", sentence), sentence
    assert len({*first, *second}) == len(first) + len(second)


def test_all_codes_have_sentences() -> None:
    assert set(TEMPERS) == set(Temper)
    assert set(DIETS) == set(Diet)
    assert set(FAMILIES) == set(Family)
    assert set(TRAITS) == set(Trait)
    assert set(THEMES) == set(Theme) - {Theme.NONE}


@settings(max_examples=300)
@given(names)
def test_descriptions_fit(name: str) -> None:
    """The sentences are among those of the animal's own codes, and of its size."""
    profile = profile_of(name)
    habit, look, comparison = description(profile)
    assert habit in {*chain(*habits(profile))}
    assert look in {*chain(*looks(profile))}
    counted = comparisons(profile)
    assert comparison in {sentence.format(number=number) for number, sentence in counted}
    assert len(counted) > 6
    assert all(4 <= number < 1000 for number, _sentence in counted)
    assert description(profile) == description(profile_of(name.upper()))


def test_descriptions_differ() -> None:
    """No sentence is told of more than one animal in forty."""
    found = [tuple(description(profile)) for profile in map(profile_of, NAMES)]
    assert len(set(found)) > 0.95 * len(found)
    told = Counter(chain(*found))
    assert max(told.values()) <= len(found) / 40, told.most_common(3)


def test_codes_have_labels() -> None:
    tables = (
        (labels.FAMILIES, Family), (labels.DIETS, Diet), (labels.PERIODS, Period),
        (labels.TEMPERS, Temper), (labels.TRAITS, Trait), (labels.COLOURS, Colour),
        (labels._SKINS, Pattern), (labels._PLATES, Pose),
    )  # fmt: skip
    for table, codes in tables:
        assert set(table) == set(codes)


@pytest.mark.parametrize(
    ("kilograms", "label"), [(0.2, "200 g"), (2.4, "2.4 kg"), (450.0, "450 kg"), (8400.0, "8.4 t")]
)
def test_weights(kilograms: float, label: str) -> None:
    assert labels.weight(kilograms) == label


def test_lengths() -> None:
    assert [labels.length(metres) for metres in (0.4, 9.0, 12.3)] == ["0.4 m", "9 m", "12.3 m"]


def test_elder_relatives_are_no_hadrosaurs() -> None:
    assert labels.family(profile_of("Iguanodon")) == "ornithopod"
    assert labels.family(profile_of("Edmontosaurus")) == "hadrosaur"


def test_alternative_text() -> None:
    text = alternative_text(written("Triceratops"), profile_of("Triceratops"))
    assert text.startswith("Drawing of Triceratops, ")
    assert "ceratopsian" in text
    assert text.endswith("Features: brow horns, a frill, a nose horn.")
    assert not any(field for _, field, _, _ in Formatter().parse(text))


def test_texts_of_eggs_and_hatchlings(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = profile_of("Triceratops")
    assert nest_text([profile, profile_of("Diplodocus")]) == (
        "A nest. Eggshells, from left to right: cream with rust spots; sandy all over."
    )
    text = hatchling_text(written("Triceratops"), profile)
    assert text.startswith("Drawing of Triceratops, just hatched, beside its shell: ceratopsian, ")
    for rarity, words in ((Rarity.GOLDEN, "golden all over"), (Rarity.TWINS, "there are two")):
        monkeypatch.setattr(labels, "rarity_of", lambda _name, found=rarity: found)
        assert words in hatchling_text(written("Triceratops"), profile)
        assert words in alternative_text(written("Triceratops"), profile)


def test_album_words() -> None:
    """Pairs count once, however many animals are in them."""
    found = [profile_of(name) for name in ("Triceratops", "Styracosaurus", "Diplodocus")]
    assert album_title(found) == "2 of 12 families, 2 of 35 spaces filled, 0 rarities"
    assert album_text(found) == (
        "An album: sauropod (Late Jurassic), ceratopsian (Late Cretaceous)"
    )
    assert album_text([]) == "An album: 0 of 12 families, 0 of 35 spaces filled, 0 rarities"
    early = [profile_of("Psittacosaurus")]  # which lived before those of the 35
    assert album_title(early) == "1 of 12 families, 0 of 35 spaces filled, 0 rarities"
