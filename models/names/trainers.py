"""Trainers of names: a mixture of LSTMs and a Kneser-Ney model, and pretraining of the LSTMs.

The LSTMs train side by side. They start from random weights and differ in their seeds, or they
start from networks that have read other names (`Pretrainer`). The n-gram model is counted from the
same names; validation decides its share of the mixture, its discount and the number of updates.
Then a second fit runs for the same number of updates with the validation part included, which adds
a tenth more names.

**Pretraining.** The 1,318 dinosaurs are few, and are named as other animals are: from Greek, Latin,
places and people. So the networks first read all genera of the NCBI taxonomy, with those of
vertebrates and the training part of the dinosaurs repeated. Then a recipe continues with its list
alone.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.corpora import Corpus
from data.genera import Genera
from models.networks.lstm import LSTM, Batch
from models.networks.network import Network, cross_entropy, log_softmax
from models.networks.ngram import (
    DISCOUNTS,
    Integers,
    NGram,
    choose_discount,
    max_order,
    ngram_codes,
)
from models.networks.vocabulary import END, Vocabulary
from models.serving.mixture import ParallelMixture
from models.serving.sparse_ngram import SparseNGram
from models.training.numpy_lstm import LETTERS, Fit, FitSettings, vocabulary_of
from models.training.recipe import Arrays, Figures, Update, select_prefix

Probabilities = NDArray[np.float64]

# Choosing an n-gram model -------------------------------------------------------------------------

MAX_ORDER = 8


@dataclass(frozen=True)
class NGramCandidate:
    """Order and discount of a Kneser-Ney model, with its validation loss and its size."""

    order: int
    discount: float
    """The best of `DISCOUNTS`."""
    nats_per_character: float
    """Validation loss."""
    table_size: int
    """Probabilities in the table of `models.networks.ngram.NGram`."""
    grams: int
    """Distinct n-grams of this order."""


def compare_orders(
    training: Sequence[str], validation: Sequence[str], vocabulary: Vocabulary
) -> tuple[NGramCandidate, ...]:
    """Find the discount with the lowest validation loss for each order from 1 to `MAX_ORDER`.

    A large vocabulary gives fewer orders: only those whose n-grams a weight file can hold. Each
    text ends with `END`. Raises `ValueError` if there is no training or validation text, and
    `KeyError` for a character that is not in the vocabulary.
    """
    if not any(training) or not any(validation):
        raise ValueError("no text to learn from, or none to choose an order by")
    candidates: list[NGramCandidate] = []
    base, highest = len(vocabulary), min(MAX_ORDER, max_order(vocabulary))
    seen, _ = ngram_codes(training, vocabulary, highest)  # (training characters,)
    wanted, _ = ngram_codes(validation, vocabulary, highest)  # (validation characters,)
    lower = np.full((len(DISCOUNTS), len(wanted)), 1 / base)  # uniform, below order 1
    contexts = 0
    for order in range(1, highest + 1):
        # The highest order counts occurrences …
        grams, counts = np.unique(seen % base**order, return_counts=True)
        contexts += len(np.unique(grams // base))
        p = _interpolated(grams, counts, wanted % base**order, lower, base)
        losses = -np.log(p).mean(axis=1)  # (discounts,)
        best = int(losses.argmin())
        loss = float(losses[best])
        candidates.append(NGramCandidate(order, DISCOUNTS[best], loss, contexts * base, len(grams)))
        if order < highest:
            # … and as a lower order of the next model it has continuation counts N₁₊(•hw).
            longer = np.unique(seen % base ** (order + 1))
            grams, counts = np.unique(longer % base**order, return_counts=True)
            lower = _interpolated(grams, counts, wanted % base**order, lower, base)
    return tuple(candidates)


def _interpolated(
    grams: Integers, counts: Integers, wanted: Integers, lower: Probabilities, base: int
) -> Probabilities:
    """p(w | h) of the `wanted` n-grams for every discount: `(discounts, wanted)`.

    `grams` and `counts` are those of this order, ascending; `lower` is p(w | h′), in the shape of
    the result.
    """
    discounts = np.array(DISCOUNTS)[:, np.newaxis]  # (discounts, 1)
    h, first, followers = np.unique(grams // base, return_index=True, return_counts=True)
    total = np.add.reduceat(counts, first)  # c(h•): (contexts,)
    # Positions of the wanted contexts and n-grams among those that occur; if absent, any position.
    context = np.minimum(np.searchsorted(h, wanted // base), len(h) - 1)
    gram = np.minimum(np.searchsorted(grams, wanted), len(grams) - 1)
    c = np.where(grams[gram] == wanted, counts[gram], 0)  # (wanted,)
    backed_off = discounts * followers[context] * lower  # (discounts, wanted)
    p = (np.maximum(c - discounts, 0) + backed_off) / total[context]
    result: Probabilities = np.where(h[context] == wanted // base, p, lower)
    return result


# Training -----------------------------------------------------------------------------------------

MAX_VALIDATION = 500
"""Names of the validation part that are used: more take longer and change the figures little."""
MAX_COUNTED = 2_000
"""Names that are counted to choose the discount."""
MIN_SHARE, MAX_SHARE = 0.01, 0.5
"""Limits for the n-gram model's share. With a larger one it copies whole names of a short list."""
MAX_TABLE_SIZE = 2**22
"""Probabilities in the table of a list's n-gram model, at four bytes each. Above it, the model is a
`SparseNGram`, which has no table."""
MAX_NGRAMS = 2**18
"""N-grams of a list's n-gram model, at about fourteen bytes each in a weight file."""
EM_ROUNDS = 50
"""Rounds of expectation maximization, which converges much earlier."""


@dataclass(frozen=True)
class MixtureSettings:
    """Settings of a training. The defaults were chosen by validation."""

    lstms: int = 6
    """Number of LSTMs."""
    fit: FitSettings = field(default_factory=FitSettings)
    """Settings of the training of each LSTM."""
    order: int | None = 6
    """Order of the n-gram model; `None` for a mixture without one."""
    measure_every: int = 50
    """Updates between two validations."""
    show_every: int = 200
    """Updates between two milestones, at which the command line shows samples."""
    patience: int = 8
    """The first fit ends after this many validations without an improvement."""
    max_updates: int = 1_400
    """Upper limit for the updates of the first fit."""
    chooses_order: bool = False
    """Whether validation chooses the order too, in place of `order`, and reports the loss of the
    best Kneser-Ney model alone."""
    max_share: float = MAX_SHARE
    """Upper limit for the n-gram model's share."""


SCRATCH = MixtureSettings()
"""Settings for LSTMs that start from random weights."""
_FINETUNING = FitSettings(learning_rate=3e-3, recurrent_dropout=0.4, output_dropout=0.5)
BEST = MixtureSettings(fit=_FINETUNING, measure_every=25, patience=10)
"""Settings for the shipped weights and `/retrain`, from LSTMs that have read other names."""
SINGLE = replace(BEST, lstms=1, max_updates=250)
"""Settings for a single LSTM. It has not converged after so few updates, which take 12 seconds."""
QUICK = MixtureSettings(
    lstms=2,
    fit=FitSettings(units=64, learning_rate=0.03, recurrent_dropout=0.3, output_dropout=0.2),
    order=5,
    max_updates=400,
)
"""Settings for lists, from small random LSTMs, in seconds."""


def list_settings(names: int) -> MixtureSettings:
    """Settings for a list of that many names in any alphabet.

    A long list needs more updates to be read at all. Its n-gram model may have a larger share.
    """
    max_updates = min(max(400, names // 12), 1_600)
    return replace(
        QUICK, order=MAX_ORDER, chooses_order=True, max_share=0.9, max_updates=max_updates
    )


class NamesTrainer:
    """Trains a mixture on a list of names. Implements `models.training.recipe.Trainer`.

    The validation loss is that of the first fit. The second fit trains on the validation part too;
    when it has finished, its mixture replaces the best one of the first.
    """

    def __init__(
        self,
        corpus: Corpus,
        seed: int,
        settings: MixtureSettings = SCRATCH,
        begin: Sequence[LSTM] = (),
    ) -> None:
        """Prepare both fits. The held-out part of the corpus is not used.

        begin: networks that the LSTMs start from, one for each, with the vocabulary of the corpus.
        """
        self.seed = seed
        self.settings = settings
        self._begin = begin
        self._validation = [name + END for name in corpus.validation]
        self._reference = [name + END for name in corpus.reference]
        every = [name + END for name in corpus.training + corpus.extra_names]
        unread = {*self._validation, *self._reference}
        self._training = [text for text in every if text not in unread]
        if 2 * len(self._training) < len(every):  # the list mostly consists of reference names
            self._reference, unread = [], {*self._validation}
            self._training = [text for text in every if text not in unread]
        self._second_fit_only = [text for text in every if text in unread]
        self.vocabulary = vocabulary_of(every + self._validation)
        self._validation_batch = Batch.of(self._validation[:MAX_VALIDATION], self.vocabulary)
        self._ensemble = self._new_ensemble(self._training)
        self._first_fit_updates: int | None = None  # unknown until the first fit has ended
        self._reference_loss: float | None = None  # measured at the end of the first fit
        self._best: ParallelMixture | None = None
        self._best_loss = np.inf
        self._best_updates = 0
        self._share = settings.max_share
        """The n-gram model's share of the mixture, as of the last validation."""

    @property
    def steps(self) -> int:
        """Updates of both fits; an upper limit until the first fit has ended."""
        if self._first_fit_updates is None:
            return 2 * self.settings.max_updates
        return self._first_fit_updates + self._best_updates

    def train(self) -> Iterator[Update]:
        """First fit, stopped early by validation; second fit, with the validation part included."""
        # Ends: `_is_over` is true after `max_updates` updates at the latest.
        while self._first_fit_updates is None:
            loss, characters = self._ensemble.update()
            updates = self._ensemble.updates
            validates = updates % self.settings.measure_every == 0
            validation = self._measure() if validates else None
            if self._is_over(updates):
                self._begin_second_fit(updates)
            shows = updates % self.settings.show_every == 0
            yield Update(updates, loss, characters, validation, milestone=shows)
        while self._ensemble.updates < self._best_updates:
            loss, characters = self._ensemble.update()
            updates = self._ensemble.updates
            if updates == self._best_updates:
                self._best = self._ensemble.mixture(self._share)
            step = self._first_fit_updates + updates
            yield Update(step, loss, characters, begins_anew=updates == 1)

    def network(self) -> ParallelMixture:
        """The second fit's mixture once it has finished; until then the best of the first fit."""
        return self._best or self._ensemble.mixture(self._share)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return self.network().arrays()

    def checkpoint(self) -> Arrays:
        """State of both fits. Batches and masks are derived from the number of the update."""
        best = self._best.arrays() if self._best else {}
        return {
            "first_fit_updates": np.array(self._first_fit_updates or 0),
            "best_loss": np.array(self._best_loss),
            "best_updates": np.array(self._best_updates),
            "share": np.array(self._share),
            "yardstick": np.array(math.nan if (loss := self._reference_loss) is None else loss),
            **{f"best/{name}": array for name, array in best.items()},
            **{f"fit/{name}": array for name, array in self._ensemble.state().items()},
        }

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._best_loss = float(checkpoint["best_loss"])
        self._best_updates = int(checkpoint["best_updates"])
        self._share = float(checkpoint["share"])
        best = select_prefix(checkpoint, "best/")
        self._best = ParallelMixture.from_arrays(self.vocabulary.symbols, best) if best else None
        reference = float(checkpoint.get("yardstick", np.array(math.nan)))
        self._reference_loss = None if math.isnan(reference) else reference
        if first_fit_updates := int(checkpoint["first_fit_updates"]):
            self._begin_second_fit(first_fit_updates)
        self._ensemble.restore(select_prefix(checkpoint, "fit/"))

    def _new_ensemble(self, texts: Sequence[str]) -> "_Ensemble":
        return _Ensemble(
            texts, self.vocabulary, self._ngram_settings, self.seed, self.settings, self._begin
        )

    def _begin_second_fit(self, first_fit_updates: int) -> None:
        if self._reference_loss is None:
            self._reference_loss = self._measure_reference()
        self._first_fit_updates = first_fit_updates
        self._ensemble = self._new_ensemble(
            self._training + self._validation + self._second_fit_only
        )

    def _measure_reference(self) -> float | None:
        """Loss of the first fit's best network; the second fit may train on the reference names."""
        if not self._reference:
            return None
        return cross_entropy(self.network(), self._reference)

    def _measure(self) -> float:
        """Choose the n-gram model's share, and keep the mixture if it is the best so far."""
        lstms, ngram = self._ensemble.predictions(self._validation_batch)  # (characters,) each
        if ngram is None:
            p = lstms
        else:
            self._share = best_share(ngram, lstms, self.settings.max_share)
            p = self._share * ngram + (1 - self._share) * lstms
        loss = float(-np.log(p).mean())
        if loss < self._best_loss:
            self._best_loss, self._best_updates = loss, self._ensemble.updates
            self._best = self._ensemble.mixture(self._share)
        return loss

    def _is_over(self, updates: int) -> bool:
        waited = updates - self._best_updates
        patience = self.settings.patience * self.settings.measure_every
        return waited >= patience or updates >= self.settings.max_updates

    def figures(self) -> Figures:
        """Further figures for the model card."""
        reference = self._reference_loss
        if self._first_fit_updates is None:
            reference = self._measure_reference()
        if not self.settings.chooses_order:
            return Figures(reference_loss=reference)
        kneser_ney = min(candidate.nats_per_character for candidate in self._candidates)
        return Figures(kneser_ney, len(self._validation[:MAX_VALIDATION]), reference)

    @cached_property
    def _ngram_settings(self) -> "_NGramSettings | None":
        """Class, order and discount of the n-gram model; `None` for a mixture without one."""
        if self.settings.order is None:
            return None
        if self.settings.chooses_order:
            fitting = [c for c in self._candidates if c.grams <= MAX_NGRAMS] or self._candidates[:1]
            best = min(fitting, key=lambda candidate: candidate.nats_per_character)
            model = NGram if best.table_size <= MAX_TABLE_SIZE else SparseNGram
            return model, best.order, best.discount
        counted, measured = self._training[:MAX_COUNTED], self._validation[:MAX_VALIDATION]
        order = self.settings.order
        return NGram, order, choose_discount(counted, measured, self.vocabulary, order)

    @cached_property
    def _candidates(self) -> tuple[NGramCandidate, ...]:
        """Kneser-Ney models of each order, with the loss on the same names as the mixture's."""
        return compare_orders(self._training, self._validation[:MAX_VALIDATION], self.vocabulary)


_NGramSettings = tuple[type[NGram], int, float]
"""Class, order and discount of an n-gram model."""


class _Ensemble:
    """The members of a mixture while they are fitted to some texts."""

    def __init__(
        self,
        texts: Sequence[str],
        vocabulary: Vocabulary,
        ngram: "_NGramSettings | None",
        seed: int,
        settings: MixtureSettings,
        begin: Sequence[LSTM],
    ) -> None:
        self.fits = [
            Fit(texts, (seed, k), settings.fit, vocabulary, begin[k] if begin else None)
            for k in range(settings.lstms)
        ]
        self.ngram: NGram | None = None
        self._ngram_predictions: Probabilities | None = None
        if ngram is not None:
            model, order, discount = ngram
            self.ngram = model.fit(texts, vocabulary, order, discount)

    @property
    def updates(self) -> int:
        return self.fits[0].updates

    def update(self) -> tuple[float, int]:
        """Update each LSTM once. Returns the mean loss of their batches and their characters."""
        losses, characters = zip(*(fit.update() for fit in self.fits), strict=True)
        return float(np.mean(losses)), sum(characters)

    def predictions(self, batch: Batch) -> tuple[Probabilities, Probabilities | None]:
        """p of each character `(N,)`: the mean of the LSTMs, and that of the n-gram model.

        The batch has to be the same at every call, because the n-gram model's part is cached.
        """
        lstms = np.mean([_predictions(fit.network(), batch) for fit in self.fits], axis=0)
        if self.ngram is not None and self._ngram_predictions is None:
            self._ngram_predictions = _predictions(self.ngram, batch)
        return lstms, self._ngram_predictions

    def mixture(self, share: float) -> ParallelMixture:
        """The mixture with that share for the n-gram model, if there is one."""
        lstms = [fit.network() for fit in self.fits]
        if self.ngram is None:
            return ParallelMixture(tuple(lstms), np.full(len(lstms), 1 / len(lstms), np.float32))
        shares = [(1 - share) / len(lstms)] * len(lstms) + [share]
        return ParallelMixture((*lstms, self.ngram), np.array(shares, np.float32))

    def state(self) -> Arrays:
        """Everything that `restore` needs."""
        return {
            f"{k}/{name}": array
            for k, fit in enumerate(self.fits)
            for name, array in fit.state().items()
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a state."""
        for k, fit in enumerate(self.fits):
            fit.restore(select_prefix(state, f"{k}/"))


def best_share(p: Probabilities, others: Probabilities, most: float = MAX_SHARE) -> float:
    """The share s that maximizes the likelihood of s · p + (1 − s) · others, by EM.

    `p` and `others` are two models' probabilities of the same characters, `(N,)`. Each round, s
    becomes the mean posterior probability that a character came from p (Jelinek & Mercer, 1980).
    It stays within `MIN_SHARE` and `most`.
    """
    share = most
    for _ in range(EM_ROUNDS):
        from_p = share * p
        share = float((from_p / (from_p + (1 - share) * others)).mean())
        share = min(max(share, MIN_SHARE), most)
    return share


def _predictions(network: Network, batch: Batch) -> Probabilities:
    """p of each character of a packed batch, teacher-forced: `(N,)`."""
    p = np.empty(len(batch.y))
    state = network.initial_state(batch.texts)  # (..., B, units)
    for now, *_ in batch.steps:
        rows = now.stop - now.start  # the texts that continue are the first rows
        logits, state = network.step(batch.x[now], state[..., :rows, :])
        p[now] = np.exp(log_softmax(logits)[np.arange(rows), batch.y[now]])
    return p


# Pretraining --------------------------------------------------------------------------------------

_READING = FitSettings(
    units=192, batch=128, learning_rate=8e-3, recurrent_dropout=0.15, output_dropout=0.15
)
PRETRAINING = MixtureSettings(3, _READING, order=None, measure_every=250, max_updates=3_000)
"""The LSTMs differ in their random weights: several that continue from the same one are no better
than it."""
VERTEBRATES, DINOSAURS = 7, 20
"""How often an epoch reads each genus of vertebrates, and each dinosaur. Others are read once."""


def reading_list(genera: Genera, names: Corpus) -> tuple[str, ...]:
    """The names of an epoch: genera, and the training part of the dinosaurs."""
    return genera.vertebrates * VERTEBRATES + genera.others + names.training * DINOSAURS


class Pretrainer:
    """Trains LSTMs side by side. Implements `models.training.recipe.Trainer`."""

    def __init__(self, corpus: Corpus, seed: int, settings: MixtureSettings = PRETRAINING) -> None:
        """Prepare the training. The validation part is measured, and not trained on."""
        texts = [name + END for name in corpus.training]
        self.steps, self._measure_every = settings.max_updates, settings.measure_every
        self._validation = [name + END for name in corpus.validation]
        self._ensemble = _Ensemble(texts, LETTERS, None, seed, settings, ())

    def train(self) -> Iterator[Update]:
        """All updates of all LSTMs."""
        while self._ensemble.updates < self.steps:
            loss, characters = self._ensemble.update()
            updates = self._ensemble.updates
            measures = updates % self._measure_every == 0
            validation = cross_entropy(self.network(), self._validation) if measures else None
            yield Update(updates, loss, characters, validation)

    def network(self) -> ParallelMixture:
        """The LSTMs with equal shares."""
        return self._ensemble.mixture(0)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return self.network().arrays()

    def checkpoint(self) -> Arrays:
        """The state of all LSTMs."""
        return self._ensemble.state()

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._ensemble.restore(checkpoint)
