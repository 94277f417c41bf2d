"""Training of stacked LSTMs over words, with Keras.

`models/networks/word_lstm.py` runs the trained network and defines its input. The network learns
two uses at once: half of the windows are planned, and half are not (`word_lines`). Only the loss of
the latter is comparable with that of other language models.

Shapes: B windows in a batch, T tokens in a window, V tokens in the vocabulary, d embedding, K
candidates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.networks.words import MAX_SYLLABLES, WordLSTM, WordVocabulary
from models.serving.words import FastWordLSTM
from models.training.keras_lstm import BestSoFar, keras, restore_variables, variables_of
from models.training.schedules import EMBEDDING, WORD_UNITS, WordSchedule
from models.training.trainer import Arrays, Progress
from models.training.word_lines import Indices, line_losses, read_lines, window_of

PLANNED = 0.5
"""Default share of the windows whose lines are planned."""


@dataclass(frozen=True, eq=False)
class Source:
    """Passages that are read together."""

    share: float
    """Share of the windows that are drawn from it, relative to those of the other sources."""
    passages: Sequence[str]


@dataclass(frozen=True, eq=False)
class _Batch:
    """Windows of a batch, `(B, T)` each, and the candidates of the sampled softmax."""

    tokens: Indices
    syllables: Indices
    ends: Indices
    targets: Indices
    weight: NDArray[np.float32]
    """1, or 0 for padding."""
    candidates: Indices
    """`(K,)`."""
    correction: NDArray[np.float32]
    """ln of the expected number of times that each word is a candidate, `(V,)`."""
    characters: int
    """Characters of the targets."""

    @property
    def inputs(self) -> list[NDArray[Any]]:
        """The inputs of the Keras model."""
        windows = [self.tokens, self.syllables, self.ends, self.targets]
        return [*windows, self.weight, self.candidates, self.correction]


class WordTrainer:
    """Trains a `WordLSTM` on passages of verse.

    A `models.training.trainer.Trainer`, except that `network` reads words. Every batch is drawn
    from a generator seeded with `seed` and the number of the update, so that a resumed run reads
    the same batches as an uninterrupted one.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        validation: Sequence[str],
        schedule: WordSchedule,
        seed: int,
        *,
        vocabulary: WordVocabulary,
        begin: WordLSTM | None = None,
        embedding: int = EMBEDDING,
        units: Sequence[int] = WORD_UNITS,
        planned: float = PLANNED,
    ) -> None:
        """Prepare a run, from random parameters or from those of the network `begin`.

        `planned`: share of the windows whose lines are planned.
        """
        self.planned = planned
        self.vocabulary = begin.vocabulary if begin else vocabulary
        self.schedule, self.seed = schedule, seed
        self.sources = [
            [read_lines(passage, self.vocabulary) for passage in source.passages]
            for source in sources
        ]
        shares = np.array([source.share for source in sources])
        self._shares = shares / shares.sum()
        self._sizes = [
            np.array([sum(len(line.tokens) for line in lines) for lines in passages])
            for passages in self.sources
        ]
        """Tokens of each passage, by source."""
        self.validation = [read_lines(passage, self.vocabulary) for passage in validation]
        self._validation_characters = sum(map(len, validation))
        self.planned_validation: float | None = None
        """The latest validation loss with planned lines."""
        counts = self._counts()  # (V,)
        # Candidates are drawn by a flattened frequency (Mikolov et al., 2013).
        self._noise = counts**0.75 / (counts**0.75).sum()  # (V,)
        self._done = 0
        self._best = BestSoFar()
        if begin is not None:
            embedding, units = begin.E.shape[1], [layer.Wh.shape[0] for layer in begin.layers]
        self._model = build(len(self.vocabulary), embedding, units, schedule, seed)
        if begin is not None:
            assign_parameters(self._model, begin.arrays())
        else:  # start from the frequencies of the words
            by = np.log(counts / counts.sum()).astype(np.float32)
            assign_parameters(self._model, export_parameters(self._model) | {"by": by})

    @property
    def steps(self) -> int:
        """Number of planned updates."""
        return self.schedule.updates

    def train(self) -> Iterator[Progress]:
        """Run the schedule. The loss of a sampled softmax is an underestimate."""
        zeros = np.zeros((self.schedule.batch, self.schedule.length), np.float32)  # (B, T)
        while self._done < self.steps:
            batch = self._batch()
            self._model.reset_metrics()  # else Keras averages over all updates so far
            mean = float(self._model.train_on_batch(batch.inputs, zeros))
            self._done += 1
            validation = None
            if self._done % self.schedule.interval == 0 or self._done == self.steps:
                validation = self._validate()
            # Keras divides by B · T, padding included; the loss is per character that counts.
            loss = mean * zeros.size / batch.characters
            yield Progress(self._done, loss, batch.characters, validation)

    def network(self) -> FastWordLSTM:
        """The network with the best validation loss so far."""
        return FastWordLSTM.from_arrays(self.vocabulary, dict(self.arrays()))

    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return self._best.arrays or export_parameters(self._model)

    def latest(self) -> FastWordLSTM:
        """The network after the last update."""
        return FastWordLSTM.from_arrays(self.vocabulary, export_parameters(self._model))

    def checkpoint(self) -> Arrays:
        """Parameters, optimizer, dropout seeds, best network so far and number of updates."""
        best = self._best.checkpoint()
        return {"done": np.array(self._done)} | best | variables_of(self._model)

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._done = int(checkpoint["done"])
        self._best.restore(checkpoint)
        restore_variables(self._model, checkpoint)

    def _counts(self) -> NDArray[np.float64]:
        """Occurrences of each token, `(V,)`: weighted by share, in a million tokens, and one."""
        counts = np.ones(len(self.vocabulary))
        for share, passages in zip(self._shares, self.sources, strict=True):
            tokens = np.concatenate([line.tokens for lines in passages for line in lines])
            counted = np.bincount(tokens, minlength=len(counts))
            counts += counted * share / counted.sum() * 1e6
        return counts

    def _batch(self) -> _Batch:
        schedule = self.schedule
        rng = np.random.default_rng([self.seed, self._done])
        windows = np.zeros((4, schedule.batch, schedule.length), np.int64)
        weight = np.zeros((schedule.batch, schedule.length), np.float32)
        characters = 0
        for row in range(schedule.batch):
            # Passages are drawn in proportion to their length, so that tokens are uniform.
            source = int(rng.choice(len(self.sources), p=self._shares))
            sizes = self._sizes[source]
            lines = self.sources[source][int(rng.choice(len(sizes), p=sizes / sizes.sum()))]
            first = 0
            if sum(len(line.tokens) for line in lines) > schedule.length:
                first = int(rng.integers(len(lines)))
                # At least half a window of text, if possible.
                while first and sum(len(x.tokens) for x in lines[first:]) < schedule.length // 2:
                    first -= 1
            planned = bool(rng.random() < self.planned)
            window = window_of(lines[first:], schedule.length, planned=planned)
            inputs = (window.tokens, window.syllables, window.ends, window.targets)
            windows[:, row, : len(window.tokens)] = inputs
            weight[row, : len(window.tokens)] = 1
            characters += int(window.sizes.sum())
        drawn, expected = np.zeros(1, np.int64), np.zeros(len(self._noise))
        if schedule.candidates:
            drawn = rng.choice(len(self._noise), schedule.candidates, p=self._noise)
            expected = np.log(schedule.candidates * self._noise)
        tokens, syllables, ends, targets = windows
        correction = expected.astype(np.float32)
        return _Batch(tokens, syllables, ends, targets, weight, drawn, correction, characters)

    def _validate(self) -> float:
        # With the NumPy network, since that is what will be served.
        network = self.latest()
        size = self._validation_characters
        loss = line_losses(network, self.validation) / size
        self.planned_validation = line_losses(network, self.validation, planned=True) / size
        self._best.update(loss, network.arrays())
        return loss


def build(
    vocabulary: int, d: int, units: Sequence[int], schedule: WordSchedule, seed: int
) -> keras.Model:
    """The network with its loss: the inputs of `_Batch` → −ln p of each target, `(B, T)`.

    Padding counts as 0.
    """
    # Every layer has its own seed: Keras' `set_random_seed` would also seed the global generators
    # of Python and NumPy.
    seeds = iter(np.random.SeedSequence(seed).generate_state(4 * len(units) + 8).tolist())
    layers, ops = keras.layers, keras.ops
    tokens, syllables, ends, targets = (keras.Input((None,), dtype="int32") for _ in range(4))
    weight = keras.Input((None,))
    candidates, correction = keras.Input((), dtype="int32"), keras.Input(())
    uniform = keras.initializers.RandomUniform(-0.1, 0.1, seed=next(seeds))
    embedding = layers.Embedding(vocabulary, d, embeddings_initializer=uniform)
    counted = layers.Embedding(
        MAX_SYLLABLES + 1, d, embeddings_initializer=keras.initializers.Zeros()
    )
    x = embedding(tokens) + counted(syllables)  # (B, T, d)
    x = layers.Concatenate()([x, embedding(ends)])  # (B, T, 2d)
    # The same units are dropped at every step (variational dropout: Gal & Ghahramani, 2016).
    x = layers.Dropout(schedule.dropout, noise_shape=(None, 1, 2 * d), seed=next(seeds))(x)
    for width in units:
        x = layers.LSTM(
            width,
            return_sequences=True,
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            seed=seed,
        )(x)  # (B, T, width); d in the last layer
        x = layers.Dropout(schedule.dropout, noise_shape=(None, 1, width), seed=next(seeds))(x)
    loss = _TiedLoss(embedding, sampled=schedule.candidates > 0)
    nats = loss(x, targets, candidates, correction)  # (B, T)
    inputs = [tokens, syllables, ends, targets, weight, candidates, correction]
    model = keras.Model(inputs, nats * weight)
    # A warm-up keeps Adam's first steps small, while its second moments are inaccurate.
    warmup = max(1, schedule.updates // 20)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=schedule.learning_rate / 20,
        decay_steps=max(1, schedule.updates - warmup),
        warmup_target=schedule.learning_rate,
        warmup_steps=warmup,
    )
    decay = schedule.weight_decay
    optimizer = keras.optimizers.AdamW(rate, weight_decay=decay, global_clipnorm=1.0)
    optimizer.build(model.trainable_variables)  # so that `restore` finds its variables
    model.compile(optimizer, lambda _, output: ops.mean(output), jit_compile=False)
    return model


class _TiedLoss(keras.layers.Layer):  # type: ignore[misc]
    """−ln p of the targets under a softmax over the embedding: over all of it, or sampled."""

    def __init__(self, embedding: keras.layers.Embedding, *, sampled: bool) -> None:
        super().__init__()
        self._tied, self._sampled = embedding, sampled

    def build(self, *_: object) -> None:
        """Create the bias."""
        self.by = self.add_weight(shape=(self._tied.input_dim,), initializer="zeros", name="by")

    def call(self, h: Any, targets: Any, candidates: Any, correction: Any) -> Any:  # noqa: ANN401
        """h `(B, T, d)`, targets `(B, T)`, candidates `(K,)`, correction `(V,)` → `(B, T)`."""
        ops, embeddings = keras.ops, self._tied.embeddings  # (V, d)
        if not self._sampled:
            logits = ops.matmul(h, ops.transpose(embeddings)) + self.by  # (B, T, V)
            return keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)
        drawn = ops.matmul(h, ops.transpose(ops.take(embeddings, candidates, axis=0)))  # (B, T, K)
        # A word that is drawn n times counts n times, so each counts as 1 / (expected number).
        drawn += ops.take(self.by - correction, candidates)
        # A candidate that is the target counts as the target only.
        drawn = ops.where(ops.equal(targets[..., None], candidates), -1e9, drawn)
        target = ops.sum(h * ops.take(embeddings, targets, axis=0), axis=-1)  # (B, T)
        target += ops.take(self.by, targets)
        # ln Σ over the target and the candidates; the target is in every sample.
        return ops.logaddexp(target, ops.logsumexp(drawn, axis=-1)) - target


def export_parameters(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Parameters of a model from `build`, with the names of `WordLSTM`."""
    return {
        name: variable.numpy().copy()
        for name, variable in zip(_names(model), model.trainable_variables, strict=True)
    }


def assign_parameters(model: keras.Model, arrays: Mapping[str, NDArray[np.float32]]) -> None:
    """Set the parameters of a model from `build` to those of `export_parameters`."""
    for name, variable in zip(_names(model), model.trainable_variables, strict=True):
        variable.assign(arrays[name])


def _names(model: keras.Model) -> list[str]:
    """Names of the variables in `models.networks.words`, in Keras' order."""
    layers = (len(model.trainable_variables) - 3) // 3  # three per layer; E, S and by
    return ["E", "S", *(f"{name}{k}" for k in range(layers) for name in ("Wx", "Wh", "b")), "by"]
