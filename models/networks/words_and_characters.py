"""Mixture of a network over words and a network over characters: one distribution over texts.

A text is a sequence of units: a word or a mark, each with the space before it. Both networks give
the next unit u a probability after the text h so far, and the mixture is their weighted mean:

    p(u | h) = s p_w(u | h) + (1 − s) p_c(u | h)                              0 < s < 1

The character network spells a unit character by character. A word has ended only where no letter
follows, so that *love* is not also the beginning of *lovely*. Let N be the event that the next
character is no letter or apostrophe:

    p_c(u | h) = Π p(character) · p(N after u, if u is a word) / p(N after h, if h ends in a word)

The product over all units of a text is the probability that the character network gives the text.
The word network knows V tokens; any other word is `UNKNOWN`, and spelled by the character network:

    p_w(u | h) = p(token | h)                    if u is one of its tokens, else
                 p(UNKNOWN | h) (r [u ∈ R] / |R| + (1 − r) p_c(u | h))                  0 ≤ r < 1

R is a list of words that occur too rarely to be tokens, and many unknown words are on it. A bracket
[…] is 1 if the statement in it holds, and else 0. The word network learns more from the same text;
the character network can write and read anything.

A poem also returns to its words, above all in places like those where they stood. So a cache is
mixed in last (Grave, Joulin & Usunier, 2017). Let a be the last layer of the word network after h,
and a_i the last layer before the earlier unit u_i:

    p′(u | h) = c Σ_i w_i [u_i = u] / Σ_i w_i + (1 − c) p(u | h)                     0 ≤ c < 1
    w_i = exp(τ cos(a, a_i))
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.lexicon import syllables_of
from data.tokens import Unit, are_tokens, is_word_character, split_units
from models.networks.lstm import LSTM
from models.networks.network import Array, State, log_softmax
from models.networks.vocabulary import Vocabulary
from models.networks.words import (
    LINE_END,
    NONE,
    SLOTS,
    SPECIAL,
    UNKNOWN,
    WordLSTM,
    WordVocabulary,
    running_syllables,
)

TEXTS = frozenset({"tokens", "rare", "features"})
"""The parameters that are text."""
MAX_TOKENS, MAX_FEATURES = 2**16, 2**12
LONGEST_TOKEN = 64
"""Characters of the longest token."""
MAX_DIMENSIONS = 1_024
"""Largest dimension of the word vectors."""
SHARPNESS, MAX_CACHED = 8.0, 500
"""τ of the cache, and how many units it remembers: three poems."""


@dataclass(frozen=True)
class Shares:
    """Shares of the members of the mixture. Raises `ValueError` if they are out of range."""

    words: float = 0.5
    """s: the word network's, 0 < s < 1; the rest is the character network's."""
    cache: float = 0.02
    """c: of the text's earlier units, 0 ≤ c < 1."""
    rare: float = 0.5
    """r: of the list of rare words among unknown ones, 0 ≤ r < 1."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 < self.words < 1:
            raise ValueError(f"the share of words is {self.words}, expected more than 0, below 1")
        for name, share in (("the cache", self.cache), ("rare words", self.rare)):
            if not 0 <= share < 1:
                raise ValueError(f"the share of {name} is {share}, expected 0 or more, below 1")


@dataclass(frozen=True, eq=False)
class UnitLogP:
    """ln p of each unit of some texts under each member of the mixture, `(units,)` each."""

    tokens: NDArray[np.float64]
    """Under the word network, `UNKNOWN` without its spelling; −∞ where tokens cannot express the
    unit (repeated spaces)."""
    characters: NDArray[np.float64]
    cache: NDArray[np.float64]
    """−∞ if the unit is none of the units before it in its text."""
    rare: NDArray[np.float64]
    """Under the list of rare words; −∞ if the unit is not on it."""
    cached: NDArray[np.bool_]
    """Whether the text has a unit before this one."""
    unknown: NDArray[np.bool_]
    """Whether the unit is outside of the word network's vocabulary."""
    texts: NDArray[np.int64]
    """Index of the text that the unit belongs to."""

    def words(self, rare: float) -> NDArray[np.float64]:
        """ln p of each unit under the word network, unknown ones too. `rare`: the share r."""
        unknown = _log_mean(rare, self.rare, self.characters)
        return self.tokens + np.where(self.unknown, unknown, 0)

    def mixture(self, shares: Shares) -> NDArray[np.float64]:
        """ln p of each unit."""
        mixed = _log_mean(shares.words, self.words(shares.rare), self.characters)
        return np.where(self.cached, _log_mean(shares.cache, self.cache, mixed), mixed)


@dataclass(frozen=True, eq=False)
class WordsAndCharacters:
    """A word network and a character network that write the same language.

    Implements `models.networks.network.Network` by its character network alone, for forms that are
    written character by character.
    """

    characters: LSTM
    words: WordLSTM
    vectors: Array
    """Word vectors `(V, D)`, for subjects: rows of unit length, or zero for words without one."""
    correction: Array
    """Correction of the tokens' logits when lines are written in metre, `(V,)`; no part of the
    distribution. See `models.verse.calibration`."""
    shares: Shares = Shares()
    rare_words: Sequence[str] = ()
    """R: different words outside of the word network's vocabulary."""

    def __post_init__(self) -> None:
        """Raise `ValueError` if the parts do not fit together."""
        rows, dimensions = self.vectors.shape if self.vectors.ndim == 2 else (0, 0)
        if rows != len(self.words.vocabulary) or not 0 < dimensions <= MAX_DIMENSIONS:
            raise ValueError(
                f"the parameter vectors has shape {self.vectors.shape}, expected "
                f"{len(self.words.vocabulary)} rows of 1 to {MAX_DIMENSIONS} numbers"
            )
        if self.correction.shape != (rows,):
            raise ValueError(
                f"the parameter correction has shape {self.correction.shape}, expected {(rows,)}"
            )
        lengths = np.linalg.norm(np.asarray(self.vectors), axis=1)
        if not ((lengths == 0) | (abs(lengths - 1) < 0.05)).all():
            raise ValueError(
                "the rows of the parameter vectors are neither of unit length nor zero"
            )
        if not self.words.vocabulary.index.keys().isdisjoint(self.rare_words):
            raise ValueError("a rare word is one of its tokens")

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary of characters."""
        return self.characters.vocabulary

    def initial_state(self, batch: int) -> State:
        """See `LSTM.initial_state`."""
        return self.characters.initial_state(batch)

    def step(self, x: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """See `LSTM.step`."""
        return self.characters.step(x, state)

    def losses(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """−ln p of each text in nats, `(len(texts),)`, from a fresh state.

        Raises `KeyError` for a character that is not in the vocabulary.
        """
        nats = -(log_p := self.unit_log_p(texts)).mixture(self.shares)
        return np.bincount(log_p.texts, nats, minlength=len(texts)).astype(np.float64)

    def unit_log_p(self, texts: Sequence[str]) -> UnitLogP:
        """ln p of every unit of some texts, by member. Raises `KeyError` as `losses` does."""
        return unit_log_p(self.characters, self.words, texts, self.rare_words)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The parameters by name, as stored in a weight file; lists of words as UTF-8."""
        arrays: dict[str, NDArray[Any]] = {
            "shares": np.array(astuple(self.shares), np.float32),
            "vectors": np.asarray(self.vectors),
            "correction": self.correction,
            "tokens": _joined(self.words.vocabulary.tokens[len(SPECIAL) :]),
            "rare": _joined(self.rare_words),
        }
        if features := self.words.vocabulary.features:
            arrays["features"] = _joined(features)
        arrays |= {f"characters/{name}": a for name, a in self.characters.arrays().items()}
        return arrays | {f"words/{name}": a for name, a in self.words.arrays().items()}

    @classmethod
    def from_arrays(cls, symbols: str, arrays: dict[str, NDArray[Any]]) -> "WordsAndCharacters":
        """Build both networks from stored parameters. Raises `ValueError` if they do not fit."""
        parts: dict[str, dict[str, NDArray[Any]]] = {"characters": {}, "words": {}, "": {}}
        for name, array in arrays.items():
            part, _, parameter = name.rpartition("/")
            if part not in parts:
                raise ValueError(f"the parameter {name} does not belong to any part")
            parts[part][parameter] = array
        own = parts[""]
        features = _features(own.pop("features", np.zeros(0, np.uint8)))  # many networks have none
        expected = {"shares", "vectors", "correction", "tokens", "rare"}
        if own.keys() != expected or own["shares"].shape != (3,):
            raise ValueError(
                f"besides its networks it needs {', '.join(sorted(expected))}, with three shares"
            )
        vocabulary = WordVocabulary((*SPECIAL, *_split(own["tokens"], symbols)), features)
        return cls(
            LSTM.from_arrays(symbols, parts["characters"]),
            WordLSTM.from_arrays(vocabulary, parts["words"]),
            own["vectors"],
            own["correction"],
            Shares(*map(float, own["shares"])),
            _split(own["rare"], symbols),
        )


def unit_log_p(
    characters: LSTM,
    words: WordLSTM,
    texts: Sequence[str],
    rare_words: Collection[str] = (),
    batch: int = 64,
) -> UnitLogP:
    """Measure both networks on every unit of some texts, each from a fresh state.

    `batch` texts run side by side. Raises `KeyError` for a character outside of the vocabulary.
    """
    units = [split_units(text) for text in texts]
    listed, each = frozenset(rare_words), -math.log(max(1, len(rare_words)))
    rare = [
        each if unit.exact and unit.tokens[-1] in listed else -math.inf
        for text in units
        for unit in text
    ]
    return UnitLogP(
        characters=character_log_p(characters, units, batch),
        rare=np.array(rare),
        texts=np.repeat(np.arange(len(texts)), [len(text) for text in units]),
        **word_log_p(words, units, batch),
    )


def character_log_p(
    network: LSTM, texts: Sequence[Sequence[Unit]], batch: int = 64
) -> NDArray[np.float64]:
    """ln p_c of each unit of all texts, `(units,)`."""
    vocabulary = network.vocabulary
    ends_words = np.array([not is_word_character(c) for c in vocabulary.symbols])  # N
    found: list[list[float]] = [[] for _ in texts]
    for rows in _batches([sum(len(unit.text) for unit in units) for units in texts], batch):
        encoded = [vocabulary.encode("".join(u.text for u in texts[row])) for row in rows]
        log_p = np.zeros((2, len(rows), max(map(len, encoded)) + 1))
        # log_p[0]: of each character; log_p[1]: of N instead of that character.
        state, x = network.initial_state(len(rows)), np.full(len(rows), vocabulary.end)
        for t in range(log_p.shape[2] - 1):
            logits, state = network.step(x, state)
            predicted = log_softmax(logits)  # (rows, vocabulary)
            log_p[1, :, t] = np.logaddexp.reduce(predicted[:, ends_words], axis=1)
            for i, text in enumerate(encoded):
                if t < len(text):
                    x[i] = text[t]
                    log_p[0, i, t] = predicted[i, x[i]]
        for i, row in enumerate(rows):
            # No N at the end of a text: nothing says what follows.
            log_p[1, i, len(encoded[i])] = 0
            found[row] = _spelled(texts[row], log_p[0, i], log_p[1, i])
    return np.array([nats for text in found for nats in text])


def _spelled(
    units: Sequence[Unit], of_characters: NDArray[np.float64], of_end: NDArray[np.float64]
) -> list[float]:
    found, begin, before = [], 0, 0.0
    for unit in units:
        end = begin + len(unit.text)
        after = float(of_end[end]) if is_word_character(unit.text[-1]) else 0.0
        found.append(float(of_characters[begin:end].sum()) + after - before)
        begin, before = end, after
    return found


def word_log_p(
    network: WordLSTM, texts: Sequence[Sequence[Unit]], batch: int = 64
) -> dict[str, NDArray[Any]]:
    """The fields of `UnitLogP` that depend on the word network alone, by name."""
    tokens = [[token for unit in units for token in unit.tokens] for units in texts]
    encoded = [network.vocabulary.encode(text) for text in tokens]
    log_p = [np.zeros(len(text)) for text in encoded]
    # The last layer before each token, and before spaces at the end of a text: (tokens + 1, d).
    last = [np.zeros((len(text) + 1, network.E.shape[1]), np.float32) for text in encoded]
    for rows in _batches([len(text) for text in encoded], batch):
        syllables = [running_syllables(tokens[r], [*map(syllables_of, tokens[r])]) for r in rows]
        state, x = network.initial_state(len(rows)), np.full(len(rows), LINE_END)
        count = np.zeros(len(rows), np.int64)
        towards = network.towards(np.full(len(rows), NONE))
        for t in range(max(len(encoded[row]) for row in rows)):
            h, state = network.step(x, count, towards, state)
            predicted = log_softmax(network.logits(h))  # (rows, V)
            for i, row in enumerate(rows):
                if t < len(encoded[row]):
                    x[i], count[i] = encoded[row][t], syllables[i][t]
                    log_p[row][t], last[row][t] = predicted[i, x[i]], h[i]
    of_units: list[float] = []
    unknown: list[bool] = []
    caches = []
    for units, text, of_tokens, states in zip(texts, encoded, log_p, last, strict=True):
        begins = np.cumsum([0, *(len(unit.tokens) for unit in units)])
        for unit, begin, end in zip(units, begins, begins[1:], strict=False):
            of_units.append(float(of_tokens[begin:end].sum()) if unit.exact else -math.inf)
            unknown.append(unit.exact and bool(text[end - 1] == UNKNOWN))
        caches.append(_cache_log_p(units, states[begins[:-1]]))
    return {
        "tokens": np.array(of_units),
        "unknown": np.array(unknown, np.bool_),
        "cache": np.array([nats for found, _ in caches for nats in found]),
        "cached": np.array([earlier for _, has in caches for earlier in has], np.bool_),
    }


def _cache_log_p(units: Sequence[Unit], states: Array) -> tuple[list[float], list[bool]]:
    """ln p of each unit under the units before it, and whether there are any.

    states: the last layer before each unit, `(units, d)`.
    """
    directions = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-6)
    numbers = {unit.tokens: number for number, unit in enumerate(units)}
    which = np.array([numbers[unit.tokens] for unit in units])  # equal for equal units
    # Units with a `FLIP` or with repeated spaces are left out.
    plain = np.array([unit.exact and len(unit.tokens) == 1 for unit in units])
    found, has_earlier = [], []
    for i in range(len(units)):
        before = slice(max(0, i - MAX_CACHED), i)
        weights = np.exp(SHARPNESS * (directions[before] @ directions[i])) * plain[before]
        total = float(weights.sum())
        same = float(weights[which[before] == which[i]].sum()) if plain[i] else 0.0
        found.append(math.log(same / total) if same else -math.inf)
        has_earlier.append(total > 0)
    return found, has_earlier


def _batches(sizes: Sequence[int], batch: int) -> list[list[int]]:
    """Indices of texts of similar size, at most `batch` together; empty texts are left out."""
    order = [int(i) for i in np.argsort(sizes, kind="stable") if sizes[i]]
    return [order[begin : begin + batch] for begin in range(0, len(order), batch)]


def _log_mean(share: float, a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """ln (share eᵃ + (1 − share) eᵇ)."""
    if not share:
        return b
    mean: NDArray[np.float64] = np.logaddexp(math.log(share) + a, math.log1p(-share) + b)
    return mean


def _joined(words: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(words).encode(), np.uint8)


def _split(stored: NDArray[Any], symbols: str) -> tuple[str, ...]:
    """The inverse of `_joined`. Raises `ValueError` for a list of somebody else."""
    words = _lines_of(stored, "tokens", MAX_TOKENS)
    if not set(symbols).issuperset("".join(words)):
        raise ValueError("its tokens have characters that its vocabulary lacks")
    if max(map(len, words), default=0) > LONGEST_TOKEN or not are_tokens(words):
        raise ValueError("its tokens are not all words and marks")
    return tuple(words)


def _features(stored: NDArray[Any]) -> tuple[str, ...]:
    features = _lines_of(stored, "features", MAX_FEATURES)
    if not all(len(f) <= LONGEST_TOKEN and f.partition(" ")[0] in SLOTS for f in features):
        raise ValueError("its features are not all values of known slots")
    return tuple(features)


def _lines_of(stored: NDArray[Any], name: str, most: int) -> list[str]:
    if stored.dtype != np.uint8 or stored.ndim != 1:
        raise ValueError(f"its {name} are no text")
    lines = stored.tobytes().decode().split("\n") if stored.size else []
    if len(lines) > most or len(set(lines)) != len(lines):
        raise ValueError(f"its {name} are not at most {most:,} different ones")
    return lines
