"""Training of the mixture of words and characters: two trainers as one.

The networks do not depend on each other. Their updates alternate, in proportion to what each has
planned, so that both are as far as the other whenever the run is stopped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.tokens import split_units
from models.networks.words_and_characters import (
    Shares,
    UnitLogP,
    WordsAndCharacters,
    character_log_p,
    word_log_p,
)
from models.serving.words import FastWordsAndCharacters
from models.training.keras_lstm import VerseTrainer, excerpts
from models.training.keras_word_lstm import WordTrainer
from models.training.trainer import Arrays, Progress
from models.training.word_vectors import Array

_EXCERPT = 700
"""Characters: a sonnet has fewer."""
_ITERATIONS = 100


class WordsAndCharactersTrainer:
    """Trains the networks of a `WordsAndCharacters`. A `models.training.trainer.Trainer`."""

    def __init__(
        self,
        characters: VerseTrainer,
        words: WordTrainer,
        validation: Sequence[str],
        vectors: Array,
        rare_words: Iterable[str] = (),
    ) -> None:
        """Combine two trainers.

        `vectors`: those of the word network's tokens, `(V, D)`. `rare_words`: candidates for the
        list of rare words; those that are tokens, or have other characters, are left out.
        """
        self.characters, self.words, self.vectors = characters, words, vectors
        symbols, known = set(characters.vocabulary.symbols), words.vocabulary.index
        kept = {word for word in rare_words if word not in known and symbols.issuperset(word)}
        self.rare_words = tuple(sorted(kept))
        folded = [characters.vocabulary.fold(passage) for passage in validation]
        self.validation = excerpts(folded, _EXCERPT)
        self._units = [split_units(text) for text in self.validation]
        self._size = sum(map(len, self.validation))  # characters
        self._log_p: UnitLogP | None = None
        """Of the validation text, under the networks as they were measured last."""
        self._shares = Shares(rare=0.5 if self.rare_words else 0)
        self._done = [0, 0]  # updates of the characters and of the words

    @property
    def steps(self) -> int:
        """Number of planned updates, of both networks."""
        return self.characters.steps + self.words.steps

    def train(self) -> Iterator[Progress]:
        """Run both schedules. A validation loss is that of the mixture, with tuned shares."""
        running = [self.characters.train(), self.words.train()]
        planned = [self.characters.steps, self.words.steps]
        while sum(self._done) < self.steps:
            # The trainer that has made the smaller part of its updates.
            turn = int(self._done[1] * planned[0] < self._done[0] * planned[1])
            progress = next(running[turn])
            self._done[turn] = progress.step
            validation = None
            if progress.validation is not None:
                validation = self._validate(characters=turn == 0, words=turn == 1)
            yield replace(progress, step=sum(self._done), validation=validation)

    def network(self) -> FastWordsAndCharacters:
        """The best networks so far, mixed with the shares that suit the validation text."""
        words = self.words.network()
        mixture = WordsAndCharacters(
            self.characters.network(),
            words,
            self.vectors,
            np.zeros(len(words.vocabulary), np.float32),
            self._shares,
            self.rare_words,
        )
        return FastWordsAndCharacters.of(mixture)

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """The parameters of `network()`."""
        return self.network().arrays()

    def checkpoint(self) -> Arrays:
        """The checkpoints of both trainers."""
        arrays: Arrays = {"done": np.array(self._done), "shares": np.array(astuple(self._shares))}
        arrays |= {f"characters/{k}": array for k, array in self.characters.checkpoint().items()}
        return arrays | {f"words/{k}": array for k, array in self.words.checkpoint().items()}

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._done = [int(done) for done in checkpoint["done"]]
        self._shares = Shares(*map(float, checkpoint["shares"].astype(float)))
        self._log_p = None
        for prefix, trainer in (("characters/", self.characters), ("words/", self.words)):
            own = {k: array for k, array in checkpoint.items() if k.startswith(prefix)}
            trainer.restore({k.removeprefix(prefix): array for k, array in own.items()})

    def _validate(self, *, characters: bool, words: bool) -> float:
        """Measure the networks that have changed, and tune the shares."""
        network = self.network()
        if self._log_p is None:
            log_p = network.unit_log_p(self.validation)
        else:
            log_p = self._log_p
            if characters:
                spelled = character_log_p(network.characters.unrounded(), self._units)
                log_p = replace(log_p, characters=spelled)
            if words:
                log_p = replace(log_p, **word_log_p(network.words, self._units))
        self._log_p, self._shares = log_p, best_shares(log_p)
        return float(-log_p.mixture(self._shares).sum() / self._size)


def best_shares(log_p: UnitLogP) -> Shares:
    """The shares that make a text likeliest.

    By expectation maximization (Dempster, Laird & Rubin, 1977): the new share of a member is the
    mean probability that a unit was drawn from it. Shares are kept below 0.999, and that of rare
    words below 0.9, as other texts have more words that are on no list.
    """
    shares = Shares()
    for _ in range(_ITERATIONS):
        mixed = log_p.mixture(shares)
        # The probability that a unit was drawn from each member, (units,) each.
        from_cache = np.where(log_p.cached, shares.cache * np.exp(log_p.cache - mixed), 0)
        other = np.where(log_p.cached, 1 - shares.cache, 1)
        words = log_p.words(shares.rare)
        from_words = other * shares.words * np.exp(words - mixed)
        from_list = from_words * shares.rare * np.exp(log_p.tokens + log_p.rare - words)
        drawn = float(from_words.sum())
        shares = Shares(
            words=float(np.clip(drawn / (1 - from_cache).sum(), 0.001, 0.999)),
            cache=_share(from_cache[log_p.cached].sum(), log_p.cached.sum()),
            rare=min(0.9, _share(from_list[log_p.unknown].sum(), from_words[log_p.unknown].sum())),
        )
    return shares


def _share(part: float, whole: float) -> float:
    return float(np.clip(part / whole, 0, 0.999)) if whole else 0.0
