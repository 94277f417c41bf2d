"""Training of words and characters: updates alternate, shares are tuned, runs resume."""

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from data.tokens import tokenise
from models.networks.words import WordVocabulary
from models.networks.words_and_characters import unit_log_p
from models.training.losses import losses_of
from models.training.recipe import Update
from models.training.schedules import Schedule, WordSchedule
from models.training.word_lines import PackedLines
from tests import keras
from tests.models.tiny import lstm, word_lstm
from tests.slow.passages import PASSAGES

if keras.IS_SKIPPED:
    pytest.skip(keras.REASON, allow_module_level=True)

if TYPE_CHECKING:
    from models.training import keras_verse
else:
    keras_verse = keras.lazily("models.training.keras_verse")

VALIDATION = ["the wrist is not the wrist that it was,\nbut it is still here.\n\n"]
VOCABULARY = WordVocabulary.of(sorted({token for p in PASSAGES for token in tokenise(p)}))
BY_CHARACTER = Schedule(passes=12, learning_rate=5e-2, dropout=0.0, batch=6, length=100)
BY_WORD = WordSchedule(
    updates=24, learning_rate=1e-1, dropout=0.0, batch=6, length=30, candidates=0, interval=8
)


def trainer() -> "keras_verse.WordsAndCharactersTrainer":
    characters = keras_verse.VerseTrainer(PASSAGES, VALIDATION, BY_CHARACTER, 1, units=10)
    words = keras_verse.WordTrainer(
        [keras_verse.PassageSource(1, PackedLines.read(PASSAGES, VOCABULARY))],
        VALIDATION,
        BY_WORD,
        1,
        vocabulary=VOCABULARY,
        embedding=8,
        units=(8,),
    )
    vectors = np.zeros((len(VOCABULARY), 4), np.float32)
    rare = ["rosy", "the", "rosé"]
    return keras_verse.WordsAndCharactersTrainer(characters, words, VALIDATION, vectors, rare)


def test_trains_both_and_resumes() -> None:
    whole, resumed = trainer(), trainer()
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
    kept = losses_of(whole.network(), VALIDATION).nats_per_character
    assert progress[-1].validation == validation[-1] == pytest.approx(kept, rel=1e-4)
    assert kept < validation[0]
    resumed.restore(checkpoint)
    both = first + list(resumed.train())
    np.testing.assert_allclose([p.loss for p in both], [p.loss for p in progress], atol=1e-3)
    assert _last_validation(both) == pytest.approx(kept, abs=0.01)


def _last_validation(progress: list[Update]) -> float:
    return [p.validation for p in progress if p.validation is not None][-1]


def test_network_before_training() -> None:
    untrained = trainer()
    network = untrained.network()
    assert 0 < network.shares.words < 1
    assert network.rare_words == ("rosy",)  # "the" is a token, and "é" cannot be spelled
    assert untrained.arrays().keys() == network.arrays().keys()
    assert np.isfinite(network.losses(VALIDATION)).all()


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
