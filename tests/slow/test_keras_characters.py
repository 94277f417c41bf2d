"""Keras and NumPy agree on the network; the verse trainers learn and resume."""

import itertools
import pickle
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from models.networks.lstm import LSTM
from models.networks.network import cross_entropy
from models.networks.vocabulary import Vocabulary
from models.networks.words_and_characters import WordsAndCharacters
from models.training.recipe import Arrays, Update
from models.training.schedules import Schedule, WordSchedule
from models.weights import SHIPPED, load_shipped
from tests import keras
from tests.models.tiny import lstm
from tests.slow.passages import PASSAGES, VALIDATION

if keras.IS_SKIPPED:
    pytest.skip(keras.REASON, allow_module_level=True)

if TYPE_CHECKING:
    from models.training import keras_verse
else:
    keras_verse = keras.lazily("models.training.keras_verse")

BRIEF = Schedule(passes=30, learning_rate=5e-2, dropout=0.1, batch=3, length=100)


def brief_trainer(
    begin: LSTM | None = None, *, schedule: Schedule = BRIEF
) -> "keras_verse.VerseTrainer":
    return keras_verse.VerseTrainer(PASSAGES, VALIDATION, schedule, 1, begin=begin, units=12)


def keras_model(network: LSTM) -> Any:  # noqa: ANN401 (Keras has no types)
    """A model of Keras with the parameters of a network."""
    model = keras_verse.build_characters(
        len(network.vocabulary), network.units, len(network.layers), dropout=0.5, seed=0
    )
    keras_verse.assign_parameters(model, network.arrays())
    return model


def numpy_logits(network: LSTM, x: NDArray[np.int64]) -> NDArray[np.float32]:
    """What the serving LSTM says, its state handed from call to call."""
    state = network.initial_state(len(x))
    logits = []
    for column in x.T:
        step, state = network.step(column, state)
        logits.append(step)
    return np.stack(logits, axis=1)


SHIPPED_VERSE = [s for s in ("sonnets", "plays") if (SHIPPED / f"{s}.safetensors").exists()]


@pytest.mark.parametrize("weights", ["random", "three layers", *SHIPPED_VERSE])
def test_numpy_matches_keras(weights: str) -> None:
    if weights in SHIPPED_VERSE:
        shipped = load_shipped(weights).network
        assert isinstance(shipped, WordsAndCharacters)
        network = shipped.characters
    else:
        network = lstm(layers=3 if weights == "three layers" else 2)
    model = keras_model(network)
    for batch in (1, 5):
        x = np.random.default_rng(0).integers(len(network.vocabulary), size=(batch, 60))
        by_keras = np.asarray(model(x, training=False))
        np.testing.assert_allclose(numpy_logits(network, x), by_keras, atol=1e-4)


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_build_does_not_seed_globals(kind: str) -> None:
    before = pickle.dumps(np.random.get_state())  # noqa: NPY002
    if kind == "characters":
        keras_verse.build_characters(5, 4, 1, dropout=0.5, seed=3)
    else:
        keras_verse.build_words(9, 4, (4,), WordSchedule(1, 0.1, 0.1, 3, 30, candidates=0), seed=3)
    assert pickle.dumps(np.random.get_state()) == before  # noqa: NPY002


def losses(progress: list[Update]) -> list[float]:
    return [p.loss for p in progress]


class WholeRun(NamedTuple):
    """A trainer that has trained to its end."""

    trainer: "keras_verse.VerseTrainer"
    progress: list[Update]
    checkpoint: Arrays
    """Taken after 25 updates."""


@pytest.fixture(scope="module")
def whole_run() -> WholeRun:
    trainer = brief_trainer()
    running = trainer.train()
    first = list(itertools.islice(running, 25))
    checkpoint = trainer.checkpoint()
    return WholeRun(trainer, first + list(running), checkpoint)


def test_training_lowers_loss(whole_run: WholeRun) -> None:
    trainer, progress, _ = whole_run
    assert [p.step for p in progress] == list(range(1, trainer.steps + 1))
    assert progress[0].loss == pytest.approx(np.log(len(trainer.vocabulary)), abs=0.2)
    assert progress[-1].loss < progress[0].loss - 1


def test_schedule_decides_characters(whole_run: WholeRun) -> None:
    planned = BRIEF.passes * len("".join(PASSAGES))
    assert sum(p.characters for p in whole_run.progress) == pytest.approx(planned, rel=0.05)


def test_best_network_is_kept(whole_run: WholeRun) -> None:
    trainer, progress, _ = whole_run
    measured = [p.validation for p in progress if p.validation is not None]
    assert len(measured) >= 20
    assert progress[-1].validation is not None
    assert cross_entropy(trainer.network(), VALIDATION) == pytest.approx(min(measured), abs=1e-6)


def test_resumed_run_gives_same_result(whole_run: WholeRun) -> None:
    whole, expected, checkpoint = whole_run  # which the updates after it must not change
    resumed = brief_trainer()
    resumed.restore(checkpoint)
    rest = list(resumed.train())
    np.testing.assert_allclose(losses(rest), losses(expected)[25:], atol=1e-3)
    assert cross_entropy(resumed.network(), VALIDATION) == pytest.approx(
        cross_entropy(whole.network(), VALIDATION), abs=0.01
    )


def test_reported_loss_is_per_character() -> None:
    vocabulary = Vocabulary.of(PASSAGES)
    begin = lstm(vocabulary, units=12)
    schedule = Schedule(passes=1, learning_rate=1e-3, dropout=0.0, batch=3, length=100)
    trainer = keras_verse.VerseTrainer(
        [PASSAGES[2], VALIDATION[0]], VALIDATION, schedule, 1, begin=begin
    )
    progress = next(iter(trainer.train()))
    possible = [
        cross_entropy(begin, [PASSAGES[2]] * long + VALIDATION * (3 - long)) for long in range(4)
    ]
    assert min(abs(progress.loss - loss) for loss in possible) < 1e-4


def test_windows_start_at_lines() -> None:
    text = "".join(PASSAGES)
    schedule = Schedule(passes=1, learning_rate=1e-3, dropout=0.0, batch=8, length=50)
    trainer = keras_verse.VerseTrainer([text], VALIDATION, schedule, 1, units=4)
    x, y, weight = trainer._batch()
    assert x.shape == y.shape == weight.shape == (8, 50)
    windows = {trainer.vocabulary.decode(row[w == 1]) for row, w in zip(y, weight, strict=True)}
    assert len(windows) > 1
    for window in windows:
        assert "\n" + window in "\n" + text
    np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
    assert (x[:, 0] == trainer.vocabulary.end).all()
