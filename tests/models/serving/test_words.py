"""Fast networks of verse, against the plain ones."""

import numpy as np
import pytest

from models.networks.words import NONE, SLOTS, SUBJECT_WORDS, WordLSTM, WordVocabulary
from models.serving.quantization import Rounded, quantize
from models.serving.words import FastWordLSTM
from tests.models.tiny import (
    FEATURES,
    VERSE,
    WITH_FEATURES,
    WORDS,
    fast_lstm,
    lstm,
    word_lstm,
)


@pytest.mark.parametrize("vocabulary", [WORDS, WITH_FEATURES], ids=["plain", "features"])
def test_fast_words_are_those_of_the_plain_network(vocabulary: WordVocabulary) -> None:
    fast = word_lstm(vocabulary, units=(12, 8))
    plain = WordLSTM.from_arrays(vocabulary, fast.arrays())
    rng = np.random.default_rng(0)
    states = [network.initial_state(5) for network in (plain, fast)]
    for end in (NONE, 6, 7):
        tokens, syllables = rng.integers(len(WORDS), size=5), rng.integers(15, size=5)
        features = rng.integers(len(FEATURES) + 1, size=(5, len(SLOTS)))
        subjects = rng.integers(len(WORDS), size=(5, SUBJECT_WORDS))
        h = []
        for k, network in enumerate((plain, fast)):
            towards = network.towards(np.full(5, end), features, subjects)
            last, states[k] = network.step(tokens, syllables, towards, states[k])
            h.append(last)
        np.testing.assert_allclose(h[1], h[0], atol=1e-6)
        np.testing.assert_allclose(states[1], states[0], atol=1e-6)
        np.testing.assert_allclose(fast.logits(h[1]), plain.logits(h[0]), atol=1e-5)


def test_conditions_of_matrices_in_8_bits() -> None:
    """They are those of the rounded matrices, and a line's do not depend on the other lines."""
    arrays = word_lstm(WITH_FEATURES).arrays()
    rounded = {name: Rounded(*quantize(arrays[name])) for name in ("E", "F", "M")}
    plain = WordLSTM.from_arrays(WITH_FEATURES, arrays | {n: r[:] for n, r in rounded.items()})
    fast = FastWordLSTM.from_arrays(WITH_FEATURES, arrays | rounded)
    ends, state = np.array([NONE, 6, 7]), plain.initial_state(3)
    features = np.arange(3 * len(SLOTS)).reshape(3, -1) % (len(FEATURES) + 1)
    subjects = np.arange(3 * SUBJECT_WORDS).reshape(3, -1)
    for low_rank in (fast, fast.approximated()):  # networks this small stay exact
        expected, found = (
            network.step(ends, ends, network.towards(ends, features, subjects), state)
            for network in (plain, low_rank)
        )
        np.testing.assert_allclose(found[0], expected[0], atol=1e-5)
    together = fast.towards(ends, features, subjects)
    for i in range(3):
        row = slice(i, i + 1)
        alone = fast.towards(ends[row], features[row], subjects[row])
        np.testing.assert_array_equal(alone, together[row])


def test_fast_characters_are_those_of_the_plain_network() -> None:
    plain, fast = lstm(units=16), fast_lstm(units=16)
    states = [plain.initial_state(3), fast.initial_state(3)]
    for text in ("\n\n\n", "sha", "i o", "..."):
        x = VERSE.encode(text)
        expected, states[0] = plain.step(x, states[0])
        logits, states[1] = fast.step(x, states[1])
        np.testing.assert_allclose(logits, expected, atol=1e-5)
        np.testing.assert_allclose(states[1], states[0], atol=1e-6)
