"""Networks of a few units with random weights: they babble, in no time."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data.text import VERSE_SYMBOLS
from data.tokens import is_word
from models.fingerprints import Fingerprints
from models.networks.lstm import LSTM
from models.networks.network import Network
from models.networks.ngram import NGram
from models.networks.rnn import RNN, initialize_parameters
from models.networks.vocabulary import Vocabulary
from models.networks.words import MAX_SYLLABLES, WordVocabulary
from models.networks.words_and_characters import Shares, WordsAndCharacters
from models.serving.words import FastLSTM, FastWordLSTM, FastWordsAndCharacters
from models.weights import ModelCard, Trained

LETTERS = Vocabulary("\nabcdefghijklmnopqrstuvwxyz")
VERSE = Vocabulary("".join(sorted(VERSE_SYMBOLS)))


def anything(_text: str) -> bool:
    """Accept every text."""
    return True


def lstm_arrays(
    vocabulary: Vocabulary = VERSE, *, units: int = 16, layers: int = 2, seed: int = 0
) -> dict[str, NDArray[np.float32]]:
    """Random parameters of an LSTM. Float16 holds them exactly, as a weight file does."""
    width = len(vocabulary)
    shapes: dict[str, tuple[int, ...]] = {"Wy": (units, width), "by": (width,)}
    for k in range(layers):
        shapes[f"Wx{k}"] = (units if k else width, 4 * units)
        shapes[f"Wh{k}"] = (units, 4 * units)
        shapes[f"b{k}"] = (4 * units,)
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(scale=0.4, size=shape).astype(np.float16).astype(np.float32)
        for name, shape in shapes.items()
    }


def lstm(
    vocabulary: Vocabulary = VERSE, *, units: int = 16, layers: int = 2, seed: int = 0
) -> LSTM:
    """An untrained LSTM."""
    arrays = lstm_arrays(vocabulary, units=units, layers=layers, seed=seed)
    return LSTM.from_arrays(vocabulary.symbols, arrays)


def fast_lstm(*, units: int = 16, seed: int = 0) -> FastLSTM:
    """An untrained LSTM for verse."""
    return FastLSTM.from_arrays(VERSE.symbols, lstm_arrays(units=units, seed=seed))


def rnn(vocabulary: Vocabulary = LETTERS) -> RNN:
    """An untrained network of the notebook."""
    size = len(vocabulary)
    parameters = initialize_parameters(8, size, size, np.random.RandomState(1))
    arrays = {name: W.astype(np.float16).astype(np.float32) for name, W in parameters.items()}
    return RNN.from_arrays(vocabulary.symbols, arrays)


def ngram(vocabulary: Vocabulary = LETTERS) -> NGram:
    """A Kneser-Ney model of three names."""
    return NGram.fit(["mango\n", "tango\n", "saurus\n"], vocabulary, order=3, discount=0.5)


def card(task: str = "sonnets", vocabulary: Vocabulary = VERSE, **changes: object) -> ModelCard:
    """A model card."""
    facts: dict[str, object] = {
        "task": task,
        "architecture": "lstm",
        "recipe": "default",
        "corpus": "A corpus of tests",
        "corpus_sha256": "0" * 64,
        "seed": 1,
        "updates": 1_000,
        "created": "2025-01-02",
        "symbols": vocabulary.symbols,
        "validation": 1.6,
        "versions": {"numpy": "2.0.0"},
    }
    return ModelCard(**(facts | changes))  # type: ignore[arg-type]


def poet(
    network: Network | None = None,
    *,
    known: Iterable[str] = (),
    proper: Iterable[str] = (),
    digest: str = "one",
) -> Trained:
    """A network that writes sonnets."""
    network = network or lstm()
    facts = card("sonnets", network.vocabulary)
    return Trained(network, facts, Fingerprints.of(known), digest, Fingerprints.of(proper))


def namer(network: Network | None = None, *, known: Iterable[str] = ()) -> Trained:
    """A network that writes names."""
    network = network or lstm(LETTERS)
    return Trained(network, card("names", network.vocabulary), Fingerprints.of(known), "names")


WORDS = WordVocabulary.of(
    ["the", "rose", "of", "day", "summer", "love", ",", ".", "'tis", "-", "i"]
)


FEATURES = ("rhyme EY1", "rhyme AH1 V", "line 1", "left 1", "syllables 4", "period 1600")
WITH_FEATURES = replace(WORDS, features=FEATURES)


def word_lstm(
    vocabulary: WordVocabulary = WORDS, *, units: Sequence[int] = (12, 8), seed: int = 0
) -> FastWordLSTM:
    """An untrained network over words. Its last layer has as many units as its embedding."""
    d = units[-1]
    shapes: dict[str, tuple[int, ...]] = {"E": (len(vocabulary), d), "S": (MAX_SYLLABLES + 1, d)}
    shapes["by"] = (len(vocabulary),)
    if vocabulary.features:
        shapes |= {"F": (len(vocabulary.features) + 1, d), "M": (d, d)}
    below = 2 * d
    for k, width in enumerate(units):
        shapes |= {f"Wx{k}": (below, 4 * width), f"Wh{k}": (width, 4 * width)}
        shapes[f"b{k}"] = (4 * width,)
        below = width
    rng = np.random.default_rng(seed)
    arrays = {
        name: rng.normal(scale=0.4, size=shape).astype(np.float16).astype(np.float32)
        for name, shape in shapes.items()
    }
    return FastWordLSTM.from_arrays(vocabulary, arrays)


def words_and_characters(
    vocabulary: Vocabulary = VERSE, words: WordVocabulary = WORDS, *, share: float = 0.5
) -> FastWordsAndCharacters:
    """Untrained networks over words and characters, with random word vectors for all but marks."""
    vectors = np.random.default_rng(1).normal(size=(len(words), 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[[not is_word(token) for token in words.tokens]] = 0
    correction = np.zeros(len(words), np.float32)
    shares = Shares(words=share, cache=0, rare=0)
    return FastWordsAndCharacters.of(
        WordsAndCharacters(lstm(vocabulary), word_lstm(words), vectors, correction, shares)
    )
