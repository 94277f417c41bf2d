"""ParallelMixture of networks."""

import math
import pickle

import numpy as np
import pytest

from models.networks.lstm import LSTM
from models.networks.mixture import MAX_MEMBERS, Member, Mixture
from models.networks.network import cross_entropy, item_losses, log_softmax
from models.networks.ngram import NGram
from models.serving.mixture import ParallelMixture
from tests.models.tiny import LETTERS, VERSE, lstm

NAMES = ["mango\n", "tango\n", "banjo\n"]


def members() -> tuple[Member, ...]:
    """Members whose states have different shapes."""
    small, deep = lstm(LETTERS, units=4, layers=1, seed=1), lstm(LETTERS, units=6, layers=2, seed=2)
    return small, deep, NGram.fit(NAMES, LETTERS, order=3, discount=0.75)


def of_equal_shapes() -> tuple[Member, ...]:
    """Members that are computed together, some of them apart from the others."""
    deep, wide = ((6, 2), (9, 1))
    lstms = [
        lstm(LETTERS, units=units, layers=layers, seed=seed)
        for seed, (units, layers) in enumerate((deep, wide, deep, deep, wide))
    ]
    return (*lstms[:3], NGram.fit(NAMES, LETTERS, order=3, discount=0.75), *lstms[3:])


def shares(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, np.float32)


@pytest.fixture
def mixture() -> ParallelMixture:
    return ParallelMixture(members(), shares(0.25, 0.25, 0.5))


@pytest.mark.parametrize("kind", [Mixture, ParallelMixture])
def test_prediction_is_weighted_mean(kind: type[Mixture]) -> None:
    mixture = kind(members(), shares(0.25, 0.25, 0.5))
    states = [member.initial_state(2) for member in mixture.members]
    state = mixture.initial_state(2)
    for x in (LETTERS.encode(pair) for pair in ("\n\n", "mt", "aa", "nn")):
        expected = np.zeros((2, len(LETTERS)))
        for k, (member, share) in enumerate(zip(mixture.members, (0.25, 0.25, 0.5), strict=True)):
            logits, states[k] = member.step(x, states[k])
            expected += share * np.exp(log_softmax(logits))
        logits, state = mixture.step(x, state)
        np.testing.assert_allclose(np.exp(logits), expected, rtol=1e-4)


def test_equal_shapes_are_computed_together() -> None:
    """The prediction is still that of the members, each with its own share."""
    alone, weights = of_equal_shapes(), np.array([0.05, 0.1, 0.15, 0.2, 0.2, 0.3])
    mixture = ParallelMixture(alone, weights.astype(np.float32))
    states = [member.initial_state(3) for member in alone]
    state = mixture.initial_state(3)
    for x in (LETTERS.encode(three) for three in ("\n\n\n", "mtb", "aaa", "nnz", "\ngg")):
        expected = np.zeros((3, len(LETTERS)))
        for k, (member, share) in enumerate(zip(alone, weights, strict=True)):
            logits, states[k] = member.step(x, states[k])
            expected += share * np.exp(log_softmax(logits))
        log_p, state = mixture.step(x, state)
        np.testing.assert_allclose(log_p, np.log(expected), atol=1e-5)


def test_old_state_stays(mixture: ParallelMixture) -> None:
    state = mixture.initial_state(2)
    _, state = mixture.step(LETTERS.encode("ma"), state)
    before = state.copy()
    first, _ = mixture.step(LETTERS.encode("an"), state)
    np.testing.assert_array_equal(state, before)
    np.testing.assert_array_equal(mixture.step(LETTERS.encode("an"), state)[0], first)


def test_rows_are_independent() -> None:
    """A text that continues beside others is continued as alone."""
    mixture = ParallelMixture(of_equal_shapes(), np.full(6, 1 / 6, np.float32))
    _, state = mixture.step(LETTERS.encode("mtb"), mixture.initial_state(3))
    kept = np.array([2, 0])
    together, _ = mixture.step(LETTERS.encode("na"), state[..., kept, :])
    for row, letter in enumerate("na"):
        alone, _ = mixture.step(LETTERS.encode(letter), state[..., kept[row : row + 1], :])
        np.testing.assert_allclose(together[row], alone[0], atol=1e-6)


def test_parameters_are_held_once() -> None:
    """The members' are views, and a pickled mixture has each of them once."""
    mixture = ParallelMixture(of_equal_shapes(), np.full(6, 1 / 6, np.float32))
    first, third = mixture.members[0], mixture.members[2]
    assert isinstance(first, LSTM)
    assert isinstance(third, LSTM)
    assert first.Wy.base is third.Wy.base is not None
    state = mixture.initial_state(1)
    mixture.step(LETTERS.encode("m"), state)  # derives what makes it fast
    buffers: list[pickle.PickleBuffer] = []
    content = pickle.dumps(mixture, protocol=5, buffer_callback=buffers.append)
    lstms = sum(a.nbytes for name, a in mixture.arrays().items() if "lstm" in name)
    assert lstms < sum(buffer.raw().nbytes for buffer in buffers) < 1.5 * lstms
    again = pickle.loads(content, buffers=[buffer.raw().toreadonly() for buffer in buffers])  # noqa: S301
    np.testing.assert_array_equal(
        again.step(LETTERS.encode("m"), state)[0], mixture.step(LETTERS.encode("m"), state)[0]
    )
    assert again.arrays().keys() == mixture.arrays().keys()


def test_mixture_of_one() -> None:
    alone = lstm(LETTERS)
    np.testing.assert_allclose(
        item_losses(ParallelMixture((alone,), shares(1)), NAMES),
        item_losses(alone, NAMES),
        rtol=1e-5,
    )


def test_mixture_beats_average_member(mixture: ParallelMixture) -> None:
    losses = [cross_entropy(member, NAMES) for member in mixture.members]
    assert cross_entropy(mixture, NAMES) < np.dot(losses, mixture.shares)


def test_impossible_for_one_member() -> None:
    arrays = lstm(LETTERS).arrays()
    arrays["by"] = np.where(np.arange(len(LETTERS)) == 1, 0, -1e4).astype(np.float32)
    stubborn = type(lstm(LETTERS)).from_arrays(LETTERS.symbols, arrays)
    other = lstm(LETTERS, seed=3)
    mixture = ParallelMixture((stubborn, other), shares(0.5, 0.5))
    losses = item_losses(mixture, NAMES)
    assert np.isfinite(losses).all()
    assert (losses < item_losses(other, NAMES) + 6 * math.log(2) + 1e-3).all()


def test_mixture_round_trip(mixture: ParallelMixture) -> None:
    again = ParallelMixture.from_arrays(LETTERS.symbols, mixture.arrays())
    np.testing.assert_array_equal(item_losses(again, NAMES), item_losses(mixture, NAMES))


def test_ten_members_keep_their_shares() -> None:
    many = tuple(lstm(LETTERS, units=2, layers=1, seed=seed) for seed in range(11))
    unequal = np.arange(1, 12, dtype=np.float32)
    mixture = ParallelMixture(many, unequal / unequal.sum())
    again = ParallelMixture.from_arrays(LETTERS.symbols, mixture.arrays())
    np.testing.assert_array_equal(item_losses(again, NAMES), item_losses(mixture, NAMES))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("shares", "exactly one parameter, shares"),
        ("0-lstm/Wx0", "the parameter 'Wx0' is missing"),
        ("2-ngram/grams", "the parameter grams is missing"),
    ],
)
def test_missing_parameter_raises(mixture: ParallelMixture, name: str, why: str) -> None:
    arrays = mixture.arrays()
    del arrays[name]
    with pytest.raises(ValueError, match=why):
        ParallelMixture.from_arrays(LETTERS.symbols, arrays)


@pytest.mark.parametrize("name", ["Wy", "3-rnn/Waa", "one-lstm/Wy", "5-lstm/Wy", "0-lstm/x/Wy"])
def test_parameter_without_member_raises(mixture: ParallelMixture, name: str) -> None:
    arrays = mixture.arrays() | {name: np.zeros((1, 1), np.float32)}
    with pytest.raises(ValueError, match=r"its member|apart from its members"):
        ParallelMixture.from_arrays(LETTERS.symbols, arrays)


def test_missing_member_raises(mixture: ParallelMixture) -> None:
    arrays = {k: a for k, a in mixture.arrays().items() if not k.startswith("1-")}
    with pytest.raises(ValueError, match="its member 1 of 2 is missing or unknown"):
        ParallelMixture.from_arrays(LETTERS.symbols, arrays)


def test_wrong_vocabulary_raises(mixture: ParallelMixture) -> None:
    with pytest.raises(ValueError, match="has shape"):
        ParallelMixture.from_arrays(VERSE.symbols, mixture.arrays())


@pytest.mark.parametrize(
    "wrong",
    [(0.5, 0.5), (0.25, 0.25, 0.25), (0.5, 0.5, 0), (1, 0.5, -0.5), (math.nan, 0.5, 0.5)],
    ids=str,
)
def test_invalid_shares_raise(wrong: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="shares"):
        ParallelMixture(members(), shares(*wrong))


@pytest.mark.parametrize("count", [0, MAX_MEMBERS + 1])
def test_member_count_is_limited(count: int) -> None:
    alone = lstm(LETTERS, units=2, layers=1)
    with pytest.raises(ValueError, match=f"has {count} members"):
        ParallelMixture((alone,) * count, np.full(count, 1 / max(count, 1), np.float32))


def test_member_without_state() -> None:
    alone = NGram.fit(NAMES, LETTERS, order=1, discount=0.75)  # has no context to remember
    mixture = ParallelMixture((lstm(LETTERS), alone), shares(0.5, 0.5))
    logits, state = mixture.step(LETTERS.encode("ma"), mixture.initial_state(2))
    again, _ = mixture.step(LETTERS.encode("na"), state)
    np.testing.assert_allclose(np.exp(again).sum(axis=1), 1, rtol=1e-5)
    assert logits.shape == (2, len(LETTERS))
