"""Classifiers that tell generated names and verse from real ones."""

import numpy as np
import pytest

from data.corpora import load_names
from tests.optional import skip_without
from tests.tools.evaluation.texts import COMMON, PLAYS, SEA, SONNETS, poem_about, random_poems
from tools.evaluation.names import auc
from tools.evaluation.sense import SenseReference, measure_sense, told_apart
from tools.evaluation.verse import MeasuredPoem

skip_without("sklearn", "textblob", requirements="requirements-evaluate.txt")

REAL = load_names().training


def test_names() -> None:
    """It cannot tell real names from real ones, but from names that are spelled backwards."""
    real = auc(REAL[:300], REAL[300:430], draws=3)
    gibberish = auc([name[::-1] for name in REAL[:200]], REAL[300:430], draws=2)
    assert real is not None
    assert gibberish is not None
    assert 0.4 < real[0] < 0.6
    assert gibberish[0] > 0.9
    assert auc(REAL[:60], REAL[300:330], draws=2) == auc(REAL[:60], REAL[300:330], draws=2)


def random(count: int, seed: int, words: list[str] = COMMON) -> list[MeasuredPoem]:
    return list(map(MeasuredPoem, random_poems(count, seed, words)))


def area(written: list[MeasuredPoem], real: list[MeasuredPoem]) -> float:
    found = told_apart(written, real)
    assert found is not None
    return found


def test_lines_of_a_poem_stay_together() -> None:
    """Poems that repeat one line of their own give no hint about other poems."""
    written, real = (
        [MeasuredPoem("\n".join([line.split("\n")[0]] * 14)) for line in random_poems(40, seed)]
        for seed in (1, 2)
    )
    assert area(written, real) < 0.7


def test_lines_with_given_words_do_not_count() -> None:
    given = "\n".join([SEA] * 10)
    texts = [f"{given}\n{poem.text}" for poem in random(20, seed=1)]
    real = random(40, seed=2)
    assert area([MeasuredPoem(text, len(given)) for text in texts], real) < 0.6
    assert area([MeasuredPoem(text) for text in texts], real) > 0.65


def test_poems_like_the_sonnets() -> None:
    reference = SenseReference.fit(SONNETS, PLAYS[:150], PLAYS[150:])
    rng = np.random.default_rng(5)
    sense = measure_sense([MeasuredPoem(poem_about(i % 2, rng=rng)) for i in range(20)], reference)
    assert sense.told_apart is not None
    assert sense.told_apart == pytest.approx(0.5, abs=0.15)
    sonnets = measure_sense(reference.real, reference, draws=0)
    assert sonnets.told_apart is None
    assert sense.subject == pytest.approx(0.75, abs=0.1)
