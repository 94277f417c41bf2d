"""Draws of a genome."""

from collections import Counter

import pytest

from bot.creatures.genome import Genome, folded


def test_draws_are_frozen() -> None:
    """They follow from SHA-256 alone."""
    genome = Genome("Mangosaurus")
    assert genome.draw("length") == 0.8984044800721988
    assert genome.draw("length") == Genome(" MANGOSAURUS").draw("length")
    assert genome.draw("length") != genome.draw("weight")


def test_draws_are_even() -> None:
    draws = [Genome(str(i)).draw("trait") for i in range(4000)]
    tenths = Counter(int(10 * drawn) for drawn in draws)
    assert set(tenths) == set(range(10))
    assert all(300 < count < 500 for count in tenths.values())


def test_weights() -> None:
    weights = {"never": 0, "seldom": 1, "often": 3}
    drawn = Counter(Genome(str(i)).weigh("key", weights) for i in range(4000))
    assert set(drawn) == {"seldom", "often"}
    assert 900 < drawn["seldom"] < 1100
    with pytest.raises(ValueError, match="weights"):
        Genome("name").weigh("key", {"never": 0})


@pytest.mark.parametrize("name", ["Straße", "İguana", "a  b", "ǅ", "Å", "ﬁn"])
def test_folding_twice_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)
