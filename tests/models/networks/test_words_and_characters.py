"""The mixture of words and characters: a distribution over texts, and its parameters."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from data.tokens import split_units
from models.networks import words_and_characters as words_and_characters_module
from models.networks.network import item_losses
from models.networks.vocabulary import Vocabulary
from models.networks.words import LINE_END, NONE, UNKNOWN, WordVocabulary
from models.networks.words_and_characters import Shares, unit_log_p
from models.serving.words import FastWordsAndCharacters
from models.training.losses import losses_of
from tests.models.tiny import VERSE, WITH_FEATURES, WORDS, lstm, word_lstm, words_and_characters

TEXTS = [
    "the rose of day,\n'tis the rose.\n\n",
    "love",
    "",
    "the rosy dawn - 'love'\nof love' !\n\n",
    "i  love ,the summer ",
]


def test_characters_add_up() -> None:
    """The units' losses under the character network are the text's loss."""
    log_p = unit_log_p(lstm(), words_and_characters().words, TEXTS)
    assert len(log_p.texts) == sum(len(split_units(text)) for text in TEXTS)
    summed = np.bincount(log_p.texts, -log_p.characters, minlength=len(TEXTS))
    np.testing.assert_allclose(summed, item_losses(lstm(), TEXTS), rtol=1e-5)
    # Batches do not matter.
    alone = unit_log_p(lstm(), words_and_characters().words, TEXTS, batch=1)
    np.testing.assert_allclose(log_p.tokens, alone.tokens, rtol=1e-4)
    np.testing.assert_allclose(log_p.characters, alone.characters, rtol=1e-4, atol=1e-5)


def test_mixture_is_a_distribution() -> None:
    """Over the continuations of a text, up to those that neither network writes.

    With the letters a and b, every unit of up to `longest` characters is tried. What is missing is
    the mass of longer ones, and that of spelling known words as unknown ones.
    """
    vocabulary = Vocabulary("\n ,ab")
    network = words_and_characters(vocabulary, WordVocabulary.of(["a", "ab", ",", "ba"]))
    before, longest = "a", 7
    following = {
        unit.text
        for size in range(1, longest + 1)
        for text in itertools.product(vocabulary.symbols, repeat=size)
        if len(units := split_units(before + "".join(text))) == 2
        for unit in units[1:]
        if unit.tokens and "".join(text) == unit.text
    }
    # "," after a word, so that what follows the unit is no letter: its own loss is taken off.
    texts = [before + unit for unit in sorted(following)]
    log_p = unit_log_p(network.characters, network.words, [text + "," for text in texts])
    second = np.flatnonzero(np.diff(log_p.texts, prepend=-1)) + 1  # the unit after `before`
    mass = np.exp(log_p.characters[second]).sum()
    assert 0.99 < mass < 1 + 1e-6
    assert 0.5 < np.exp(log_p.words(0)[second]).sum() < 1
    for share in (0.1, 0.9):
        assert 0.5 < np.exp(log_p.mixture(Shares(share, 0, 0))[second]).sum() < 1


def test_unknown_words_are_spelled() -> None:
    network = words_and_characters()
    log_p = unit_log_p(network.characters, network.words, ["the rosy\n"])
    assert log_p.unknown.tolist() == [False, True, False]
    known = unit_log_p(network.characters, network.words, ["the rose\n"])
    none, zero, one = network.words.towards(np.array([NONE])), np.array([0]), np.array([1])
    state = network.words.initial_state(1)
    _, state = network.words.step(np.array([LINE_END]), zero, none, state)
    h, _ = network.words.step(np.array([WORDS.index["the"]]), one, none, state)
    logits = network.words.logits(h)[0]
    of_unknown = logits[UNKNOWN] - np.logaddexp.reduce(logits)
    assert log_p.words(0)[1] == pytest.approx(of_unknown + log_p.characters[1], abs=1e-4)
    of_rose = logits[WORDS.index["rose"]] - np.logaddexp.reduce(logits)
    assert known.words(0)[1] == pytest.approx(of_rose, abs=1e-4)


def test_rare_words() -> None:
    """An unknown word on the list of rare words is one of so many, or spelled."""
    shares = Shares(0.5, 0, 0.75)
    network = replace(words_and_characters(), rare_words=("rosy", "dawn"), shares=shares)
    log_p = network.unit_log_p(["the rosy rose, rosier"])
    np.testing.assert_allclose(np.exp(log_p.rare), [0, 1 / 2, 0, 0, 0])
    assert log_p.unknown.tolist() == [False, True, False, False, True]
    spelled = np.exp(log_p.characters)
    expected = np.exp(log_p.tokens[[1, 4]]) * [0.75 / 2 + 0.25 * spelled[1], 0.25 * spelled[4]]
    np.testing.assert_allclose(np.exp(log_p.words(0.75)[[1, 4]]), expected)
    (loss,) = network.losses(["the rosy rose, rosier"])
    assert loss == pytest.approx(-log_p.mixture(shares).sum())
    assert loss < replace(network, rare_words=("dawn",)).losses(["the rosy rose, rosier"])[0]


def test_repeated_spaces_are_left_to_characters() -> None:
    network = words_and_characters()
    log_p = unit_log_p(network.characters, network.words, ["i  love "])
    assert np.isneginf(log_p.words(0)).tolist() == [False, True, True]
    np.testing.assert_allclose(
        log_p.mixture(Shares(0.75, 0, 0))[1:], np.log(0.25) + log_p.characters[1:]
    )
    assert np.isfinite(network.losses(TEXTS)).all()


CACHED = "the rosy, the,the  rosy rosy"


def test_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without sharpness, the cache gives a unit its share of the units before it."""
    monkeypatch.setattr(words_and_characters_module, "SHARPNESS", 0.0)
    shares = Shares(0.5, 0.25, 0)
    network = replace(words_and_characters(), shares=shares)
    log_p = network.unit_log_p([CACHED])
    # Neither after a FLIP nor after two spaces is a unit the same, or counted.
    expected = [0, 0, 0, 1 / 3, 1 / 4, 0, 0, 1 / 5]
    np.testing.assert_allclose(np.exp(log_p.cache), expected)
    assert log_p.cached.tolist() == [False] + [True] * 7
    mixed, plain = np.exp(log_p.mixture(shares)), np.exp(log_p.mixture(Shares(0.5, 0, 0)))
    np.testing.assert_allclose(mixed[0], plain[0])
    np.testing.assert_allclose(mixed[1:], 0.75 * plain[1:] + 0.25 * np.array(expected[1:]))
    (loss,) = network.losses([CACHED])
    assert loss == pytest.approx(-log_p.mixture(shares).sum())


def test_cache_prefers_like_places() -> None:
    """The weight of an earlier unit grows with the cosine of the states before both."""
    text = "the rose the day the rose"
    log_p = unit_log_p(lstm(), word_lstm(), [text])
    tokens, network = text.split(), word_lstm()
    state, states = network.initial_state(1), []
    none, x, syllables = network.towards(np.array([NONE])), np.array([LINE_END]), np.array([0])
    for token in tokens:
        h, state = network.step(x, syllables, none, state)
        states.append(h[0] / np.linalg.norm(h[0]))
        x, syllables = np.array([WORDS.index[token]]), syllables + 1
    weights = np.exp(8 * np.array(states[:5]) @ states[5])
    expected = weights[[i for i in range(5) if tokens[i] == "rose"]].sum() / weights.sum()
    assert np.exp(log_p.cache[5]) == pytest.approx(expected, rel=1e-4)
    assert expected != pytest.approx(1 / 5, rel=0.02)


def test_cache_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words_and_characters_module, "MAX_CACHED", 2)
    log_p = unit_log_p(lstm(), word_lstm(), ["the rose the rose of day the"])
    assert np.isneginf(log_p.cache).tolist() == [True, True, False, False, True, True, True]


def test_losses() -> None:
    for share in (0, 1, float("nan")):
        with pytest.raises(ValueError, match="the share of words"):
            Shares(words=share)
    network = words_and_characters()
    losses = losses_of(network, [*TEXTS[:2], "LOVE\u2602"])
    log_p = unit_log_p(network.characters, network.words, TEXTS[:2])
    assert losses.nats[:2].sum() == pytest.approx(-log_p.mixture(network.shares).sum())
    assert losses.nats[2] == losses.nats[1]
    assert losses.unknown == 1
    assert losses.sizes.tolist() == [33, 4, 4]


def test_characters_serve() -> None:
    network, x = words_and_characters(), np.array([0, 3])
    logits, state = network.step(x, network.initial_state(2))
    expected, expected_state = lstm().step(x, lstm().initial_state(2))
    np.testing.assert_array_equal(logits, expected)
    np.testing.assert_array_equal(state, expected_state)
    assert network.vocabulary == VERSE


@pytest.mark.parametrize("words", [WORDS, WITH_FEATURES], ids=["plain", "features"])
def test_arrays_round_trip(words: WordVocabulary) -> None:
    shares, rare = Shares(0.25, 0.125, 0.75), ("dawn", "rosy")
    network = replace(words_and_characters(words=words), shares=shares, rare_words=rare)
    again = FastWordsAndCharacters.from_arrays(VERSE.symbols, network.arrays())
    assert again.words.vocabulary == network.words.vocabulary
    assert (again.shares, again.rare_words) == (shares, rare)
    np.testing.assert_array_equal(again.losses(TEXTS), network.losses(TEXTS))
    np.testing.assert_array_equal(again.vectors, network.vectors)


@pytest.mark.parametrize(
    ("name", "array", "sentence"),
    [
        ("shares", np.array([0.5, 1, 0], np.float32), "the share of the cache is 1.0"),
        ("shares", np.array([0.5, 0, -1], np.float32), "the share of rare words is -1.0"),
        ("shares", np.zeros(2, np.float32), "it needs correction, rare, shares, tokens, vectors"),
        ("rare", np.frombuffer(b"dawn\nrose", np.uint8), "a rare word is one of its tokens"),
        ("vectors", np.zeros((3, 6), np.float32), "expected 16 rows"),
        ("vectors", np.ones((16, 6), np.float32), "neither of unit length nor zero"),
        ("vectors", np.zeros(16, np.float32), "vectors has shape"),
        ("correction", np.zeros((16, 6), np.float32), "correction has shape"),
        ("tokens", np.frombuffer(b"a\na", np.uint8), "different"),
        ("tokens", np.frombuffer(b"a b", np.uint8), "not all words"),
        ("tokens", np.frombuffer(b"a\n", np.uint8), "not all words"),
        ("tokens", np.frombuffer("é".encode(), np.uint8), "characters that its vocabulary lacks"),
        ("tokens", np.frombuffer(b"a" * 65, np.uint8), "not all words"),
        ("tokens", np.frombuffer(b"a\nb", np.uint8), "words/E has shape|E has shape"),
        ("tokens", np.zeros((2, 2), np.uint8), "no text"),
        ("tokens", np.zeros(2, np.float32), "no text"),
        ("features", np.zeros(2, np.float32), "its features are no text"),
        ("features", np.frombuffer(b"line 1\nline 1", np.uint8), "different"),
        ("features", np.frombuffer(b"mood 1", np.uint8), "not all values of known slots"),
        ("features", np.frombuffer(b"line 1", np.uint8), "the parameter 'F' is missing"),
        ("more/E", np.zeros(2, np.float32), "does not belong to any part"),
        ("more", np.zeros(2, np.float32), "it needs correction, rare, shares, tokens, vectors"),
        ("words/more", np.zeros(2, np.float32), "does not belong to any layer"),
    ],
)
def test_invalid_arrays(name: str, array: NDArray[np.generic], sentence: str) -> None:
    arrays = words_and_characters().arrays() | {name: array}
    with pytest.raises(ValueError, match=sentence):
        FastWordsAndCharacters.from_arrays(VERSE.symbols, arrays)
