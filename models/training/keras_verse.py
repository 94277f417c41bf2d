"""Training of the networks of verse, with Keras: characters, words, and both as one mixture.

This is the only file of the bot that imports keras. The networks read a passage from its beginning
and learn to predict every character or token of it (teacher forcing), not only the one after a
window. They are pretrained on the plays, whose language is that of the sonnets and whose text is
fifty times as long, and then fine-tuned on the sonnets.

`models/networks` runs the trained networks, and defines their input. The word network learns
several uses at once: half of the windows are planned, and half are not (`word_lines`). If it reads
features and subjects, some windows have them and others do not. Only the loss without any of it is
comparable with that of other language models.

A map, in the order to read it:

    VerseTrainer, build_characters      characters: an ordinary Keras model; begin here
    WordTrainer, build_words            words: the batches, and the network that reads them
    _FastLayer, _lstm, _cell_gradient   the LSTM over words, with a backward pass of its own
    _TiedLoss, _sampled                 its output layer is its embedding; some words stand for all
    WordsAndCharactersTrainer           one mixture of both

Shapes: B windows in a batch, T characters or tokens in a window, V characters or tokens in the
vocabulary, u units, n inputs of a layer, d embedding, K candidates of a sampled softmax.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from data.tokens import is_word, split_units
from models.networks.lstm import LSTM
from models.networks.network import Array, cross_entropy
from models.networks.vocabulary import Vocabulary
from models.networks.words import (
    MAX_SYLLABLES,
    SLOTS,
    SPECIAL,
    SUBJECT_WORDS,
    UNKNOWN,
    WordLSTM,
    WordVocabulary,
    subject_of,
)
from models.networks.words_and_characters import (
    Shares,
    UnitLogP,
    WordsAndCharacters,
    character_log_p,
    word_log_p,
)
from models.serving.words import FastWordLSTM, FastWordsAndCharacters
from models.training.recipe import Arrays, Update, select_prefix
from models.training.schedules import (
    LONG_EMBEDDING,
    LONG_UNITS,
    UNITS,
    Schedule,
    WordSchedule,
)
from models.training.word_lines import (
    Indices,
    PackedLines,
    TokenLine,
    line_losses,
    read_lines,
    window_of,
)


@contextmanager
def _suppress_native_output() -> Iterator[None]:
    """Hide what TensorFlow's native code prints on import, unless the import fails."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as captured:
        # Native code writes to file descriptor 2, which redirecting sys.stderr would not catch.
        terminal = os.dup(2)
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except BaseException:
            captured.seek(0)
            os.write(terminal, captured.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


os.environ.setdefault("KERAS_BACKEND", "tensorflow")
with _suppress_native_output():
    import keras
    import tensorflow as tf


LAYERS = 2
"""Number of layers of a character network that starts from random parameters."""
PLANNED = 0.5
"""Share of the windows of words whose lines are planned."""
NOTHING_KNOWN, KNOWN = 0.25, 0.6
"""Share of the windows without features. In each of the others, each slot has so much chance to be
known."""
WITH_SUBJECT, OF_PASSAGE = 0.5, 0.3
"""Share of the windows with a subject, and of those, of the ones whose subject is taken from the
whole passage, not from the window."""
COMMON_WORDS = 250
"""The most common words are no subjects."""
WARMUP = 200
"""Updates in which a rate rises that is constant then."""
_EXCERPT = 700
"""Characters: a sonnet has fewer."""


class _KerasTrainer:
    """Base of the trainers of single networks: a model, its best parameters, its checkpoint."""

    def __init__(self, model: keras.Model, begin: LSTM | WordLSTM | None) -> None:
        """Start from random parameters, or from those of the network `begin`."""
        self._model = model
        self._done = 0
        self._best: Mapping[str, Array] = {}
        """The parameters with the best validation loss; none before the first validation."""
        self._best_loss = np.inf
        if begin is not None:
            assign_parameters(model, begin.arrays())

    def arrays(self) -> Mapping[str, Array]:
        """The parameters of `network()`."""
        return self._best or export_parameters(self._model)

    def checkpoint(self) -> Arrays:
        """Parameters, optimizer, dropout seeds, best parameters so far and number of updates."""
        variables = [*self._model.variables, *self._model.optimizer.variables]
        return {
            "done": np.array(self._done),
            "best_loss": np.array(self._best_loss),
            **{f"best/{name}": array for name, array in self._best.items()},
            **{f"variable{i}": np.asarray(variable) for i, variable in enumerate(variables)},
        }

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._done = int(checkpoint["done"])
        self._best_loss = float(checkpoint.get("best_loss", np.array(np.inf)))
        self._best = select_prefix(checkpoint, "best/")
        variables = [*self._model.variables, *self._model.optimizer.variables]
        for i, variable in enumerate(variables):
            variable.assign(checkpoint[f"variable{i}"])

    def _update(self, *batch: object, **options: object) -> float:
        """One update. Returns its loss, a mean over everything in the batch."""
        self._model.reset_metrics()  # else Keras averages over all updates so far
        loss = float(self._model.train_on_batch(*batch, **options))
        self._done += 1
        return loss

    def _keep_if_best(self, loss: float, arrays: Mapping[str, Array]) -> float:
        if loss < self._best_loss:
            self._best_loss, self._best = loss, arrays
        return loss


class VerseTrainer(_KerasTrainer):
    """Trains a stacked LSTM on passages of verse. Implements `models.training.recipe.Trainer`.

    Passages that fit into a window are read from their beginning; longer ones from the beginning of
    a random line. Every batch is drawn from a generator seeded with `seed` and the number of the
    update, so that a resumed run reads the same batches as an uninterrupted one.
    """

    def __init__(
        self,
        passages: Sequence[str],
        validation: Sequence[str],
        schedule: Schedule,
        seed: int,
        *,
        begin: LSTM | None = None,
        units: int = UNITS,
    ) -> None:
        """Prepare a run, from random parameters or from those of the network `begin`."""
        self.vocabulary = begin.vocabulary if begin else Vocabulary.of(passages)
        self.passages = list(map(self.vocabulary.fold, passages))
        self.validation = excerpts(map(self.vocabulary.fold, validation), schedule.length)
        self.schedule = schedule
        self.seed = seed
        self._sizes = np.array([len(passage) for passage in self.passages])
        self._length = min(schedule.length, int(self._sizes.max()))
        units, layers = (begin.units, len(begin.layers)) if begin else (units, LAYERS)
        model = build_characters(len(self.vocabulary), units, layers, schedule.dropout, seed)
        super().__init__(model, begin)
        rate = _learning_rate(schedule.learning_rate, self.steps)
        _compile(model, keras.optimizers.Adam(rate, global_clipnorm=1.0))

    @property
    def steps(self) -> int:
        """Number of planned updates."""
        window = float(self._sizes.mean()) if self._whole_passages else self._length
        per_update = self.schedule.batch * window  # characters, on average
        return max(1, round(self.schedule.passes * int(self._sizes.sum()) / per_update))

    def train(self) -> Iterator[Update]:
        """Run the schedule. Validation is measured every fifty updates, at least twenty times."""
        interval = min(50, max(1, self.steps // 20))  # updates
        while self._done < self.steps:
            x, y, weight = self._batch()  # (B, T) each
            mean = self._update(x, y, sample_weight=weight)
            validation = None
            if self._done % interval == 0 or self._done == self.steps:
                # With the NumPy network, since that is what will be served.
                arrays = export_parameters(self._model)
                network = LSTM.from_arrays(self.vocabulary.symbols, arrays)
                loss = cross_entropy(network, self.validation)
                validation = self._keep_if_best(loss, arrays)
            characters = int(weight.sum())
            # Keras divides by B · T, padding included; the loss is per character that counts.
            yield Update(self._done, mean * weight.size / characters, characters, validation)

    def network(self) -> LSTM:
        """The network with the best validation loss so far."""
        return LSTM.from_arrays(self.vocabulary.symbols, self.arrays())

    def _batch(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Inputs, targets and weights of a batch, `(B, T)` each. The weight of padding is 0."""
        rng = np.random.default_rng([self.seed, self._done])
        x = np.full((self.schedule.batch, self._length), self.vocabulary.end)
        y = np.zeros_like(x)
        weight = np.zeros(x.shape, np.float32)
        # Cut passages are drawn in proportion to their length, so that characters are uniform.
        p = None if self._whole_passages else self._sizes / self._sizes.sum()  # (passages,)
        chosen = rng.choice(len(self.passages), self.schedule.batch, p=p)  # (B,)
        for row, passage in enumerate(self.passages[index] for index in chosen):
            begin = 0 if self._whole_passages else _line_start(passage, self._length, rng)
            window = self.vocabulary.encode(passage[begin : begin + self._length])
            y[row, : len(window)] = window
            x[row, 1 : len(window)] = window[:-1]  # x starts with END: y shifted by one
            weight[row, : len(window)] = 1
        return x, y, weight

    @property
    def _whole_passages(self) -> bool:
        """Whether every passage fits into a window."""
        return int(self._sizes.max()) <= self.schedule.length


def build_characters(
    vocabulary: int, units: int, layers: int, dropout: float, seed: int
) -> keras.Model:
    """Build the network: indices `(B, T)` → logits `(B, T, V)`."""
    # Every layer has its own seed: Keras' `set_random_seed` would also seed the global generators
    # of Python and NumPy.
    seeds = iter(np.random.SeedSequence(seed).generate_state(3 * layers + 1).tolist())
    characters = keras.Input((None,), dtype="int32")  # (B, T)
    h = keras.ops.one_hot(characters, vocabulary)  # (B, T, V)
    for _ in range(layers):
        h = keras.layers.LSTM(
            units,
            return_sequences=True,
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            seed=seed,  # for an unused dropout; else it would be drawn from a global generator
        )(h)  # (B, T, u)
        h = keras.layers.Dropout(dropout, seed=next(seeds))(h)  # only while training
    logits = keras.layers.Dense(
        vocabulary, kernel_initializer=keras.initializers.GlorotUniform(next(seeds))
    )(h)  # (B, T, V)
    return keras.Model(characters, logits)


def _compile(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
    optimizer.build(model.trainable_variables)  # so that `restore` finds its variables
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=False)


def _learning_rate(peak: float, updates: int) -> keras.optimizers.schedules.CosineDecay:
    """A warm-up keeps Adam's first steps small, while its second moments are inaccurate."""
    warmup = max(1, updates // 20)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=peak / 20,
        decay_steps=max(1, updates - warmup),
        warmup_target=peak,
        warmup_steps=warmup,
    )


def export_parameters(model: keras.Model) -> dict[str, Array]:
    """Parameters of a model, with the names of `LSTM` or of `WordLSTM`."""
    return {name: variable.numpy().copy() for name, variable in _named(model)}


def assign_parameters(model: keras.Model, arrays: Mapping[str, Array]) -> None:
    """Set the parameters of a model to those of `export_parameters`."""
    for name, variable in _named(model):
        variable.assign(arrays[name])


def _named(model: keras.Model) -> Iterator[tuple[str, keras.Variable]]:
    """The variables of a model and their names in `models.networks`, in Keras' order."""
    variables = model.trainable_variables
    if variables[-1].name == "by":  # of words: Keras' own layers have the name, else the variable
        names = [
            v.path.split("/")[-2] if v.name in {"embeddings", "kernel"} else v.name
            for v in variables
        ]
    else:
        layers = (len(variables) - 2) // 3
        names = [f"{name}{k}" for k in range(layers) for name in ("Wx", "Wh", "b")]
        names += ["Wy", "by"]
    return zip(names, variables, strict=True)


def excerpts(passages: Iterable[str], length: int, most: int = 64) -> list[str]:
    """Pick at most `most` pieces of the passages, evenly spaced, for a fast validation.

    Passages longer than `length` are cut into pieces at line ends, so that all pieces run side by
    side in few steps.
    """
    pieces: list[str] = []
    for passage in passages:
        begin = 0
        while len(passage) - begin > length:  # `begin` grows every time
            end = passage.rfind("\n", begin, begin + length) + 1 or begin + length
            pieces.append(passage[begin:end])
            begin = end
        pieces.append(passage[begin:])
    pieces = [piece for piece in pieces if piece]
    step = max(1.0, len(pieces) / most)
    return [pieces[int(i * step)] for i in range(min(most, len(pieces)))]


def _line_start(passage: str, length: int, rng: np.random.Generator) -> int:
    """The start of a random line, with at least half a window of text after it if possible."""
    position = int(rng.integers(max(1, len(passage) - length // 2)))
    return passage.rfind("\n", 0, position) + 1


# Words ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PassageSource:
    """Passages that are read together."""

    share: float
    """Share of the windows that are drawn from it, relative to those of the other sources."""
    lines: PackedLines
    last: float | None = None
    """The share in the cooldown, if it differs."""


class _WordBatch(NamedTuple):
    """Windows of a batch, `(B, T)` each, and the candidates of the sampled softmax."""

    tokens: Indices
    syllables: Indices
    ends: Indices
    targets: Indices
    features: Indices
    """Features of each token's line, `(B, T, slots)`."""
    subjects: Indices
    """Words of each text's subject, `(B, SUBJECT_WORDS)`."""
    weight: NDArray[np.float32]
    """1, or 0 for padding."""
    candidates: Indices
    """Words of the sampled softmax, `(K,)`."""
    correction: NDArray[np.float32]
    """ln of the expected number of times that each word is a candidate, `(V,)`."""
    characters: int
    """Characters of the targets."""

    @property
    def inputs(self) -> list[NDArray[Any]]:
        """The inputs of the Keras model."""
        return [*self[:-1]]


class WordTrainer(_KerasTrainer):
    """Trains a `WordLSTM` on passages of verse.

    A `models.training.recipe.Trainer`, except that `network` reads words. Every batch is drawn
    from a generator seeded with `seed` and the number of the update, so that a resumed run reads
    the same batches as an uninterrupted one.
    """

    def __init__(
        self,
        sources: Sequence[PassageSource],
        validation: Sequence[str],
        schedule: WordSchedule,
        seed: int,
        *,
        vocabulary: WordVocabulary,
        begin: WordLSTM | None = None,
        embedding: int = LONG_EMBEDDING,
        units: Sequence[int] = LONG_UNITS,
    ) -> None:
        """Prepare a run, from random parameters or from those of the network `begin`."""
        self.vocabulary = begin.vocabulary if begin else vocabulary
        self.schedule, self.seed, self._begin = schedule, seed, begin
        self.sources = [source.lines for source in sources]
        lasts = [source.share if source.last is None else source.last for source in sources]
        shares = np.array([[source.share for source in sources], lasts])
        self._shares = shares / shares.sum(axis=1, keepdims=True)  # (2, sources)
        sizes = [np.diff(source.lines[source.passages]) for source in self.sources]
        cumulative = [np.cumsum(size / size.sum()) for size in sizes]
        self._cumulative = [each / each[-1] for each in cumulative]
        """Share of a source's tokens up to and including each of its passages."""
        common = len(SPECIAL) + COMMON_WORDS
        self._may_be_subject = np.array(
            [i >= common and is_word(token) for i, token in enumerate(self.vocabulary.tokens)]
        )  # (V,)
        self.validation = [read_lines(passage, self.vocabulary) for passage in validation]
        self._validation_characters = sum(map(len, validation))
        self.tokens = 0
        """Tokens of the last update, with planned words."""
        counts = self._counts()  # (V,)
        self._first_line = self.vocabulary.encode_features({"line": 1}).max()
        self._sentence_ends = {*self.vocabulary.encode([".", "!", "?"]).tolist()} - {UNKNOWN}
        # Candidates are drawn by a flattened frequency (Mikolov et al., 2013).
        self._noise = counts**0.75 / (counts**0.75).sum()  # (V,)
        if begin is not None:
            embedding, units = begin.E.shape[1], [layer.Wh.shape[0] for layer in begin.layers]
        features = len(self.vocabulary.features)
        model = build_words(len(self.vocabulary), embedding, units, schedule, seed, features)
        super().__init__(model, begin)
        self._compiled = tf.function(self._step)
        self._apply = _fused(model.optimizer.apply)
        if begin is None:  # start from the frequencies of the words
            by = np.log(counts / counts.sum()).astype(np.float32)
            assign_parameters(model, export_parameters(model) | {"by": by})

    @property
    def steps(self) -> int:
        """Number of planned updates."""
        return self.schedule.updates

    def train(self) -> Iterator[Update]:
        """Run the schedule. The loss of a sampled softmax is an underestimate."""
        with ThreadPoolExecutor(1) as ahead:  # the next batch is drawn while the network computes
            yield from self._updates(ahead)

    def _updates(self, ahead: ThreadPoolExecutor) -> Iterator[Update]:
        following = ahead.submit(self._batch, self._done)
        while self._done < self.steps:
            batch = following.result()
            following = ahead.submit(self._batch, self._done + 1)
            mean = float(self._compiled(batch.inputs))
            self._done += 1
            self.tokens = int(batch.weight.sum())
            validation = None
            if self._done % self.schedule.interval == 0 or self._done == self.steps:
                # With the NumPy network, since that is what will be served.
                network = self.latest()
                loss = line_losses(network, self.validation) / self._validation_characters
                validation = self._keep_if_best(loss, network.arrays())
            # The mean includes padding; the loss is per character that counts.
            loss = mean * batch.weight.size / batch.characters
            yield Update(self._done, loss, batch.characters, validation)

    def network(self) -> FastWordLSTM:
        """The network with the best validation loss so far, or its mean with the first one."""
        return FastWordLSTM.from_arrays(self.vocabulary, self.arrays())

    def arrays(self) -> Mapping[str, Array]:
        """The parameters of `network()`."""
        arrays, kept = super().arrays(), self.schedule.kept
        if self._begin is None or not kept:
            return arrays
        first = self._begin.arrays()
        return {name: kept * first[name] + (1 - kept) * arrays[name] for name in arrays}

    def latest(self) -> FastWordLSTM:
        """The network after the last update."""
        return FastWordLSTM.from_arrays(self.vocabulary, export_parameters(self._model))

    def _step(self, inputs: Sequence[Any]) -> Any:  # noqa: ANN401
        """One update. Returns the mean loss."""
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self._model(inputs, training=True))
        gradients = tape.gradient(loss, self._model.trainable_variables)
        self._apply([tf.convert_to_tensor(gradient) for gradient in gradients])
        return loss

    def _counts(self) -> NDArray[np.float64]:
        """Occurrences of each token, `(V,)`: weighted by share, in a million tokens, and one."""
        counts = np.ones(len(self.vocabulary))
        for share, source in zip(self._shares[0], self.sources, strict=True):
            counted = np.bincount(source.tokens, minlength=len(counts))
            counts += counted * share / counted.sum() * 1e6
        return counts

    def _batch(self, done: int) -> _WordBatch:
        """The windows of an update, by the number of updates before it."""
        schedule = self.schedule
        rng = np.random.default_rng([self.seed, done])
        windows = np.zeros((4, schedule.batch, schedule.length), np.int64)
        features = np.zeros((schedule.batch, schedule.length, len(SLOTS)), np.int64)
        subjects = np.zeros((schedule.batch, SUBJECT_WORDS), np.int64)
        weight = np.zeros((schedule.batch, schedule.length), np.float32)
        characters = 0
        has_features = bool(self.vocabulary.features)
        shares = self._shares[int(done >= self.steps * (1 - schedule.cooldown))]
        for row in range(schedule.batch):
            # Passages are drawn in proportion to their length, so that tokens are uniform.
            source = int(rng.choice(len(self.sources), p=shares))
            drawn = self._cumulative[source].searchsorted(rng.random(), side="right")
            lines = self.sources[source].passage(int(drawn))
            first = 0
            if sum(len(line.tokens) for line in lines) > schedule.length:
                first = int(rng.integers(len(lines)))
                # At least half a window of text, if possible.
                while first and sum(len(x.tokens) for x in lines[first:]) < schedule.length // 2:
                    first -= 1
                while first and not self._may_begin(lines[first], lines[first - 1]):
                    first -= 1
            planned = bool(rng.random() < PLANNED)
            known: tuple[str, ...] = ()
            if has_features and rng.random() >= NOTHING_KNOWN:
                known = tuple(slot for slot in SLOTS if rng.random() < KNOWN)
            window = window_of(lines[first:], schedule.length, planned=planned, known=known)
            if has_features and rng.random() < WITH_SUBJECT:
                subjects[row] = self._subject(lines, window.targets, rng)
            features[row, : len(window.tokens)] = window.features
            windows[:, row, : len(window.tokens)] = window.rows
            weight[row, : len(window.tokens)] = 1
            characters += int(window.sizes.sum())
        candidates, expected = np.zeros(1, np.int64), np.zeros(len(self._noise))
        if schedule.candidates:
            candidates = rng.choice(len(self._noise), schedule.candidates, p=self._noise)
            expected = np.log(schedule.candidates * self._noise)
        tokens, syllables, ends, targets = windows
        inputs = tokens, syllables, ends, targets, features, subjects
        correction = expected.astype(np.float32)
        return _WordBatch(*inputs, weight, candidates, correction, characters)

    def _may_begin(self, line: TokenLine, before: TokenLine) -> bool:
        """Whether a window may begin with a line: of a stanza, or in long ones of a sentence."""
        number = line.features[SLOTS.index("line")]
        if number or len(line.tokens) == 1:  # a blank line
            return bool(number == self._first_line)
        return len(before.tokens) == 1 or int(before.tokens[-2]) in self._sentence_ends

    def _subject(
        self, lines: Sequence[TokenLine], targets: Indices, rng: np.random.Generator
    ) -> Indices:
        """A few of the rarer words of a window or of its whole passage, `(SUBJECT_WORDS,)`."""
        if rng.random() < OF_PASSAGE:
            targets = np.concatenate([line.tokens for line in lines])
        words = np.unique(targets[self._may_be_subject[targets]])
        count = min(len(words), int(rng.integers(1, SUBJECT_WORDS + 1)))
        return subject_of(rng.choice(words, count, replace=False).tolist())


def build_words(
    vocabulary: int,
    d: int,
    units: Sequence[int],
    schedule: WordSchedule,
    seed: int,
    features: int = 0,
) -> keras.Model:
    """The network with its loss: the inputs of `_WordBatch` → −ln p of each target, `(B, T)`.

    Padding counts as 0. Within, time comes first, so that layers need not turn large arrays around.
    """
    # Every layer has its own seed: Keras' `set_random_seed` would also seed the global generators
    # of Python and NumPy.
    seeds = iter(np.random.SeedSequence(seed).generate_state(4 * len(units) + 8).tolist())
    layers, ops, dtype = keras.layers, keras.ops, _dtype(half=schedule.half)
    length = schedule.length
    tokens, syllables, ends, targets = (keras.Input((length,), dtype="int32") for _ in range(4))
    featured = keras.Input((length, len(SLOTS)), dtype="int32")
    subjects = keras.Input((SUBJECT_WORDS,), dtype="int32")
    weight = keras.Input((length,))
    candidates, correction = keras.Input((), dtype="int32"), keras.Input(())
    uniform = keras.initializers.RandomUniform(-0.1, 0.1, seed=next(seeds))
    embedding = layers.Embedding(vocabulary, d, embeddings_initializer=uniform, name="E")
    counted = _SummedEmbedding(MAX_SYLLABLES + 1, d, name="S")
    x = embedding(ops.transpose(tokens)) + counted(ops.transpose(syllables)[..., None])  # (T, B, d)
    q = embedding(ops.transpose(ends))  # (T, B, d)
    if features:
        glorot = keras.initializers.GlorotUniform(next(seeds))
        of_subject = layers.Dense(d, use_bias=False, kernel_initializer=glorot, name="M")
        q += _SummedEmbedding(features + 1, d, name="F")(ops.transpose(featured, (1, 0, 2)))
        q += of_subject(ops.mean(embedding(subjects), axis=1))
    x = layers.Concatenate()([x, q])  # (T, B, 2d)
    for k, width in enumerate((2 * d, *units)):
        if k:
            x = _FastLayer(k - 1, width, next(seeds), next(seeds), half=schedule.half)(x)
        x = _Dropout(schedule.dropout, seed=next(seeds), dtype=dtype)(x)
    loss = _TiedLoss(embedding, sampled=schedule.candidates > 0, half=schedule.half)
    nats = loss(x, ops.transpose(targets), candidates, correction)  # (T, B)
    windows = [tokens, syllables, ends, targets, featured, subjects]
    outputs = ops.transpose(nats) * weight  # (B, T)
    model = keras.Model([*windows, weight, candidates, correction], outputs)
    if schedule.cooldown:
        rate = _ConstantRate(schedule)
    else:
        rate = _learning_rate(schedule.learning_rate, schedule.updates)
    decay = schedule.weight_decay
    model.optimizer = keras.optimizers.AdamW(rate, weight_decay=decay, global_clipnorm=1.0)
    model.optimizer.build(model.trainable_variables)  # so that `restore` finds its variables
    return model


class _ConstantRate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate that rises, stays, and falls in the cooldown (Hu et al., 2024)."""

    def __init__(self, schedule: WordSchedule) -> None:
        self._schedule = schedule

    def __call__(self, step: Any) -> Any:  # noqa: ANN401
        """The rate of an update; the first is 0."""
        ops, schedule = keras.ops, self._schedule
        done = ops.cast(step, "float32")
        left = (schedule.updates - done) / max(1, schedule.cooldown * schedule.updates)
        return schedule.learning_rate * ops.clip(ops.minimum((done + 1) / WARMUP, left), 0, 1)


def _fused(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function into few loops: what is between two products costs as much as they do."""
    return tf.function(function, jit_compile=True)  # type: ignore[no-any-return]


class _SummedEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """The sum of the embeddings of some indices: `(T, B, n)` → `(T, B, d)`, as a product."""

    def __init__(self, size: int, d: int, name: str) -> None:
        super().__init__(name=name)
        self._size, self._d = size, d

    def build(self, _: object) -> None:
        """Create the embeddings."""
        self.embeddings = self.add_weight((self._size, self._d), "zeros", name="embeddings")

    def call(self, indices: Any) -> Any:  # noqa: ANN401
        """Count how often each index occurs, and multiply."""
        counts = _counted(indices, self._size, self.embeddings.dtype)
        rows = tf.matmul(tf.reshape(counts, (-1, self._size)), self.embeddings)
        return tf.reshape(rows, (indices.shape[0], -1, self._d))


@_fused
def _counted(indices: Any, size: int, dtype: str) -> Any:  # noqa: ANN401
    return tf.reduce_sum(tf.one_hot(indices, size, dtype=dtype), axis=-2)


class _Dropout(keras.layers.Dropout):  # type: ignore[misc]
    """Dropout of the same units at every step: `(T, B, n)` → `(T, B, n)`.

    Gal & Ghahramani, 2016. It multiplies with a mask of one step, which is faster than to select.
    """

    def call(self, x: Any, training: bool = False) -> Any:  # noqa: ANN401
        """Draw the units of each text."""
        return x * super().call(tf.ones_like(x[:1]), training=training)


class _FastLayer(keras.layers.Layer):  # type: ignore[misc]
    """An LSTM layer, `(T, B, n)` → `(T, B, u)`, faster than `keras.layers.LSTM`.

    With `half`, products and states have 16 bits; weights and cells have 32.
    """

    def __init__(self, k: int, units: int, *seeds: int, half: bool) -> None:
        super().__init__(autocast=False)
        self._k, self._units, self._seeds, self._type = k, units, seeds, _dtype(half=half)

    def build(self, shape: Sequence[int]) -> None:
        """Create the weights, as Keras does."""
        k, u, initial = self._k, self._units, keras.initializers
        glorot = initial.GlorotUniform(self._seeds[0])
        orthogonal = initial.Orthogonal(seed=self._seeds[1])
        # Forget gates begin open (Jozefowicz et al., 2015).
        forget = np.repeat([0, 1, 0, 0], u).astype(np.float32)
        self.Wx = self.add_weight((shape[-1], 4 * u), glorot, name=f"Wx{k}")
        self.Wh = self.add_weight((u, 4 * u), orthogonal, name=f"Wh{k}")
        self.b = self.add_weight((4 * u,), lambda *_, **__: keras.ops.array(forget), name=f"b{k}")

    def call(self, x: Any) -> Any:  # noqa: ANN401
        """x `(T, B, n)` → h `(T, B, u)`."""
        x, Wx, Wh = (tf.cast(each, self._type) for each in (x, self.Wx, self.Wh))  # noqa: N806
        return _lstm(x, Wx, Wh, tf.convert_to_tensor(self.b))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _lstm(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:  # noqa: ANN401, N803
    """The hidden states h, and their gradient, in which that of each matrix is one product."""
    u, rows = Wh.shape[0], tf.reshape(x, (-1, x.shape[2]))  # (T B, n)
    z = tf.unstack(tf.reshape(tf.matmul(rows, Wx), (x.shape[0], -1, 4 * u)))  # (B, 4u) each
    h = tf.zeros_like(z[0][:, :u])
    hs, cs, gates = [h], [tf.cast(h, tf.float32)], []
    for z_t in z:
        h, c, gates_t = _cell(z_t, tf.matmul(hs[-1], Wh), b, cs[-1])
        hs.append(h)
        cs.append(c)
        gates.append(gates_t)

    def gradient(dh_above: Any) -> Any:  # noqa: ANN401
        dh, dc, dz, turned = hs[0], cs[0], [], tf.transpose(Wh)
        for t, above in reversed([*enumerate(tf.unstack(dh_above, len(z)))]):
            dz_t, dc = _cell_gradient(above, dh, dc, gates[t], cs[t], cs[t + 1])
            dh = tf.matmul(dz_t, turned)
            dz.append(dz_t)
        dz = tf.concat(dz[::-1], 0)  # (T B, 4u)
        dWx = tf.matmul(rows, dz, transpose_a=True)  # noqa: N806
        dWh = tf.matmul(tf.concat(hs[:-1], 0), dz, transpose_a=True)  # noqa: N806
        db = tf.matmul(tf.ones_like(dz[:, :1]), dz, transpose_a=True)[0]  # far faster than a sum
        dx = tf.reshape(tf.matmul(dz, Wx, transpose_b=True), tf.shape(x))
        return dx, dWx, dWh, tf.cast(db, tf.float32)

    return tf.stack(hs[1:]), gradient


@_fused
def _cell(z: Any, of_h: Any, b: Any, c: Any) -> Any:  # noqa: ANN401
    """The two products, the bias and the cell before → h, the cell and the gates."""
    i, f, g, o = tf.split(tf.cast(z, tf.float32) + tf.cast(of_h, tf.float32) + b, 4, axis=1)
    i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
    c = f * c + i * g
    gates = tf.concat([i, f, g, o], axis=1)
    return tf.cast(o * tf.tanh(c), z.dtype), c, tf.cast(gates, z.dtype)


@_fused
def _cell_gradient(above: Any, dh: Any, dc: Any, gates: Any, before: Any, c: Any) -> Any:  # noqa: ANN401
    """The gradients of h and of the cell → those of z, and of the cell before."""
    i, f, g, o = tf.split(tf.cast(gates, tf.float32), 4, axis=1)
    dh, tanh = tf.cast(above, tf.float32) + tf.cast(dh, tf.float32), tf.tanh(c)
    dc += dh * o * (1 - tanh * tanh)
    di, df = dc * g * i * (1 - i), dc * before * f * (1 - f)
    dg, do = dc * i * (1 - g * g), dh * tanh * o * (1 - o)
    return tf.cast(tf.concat([di, df, dg, do], axis=1), gates.dtype), dc * f


class _TiedLoss(keras.layers.Layer):  # type: ignore[misc]
    """−ln p of the targets under a softmax over the embedding: over all of it, or sampled."""

    def __init__(self, embedding: keras.layers.Embedding, *, sampled: bool, half: bool) -> None:
        super().__init__(autocast=False)
        self._tied, self._sampled, self._type = embedding, sampled, _dtype(half=half)

    def build(self, *_: object) -> None:
        """Create the bias."""
        self.by = self.add_weight(shape=(self._tied.input_dim,), initializer="zeros", name="by")

    def call(self, h: Any, targets: Any, candidates: Any, correction: Any) -> Any:  # noqa: ANN401
        """h `(T, B, d)`, targets `(T, B)`, candidates `(K,)`, correction `(V,)` → `(T, B)`."""
        embeddings, by = self._tied.embeddings.value, self.by.value  # (V, d), (V,)
        shape, rows = tf.shape(targets), tf.reshape(h, (-1, h.shape[-1]))  # (T B, d)
        targets = tf.reshape(targets, (-1,))
        if not self._sampled:
            logits = tf.matmul(tf.cast(rows, tf.float32), embeddings, transpose_b=True) + by
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            return tf.reshape(nats, shape)
        target = tf.gather(embeddings, targets)  # (T B, d)
        target = tf.reduce_sum(tf.cast(rows, tf.float32) * target, 1) + tf.gather(by, targets)
        # A word that is drawn n times counts n times, so each counts as 1 / (expected number).
        of_drawn = tf.gather(by - correction, candidates)  # (K,)
        drawn = tf.cast(tf.gather(embeddings, candidates), self._type)  # (K, d)
        nats = _sampled(tf.cast(rows, self._type), drawn, of_drawn, target, targets, candidates)
        return tf.reshape(nats, shape)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _sampled(h: Any, drawn: Any, of_drawn: Any, target: Any, *words: Any) -> Any:  # noqa: ANN401
    """−ln p of targets, of the rows h, the candidates' embeddings and biases, and their logits."""
    nats, p, p_target = _softmax(tf.matmul(h, drawn, transpose_b=True), of_drawn, target, *words)

    def gradient(of_nats: Any) -> Any:  # noqa: ANN401
        dz = _scaled(p, of_nats)  # (N, K)
        d_drawn = tf.matmul(dz, h, transpose_a=True)
        d_of_drawn = tf.matmul(tf.ones_like(dz[:, :1]), dz, transpose_a=True)[0]
        d_target = (p_target - 1) * of_nats
        gradients = tf.matmul(dz, drawn), d_drawn, tf.cast(d_of_drawn, tf.float32), d_target
        return *gradients, *[None for _ in words]

    return nats, gradient


@_fused
def _softmax(z: Any, of_drawn: Any, target: Any, targets: Any, candidates: Any) -> Any:  # noqa: ANN401
    """−ln p of the targets, p of the candidates, and p of the targets."""
    # The target is in every sample; a candidate that is the target counts as the target only.
    is_target = targets[:, None] == candidates
    logits = tf.where(is_target, -1e9, tf.cast(z, tf.float32) + of_drawn)  # (N, K)
    largest = tf.maximum(tf.reduce_max(logits, 1), target)  # (N,)
    total = tf.reduce_sum(tf.exp(logits - largest[:, None]), 1) + tf.exp(target - largest)
    nats = tf.math.log(total) + largest - target
    p = tf.exp(logits - largest[:, None]) / total[:, None]
    return nats, tf.cast(p, z.dtype), tf.exp(-nats)


@_fused
def _scaled(p: Any, factors: Any) -> Any:  # noqa: ANN401
    return tf.cast(tf.cast(p, tf.float32) * factors[:, None], p.dtype)


def _dtype(*, half: bool) -> str:
    return "bfloat16" if half else "float32"


# Both -------------------------------------------------------------------------------------------

_ITERATIONS = 100


N = TypeVar("N", LSTM, FastWordLSTM)


class Finished(Generic[N]):
    """A trained network in place of its trainer. Its one update only measures it."""

    steps = 1

    def __init__(self, network: N, validation: Sequence[str]) -> None:
        """`validation`: passages that the network is measured on."""
        self.vocabulary: Any = network.vocabulary
        self._network: N = network
        self._validation = validation

    def train(self) -> Iterator[Update]:
        """The one update."""
        characters = sum(map(len, self._validation))
        if isinstance(self._network, LSTM):
            loss = cross_entropy(self._network, self._validation)
        else:
            lines = [read_lines(passage, self.vocabulary) for passage in self._validation]
            loss = line_losses(self._network, lines) / characters
        yield Update(1, loss, characters, loss)

    def network(self) -> N:
        """The network."""
        return self._network

    def checkpoint(self) -> Arrays:
        """Nothing: there is no state."""
        return {}

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore nothing."""


class WordsAndCharactersTrainer:
    """Trains the networks of a `WordsAndCharacters`. A `models.training.recipe.Trainer`."""

    def __init__(
        self,
        characters: VerseTrainer | Finished[LSTM],
        words: WordTrainer | Finished[FastWordLSTM],
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
        self.validation = excerpts(map(characters.vocabulary.fold, validation), _EXCERPT)
        self._units = [split_units(text) for text in self.validation]
        self._size = sum(map(len, self.validation))  # characters
        self._log_p: UnitLogP | None = None
        """Probabilities of the validation text, under the networks as they were measured last."""
        self._shares = Shares(rare=0.5 if self.rare_words else 0)
        self._done = [0, 0]  # updates of the characters and of the words

    @property
    def steps(self) -> int:
        """Number of planned updates, of both networks."""
        return self.characters.steps + self.words.steps

    def train(self) -> Iterator[Update]:
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
            trainer.restore(select_prefix(checkpoint, prefix))

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
