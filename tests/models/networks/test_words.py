"""The word network: its state, its parameters, and fewer tokens."""

import numpy as np
import pytest

from models.networks.network import log_softmax
from models.networks.words import (
    NONE,
    SLOTS,
    SPECIAL,
    SUBJECT_WORDS,
    UNKNOWN,
    UNKNOWN_FEATURE,
    WordLSTM,
    WordVocabulary,
    running_syllables,
    subject_of,
)
from tests.models.tiny import FEATURES, WITH_FEATURES, WORDS, word_lstm

ONE = np.ones(1, np.int64)


def test_rows_do_not_matter_to_each_other() -> None:
    network, rng = word_lstm(), np.random.default_rng(0)
    tokens, syllables = rng.integers(len(WORDS), size=(2, 5)), rng.integers(15, size=5)
    state = rng.normal(size=network.initial_state(5).shape).astype(np.float32)
    before = state.copy()
    h, new_state = network.step(tokens[0], syllables, network.towards(tokens[1]), state)
    np.testing.assert_array_equal(state, before)
    for i in range(5):
        row = slice(i, i + 1)
        towards = network.towards(tokens[1, row])
        alone = network.step(tokens[0, row], syllables[row], towards, state[row])
        np.testing.assert_allclose(alone[0], h[row], atol=1e-6)
        np.testing.assert_allclose(alone[1], new_state[row], atol=1e-6)


def test_every_input_counts() -> None:
    network = word_lstm()
    base, _ = network.step(5 * ONE, ONE, network.towards(6 * ONE), network.initial_state(1))
    for inputs in ((6, 1, 6), (5, 2, 6), (5, 1, 7)):
        tokens, syllables, ends = (ONE * x for x in inputs)
        h, _ = network.step(tokens, syllables, network.towards(ends), network.initial_state(1))
        assert np.abs(h - base).max() > 1e-3


def test_every_condition_counts() -> None:
    """Any feature and any word of the subject changes what is written; their order does not."""
    network = word_lstm(WITH_FEATURES)
    unknown = np.full((1, len(SLOTS)), UNKNOWN_FEATURE)
    nothing = np.full((1, SUBJECT_WORDS), NONE)
    base = network.towards(ONE * 6)
    np.testing.assert_array_equal(base, network.towards(ONE * 6, unknown, nothing))
    for slot in range(len(SLOTS)):
        features = unknown.copy()
        features[0, slot] = 3
        assert np.abs(network.towards(ONE * 6, features) - base).max() > 1e-3
    rose_and_day, day_and_rose, rose, rose_and_love = (
        network.towards(ONE * 6, subjects=subject_of([*WORDS.encode(words.split())])[np.newaxis])
        for words in ("rose day", "day rose", "rose", "rose love")
    )
    np.testing.assert_allclose(rose_and_day, day_and_rose, atol=1e-5)
    others = (base, rose, rose_and_love)
    assert min(np.abs(rose_and_day - other).max() for other in others) > 1e-3


def test_features() -> None:
    values = {"rhyme": "EY1", "line": 1, "syllables": 11, "period": 1600, "kind": None}
    assert WITH_FEATURES.encode_features(values).tolist() == [1, 3, 0, 0, len(FEATURES), 0]
    assert not WORDS.encode_features(values).any()
    assert WITH_FEATURES.restricted("the").features == FEATURES


def test_subjects() -> None:
    assert subject_of([8, 9]).tolist() == [8, 9] * 2
    assert subject_of([]).tolist() == [NONE] * SUBJECT_WORDS


def test_fewer_tokens() -> None:
    network = word_lstm()
    fewer = network.restricted("theroslv ,'i")
    assert fewer.vocabulary.tokens == (*SPECIAL, "the", "rose", "love", ",", "'tis", "i")
    kept = WORDS.encode(fewer.vocabulary.tokens[len(SPECIAL) :])
    both = [
        log_softmax(n.logits(n.step(ONE * 5, ONE, n.towards(ONE * 0), n.initial_state(1))[0]))[0]
        for n in (network, fewer)
    ]
    ratio = both[1][len(SPECIAL) :] - both[0][kept]
    np.testing.assert_allclose(ratio, both[1][0] - both[0][0], atol=1e-5)
    assert (ratio > 0).all()


@pytest.mark.parametrize("name", sorted(word_lstm(WITH_FEATURES).arrays()))
def test_shapes_are_checked(name: str) -> None:
    arrays = word_lstm(WITH_FEATURES).arrays()
    for shape in ((), (3,), (3, 3), (2, 2, 2)):
        with pytest.raises(ValueError, match=r"has shape|two axes"):
            WordLSTM.from_arrays(WITH_FEATURES, arrays | {name: np.zeros(shape, np.float32)})


def test_last_layer_must_fit_the_embedding() -> None:
    arrays = word_lstm(units=(6, 8)).arrays()
    narrow = word_lstm(units=(6,)).arrays()
    with pytest.raises(ValueError, match="has shape"):
        WordLSTM.from_arrays(WORDS, arrays | {"E": narrow["E"], "S": narrow["S"]})


def test_vocabulary() -> None:
    assert WORDS.tokens[: len(SPECIAL)] == SPECIAL
    assert WORDS.encode(["the", "dawn"]).tolist() == [len(SPECIAL), UNKNOWN]
    assert WordVocabulary.of(["a", "\n", "b"]).tokens == (*SPECIAL, "a", "b")


def test_running_syllables() -> None:
    tokens = ["o", "summer", ",", "\n", "sea", *["day"] * 20]
    counts = [1, 2, 0, 0, 1] + [1] * 20
    running = running_syllables(tokens, counts).tolist()
    assert running[:6] == [1, 3, 3, 0, 1, 2]
    assert max(running) == running[-1] == 15
