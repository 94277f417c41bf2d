"""Rarities of names."""

from collections import Counter

from bot.creatures.rarity import _WEIGHTS, ONE_IN, Rarity, rarity_of
from tests.bot.creatures.names import NAMES


def test_rarities_never_change() -> None:
    assert {name: rarity for name in NAMES[:500] if (rarity := rarity_of(name))} == {
        "Millibakulus": Rarity.WHITE,
        "Eutaliatitan": Rarity.BLACK,
        "Archaeolosaurus": Rarity.NIGHT,
        "Spenochen": Rarity.WHITE,
        "Sparchaadracus": Rarity.WHITE,
        "Lenornithosaurus": Rarity.WHITE,
        "Galosphaera": Rarity.BLACK,
        "Protorhacodon": Rarity.WHITE,
    }


def test_one_in_forty() -> None:
    of_kinds = Counter(rarity_of(f"name {number}") for number in range(20_000))
    rare = sum(of_kinds[rarity] for rarity in Rarity)
    assert 0.9 < rare * ONE_IN / 20_000 < 1.1
    assert all(abs(of_kinds[rarity] - 20 * _WEIGHTS[rarity]) < 40 for rarity in Rarity)


def test_spelling_is_folded() -> None:
    rare = next(f"Gold{i}" for i in range(1000) if rarity_of(f"Gold{i}"))
    assert rarity_of(f" {rare.upper()}") == rarity_of(rare)
