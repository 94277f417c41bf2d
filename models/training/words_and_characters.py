"""Training of the mixture of words and characters: two trainers as one.

The networks do not depend on each other. Their updates alternate, in proportion to what each has
planned, so that both are as far as the other whenever the run is stopped.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.tokens import split_units
from models.networks.words_and_characters import (
    UnitLogP,
    WordsAndCharacters,
    character_log_p,
    token_log_p,
    unit_log_p,
)
from models.training.keras_lstm import VerseTrainer, excerpts
from models.training.keras_word_lstm import WordTrainer
from models.training.trainer import Arrays, Progress
from models.training.word_vectors import Array

SHARE, CACHE = 0.5, 0.02
"""Shares of the word network and of the cache until the first validation."""
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
    ) -> None:
        """Combine two trainers. `vectors`: those of the word network's tokens, `(V, D)`."""
        self.characters, self.words, self.vectors = characters, words, vectors
        folded = [characters.vocabulary.fold(passage) for passage in validation]
        self.validation = excerpts(folded, _EXCERPT)
        self._units = [split_units(text) for text in self.validation]
        self._size = sum(map(len, self.validation))  # characters
        self._log_p: UnitLogP | None = None
        """Of the validation text, under the networks as they were measured last."""
        self._shares = SHARE, CACHE
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

    def network(self) -> WordsAndCharacters:
        """The best networks so far, mixed with the shares that suit the validation text."""
        share, cache = self._shares
        characters, words = self.characters.network(), self.words.network()
        correction = np.zeros(len(words.vocabulary), np.float32)
        return WordsAndCharacters(characters, words, share, self.vectors, correction, cache)

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """The parameters of `network()`."""
        return self.network().arrays()

    def checkpoint(self) -> Arrays:
        """The checkpoints of both trainers."""
        arrays: Arrays = {"done": np.array(self._done), "shares": np.array(self._shares)}
        arrays |= {f"characters/{k}": array for k, array in self.characters.checkpoint().items()}
        return arrays | {f"words/{k}": array for k, array in self.words.checkpoint().items()}

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._done = [int(done) for done in checkpoint["done"]]
        share, cache = checkpoint["shares"].astype(float)
        self._shares = float(share), float(cache)
        self._log_p = None
        for prefix, trainer in (("characters/", self.characters), ("words/", self.words)):
            own = {k: array for k, array in checkpoint.items() if k.startswith(prefix)}
            trainer.restore({k.removeprefix(prefix): array for k, array in own.items()})

    def _validate(self, *, characters: bool, words: bool) -> float:
        """Measure the networks that have changed, and tune the shares."""
        network = self.network()
        if self._log_p is None:
            log_p = unit_log_p(network.characters, network.words, self.validation)
        else:
            log_p = self._log_p
            if characters:
                spelled = character_log_p(network.characters, self._units)
                log_p = replace(log_p, characters=spelled)
            if words:
                tokens, unknown = token_log_p(network.words, self._units)
                log_p = replace(log_p, tokens=tokens, unknown=unknown)
        self._log_p, self._shares = log_p, best_shares(log_p)
        return float(-log_p.mixture(*self._shares).sum() / self._size)


def best_shares(log_p: UnitLogP) -> tuple[float, float]:
    """The shares of the words and of the cache that make a text likeliest.

    By expectation maximization (Dempster, Laird & Rubin, 1977): a member's new share is the mean
    probability that a unit was drawn from it. Shares lie between 0.001 and 0.999.
    """
    words, characters, earlier = (
        np.exp(nats) for nats in (log_p.words, log_p.characters, log_p.cache)
    )
    share, cache = SHARE, CACHE
    for _ in range(_ITERATIONS):
        c = np.where(log_p.cached, cache, 0)  # (units,)
        from_words = (1 - c) * share * words
        from_characters = (1 - c) * (1 - share) * characters
        from_cache = c * earlier
        total = np.maximum(from_words + from_characters + from_cache, np.finfo(float).tiny)
        drawn = [float((part / total).sum()) for part in (from_words, from_characters)]
        share = float(np.clip(drawn[0] / sum(drawn), 0.001, 0.999))
        if log_p.cached.any():
            cache = float(np.clip((from_cache / total)[log_p.cached].mean(), 0, 0.999))
    return share, cache
