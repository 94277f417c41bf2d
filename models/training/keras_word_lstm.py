"""Training of stacked LSTMs over words, with Keras.

`models/networks/word_lstm.py` runs the trained network and defines its input. The network learns
two uses at once. In half of the windows each line is planned: before a line the token `PLAN` asks
for its last word, and that word's embedding is an input at every token of the line, so that the
line is written towards it. In the other windows no end is known, and the network is a plain
language model, whose loss is comparable with those of others.

Shapes: B windows in a batch, T tokens in a window, V tokens in the vocabulary, d embedding, K
candidates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.tokens import is_word, tokenise
from models.networks.network import log_softmax
from models.networks.word_lstm import WordLSTM
from models.networks.word_vocabulary import (
    LINE_END,
    MAX_SYLLABLES,
    NONE,
    PLAN,
    UNKNOWN,
    WordVocabulary,
    running_syllables,
)
from models.training.keras_lstm import keras, restore_variables, variables_of
from models.training.trainer import Arrays, Progress
from models.verse.syllables import syllables_of

Indices = NDArray[np.int64]
LONGEST_PLANNED = 20
"""Tokens of a line whose end is planned."""


@dataclass(frozen=True)
class WordSchedule:
    """Amount of training, learning rate, regularization and batch size."""

    updates: int
    learning_rate: float
    """Peak. It rises linearly over the first twentieth of the updates, then falls to zero along a
    cosine."""
    dropout: float
    """Fraction of the inputs and of each layer's outputs that is dropped."""
    batch: int
    """B."""
    length: int
    """T."""
    candidates: int
    """K: words besides the targets in the softmax; 0 for all (sampled softmax: Jean et al., 2015)."""
    weight_decay: float = 0.01
    interval: int = 100
    """Updates between two validations."""


@dataclass(frozen=True, eq=False)
class Source:
    """Passages that are read together."""

    share: float
    """Share of the windows that are drawn from it."""
    passages: Sequence[str]


@dataclass(frozen=True, eq=False)
class Line:
    """A line of a passage as indices."""

    tokens: Indices
    """With the final `LINE_END`."""
    syllables: Indices
    end: int
    """The word that the line ends with; `NONE` if it cannot be planned."""


def read_lines(passage: str, vocabulary: WordVocabulary) -> list[Line]:
    """The lines of a passage that ends with a line feed."""
    lines = []
    for text in passage.removesuffix("\n").split("\n"):
        tokens = [*tokenise(text), "\n"]
        syllables = running_syllables(tokens, [syllables_of(token) for token in tokens])
        words = [token for token in tokens if is_word(token)]
        indices = vocabulary.encode(tokens)
        end = int(vocabulary.encode(words[-1:])[0]) if words else NONE
        if end == UNKNOWN or len(tokens) > LONGEST_PLANNED:
            end = NONE
        lines.append(Line(indices, syllables, end))
    return lines


def as_inputs(
    lines: Sequence[Line], length: int, *, planned: bool
) -> tuple[Indices, Indices, Indices, Indices]:
    """Tokens, syllables, ends and targets of a window that starts before `lines`, `(≤ T,)` each."""
    tokens, syllables, ends, targets = [], [], [], []
    before = LINE_END
    for line in lines:
        end = line.end if planned else NONE
        if end != NONE:
            tokens.append(np.array([PLAN]))
            syllables.append(np.array([0]))
            ends.append(np.array([NONE]))
            targets.append(np.array([end]))
        tokens.append(np.array([before, *line.tokens[:-1]]))
        syllables.append(np.array([0, *line.syllables[:-1]]))
        ends.append(np.full(len(line.tokens), end))
        targets.append(line.tokens)
        if sum(map(len, targets)) >= length:
            break
    return (
        np.concatenate(tokens)[:length],
        np.concatenate(syllables)[:length],
        np.concatenate(ends)[:length],
        np.concatenate(targets)[:length],
    )


class WordTrainer:
    """Trains a `WordLSTM` on passages of verse. Implements `models.training.trainer.Trainer`."""

    def __init__(
        self,
        sources: Sequence[Source],
        validation: Sequence[str],
        schedule: WordSchedule,
        seed: int,
        *,
        vocabulary: WordVocabulary,
        begin: WordLSTM | None = None,
        embedding: int = 256,
        units: Sequence[int] = (512, 256),
        planned: float = 0.5,
    ) -> None:
        """Prepare a run, from random parameters or from those of the network `begin`."""
        self.vocabulary = begin.vocabulary if begin else vocabulary
        self.planned = planned
        self.sources = [
            [read_lines(passage, self.vocabulary) for passage in source.passages]
            for source in sources
        ]
        self._shares = np.array([source.share for source in sources])
        self._sizes = [
            np.array([sum(len(line.tokens) for line in lines) for lines in passages])
            for passages in self.sources
        ]
        self.validation = [read_lines(passage, self.vocabulary) for passage in validation]
        self._validation_characters = sum(map(len, validation))
        self.schedule, self.seed = schedule, seed
        counts = np.ones(len(self.vocabulary))
        for share, passages in zip(self._shares, self.sources, strict=True):
            all_tokens = np.concatenate([line.tokens for lines in passages for line in lines])
            counted = np.bincount(all_tokens, minlength=len(counts))
            counts += counted * share / counted.sum() * 1e6
        # Candidates are drawn by a flattened frequency (Mikolov et al., 2013).
        self._noise = counts**0.75 / (counts**0.75).sum()
        self._done = 0
        self._best_loss = np.inf
        self._best: dict[str, NDArray[np.float32]] = {}
        d = begin.E.shape[1] if begin else embedding
        widths = [layer.Wh.shape[0] for layer in begin.layers] if begin else units
        self._model = build(len(self.vocabulary), d, widths, schedule, seed)
        if begin is not None:
            _assign(self._model, begin.arrays())
        elif True:
            arrays = _export(self._model)
            arrays["by"] = np.log(counts / counts.sum()).astype(np.float32)
            _assign(self._model, arrays)

    @property
    def steps(self) -> int:
        """Number of planned updates."""
        return self.schedule.updates

    def train(self) -> Iterator[Progress]:
        """Run the schedule."""
        zeros = np.zeros((self.schedule.batch, self.schedule.length), np.float32)
        while self._done < self.steps:
            *inputs, characters = self._batch()
            self._model.reset_metrics()
            loss = float(self._model.train_on_batch(inputs, zeros))
            loss *= zeros.size / characters
            self._done += 1
            validation = None
            if self._done % self.schedule.interval == 0 or self._done == self.steps:
                validation = self._validate()
            yield Progress(self._done, loss, characters, validation)

    def network(self) -> WordLSTM:
        """The network with the best validation loss so far."""
        return WordLSTM.from_arrays(self.vocabulary, dict(self.arrays()))

    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return self._best or _export(self._model)

    def latest(self) -> WordLSTM:
        """The network after the last update."""
        return WordLSTM.from_arrays(self.vocabulary, _export(self._model))

    def checkpoint(self) -> Arrays:
        """Parameters, optimizer, dropout seeds, best network so far and number of updates."""
        arrays: Arrays = {"done": np.array(self._done), "best_loss": np.array(self._best_loss)}
        arrays |= {f"best/{name}": array for name, array in self._best.items()}
        return arrays | variables_of(self._model)

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._done = int(checkpoint["done"])
        self._best_loss = float(checkpoint["best_loss"])
        self._best = {
            name.removeprefix("best/"): array.astype(np.float32)
            for name, array in checkpoint.items()
            if name.startswith("best/")
        }
        restore_variables(self._model, checkpoint)

    def _batch(self) -> tuple[Indices, Indices, Indices, Indices, NDArray[np.float32], Indices, NDArray[np.float32], int]:
        schedule = self.schedule
        rng = np.random.default_rng([self.seed, self._done])
        shape = (schedule.batch, schedule.length)
        tokens, syllables, ends, targets = (np.zeros(shape, np.int64) for _ in range(4))
        weight = np.zeros(shape, np.float32)
        characters = 0
        for row in range(schedule.batch):
            source = int(rng.choice(len(self.sources), p=self._shares / self._shares.sum()))
            sizes = self._sizes[source]
            lines = self.sources[source][int(rng.choice(len(sizes), p=sizes / sizes.sum()))]
            total = sum(len(line.tokens) for line in lines)
            first = 0
            if total > schedule.length:
                first = int(rng.integers(len(lines)))
                # At least half a window of text, if possible.
                while first and sum(len(x.tokens) for x in lines[first:]) < schedule.length // 2:
                    first -= 1
            planned = rng.random() < self.planned
            window = as_inputs(lines[first:], schedule.length, planned=planned)
            size = len(window[0])
            for array, values in zip((tokens, syllables, ends, targets), window, strict=True):
                array[row, :size] = values
            weight[row, :size] = 1
            characters += size
        if schedule.candidates:
            drawn = rng.choice(len(self._noise), schedule.candidates, p=self._noise)
            expected = np.log(schedule.candidates * self._noise)
        else:
            drawn, expected = np.zeros(1, np.int64), np.zeros(len(self._noise))
        correction = expected.astype(np.float32)
        return tokens, syllables, ends, targets, weight, drawn, correction, characters

    def _validate(self) -> float:
        # With the NumPy network, since that is what will be served.
        arrays = _export(self._model)
        network = WordLSTM.from_arrays(self.vocabulary, arrays)
        nats = line_losses(network, self.validation)
        loss = float(nats / self._validation_characters)
        self.validation_planned = (
            line_losses(network, self.validation, planned=True) / self._validation_characters
        )
        if loss < self._best_loss:
            self._best_loss, self._best = loss, arrays
        return loss


def line_losses(
    network: WordLSTM, passages: Sequence[Sequence[Line]], *, planned: bool = False
) -> float:
    """Total −ln p of some passages, side by side. Unknown words cost what `UNKNOWN` costs.

    With `planned`, the last word of each line counts where it is planned and again, as nearly
    nothing, where it stands.
    """
    inputs = [as_inputs(lines, 10**6, planned=planned) for lines in passages]
    longest = max(len(window[0]) for window in inputs)
    state, total = network.initial_state(len(inputs)), 0.0
    padded = np.zeros((4, len(inputs), longest), np.int64)
    for row, window in enumerate(inputs):
        padded[:, row, : len(window[0])] = window
    sizes = np.array([len(window[0]) for window in inputs])
    for t in range(longest):
        tokens, syllables, ends, targets = padded[:, :, t]
        h, state = network.step(tokens, syllables, ends, state)
        log_p = log_softmax(network.logits(h))
        total -= float(log_p[np.arange(len(inputs)), targets][t < sizes].sum())
    return total


def build(
    vocabulary: int, d: int, units: Sequence[int], schedule: WordSchedule, seed: int
) -> "keras.Model":
    """The network with its loss: −ln p of each target, `(B, T)`."""
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
    x = layers.Concatenate()([embedding(tokens) + counted(syllables), embedding(ends)])  # (B, T, 2d)
    # The same units are dropped at every step (variational dropout: Gal & Ghahramani, 2016).
    x = layers.Dropout(schedule.dropout, noise_shape=(None, 1, 2 * d), seed=next(seeds))(x)
    for width in units:
        x = layers.LSTM(
            width,
            return_sequences=True,
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            seed=seed,
        )(x)
        x = layers.Dropout(schedule.dropout, noise_shape=(None, 1, width), seed=next(seeds))(x)
    loss = _TiedLoss(embedding, sampled=schedule.candidates > 0)
    out = loss(x, targets, candidates, correction)
    model = keras.Model(
        [tokens, syllables, ends, targets, weight, candidates, correction], out * weight
    )
    warmup = max(1, schedule.updates // 20)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=schedule.learning_rate / 20,
        decay_steps=max(1, schedule.updates - warmup),
        warmup_target=schedule.learning_rate,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=schedule.weight_decay, global_clipnorm=1.0
    )
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, lambda _, nats: ops.mean(nats), jit_compile=False)
    return model


class _TiedLoss(keras.layers.Layer):  # type: ignore[misc]
    """−ln p of the targets under a softmax over the embedding: over all of it, or sampled."""

    def __init__(self, embedding: "keras.layers.Embedding", *, sampled: bool) -> None:
        super().__init__()
        self._tied, self._sampled = embedding, sampled

    def build(self, *_: object) -> None:
        """Create the bias."""
        self.by = self.add_weight(shape=(self._tied.input_dim,), initializer="zeros", name="by")

    def call(self, h, targets, candidates, correction):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        """h `(B, T, d)`, targets `(B, T)`, candidates `(K,)`, ln K q `(V,)` → `(B, T)`."""
        ops, E = keras.ops, self._tied.embeddings
        if not self._sampled:
            logits = ops.matmul(h, ops.transpose(E)) + self.by
            return keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)
        drawn = ops.matmul(h, ops.transpose(ops.take(E, candidates, axis=0)))  # (B, T, K)
        bias = self.by - correction
        drawn += ops.take(bias, candidates)
        # A candidate that is the target is counted as the target only.
        drawn = ops.where(ops.equal(targets[..., None], candidates), -1e9, drawn)
        # ln Σ over the target and the candidates; the target is in every sample.
        target = ops.sum(h * ops.take(E, targets, axis=0), axis=-1) + ops.take(self.by, targets)
        return ops.logaddexp(target, ops.logsumexp(drawn, axis=-1)) - target


def _order(layers: int) -> list[str]:
    names = ["E", "S"]
    for k in range(layers):
        names += [f"Wx{k}", f"Wh{k}", f"b{k}"]
    return [*names, "by"]


def _export(model: "keras.Model") -> dict[str, NDArray[np.float32]]:
    variables = model.trainable_variables
    names = _order((len(variables) - 3) // 3)
    return {n: v.numpy().copy() for n, v in zip(names, variables, strict=True)}


def _assign(model: "keras.Model", arrays: Mapping[str, NDArray[np.float32]]) -> None:
    variables = model.trainable_variables
    names = _order((len(variables) - 3) // 3)
    for name, variable in zip(names, variables, strict=True):
        variable.assign(arrays[name])
