"""Mixtures of networks, of both classes."""

import math
import pickle

import numpy as np
import pytest

from models.networks.lstm import LSTM
from models.networks.mixture import MAX_MEMBERS, Member, Mixture
from models.networks.network import item_losses, log_softmax
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
@pytest.mark.parametrize(
    ("alone", "weights"),
    [
        (members(), (0.25, 0.25, 0.5)),
        # Members of equal shapes are computed together, still each with its own share.
        (of_equal_shapes(), (0.05, 0.1, 0.15, 0.2, 0.2, 0.3)),
    ],
    ids=["different shapes", "equal shapes"],
)
def test_prediction_is_weighted_mean(
    kind: type[Mixture], alone: tuple[Member, ...], weights: tuple[float, ...]
) -> None:
    mixture = kind(alone, shares(*weights))
    states = [member.initial_state(3) for member in alone]
    state = mixture.initial_state(3)
    for x in (LETTERS.encode(three) for three in ("\n\n\n", "mtb", "aaa", "nnz", "\ngg")):
        expected = np.zeros((3, len(LETTERS)))
        for k, (member, share) in enumerate(zip(alone, weights, strict=True)):
            logits, states[k] = member.step(x, states[k])
            expected += share * np.exp(log_softmax(logits))
        log_p, state = mixture.step(x, state)
        np.testing.assert_allclose(log_p, np.log(expected), atol=1e-5)


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


def test_impossible_for_one_member() -> None:
    arrays = lstm(LETTERS).arrays()
    arrays["by"] = np.where(np.arange(len(LETTERS)) == 1, 0, -1e4).astype(np.float32)
    stubborn = type(lstm(LETTERS)).from_arrays(LETTERS.symbols, arrays)
    other = lstm(LETTERS, seed=3)
    mixture = ParallelMixture((stubborn, other), shares(0.5, 0.5))
    losses = item_losses(mixture, NAMES)
    assert np.isfinite(losses).all()
    assert (losses < item_losses(other, NAMES) + 6 * math.log(2) + 1e-3).all()


def test_round_trip(mixture: ParallelMixture) -> None:
    """Also of so many members that their numbers have two digits."""
    many = tuple(lstm(LETTERS, units=2, layers=1, seed=seed) for seed in range(11))
    unequal = np.arange(1, 12, dtype=np.float32)
    for some in (mixture, ParallelMixture(many, unequal / unequal.sum())):
        again = ParallelMixture.from_arrays(LETTERS.symbols, some.arrays())
        np.testing.assert_array_equal(item_losses(again, NAMES), item_losses(some, NAMES))


SURPLUS = ("Wy", "3-rnn/Waa", "one-lstm/Wy", "5-lstm/Wy", "0-lstm/x/Wy")


@pytest.mark.parametrize(
    ("missing", "surplus", "why"),
    [
        ("shares", (), "exactly one parameter, shares"),
        ("0-lstm/Wx0", (), "the parameter 'Wx0' is missing"),
        ("2-ngram/grams", (), "the parameter grams is missing"),
        ("1-", (), "its member 1 of 2 is missing or unknown"),
        *(("none", (name,), "its member|apart from its members") for name in SURPLUS),
    ],
)
def test_invalid_members_raise(
    mixture: ParallelMixture, missing: str, surplus: tuple[str, ...], why: str
) -> None:
    arrays = {k: a for k, a in mixture.arrays().items() if not k.startswith(missing)}
    arrays |= {name: np.zeros((1, 1), np.float32) for name in surplus}
    with pytest.raises(ValueError, match=why):
        ParallelMixture.from_arrays(LETTERS.symbols, arrays)
    with pytest.raises(ValueError, match="has shape"):
        ParallelMixture.from_arrays(VERSE.symbols, mixture.arrays())


def test_invalid_shares_raise() -> None:
    halves = (0.5, 0.5)
    for wrong in (halves, (0.25,) * 3, (*halves, 0), (1, 0.5, -0.5), (math.nan, *halves)):
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
