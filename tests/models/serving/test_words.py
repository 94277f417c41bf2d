"""Fast networks of verse, against the plain ones."""

import numpy as np

from models.networks.words import NONE, WordLSTM
from tests.models.tiny import VERSE, WORDS, fast_lstm, lstm, word_lstm


def test_fast_words_are_those_of_the_plain_network() -> None:
    fast = word_lstm(units=(12, 8))
    plain = WordLSTM.from_arrays(WORDS, fast.arrays())
    rng = np.random.default_rng(0)
    states = [network.initial_state(5) for network in (plain, fast)]
    for end in (NONE, 6, 7):
        tokens, syllables = rng.integers(len(WORDS), size=5), rng.integers(15, size=5)
        h = []
        for k, network in enumerate((plain, fast)):
            towards = network.towards(np.full(5, end))
            last, states[k] = network.step(tokens, syllables, towards, states[k])
            h.append(last)
        np.testing.assert_allclose(h[1], h[0], atol=1e-6)
        np.testing.assert_allclose(states[1], states[0], atol=1e-6)
        np.testing.assert_allclose(fast.logits(h[1]), plain.logits(h[0]), atol=1e-5)


def test_fast_characters_are_those_of_the_plain_network() -> None:
    plain, fast = lstm(units=16), fast_lstm(units=16)
    states = [plain.initial_state(3), fast.initial_state(3)]
    for text in ("\n\n\n", "sha", "i o", "..."):
        x = VERSE.encode(text)
        expected, states[0] = plain.step(x, states[0])
        logits, states[1] = fast.step(x, states[1])
        np.testing.assert_allclose(logits, expected, atol=1e-5)
        np.testing.assert_allclose(states[1], states[0], atol=1e-6)
