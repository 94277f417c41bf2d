"""Training of stacked LSTMs on verse, with Keras. The only file that imports keras.

The network reads a passage from its beginning and learns to predict every character of it (teacher
forcing), not only the one after a window. It is pretrained on the plays, whose language is that of
the sonnets and whose text is fifty times as long, and then fine-tuned on the sonnets.

`models/networks/lstm.py` runs the trained network. Shapes: B windows in a batch, T characters in a
window, V characters in the vocabulary, u units.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM
from models.networks.network import cross_entropy
from models.networks.vocabulary import Vocabulary
from models.training.numpy_lstm import select_prefix
from models.training.schedules import UNITS, Schedule
from models.training.trainer import Arrays, Progress


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
    import keras as keras  # also for `keras_word_lstm`


class BestSoFar:
    """The parameters with the best validation loss so far; none before the first validation."""

    def __init__(self) -> None:
        self.arrays: Mapping[str, NDArray[np.float32]] = {}
        self._loss = np.inf

    def update(self, loss: float, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep parameters if their validation loss is the best."""
        if loss < self._loss:
            self._loss, self.arrays = loss, arrays

    def checkpoint(self) -> Arrays:
        """What `restore` needs."""
        best = {f"best/{name}": array for name, array in self.arrays.items()}
        return {"best_loss": np.array(self._loss)} | best

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._loss = float(checkpoint["best_loss"])
        self.arrays = select_prefix(checkpoint, "best/")


class VerseTrainer:
    """Trains a stacked LSTM on passages of verse. Implements `models.training.trainer.Trainer`.

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
        layers: int = 2,
    ) -> None:
        """Prepare a run, from random parameters or from those of the network `begin`."""
        self.vocabulary = begin.vocabulary if begin else Vocabulary.of(passages)
        self.passages = [self.vocabulary.fold(passage) for passage in passages]
        folded = [self.vocabulary.fold(passage) for passage in validation]
        self.validation = excerpts(folded, schedule.length)
        self.schedule = schedule
        self.seed = seed
        self._sizes = np.array([len(passage) for passage in self.passages])
        self._length = min(schedule.length, int(self._sizes.max()))
        self._done = 0
        self._best = BestSoFar()
        self._model = build(
            len(self.vocabulary),
            begin.units if begin else units,
            len(begin.layers) if begin else layers,
            schedule.dropout,
            seed,
        )
        if begin is not None:
            assign_parameters(self._model, begin.arrays())
        self._compile()

    @property
    def steps(self) -> int:
        """Number of planned updates."""
        window = float(self._sizes.mean()) if self._whole_passages else self._length
        per_update = self.schedule.batch * window  # characters, on average
        return max(1, round(self.schedule.passes * int(self._sizes.sum()) / per_update))

    def train(self) -> Iterator[Progress]:
        """Run the schedule. Validation is measured every fifty updates, at least twenty times."""
        interval = min(50, max(1, self.steps // 20))  # updates
        while self._done < self.steps:
            x, y, weight = self._batch()  # (B, T) each
            self._model.reset_metrics()  # else Keras averages over all updates so far
            mean = float(self._model.train_on_batch(x, y, sample_weight=weight))
            self._done += 1
            validation = None
            if self._done % interval == 0 or self._done == self.steps:
                validation = self._validate()
            characters = int(weight.sum())
            # Keras divides by B · T, padding included; the loss is per character that counts.
            yield Progress(self._done, mean * weight.size / characters, characters, validation)

    def network(self) -> LSTM:
        """The network with the best validation loss so far."""
        return LSTM.from_arrays(self.vocabulary.symbols, dict(self.arrays()))

    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return self._best.arrays or export_parameters(self._model)

    def checkpoint(self) -> Arrays:
        """Parameters, optimizer, dropout seeds, best network so far and number of updates."""
        best = self._best.checkpoint()
        return {"done": np.array(self._done)} | best | variables_of(self._model)

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._done = int(checkpoint["done"])
        self._best.restore(checkpoint)
        restore_variables(self._model, checkpoint)

    def _compile(self) -> None:
        # A warm-up keeps Adam's first steps small, while its second moments are inaccurate.
        warmup = max(1, self.steps // 20)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=self.schedule.learning_rate / 20,
            decay_steps=max(1, self.steps - warmup),
            warmup_target=self.schedule.learning_rate,
            warmup_steps=warmup,
        )
        optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
        optimizer.build(self._model.trainable_variables)  # so that `restore` finds its variables
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._model.compile(optimizer, loss, jit_compile=False)

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

    def _validate(self) -> float:
        # With the NumPy network, since that is what will be served.
        arrays = export_parameters(self._model)
        loss = cross_entropy(LSTM.from_arrays(self.vocabulary.symbols, arrays), self.validation)
        self._best.update(loss, arrays)
        return loss


class NotebookVerseTrainer:
    """The recipe of the founding notebook, section 4. Implements `models.training.trainer.Trainer`.

    Windows of 40 characters, one at every third position, each with only the character after it as
    a target; two layers of 128 units with half of their outputs dropped; batches of 128. It
    memorizes its windows, which is why it is not the default.
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
        """Prepare a run on a text as it is, from random parameters or from those of `begin`.

        The loss on `validation` is too optimistic, because this recipe trains on that part too.
        """
        self.vocabulary = begin.vocabulary if begin else Vocabulary.of([text])
        folded = [self.vocabulary.fold(passage) for passage in validation]
        self.validation = excerpts(folded, length=700)
        indices = self.vocabulary.encode(self.vocabulary.fold(text))
        starts = np.arange(0, len(indices) - self.WINDOW, self.STRIDE)  # (examples,)
        self.x = indices[starts[:, None] + np.arange(self.WINDOW)]
        """Windows, `(examples, 40)`."""
        self.y = indices[starts + self.WINDOW]
        """The character after each window, `(examples,)`."""
        self.seed = seed
        self.epochs = epochs
        self._done = 0
        units, layers = (begin.units, len(begin.layers)) if begin else (128, 2)
        self._model = build(len(self.vocabulary), units, layers, 0.5, seed, last_only=True)
        if begin is not None:
            assign_parameters(self._model, begin.arrays())
        optimizer = keras.optimizers.Adam()
        optimizer.build(self._model.trainable_variables)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._model.compile(optimizer, loss, jit_compile=False)

    @property
    def steps(self) -> int:
        """Number of planned updates."""
        return self.epochs * self._steps_per_epoch

    @property
    def _steps_per_epoch(self) -> int:
        return -(-len(self.x) // self.BATCH)  # rounded up: the last batch may be smaller

    def train(self) -> Iterator[Progress]:
        """Run all epochs, each with the windows in a new order."""
        while self._done < self.steps:
            epoch, step = divmod(self._done, self._steps_per_epoch)
            # Derived from the epoch, so that a resumed run reads the same windows.
            order = np.random.default_rng([self.seed, epoch]).permutation(len(self.x))
            rows = order[step * self.BATCH : (step + 1) * self.BATCH]
            self._model.reset_metrics()
            loss = float(self._model.train_on_batch(self.x[rows], self.y[rows]))
            self._done += 1
            epoch_ended = step + 1 == self._steps_per_epoch
            validation = cross_entropy(self.network(), self.validation) if epoch_ended else None
            yield Progress(self._done, loss, len(rows), validation, milestone=epoch_ended)

    def network(self) -> LSTM:
        """The latest network."""
        return LSTM.from_arrays(self.vocabulary.symbols, dict(self.arrays()))

    def arrays(self) -> Mapping[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return export_parameters(self._model)

    def checkpoint(self) -> Arrays:
        """Parameters, optimizer, dropout seeds and number of updates."""
        return {"done": np.array(self._done)} | variables_of(self._model)

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a checkpoint."""
        self._done = int(checkpoint["done"])
        restore_variables(self._model, checkpoint)


def build(
    vocabulary: int,
    units: int,
    layers: int,
    dropout: float,
    seed: int,
    *,
    last_only: bool = False,
) -> keras.Model:
    """Build the network: indices `(B, T)` → logits `(B, T, V)`.

    With `last_only` it returns only the logits after the last character, `(B, V)`.
    """
    # Every layer has its own seed: Keras' `set_random_seed` would also seed the global generators
    # of Python and NumPy.
    seeds = iter(np.random.SeedSequence(seed).generate_state(3 * layers + 1).tolist())
    characters = keras.Input((None,), dtype="int32")  # (B, T)
    h = keras.ops.one_hot(characters, vocabulary)  # (B, T, V)
    for k in range(layers):
        h = keras.layers.LSTM(
            units,
            return_sequences=not last_only or k < layers - 1,
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            seed=seed,  # for an unused dropout; else it would be drawn from a global generator
        )(h)  # (B, T, u), or (B, u) in the last layer with `last_only`
        h = keras.layers.Dropout(dropout, seed=next(seeds))(h)  # only while training
    logits = keras.layers.Dense(
        vocabulary, kernel_initializer=keras.initializers.GlorotUniform(next(seeds))
    )(h)  # (B, T, V) or (B, V)
    return keras.Model(characters, logits)


def export_parameters(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Parameters of a model from `build`, with the names of `models.networks.lstm.LSTM`."""
    return {
        name: variable.numpy().copy()
        for name, variable in zip(_names(model), model.trainable_variables, strict=True)
    }


def assign_parameters(model: keras.Model, arrays: Mapping[str, NDArray[np.float32]]) -> None:
    """Set the parameters of a model from `build` to those of `export_parameters`."""
    for name, variable in zip(_names(model), model.trainable_variables, strict=True):
        variable.assign(arrays[name])


def variables_of(model: keras.Model) -> Arrays:
    """All variables of a model and its optimizer, for a checkpoint."""
    variables = [*model.variables, *model.optimizer.variables]
    return {f"variable{i}": np.asarray(variable) for i, variable in enumerate(variables)}


def restore_variables(model: keras.Model, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
    """Set all variables of a model and its optimizer to those of `variables_of`."""
    for i, variable in enumerate([*model.variables, *model.optimizer.variables]):
        variable.assign(checkpoint[f"variable{i}"])


def _names(model: keras.Model) -> list[str]:
    """Names of the variables in `models.networks.lstm`, in Keras' order."""
    layers = (len(model.trainable_variables) - 2) // 3  # three per layer, two of the output layer
    return [f"{name}{k}" for k in range(layers) for name in ("Wx", "Wh", "b")] + ["Wy", "by"]


def excerpts(passages: Sequence[str], length: int, most: int = 64) -> list[str]:
    """At most `most` pieces of the passages, evenly spaced, for a fast validation.

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
