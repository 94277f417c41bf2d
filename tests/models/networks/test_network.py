"""Losses in nats per character, and batches of states."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from models.networks.network import (
    Network,
    cross_entropy,
    item_losses,
    join_states,
    log_softmax,
    read,
    state_row,
)
from models.networks.vocabulary import END
from models.serving.mixture import ParallelMixture
from tests.models.tiny import LETTERS, lstm, ngram, rnn

MIXTURE = ParallelMixture((lstm(LETTERS), ngram()), np.array([0.5, 0.5], np.float32))
NETWORKS = {"lstm": lstm(LETTERS), "mixture": MIXTURE, "ngram": ngram(), "rnn": rnn()}
NAMES = ["mango\n", "a\n", "\n", "micropachycephalosaurus\n", "tango\n"]

network_of_each_kind = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS.keys())


def naive_loss(network: Network, text: str) -> float:
    """−ln p of a text, one character and one exponential at a time."""
    loss = 0.0
    state = network.initial_state(1)
    for before, character in zip(END + text, text, strict=False):
        logits, state = network.step(network.vocabulary.encode(before), state)
        p = [math.exp(z) for z in logits[0]]
        loss -= math.log(p[network.vocabulary.symbols.index(character)] / sum(p))
    return loss


@network_of_each_kind
def test_losses_follow_definition(network: Network) -> None:
    expected = [naive_loss(network, name) for name in NAMES]
    for batch in (1, 2, 5, 64):
        np.testing.assert_allclose(item_losses(network, NAMES, batch), expected, rtol=1e-5)
    mean = sum(expected) / len("".join(NAMES))
    assert cross_entropy(network, iter(NAMES)) == pytest.approx(mean, rel=1e-5)
    assert math.isnan(cross_entropy(network, []))


@network_of_each_kind
def test_join_states_and_state_row(network: Network) -> None:
    states = [read(network, word, network.initial_state(1))[1] for word in ("mango", "tango")]
    joined = join_states(states)
    logits, after = network.step(LETTERS.encode("sa"), joined)
    for row, letter in enumerate("sa"):
        np.testing.assert_array_equal(state_row(joined, row), states[row])
        alone, alone_after = network.step(LETTERS.encode(letter), states[row])
        np.testing.assert_allclose(logits[row : row + 1], alone, atol=1e-5)
        np.testing.assert_allclose(state_row(after, row), alone_after, atol=1e-6)
    state_row(joined, 1)[:] = 1  # of a copy
    np.testing.assert_array_equal(joined, join_states(states))


@network_of_each_kind
def test_read_in_two_parts(network: Network) -> None:
    whole, _ = read(network, "\nmangosaurus", network.initial_state(1))
    _, state = read(network, "\nmango", network.initial_state(1))
    before = state.copy()
    parts, _ = read(network, "saurus", state)
    np.testing.assert_array_equal(state, before)  # a step does not change the old state
    np.testing.assert_array_equal(parts, whole)


finite = st.floats(-1e4, 1e4, width=32)


@given(arrays.arrays(np.float32, arrays.array_shapes(min_dims=1, max_dims=3), elements=finite))
def test_log_softmax_is_normalized(logits: NDArray[np.float32]) -> None:
    log_p = log_softmax(logits)
    assert np.isfinite(log_p).all()
    np.testing.assert_allclose(np.exp(log_p.astype(np.float64)).sum(axis=-1), 1, rtol=1e-4)


@given(st.lists(st.integers(-100, 100), min_size=1, max_size=5), st.integers(-100, 100))
def test_log_softmax_ignores_shift(whole: list[int], shift: int) -> None:
    logits = np.array(whole, np.float32)
    np.testing.assert_array_equal(log_softmax(logits + np.float32(shift)), log_softmax(logits))


def test_log_softmax_of_minus_infinity() -> None:
    logits = np.array([0, -np.inf, 0], np.float32)
    np.testing.assert_allclose(log_softmax(logits), [-np.log(2), -np.inf, -np.log(2)], rtol=1e-6)
