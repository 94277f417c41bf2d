"""The training of names: a few LSTMs and a Kneser-Ney model, mixed, and stopped by validation.

The LSTMs differ in nothing but their seed and learn side by side. The n-gram model is counted from
the same names; the validation part says how much it is to be believed, how long to train, and with
what discount to count. Then the same is done again, for as many updates, with the validation part
among what is read: a tenth more names to learn from.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.corpora import Corpus
from models.networks.lstm_gradient import Batch, Parameters
from models.networks.mixture import Mixture
from models.networks.network import Network, cross_entropy, log_softmax
from models.networks.ngram import NGram, choose_discount
from models.networks.ngram_selection import HIGHEST_ORDER, Choice, choices
from models.networks.sparse_ngram import SparseNGram
from models.networks.vocabulary import END, Vocabulary
from models.training.numpy_lstm import (
    Fit,
    FitSettings,
    part,
    vocabulary_of,
)
from models.training.trainer import Arrays, Figures, Progress

Probabilities = NDArray[np.float64]
MOST_MEASURED = 500
"""Names of the validation part that are looked at. More would take long and tell little more."""
MOST_COUNTED = 2_000
"""Names from which the discount is chosen."""
LEAST_SHARE, MOST_SHARE = 0.01, 0.5
"""Of the n-gram model. With more it would copy whole names of a short list."""
LARGEST_TABLE = 2**22
"""Probabilities that the table of a list's n-gram model may hold, at four bytes each. Above, the
model does without a table."""
MOST_GRAMS = 2**18
"""N-grams of a list's n-gram model, at some fourteen bytes each in a weight file."""
ROUNDS = 50
"""Of expectation maximisation, which has settled long before."""


@dataclass(frozen=True)
class Settings:
    """What is trained, and for how long. The defaults are what validation chose."""

    lstms: int = 6
    fit: FitSettings = field(default_factory=FitSettings)
    """Of each LSTM."""
    order: int | None = 6
    """Of the n-gram model; `None` for no such member."""
    measure_every: int = 50
    """Updates between two looks at the validation part."""
    show_every: int = 200
    """Updates between two moments at which it is worth seeing what the mixture writes."""
    patience: int = 8
    """Looks without a better one after which the first fit ends."""
    most_updates: int = 1_400
    """After which it ends in any case."""
    chooses_order: bool = False
    """Whether validation chooses the order too, whatever `order` says, and tells how good a
    Kneser-Ney model is by itself."""
    most_share: float = MOST_SHARE
    """Of the n-gram model."""


BEST = Settings()
"""For the weights that are shipped."""
QUICK = Settings(
    lstms=2,
    fit=FitSettings(units=64, learning_rate=0.03, recurrent_dropout=0.3, output_dropout=0.2),
    order=5,
    most_updates=400,
)
"""For retraining from the chat: seconds instead of minutes."""


def list_settings(names: int) -> Settings:
    """The same for so many names of any alphabet. Long lists take more updates to be seen at all,
    and may lean on their n-grams as much as validation says."""
    most_updates = min(max(400, names // 12), 1_600)
    return replace(
        QUICK, order=HIGHEST_ORDER, chooses_order=True, most_share=0.9, most_updates=most_updates
    )


class NamesTrainer:
    """Trains a mixture on a list of names. A `models.training.trainer.Trainer`.

    The validation figures are those of the first fit. The mixture of the second has read that part
    too; it takes the place of the first one's best when it is done.
    """

    def __init__(self, corpus: Corpus, seed: int, settings: Settings = BEST) -> None:
        """Plan both fits. The held-out part of the corpus is not read."""
        self.seed = seed
        self.settings = settings
        self._validation = [name + END for name in corpus.validation]
        self._reference = [name + END for name in corpus.reference]
        every = [name + END for name in corpus.training + corpus.extra_names]
        unread = {*self._validation, *self._reference}
        self._training = [text for text in every if text not in unread]
        if 2 * len(self._training) < len(every):  # a list of little else
            self._reference, unread = [], {*self._validation}
            self._training = [text for text in every if text not in unread]
        self._read_later = [text for text in every if text in unread]
        self.vocabulary = vocabulary_of(every + self._validation)
        self._looked_at = Batch.of(self._validation[:MOST_MEASURED], self.vocabulary)
        self._ensemble = self._begin(self._training)
        self._first_fit_updates: int | None = None  # not known before it has ended
        self._reference_loss: float | None = None  # not measured before that
        self._best: Mixture | None = None
        self._best_loss = np.inf
        self._best_updates = 0
        self._share = settings.most_share
        """What the n-gram model has of the mixture, as the last look found best."""

    @property
    def steps(self) -> int:
        """Updates of both fits. An upper bound until the first has ended."""
        if self._first_fit_updates is None:
            return 2 * self.settings.most_updates
        return self._first_fit_updates + self._best_updates

    def train(self) -> Iterator[Progress]:
        """Fit with an eye on the validation part, then fit again with that part included."""
        while self._first_fit_updates is None:
            loss, characters = self._ensemble.update()
            updates = self._ensemble.updates
            looks = updates % self.settings.measure_every == 0
            measured = self._measure() if looks else None
            if self._is_over(updates):
                self._begin_second_fit(updates)
            shows = updates % self.settings.show_every == 0
            yield Progress(updates, loss, characters, measured, milestone=shows)
        while self._ensemble.updates < self._best_updates:
            loss, characters = self._ensemble.update()
            updates = self._ensemble.updates
            if updates == self._best_updates:
                self._best = self._ensemble.mixture(self._share)
            step = self._first_fit_updates + updates
            yield Progress(step, loss, characters, begins_anew=updates == 1)

    def network(self) -> Mixture:
        """The second fit's mixture once that is done; before, the best of the first so far."""
        return self._best or self._ensemble.mixture(self._share)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return self.network().arrays()

    def checkpoint(self) -> Arrays:
        """Both fits so far. Batches and masks follow from the number of the update."""
        best = self._best.arrays() if self._best else {}
        return {
            "first_fit_updates": np.array(self._first_fit_updates or 0),
            "best_loss": np.array(self._best_loss),
            "best_updates": np.array(self._best_updates),
            "share": np.array(self._share),
            "yardstick": np.array(math.nan if (y := self._reference_loss) is None else y),
            **{f"best/{name}": array for name, array in best.items()},
            **{f"fit/{name}": array for name, array in self._ensemble.state().items()},
        }

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a checkpoint."""
        self._best_loss = float(checkpoint["best_loss"])
        self._best_updates = int(checkpoint["best_updates"])
        self._share = float(checkpoint["share"])
        best = part(checkpoint, "best/")
        self._best = Mixture.from_arrays(self.vocabulary.symbols, best) if best else None
        reference_loss = float(checkpoint.get("yardstick", np.array(math.nan)))
        self._reference_loss = None if math.isnan(reference_loss) else reference_loss
        if first_fit_updates := int(checkpoint["first_fit_updates"]):
            self._begin_second_fit(first_fit_updates)
        self._ensemble.restore(part(checkpoint, "fit/"))

    def _begin(self, texts: Sequence[str]) -> "_Ensemble":
        return _Ensemble(texts, self.vocabulary, self._counting, self.seed, self.settings)

    def _begin_second_fit(self, first_fit_updates: int) -> None:
        if self._reference_loss is None:
            self._reference_loss = self._measure_reference()
        self._first_fit_updates = first_fit_updates
        self._ensemble = self._begin(self._training + self._validation + self._read_later)

    def _measure_reference(self) -> float | None:
        """By the best network of the first fit: the second reads those names, if the list has."""
        if not self._reference:
            return None
        return cross_entropy(self.network(), self._reference)

    def _measure(self) -> float:
        """Choose the share of the n-gram model, and keep the mixture if it is the best so far."""
        lstms, ngram = self._ensemble.predictions(self._looked_at)
        if ngram is None:
            p = lstms
        else:
            self._share = best_share(ngram, lstms, self.settings.most_share)
            p = self._share * ngram + (1 - self._share) * lstms
        loss = float(-np.log(p).mean())
        if loss < self._best_loss:
            self._best_loss, self._best_updates = loss, self._ensemble.updates
            self._best = self._ensemble.mixture(self._share)
        return loss

    def _is_over(self, updates: int) -> bool:
        waited = updates - self._best_updates
        patience = self.settings.patience * self.settings.measure_every
        return waited >= patience or updates >= self.settings.most_updates

    def figures(self) -> Figures:
        """What the model card shall say beside the validation loss."""
        reference_loss = self._reference_loss
        if self._first_fit_updates is None:
            reference_loss = self._measure_reference()
        if not self.settings.chooses_order:
            return Figures(reference_loss=reference_loss)
        alone = min(choice.nats_per_character for choice in self._choices)
        return Figures(alone, len(self._validation[:MOST_MEASURED]), reference_loss)

    @cached_property
    def _counting(self) -> "_Counting | None":
        """Kind, order and discount of the n-gram model, where there is one."""
        if self.settings.order is None:
            return None
        if self.settings.chooses_order:
            fitting = [c for c in self._choices if c.grams <= MOST_GRAMS] or self._choices[:1]
            best = min(fitting, key=lambda choice: choice.nats_per_character)
            kind = NGram if best.table <= LARGEST_TABLE else SparseNGram
            return kind, best.order, best.discount
        counted, measured = self._training[:MOST_COUNTED], self._validation[:MOST_MEASURED]
        order = self.settings.order
        return NGram, order, choose_discount(counted, measured, self.vocabulary, order)

    @cached_property
    def _choices(self) -> tuple[Choice, ...]:
        """Kneser-Ney models of the training part, measured as the mixture is."""
        return choices(self._training, self._validation[:MOST_MEASURED], self.vocabulary)


_Counting = tuple[type[NGram], int, float]
"""How n-grams are counted: the kind of model, its order and its discount."""


class _Ensemble:
    """The members of a mixture, as they are fitted to some texts."""

    def __init__(
        self,
        texts: Sequence[str],
        vocabulary: Vocabulary,
        counting: "_Counting | None",
        seed: int,
        settings: Settings,
    ) -> None:
        seeds = [(seed, k) for k in range(settings.lstms)]
        self.fits = [Fit(texts, one, settings.fit, vocabulary) for one in seeds]
        self.ngram: NGram | None = None
        self._counted: Probabilities | None = None
        if counting is not None:
            kind, order, discount = counting
            self.ngram = kind.fit(texts, vocabulary, order, discount)

    @property
    def updates(self) -> int:
        return self.fits[0].updates

    def update(self) -> tuple[float, int]:
        """One update of each LSTM; the mean loss of their batches and the characters in them."""
        losses, characters = zip(*(fit.update() for fit in self.fits), strict=True)
        return float(np.mean(losses)), sum(characters)

    def predictions(self, batch: Batch) -> tuple[Probabilities, Probabilities | None]:
        """p of each character: the mean of the LSTMs', and that of the n-gram model.

        The batch is always the same, and so is what was counted.
        """
        lstms = np.mean([_predictions(fit.network(), batch) for fit in self.fits], axis=0)
        if self.ngram is not None and self._counted is None:
            self._counted = _predictions(self.ngram, batch)
        return lstms, self._counted

    def mixture(self, share: float) -> Mixture:
        """The mixture in which the n-gram model, if there is one, has that share."""
        lstms = [fit.network() for fit in self.fits]
        if self.ngram is None:
            return Mixture(tuple(lstms), np.full(len(lstms), 1 / len(lstms), np.float32))
        shares = [(1 - share) / len(lstms)] * len(lstms) + [share]
        return Mixture((*lstms, self.ngram), np.array(shares, np.float32))

    def state(self) -> Parameters:
        """Everything for `restore`."""
        return {
            f"{k}/{name}": array
            for k, fit in enumerate(self.fits)
            for name, array in fit.state().items()
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a state."""
        for k, fit in enumerate(self.fits):
            fit.restore(part(state, f"{k}/"))


def best_share(p: Probabilities, others: Probabilities, most: float = MOST_SHARE) -> float:
    """The share s with which s · p + (1 − s) · others is likeliest: expectation maximisation.

    Both are the probabilities of the same characters, `(characters,)`. Each round, s becomes the
    mean probability that a character came from p (Jelinek & Mercer, 1980). It stays within
    `LEAST_SHARE` and `most`.
    """
    share = most
    for _ in range(ROUNDS):
        from_p = share * p
        share = float((from_p / (from_p + (1 - share) * others)).mean())
        share = min(max(share, LEAST_SHARE), most)
    return share


def _predictions(network: Network, batch: Batch) -> Probabilities:
    """p of each character of a packed batch, teacher-forced: `(N,)`."""
    p = np.empty(len(batch.y))
    state = network.initial_state(batch.texts)
    for now, *_ in batch.steps:
        rows = now.stop - now.start
        logits, state = network.step(batch.x[now], state[..., :rows, :])
        p[now] = np.exp(log_softmax(logits)[np.arange(rows), batch.y[now]])
    return p
