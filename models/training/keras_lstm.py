"""The stacked LSTM trained with Keras. The only file that imports keras, and through it tensorflow.

The network reads a passage from its beginning and is taught to predict every character of it
(teacher forcing), not only the one behind a window. It is pretrained on the plays, whose English is
that of the sonnets and whose size is fifty times theirs, and then trained on the sonnets.

`models/networks/lstm.py` runs what is trained here.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM
from models.networks.network import cross_entropy
from models.networks.vocabulary import Vocabulary
from models.training.trainer import Arrays, Progress


@contextmanager
def _native_output_held_back() -> Iterator[None]:
    """Keep what TensorFlow's native code prints at its start, and show it only if that fails."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        terminal = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


os.environ.setdefault("KERAS_BACKEND", "tensorflow")
with _native_output_held_back():
    import keras


@dataclass(frozen=True)
class Schedule:
    """How often the text is read, in what pieces, and how fast is learnt from it."""

    passes: float
    """How often each character is read, on average."""
    learning_rate: float
    """The peak. The rate rises to it over the first twentieth and falls to zero along a cosine."""
    dropout: float
    """Share of each layer's outputs that is dropped."""
    batch: int
    length: int
    """Longest window in characters: truncated back-propagation through time ends at its start."""


PRETRAINING = Schedule(passes=7, learning_rate=3e-3, dropout=0.1, batch=48, length=200)
"""For the plays, which hold more text than the network has parameters: little to regularise."""

UNITS = 320
"""Width of both layers, unless another one is wished for."""

FINETUNING = Schedule(passes=8, learning_rate=5e-4, dropout=0.15, batch=8, length=700)
"""For the sonnets, which it would soon know by heart. A window holds a whole poem."""


class VerseTrainer:
    """Trains a stacked LSTM on passages of verse. A `models.training.trainer.Trainer`.

    Passages that fit into a window are read from their beginning; longer ones from any of their
    lines. Every batch is drawn from a generator seeded with `seed` and the number of the update, so
    that a resumed run reads what an uninterrupted one would have read.
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
        layers: int = 2,
    ) -> None:
        """Plan a run, from random parameters or from those of the network `begin`."""
        self.vocabulary = begin.vocabulary if begin else Vocabulary.of(passages)
        self.passages = [self.vocabulary.fold(passage) for passage in passages]
        folded = [self.vocabulary.fold(passage) for passage in validation]
        self.validation = _excerpts(folded, schedule.length)
        self.schedule = schedule
        self.seed = seed
        self._sizes = np.array([len(passage) for passage in self.passages])
        self._length = min(schedule.length, int(self._sizes.max()))
        self._done = 0
        self._best_loss = np.inf
        self._best: dict[str, NDArray[np.float32]] = {}
        self._model = build(
            len(self.vocabulary),
            begin.units if begin else units,
            len(begin.layers) if begin else layers,
            schedule.dropout,
            seed,
        )
        if begin is not None:
            assign(self._model, begin.arrays())
        self._compile()

    @property
    def steps(self) -> int:
        """How many updates are planned."""
        window = float(self._sizes.mean()) if self._whole_passages else self._length
        read_by_one = self.schedule.batch * window
        return max(1, round(self.schedule.passes * int(self._sizes.sum()) / read_by_one))

    def train(self) -> Iterator[Progress]:
        """Update to the end of the schedule; measure validation at least twenty times on the way.

        Of a long text, at most every fiftieth update lies between two figures.
        """
        interval = min(50, max(1, self.steps // 20))
        while self._done < self.steps:
            x, y, weight = self._batch()
            self._model.reset_metrics()  # Keras would average over all updates so far
            mean = float(self._model.train_on_batch(x, y, sample_weight=weight))
            self._done += 1
            measured = None
            if self._done % interval == 0 or self._done == self.steps:
                measured = self._validate()
            characters = int(weight.sum())
            yield Progress(self._done, mean * weight.size / characters, characters, measured)

    def network(self) -> LSTM:
        """The best network by validation so far."""
        return LSTM.from_arrays(self.vocabulary.symbols, dict(self.arrays()))

    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return self._best or exported(self._model)

    def checkpoint(self) -> Arrays:
        """Parameters, optimiser, dropout's seeds, the best so far and the count of updates."""
        arrays: Arrays = {"done": np.array(self._done), "best_loss": np.array(self._best_loss)}
        arrays |= {f"best/{name}": array for name, array in self._best.items()}
        return arrays | variables_of(self._model)

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a checkpoint."""
        self._done = int(checkpoint["done"])
        self._best_loss = float(checkpoint["best_loss"])
        self._best = {
            name.removeprefix("best/"): array.astype(np.float32)
            for name, array in checkpoint.items()
            if name.startswith("best/")
        }
        assign_variables(self._model, checkpoint)

    def _compile(self) -> None:
        warmup = max(1, self.steps // 20)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=self.schedule.learning_rate / 20,
            decay_steps=max(1, self.steps - warmup),
            warmup_target=self.schedule.learning_rate,
            warmup_steps=warmup,
        )
        optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
        optimizer.build(self._model.trainable_variables)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._model.compile(optimizer, loss, jit_compile=False)

    def _batch(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Windows `(batch, length)`: what is read, what comes next, and 1 where there is a next."""
        rng = np.random.default_rng([self.seed, self._done])
        x = np.full((self.schedule.batch, self._length), self.vocabulary.end)
        y = np.zeros_like(x)
        weight = np.zeros(x.shape, np.float32)
        chances = None if self._whole_passages else self._sizes / self._sizes.sum()
        chosen = rng.choice(len(self.passages), self.schedule.batch, p=chances)
        for row, passage in enumerate(self.passages[index] for index in chosen):
            begin = 0 if self._whole_passages else _line_start(passage, self._length, rng)
            window = self.vocabulary.encode(passage[begin : begin + self._length])
            y[row, : len(window)] = window
            x[row, 1 : len(window)] = window[:-1]
            weight[row, : len(window)] = 1
        return x, y, weight

    @property
    def _whole_passages(self) -> bool:
        return int(self._sizes.max()) <= self.schedule.length

    def _validate(self) -> float:
        arrays = exported(self._model)
        loss = cross_entropy(LSTM.from_arrays(self.vocabulary.symbols, arrays), self.validation)
        if loss < self._best_loss:
            self._best_loss, self._best = loss, arrays
        return loss


class NotebookVerseTrainer:
    """The founding notebook's recipe, section 4. A `models.training.trainer.Trainer`.

    Windows of 40 characters, one at every third position, each of which teaches only the character
    behind it; two layers of 128 with half of their outputs dropped; batches of 128. It learns its
    windows by heart, which is why it is not the default.
    """

    WINDOW, STRIDE, BATCH = 40, 3, 128

    def __init__(
        self,
        text: str,
        validation: Sequence[str],
        seed: int,
        *,
        epochs: int,
        begin: LSTM | None = None,
    ) -> None:
        """Plan a run over a text as it is, from random parameters or from those of `begin`.

        The figures of `validation` flatter: the recipe trains on that part too.
        """
        self.vocabulary = begin.vocabulary if begin else Vocabulary.of([text])
        folded = [self.vocabulary.fold(passage) for passage in validation]
        self.validation = _excerpts(folded, length=700)
        indices = self.vocabulary.encode(self.vocabulary.fold(text))
        starts = np.arange(0, len(indices) - self.WINDOW, self.STRIDE)
        self.x = indices[starts[:, None] + np.arange(self.WINDOW)]
        """The windows, `(examples, 40)`."""
        self.y = indices[starts + self.WINDOW]
        """What follows each, `(examples,)`."""
        self.seed = seed
        self.epochs = epochs
        self._done = 0
        units, layers = (begin.units, len(begin.layers)) if begin else (128, 2)
        self._model = build(len(self.vocabulary), units, layers, 0.5, seed, last_only=True)
        if begin is not None:
            assign(self._model, begin.arrays())
        optimizer = keras.optimizers.Adam()
        optimizer.build(self._model.trainable_variables)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._model.compile(optimizer, loss, jit_compile=False)

    @property
    def steps(self) -> int:
        """How many updates are planned."""
        return self.epochs * self._steps_of_an_epoch

    @property
    def _steps_of_an_epoch(self) -> int:
        return -(-len(self.x) // self.BATCH)

    def train(self) -> Iterator[Progress]:
        """Update through all epochs, the windows in a new order in each."""
        while self._done < self.steps:
            epoch, step = divmod(self._done, self._steps_of_an_epoch)
            order = np.random.default_rng([self.seed, epoch]).permutation(len(self.x))
            rows = order[step * self.BATCH : (step + 1) * self.BATCH]
            self._model.reset_metrics()
            loss = float(self._model.train_on_batch(self.x[rows], self.y[rows]))
            self._done += 1
            epoch_ended = step + 1 == self._steps_of_an_epoch
            measured = cross_entropy(self.network(), self.validation) if epoch_ended else None
            yield Progress(self._done, loss, len(rows), measured, milestone=epoch_ended)

    def network(self) -> LSTM:
        """The newest network."""
        return LSTM.from_arrays(self.vocabulary.symbols, dict(self.arrays()))

    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return exported(self._model)

    def checkpoint(self) -> Arrays:
        """Parameters, optimiser, dropout's seeds and the count of updates."""
        return {"done": np.array(self._done)} | variables_of(self._model)

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Go back to a checkpoint."""
        self._done = int(checkpoint["done"])
        assign_variables(self._model, checkpoint)


def build(
    vocabulary: int,
    units: int,
    layers: int,
    dropout: float,
    seed: int,
    *,
    last_only: bool = False,
) -> keras.Model:
    """The network: indices `(batch, time)` → logits `(batch, time, vocabulary)`.

    With `last_only` the logits are those behind the last character, `(batch, vocabulary)`.

    Seeds are given layer by layer, because Keras' own `set_random_seed` would seed the global
    generators of Python and NumPy too.
    """
    seeds = iter(np.random.SeedSequence(seed).generate_state(3 * layers + 1).tolist())
    characters = keras.Input((None,), dtype="int32")
    h = keras.ops.one_hot(characters, vocabulary)
    for k in range(layers):
        h = keras.layers.LSTM(
            units,
            return_sequences=not last_only or k < layers - 1,
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            seed=seed,  # of a dropout that it does not use, else drawn from Python's global one
        )(h)
        h = keras.layers.Dropout(dropout, seed=next(seeds))(h)
    logits = keras.layers.Dense(
        vocabulary, kernel_initializer=keras.initializers.GlorotUniform(next(seeds))
    )(h)
    return keras.Model(characters, logits)


def exported(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """The parameters of a model of ours as `models.networks.lstm.LSTM` names them."""
    return {
        name: variable.numpy().copy()
        for name, variable in zip(_names(model), model.trainable_variables, strict=True)
    }


def assign(model: keras.Model, arrays: Mapping[str, NDArray[np.float32]]) -> None:
    """Give a model of ours the parameters that `exported` read from another."""
    for name, variable in zip(_names(model), model.trainable_variables, strict=True):
        variable.assign(arrays[name])


def variables_of(model: keras.Model) -> Arrays:
    """All that a model and its optimiser remember, for a checkpoint."""
    variables = [*model.variables, *model.optimizer.variables]
    return {f"variable{i}": np.asarray(variable) for i, variable in enumerate(variables)}


def assign_variables(model: keras.Model, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
    """Give a model and its optimiser back what `variables_of` read from them."""
    for i, variable in enumerate([*model.variables, *model.optimizer.variables]):
        variable.assign(checkpoint[f"variable{i}"])


def _names(model: keras.Model) -> list[str]:
    """What `models.networks.lstm` calls the variables of a model, in Keras' order."""
    layers = (len(model.trainable_variables) - 2) // 3
    return [f"{name}{k}" for k in range(layers) for name in ("Wx", "Wh", "b")] + ["Wy", "by"]


def _excerpts(passages: Sequence[str], length: int, most: int = 64) -> list[str]:
    """Passages that are quickly read side by side: long ones cut at line ends, and only some.

    Every passage that fits into a window stays as it is, and up to `most` are kept, evenly spaced.
    """
    pieces: list[str] = []
    for passage in passages:
        begin = 0
        while len(passage) - begin > length:
            end = passage.rfind("\n", begin, begin + length) + 1 or begin + length
            pieces.append(passage[begin:end])
            begin = end
        pieces.append(passage[begin:])
    pieces = [piece for piece in pieces if piece]
    step = max(1.0, len(pieces) / most)
    return [pieces[int(i * step)] for i in range(min(most, len(pieces)))]


def _line_start(passage: str, length: int, rng: np.random.Generator) -> int:
    """Where some line begins, not so near the end that most of the window would be empty."""
    position = int(rng.integers(max(1, len(passage) - length // 2)))
    return passage.rfind("\n", 0, position) + 1
