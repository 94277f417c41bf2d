"""Networks that predict together."""

import math

import numpy as np
import pytest

from models.networks.mixture import MOST_MEMBERS, Member, Mixture
from models.networks.network import cross_entropy, item_losses, log_softmax
from models.networks.ngram import NGram
from tests.models.tiny import LETTERS, VERSE, lstm

NAMES = ["mango\n", "tango\n", "banjo\n"]


def members() -> tuple[Member, ...]:
    """Members whose states have different shapes."""
    small, deep = lstm(LETTERS, units=4, layers=1, seed=1), lstm(LETTERS, units=6, layers=2, seed=2)
    return small, deep, NGram.fit(NAMES, LETTERS, order=3, discount=0.75)


def shares(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, np.float32)


@pytest.fixture
def mixture() -> Mixture:
    return Mixture(members(), shares(0.25, 0.25, 0.5))


def test_it_predicts_the_weighted_mean_of_what_its_members_predict(mixture: Mixture) -> None:
    states = [member.initial_state(2) for member in mixture.members]
    state = mixture.initial_state(2)
    for x in (LETTERS.encode(pair) for pair in ("\n\n", "mt", "aa", "nn")):
        expected = np.zeros((2, len(LETTERS)))
        for k, (member, share) in enumerate(zip(mixture.members, (0.25, 0.25, 0.5), strict=True)):
            logits, states[k] = member.step(x, states[k])
            expected += share * np.exp(log_softmax(logits))
        logits, state = mixture.step(x, state)
        np.testing.assert_allclose(np.exp(logits), expected, rtol=1e-4)


def test_a_mixture_of_one_is_that_one() -> None:
    alone = lstm(LETTERS)
    np.testing.assert_allclose(
        item_losses(Mixture((alone,), shares(1)), NAMES), item_losses(alone, NAMES), rtol=1e-5
    )


def test_it_is_never_worse_than_its_members_are_on_average(mixture: Mixture) -> None:
    losses = [cross_entropy(member, NAMES) for member in mixture.members]
    assert cross_entropy(mixture, NAMES) < np.dot(losses, mixture.shares)


def test_what_one_member_thinks_impossible_is_left_to_the_others() -> None:
    arrays = lstm(LETTERS).arrays()
    arrays["by"] = np.where(np.arange(len(LETTERS)) == 1, 0, -1e4).astype(np.float32)
    stubborn = type(lstm(LETTERS)).from_arrays(LETTERS.symbols, arrays)
    other = lstm(LETTERS, seed=3)
    mixture = Mixture((stubborn, other), shares(0.5, 0.5))
    losses = item_losses(mixture, NAMES)
    assert np.isfinite(losses).all()
    assert (losses < item_losses(other, NAMES) + 6 * math.log(2) + 1e-3).all()


def test_its_parameters_make_the_same_mixture_again(mixture: Mixture) -> None:
    again = Mixture.from_arrays(LETTERS.symbols, mixture.arrays())
    np.testing.assert_array_equal(item_losses(again, NAMES), item_losses(mixture, NAMES))


def test_more_than_nine_members_keep_their_shares() -> None:
    many = tuple(lstm(LETTERS, units=2, layers=1, seed=seed) for seed in range(11))
    unequal = np.arange(1, 12, dtype=np.float32)
    mixture = Mixture(many, unequal / unequal.sum())
    again = Mixture.from_arrays(LETTERS.symbols, mixture.arrays())
    np.testing.assert_array_equal(item_losses(again, NAMES), item_losses(mixture, NAMES))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("shares", "other parameters than shares"),
        ("0-lstm/Wx0", "the parameter 'Wx0' is missing"),
        ("2-ngram/grams", "the parameter grams is missing"),
    ],
)
def test_a_missing_parameter_is_refused(mixture: Mixture, name: str, why: str) -> None:
    arrays = mixture.arrays()
    del arrays[name]
    with pytest.raises(ValueError, match=why):
        Mixture.from_arrays(LETTERS.symbols, arrays)


@pytest.mark.parametrize("name", ["Wy", "3-rnn/Waa", "one-lstm/Wy", "5-lstm/Wy", "0-lstm/x/Wy"])
def test_a_parameter_of_no_member_is_refused(mixture: Mixture, name: str) -> None:
    arrays = mixture.arrays() | {name: np.zeros((1, 1), np.float32)}
    with pytest.raises(ValueError, match=r"its member|beside its members"):
        Mixture.from_arrays(LETTERS.symbols, arrays)


def test_a_member_that_is_left_out_is_missed(mixture: Mixture) -> None:
    arrays = {k: a for k, a in mixture.arrays().items() if not k.startswith("1-")}
    with pytest.raises(ValueError, match="its member 1 of 2 is missing or unknown"):
        Mixture.from_arrays(LETTERS.symbols, arrays)


def test_parameters_of_another_vocabulary_are_refused(mixture: Mixture) -> None:
    with pytest.raises(ValueError, match="has shape"):
        Mixture.from_arrays(VERSE.symbols, mixture.arrays())


@pytest.mark.parametrize(
    "wrong",
    [(0.5, 0.5), (0.25, 0.25, 0.25), (0.5, 0.5, 0), (1, 0.5, -0.5), (math.nan, 0.5, 0.5)],
    ids=str,
)
def test_shares_that_make_no_mixture_are_refused(wrong: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="shares"):
        Mixture(members(), shares(*wrong))


@pytest.mark.parametrize("count", [0, MOST_MEMBERS + 1])
def test_too_few_and_too_many_members_are_refused(count: int) -> None:
    alone = lstm(LETTERS, units=2, layers=1)
    with pytest.raises(ValueError, match=f"has {count} members"):
        Mixture((alone,) * count, np.full(count, 1 / max(count, 1), np.float32))


def test_a_member_without_any_memory_is_one_of_them() -> None:
    alone = NGram.fit(NAMES, LETTERS, order=1, discount=0.75)  # has no context to remember
    mixture = Mixture((lstm(LETTERS), alone), shares(0.5, 0.5))
    logits, state = mixture.step(LETTERS.encode("ma"), mixture.initial_state(2))
    again, _ = mixture.step(LETTERS.encode("na"), state)
    np.testing.assert_allclose(np.exp(again).sum(axis=1), 1, rtol=1e-5)
    assert logits.shape == (2, len(LETTERS))
