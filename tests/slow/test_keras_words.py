"""Keras and NumPy agree on the word network; its trainer learns and resumes."""

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from data.tokens import tokenise
from models.networks.network import log_softmax
from models.networks.words import WordLSTM, WordVocabulary
from models.networks.words_and_characters import unit_log_p
from models.training.losses import losses_of
from models.training.recipe import Update
from models.training.schedules import Schedule, WordSchedule
from models.training.word_lines import PackedLines, features_of, read_lines
from tests import keras
from tests.models.tiny import lstm, word_lstm
from tests.slow.passages import PASSAGES, VALIDATION

if keras.IS_SKIPPED:
    pytest.skip(keras.REASON, allow_module_level=True)

if TYPE_CHECKING:
    from models.training import keras_verse
else:
    keras_verse = keras.lazily("models.training.keras_verse")

VOCABULARY = WordVocabulary.of(sorted({token for p in PASSAGES for token in tokenise(p)}))
WITH_FEATURES = replace(VOCABULARY, features=features_of(VOCABULARY.tokens))
BRIEF = WordSchedule(
    updates=80, learning_rate=1e-1, dropout=0.1, batch=3, length=30, candidates=0, interval=20
)


def trainer(
    schedule: WordSchedule = BRIEF, vocabulary: WordVocabulary = VOCABULARY
) -> "keras_verse.WordTrainer":
    sources = [
        keras_verse.PassageSource(share, PackedLines.read(passages, vocabulary))
        for share, passages in ((2, PASSAGES[:4]), (1, ["".join(PASSAGES[4:])]))
    ]
    return keras_verse.WordTrainer(
        sources, VALIDATION, schedule, 1, vocabulary=vocabulary, embedding=8, units=(10, 8)
    )


@pytest.mark.parametrize("vocabulary", [VOCABULARY, WITH_FEATURES], ids=["plain", "features"])
def test_numpy_matches_keras(vocabulary: WordVocabulary, monkeypatch: pytest.MonkeyPatch) -> None:
    """The losses of the Keras model are those of the served network."""
    monkeypatch.setattr(keras_verse, "COMMON_WORDS", 10)
    network = word_lstm(vocabulary, units=(12, 8))
    features = len(vocabulary.features)
    model = keras_verse.build_words(len(vocabulary), 8, (12, 8), BRIEF, 0, features)
    keras_verse.assign_parameters(model, network.arrays())
    exported = keras_verse.export_parameters(model)
    assert exported.keys() == network.arrays().keys()
    batch = trainer(BRIEF, vocabulary)._batch(0)
    assert bool(features) == batch.features.any() == batch.subjects.any()
    nats = np.asarray(model(batch.inputs, training=False))
    state = network.initial_state(BRIEF.batch)
    for t in range(BRIEF.length):
        towards = network.towards(batch.ends[:, t], batch.features[:, t], batch.subjects)
        h, state = network.step(batch.tokens[:, t], batch.syllables[:, t], towards, state)
        log_p = log_softmax(network.logits(h))[np.arange(BRIEF.batch), batch.targets[:, t]]
        np.testing.assert_allclose(nats[:, t], -log_p * batch.weight[:, t], atol=1e-5)


def test_gradient_is_that_of_keras() -> None:
    """The gradient that is written out is that of Keras' layer."""
    layers = pytest.importorskip("keras").layers
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(0)
    x, up = (tf.constant(rng.normal(size=(7, 3, n)).astype(np.float32)) for n in (4, 5))
    own = keras_verse._FastLayer(0, 5, 1, 2, half=False)
    gradients, order = [], (1, 0, 2)
    for layer in (own, layers.LSTM(5, return_sequences=True)):
        layer.build((3, 7, 4))
        for variable, weights in zip(
            layer.trainable_variables, own.trainable_variables, strict=True
        ):
            variable.assign(weights)
        with tf.GradientTape() as tape:
            tape.watch(x)
            h = layer(x) if layer is own else tf.transpose(layer(tf.transpose(x, order)), order)
            total = tf.reduce_sum(h * up)
        of = [x, *(variable.value for variable in layer.trainable_variables)]
        gradients.append(tape.gradient(total, of))
    for found, expected in zip(*gradients, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_half_precision() -> None:
    """With products in 16 bits, the layers and the softmax are near those in 32."""
    found = []
    for is_half in (True, False):
        schedule = replace(BRIEF, candidates=50, half=is_half)
        drawn = trainer(schedule)
        keras_verse.assign_parameters(drawn._model, word_lstm(VOCABULARY, units=(10, 8)).arrays())
        found.append(np.asarray(drawn._model(drawn._batch(0).inputs, training=False)))
    half, whole = found
    assert half.dtype == whole.dtype == np.float32
    assert 0 < np.abs(half - whole).max() < 0.1


def test_constant_rate() -> None:
    schedule = replace(BRIEF, updates=2_000, learning_rate=0.5, cooldown=0.25)
    rate = keras_verse._ConstantRate(schedule)
    found = [float(rate(step)) for step in (0, 99, 199, 1_500, 1_750, 2_000)]
    np.testing.assert_allclose(found, [0.0025, 0.25, 0.5, 0.5, 0.25, 0], atol=1e-6)


def test_sources_have_other_shares_in_the_cooldown() -> None:
    sources = [
        keras_verse.PassageSource(share, PackedLines.read([text], VOCABULARY), last)
        for text, share, last in (("the rose\n", 1, 0), ("the day\n", 0, 1))
    ]
    schedule = replace(BRIEF, updates=4, cooldown=0.25)
    drawn = keras_verse.WordTrainer(
        sources, VALIDATION, schedule, 1, vocabulary=VOCABULARY, embedding=4, units=(4,)
    )
    rose, day = (VOCABULARY.index[word] for word in ("rose", "day"))
    targets = (drawn._batch(done).targets.ravel().tolist() for done in range(4))
    read = [{rose, day}.intersection(each) for each in targets]
    assert read == [{rose}] * 3 + [{day}]


def test_sampled_softmax() -> None:
    """With every word as a candidate as often as expected, the sampled loss is the whole one."""
    schedule = WordSchedule(1, 1e-3, dropout=0.0, batch=3, length=20, candidates=1)
    network = word_lstm(VOCABULARY, units=(8,))
    losses = []
    for sampled in (True, False):
        size = schedule.candidates * sampled
        model = keras_verse.build_words(
            len(VOCABULARY), 8, (8,), WordSchedule(1, 1e-3, 0.0, 3, 20, candidates=size), seed=0
        )
        keras_verse.assign_parameters(model, network.arrays())
        *windows, _, _ = trainer(schedule)._batch(0).inputs
        every = [np.arange(len(VOCABULARY)), np.zeros(len(VOCABULARY), np.float32)]
        losses.append(np.asarray(model([*windows, *every], training=False)))
    np.testing.assert_allclose(losses[0], losses[1], atol=1e-4)


def test_windows_begin_with_a_sentence() -> None:
    """In long stanzas; and others with their first line."""
    text = "the rose is\nthe day.\nthe brow is\nthe tongue.\n\nit was\nit is\n"
    drawn = trainer(vocabulary=WITH_FEATURES)
    for of_text, expected in (
        ({"line": None}, [False, True, False, False, True, False]),
        ({}, [False, False, False, False, True, False]),
    ):
        lines = read_lines(text, WITH_FEATURES, of_text)
        pairs = itertools.pairwise(lines)
        assert [drawn._may_begin(line, before) for before, line in pairs] == expected


def test_candidates_are_drawn_by_frequency() -> None:
    batch = trainer(WordSchedule(1, 1e-3, 0.0, 3, 20, candidates=4_000))._batch(0)
    drawn = np.bincount(batch.candidates, minlength=len(VOCABULARY))
    expected = np.exp(batch.correction)
    assert expected.sum() == pytest.approx(4_000, rel=1e-3)
    assert abs(drawn - expected).max() < 5 * np.sqrt(expected.max())


def losses(progress: list[Update]) -> list[float]:
    return [p.loss for p in progress]


def test_learns_and_resumes() -> None:
    whole, resumed = trainer(), trainer()
    running = whole.train()
    first = list(itertools.islice(running, 15))
    checkpoint = whole.checkpoint()
    progress = first + list(running)  # must not change the checkpoint
    assert [p.step for p in progress if p.validation is not None] == [20, 40, 60, 80]
    validation = [p.validation for p in progress if p.validation is not None]
    assert min(validation) < 0.9 * validation[0]
    assert losses(progress)[-1] < losses(progress)[0] / 2
    resumed.restore(checkpoint)
    rest = list(resumed.train())
    np.testing.assert_allclose(losses(first + rest), losses(progress), atol=1e-3)
    for name, array in resumed.arrays().items():
        np.testing.assert_allclose(array, whole.arrays()[name], atol=1e-2)


def continued(begin: WordLSTM, schedule: WordSchedule) -> "keras_verse.WordTrainer":
    """A trainer that continues from a network."""
    return keras_verse.WordTrainer(
        [keras_verse.PassageSource(1, PackedLines.read(PASSAGES, VOCABULARY))],
        VALIDATION,
        schedule,
        1,
        vocabulary=WordVocabulary.of([]),
        begin=begin,
    )


def test_keeps_the_mean_with_the_first_network() -> None:
    begin, schedule = word_lstm(VOCABULARY, units=(6, 8)), replace(BRIEF, updates=20)
    whole, mean = (continued(begin, replace(schedule, kept=kept)) for kept in (0.0, 0.75))
    for trainer in (whole, mean):
        assert len(list(trainer.train())) == 20
    for name, array in mean.network().arrays().items():
        expected = 0.75 * begin.arrays()[name] + 0.25 * whole.arrays()[name]
        np.testing.assert_allclose(array, expected, atol=1e-3)
    assert not np.allclose(mean.network().E, begin.E)


# Training of words and characters: updates alternate, shares are tuned, runs resume

WRISTS = ["the wrist is not the wrist that it was,\nbut it is still here.\n\n"]
BY_CHARACTER = Schedule(passes=12, learning_rate=5e-2, dropout=0.0, batch=6, length=100)
BY_WORD = WordSchedule(
    updates=24, learning_rate=1e-1, dropout=0.0, batch=6, length=30, candidates=0, interval=8
)


def trainer_of_both() -> "keras_verse.WordsAndCharactersTrainer":
    characters = keras_verse.VerseTrainer(PASSAGES, WRISTS, BY_CHARACTER, 1, units=10)
    words = keras_verse.WordTrainer(
        [keras_verse.PassageSource(1, PackedLines.read(PASSAGES, VOCABULARY))],
        WRISTS,
        BY_WORD,
        1,
        vocabulary=VOCABULARY,
        embedding=8,
        units=(8,),
    )
    vectors = np.zeros((len(VOCABULARY), 4), np.float32)
    rare = ["rosy", "the", "rosé"]
    return keras_verse.WordsAndCharactersTrainer(characters, words, WRISTS, vectors, rare)


def test_trains_both_and_resumes() -> None:
    whole, resumed = trainer_of_both(), trainer_of_both()
    assert whole.steps == 12 + 24
    running = whole.train()
    first = list(itertools.islice(running, 20))
    # Both are equally far.
    assert isinstance(whole.characters, keras_verse.VerseTrainer)
    assert isinstance(whole.words, keras_verse.WordTrainer)
    assert (whole.characters._done, whole.words._done) in {(6, 14), (7, 13)}
    checkpoint = whole.checkpoint()
    progress = first + list(running)  # must not change the checkpoint
    assert [p.step for p in progress] == list(range(1, 37))
    # The validation loss of the last update is that of the network that is kept.
    validation = [p.validation for p in progress if p.validation is not None]
    kept = losses_of(whole.network(), WRISTS).nats_per_character
    assert progress[-1].validation == validation[-1] == pytest.approx(kept, rel=1e-4)
    assert kept < validation[0]
    resumed.restore(checkpoint)
    both = first + list(resumed.train())
    np.testing.assert_allclose([p.loss for p in both], [p.loss for p in progress], atol=1e-3)
    assert _last_validation(both) == pytest.approx(kept, abs=0.01)


def _last_validation(progress: list[Update]) -> float:
    return [p.validation for p in progress if p.validation is not None][-1]


def test_network_before_training() -> None:
    untrained = trainer_of_both()
    network = untrained.network()
    assert 0 < network.shares.words < 1
    assert network.rare_words == ("rosy",)  # "the" is a token, and "é" cannot be spelled
    assert untrained.arrays().keys() == network.arrays().keys()
    assert np.isfinite(network.losses(WRISTS)).all()


def test_best_shares() -> None:
    text = "the rose of the summer - love, the rosy\n\nthe dawn"
    log_p = unit_log_p(lstm(), word_lstm(), [text], ["rosy", "dusk"])
    best = keras_verse.best_shares(log_p)
    loss = -log_p.mixture(best).sum()
    for name, most in (("words", 0.999), ("cache", 0.999), ("rare", 0.9)):
        for change in (-0.03, 0.03):
            share = float(np.clip(getattr(best, name) + change, 0.001, most))
            other = replace(best, **{name: share})
            assert -log_p.mixture(other).sum() >= loss - 1e-4


def test_shares_without_earlier_or_rare_words() -> None:
    shares = keras_verse.best_shares(unit_log_p(lstm(), word_lstm(), ["love"]))
    assert 0 < shares.words < 1
    assert shares.cache == shares.rare == 0
